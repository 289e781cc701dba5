#include "lib/whiten/cheb.h"

#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEGREE = 20, MIN_DEGREE = 4, BLOCK = 16 };

/* How much more the largest eigenvalue may grow than the least wanted one. */
static const double most = 1e10;

int
cheb_bounds(const struct eig_op *op, double *low, double *top,
    struct exec *exec, struct err *e)
{
    struct ritz r;
    int rc = ritz_init(&r, op, BLOCK, exec, e);
    if (!rc)
        rc = ritz_krylov(&r, RITZ_MOST, e);
    if (!rc) {
        *top = r.value[0];
        *low = r.lowest - 0.02 * (r.value[BLOCK - 1] - r.lowest);
    }
    ritz_free(&r);
    return rc;
}

int
cheb_degree(double low, double high, double least, double top, double gain)
{
    double half = 0.5 * (high - low), centre = 0.5 * (high + low);
    if (!(half > 1e-6 * (top - high)) || !(least > high))
        return 0;
    double rate = acosh((least - centre) / half);
    double over = acosh((top - centre) / half) - rate;
    double k = fmin(MAX_DEGREE, over > 0 ? log(most) / over : MAX_DEGREE);
    if (k < MIN_DEGREE || k * rate < 1.0)
        return 0;
    return (int)fmin(k, ceil(acosh(fmax(gain, 1.0)) / rate) + 1);
}

typedef double pair __attribute__((vector_size(2 * sizeof(double))));

struct filter {
    const struct ritz *r;
    int degree;
    double centre, half;
    int64_t first; /* panel */
};

/* The recurrence T_k = 2 A' T_k-1 - T_k-2 of A' = (A - centre) / half, for k
 * columns; the result ends in *a, the others are scratch. */
static int
recur(const struct filter *f, int64_t k, double **a, double *b, double *t,
    struct err *e)
{
    const struct eig_op *op = f->r->op;
    double scale = 1.0 / f->half;
    int64_t n = op->n * k / 2; /* k is even */
    for (int step = 0; step < f->degree; step++) {
        double *x = *a;
        int rc = op->apply(op->ctx, k, x, t, e);
        if (rc)
            return rc;
        const pair *from = (const pair *)x, *ax = (const pair *)t;
        pair *to = (pair *)b;
        if (step == 0)
            for (int64_t i = 0; i < n; i++)
                to[i] = scale * (ax[i] - f->centre * from[i]);
        else
            for (int64_t i = 0; i < n; i++)
                to[i] = 2.0 * scale * (ax[i] - f->centre * from[i]) - to[i];
        *a = b;
        b = x;
    }
    return 0;
}

static void
filter_panel(void *ctx, int64_t i, int thread)
{
    (void)thread;
    struct filter *f = ctx;
    const struct ritz *r = f->r;
    int64_t n = r->op->n, m = r->b, k = r->op->panel;
    int64_t c = (f->first + i) * k;
    double *a = r->p + n * c;
    for (int64_t j = 0; j < n; j++)
        memcpy(a + j * k, r->x + j * m + c, (size_t)k * sizeof *a);
    (void)recur(f, k, &a, r->q + n * c, r->y + n * c, NULL);
    for (int64_t j = 0; j < n; j++)
        memcpy(r->x + j * m + c, a + j * k, (size_t)k * sizeof *a);
}

int
cheb_filter(struct ritz *r, int64_t from, int degree, double low, double high,
    struct err *e)
{
    struct filter f = {.r = r, .degree = degree};
    f.centre = 0.5 * (low + high);
    f.half = 0.5 * (high - low);
    r->products += degree;
    int64_t panel = r->op->panel;
    if (panel) {
        f.first = from / panel;
        exec_for(
            r->exec, (r->b + panel - 1) / panel - f.first, filter_panel, &f);
        return 0;
    }
    double *a = r->x;
    int rc = recur(&f, r->b, &a, r->p, r->y, e);
    if (a != r->x)
        memcpy(r->x, a, (size_t)(r->op->n * r->b) * sizeof *a);
    return rc;
}
