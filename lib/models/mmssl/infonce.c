#include "lib/models/mmssl/infonce.h"

#include "lib/base/fmath.h"
#include "lib/nn/chunk.h"
#include "lib/nn/matmul.h"
#include "lib/nn/norm.h"

#include <assert.h>

enum { COST = 16 /* an exponential in plain elements, to share work by */ };

struct infonce
infonce_in(struct arena *p, int64_t b, int64_t d)
{
    struct infonce s;
    struct mat *m[] = {&s.u, &s.v, &s.du, &s.dv, &s.e, &s.q};
    for (int i = 0; i < 6; i++)
        *m[i] = mat_in(p, b, i < 4 ? d : b);
    s.nu = arena_new(p, b, sizeof *s.nu);
    s.nv = arena_new(p, b, sizeof *s.nv);
    s.loss = arena_new(p, b, sizeof *s.loss);
    return s;
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
    struct mat e = {n, n, s->e.x}, q = {n, n, s->q.x};
    norm_rows_forward(z1, &u, s->nu, exec);
    norm_rows_forward(z2, &v, s->nv, exec);
    matmul(0, 1, 1.0f, &u, &v, 0.0f, &e, exec);
    matmul(0, 1, 1.0f, &u, &u, 0.0f, &q, exec);
    struct job j = {s, n, tau, w / (tau * (double)n)};
    chunk_for(exec, n, n * COST, coefficients, &j);
    double loss = 0;
    for (int64_t a = 0; a < n; a++)
        loss += s->loss[a];

    matmul(0, 0, 1.0f, &e, &v, 0.0f, &du, exec);
    matmul(0, 0, 1.0f, &q, &u, 1.0f, &du, exec);
    matmul(1, 0, 1.0f, &q, &u, 1.0f, &du, exec);
    matmul(1, 0, 1.0f, &e, &u, 0.0f, &dv, exec);
    norm_rows_backward(&u, s->nu, &du, d1, exec);
    norm_rows_backward(&v, s->nv, &dv, d2, exec);
    return w * loss / (double)n;
}
