#include "lib/models/mmssl/infonce.h"

#include "lib/base/fmath.h"
#include "lib/nn/chunk.h"
#include "lib/nn/matmul.h"
#include "lib/nn/norm.h"

#include <assert.h>

enum { COST = 16 /* an exponential in plain elements, to share work by */ };

int
infonce_init(struct infonce *s, int64_t b, int64_t d, struct err *e)
{
    *s = (struct infonce){0};
    struct arena *p = &s->arena;
    struct mat *m[] = {&s->u, &s->v, &s->du, &s->dv, &s->e, &s->q};
    for (int i = 0; i < 6; i++)
        *m[i] = mat_in(p, b, i < 4 ? d : b);
    s->nu = arena_new(p, b, sizeof *s->nu);
    s->nv = arena_new(p, b, sizeof *s->nv);
    s->loss = arena_new(p, b, sizeof *s->loss);
    int rc = arena_check(p, e);
    if (rc)
        infonce_free(s);
    return rc;
}

void
infonce_free(struct infonce *s)
{
    arena_free(&s->arena);
    *s = (struct infonce){0};
}

struct job {
    struct infonce *s;
    int64_t n;
    double tau, scale;
};

/* Inner products become exponentials, then the coefficients T and V of the
 * gradient, divided by tau B. */
static void
coefficients(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    for (int64_t a = from; a < to; a++) {
        float *e = j->s->e.x + a * j->n, *q = j->s->q.x + a * j->n;
        double own = fm_exp((double)e[a] / j->tau), sum = 0;
        for (int64_t b = 0; b < j->n; b++) {
            double eb = fm_exp((double)e[b] / j->tau);
            double qb = b == a ? 0 : fm_exp((double)q[b] / j->tau);
            sum += eb + qb;
            e[b] = (float)eb;
            q[b] = (float)qb;
        }
        double r = own / sum, k = j->scale * r / (r + 1e-8);
        j->s->loss[a] = -fm_log(r + 1e-8);
        float f = (float)(k / sum);
        for (int64_t b = 0; b < j->n; b++) {
            e[b] *= f;
            q[b] *= f;
        }
        e[a] -= (float)k;
    }
}

double
infonce_loss(struct infonce *s, const struct mat *z1, const struct mat *z2,
    double tau, double w, struct mat *d1, struct mat *d2, struct exec *exec)
{
    int64_t n = z1->n, d = z1->d;
    assert(z2->n == n && z2->d == d && n <= s->u.n && d == s->u.d);
    if (n == 0)
        return 0;
    struct mat u = {n, d, s->u.x}, v = {n, d, s->v.x};
    struct mat du = {n, d, s->du.x}, dv = {n, d, s->dv.x};
    norm_rows_forward(z1, &u, s->nu, exec);
    norm_rows_forward(z2, &v, s->nv, exec);
    matmul(0, 1, n, n, d, 1.0f, u.x, d, v.x, d, 0.0f, s->e.x, n, exec);
    matmul(0, 1, n, n, d, 1.0f, u.x, d, u.x, d, 0.0f, s->q.x, n, exec);
    struct job j = {s, n, tau, w / (tau * (double)n)};
    chunk_for(exec, n, n * COST, coefficients, &j);
    double loss = 0;
    for (int64_t a = 0; a < n; a++)
        loss += s->loss[a];

    matmul(0, 0, n, d, n, 1.0f, s->e.x, n, v.x, d, 0.0f, du.x, d, exec);
    matmul(0, 0, n, d, n, 1.0f, s->q.x, n, u.x, d, 1.0f, du.x, d, exec);
    matmul(1, 0, n, d, n, 1.0f, s->q.x, n, u.x, d, 1.0f, du.x, d, exec);
    matmul(1, 0, n, d, n, 1.0f, s->e.x, n, u.x, d, 0.0f, dv.x, d, exec);
    norm_rows_backward(&u, s->nu, &du, d1, exec);
    norm_rows_backward(&v, s->nv, &dv, d2, exec);
    return w * loss / (double)n;
}
