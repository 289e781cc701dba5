#include "lib/whiten/eig.h"

#include "lib/base/mem.h"
#include "lib/la/blas.h"
#include "lib/whiten/lanczos.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* Up to this size LAPACK is faster than iterating. */
enum { DENSE = 512 };

/* A is formed by applying it to the identity. */
static int
dense(int64_t n, eig_apply *apply, void *ctx, struct eig *r, struct err *e)
{
    double *a = mem_new(n * n, sizeof *a, e),
           *x = mem_zero(n * n, sizeof *x, e);
    double *w = mem_new(n, sizeof *w, e);
    int rc = a && x && w ? 0 : ERR_NOMEM;
    for (int64_t i = 0; !rc && i < n; i++)
        x[i * n + i] = 1.0;
    if (!rc)
        rc = apply(ctx, n, x, a, e);
    for (int64_t i = 0; !rc && i < n; i++)
        for (int64_t j = 0; j < i; j++)
            a[i * n + j] = a[j * n + i] = 0.5 * (a[i * n + j] + a[j * n + i]);
    if (!rc)
        rc = blas_dsyevd(n, a, w, e);
    for (int64_t k = 0; !rc && k < r->d; k++) {
        r->value[k] = w[n - 1 - k];
        for (int64_t i = 0; i < n; i++)
            r->vector[i * r->d + k] = a[(n - 1 - k) * n + i];
    }
    r->products = 1;
    free(a);
    free(x);
    free(w);
    return rc;
}

/* Residuals from one more product: what the caller gets, measured. */
static int
verify(eig_apply *apply, void *ctx, const struct eig_opt *opt, struct eig *r,
    struct err *e)
{
    int64_t d = r->d, bad = 0;
    double *y = mem_new(r->n * d, sizeof *y, e);
    if (!y)
        return ERR_NOMEM;
    int rc = apply(ctx, d, r->vector, y, e);
    r->products++;
    for (int64_t k = 0; !rc && k < d; k++) {
        double sum = 0, w = r->value[k];
        for (int64_t i = 0; i < r->n; i++) {
            double x = y[i * d + k] - w * r->vector[i * d + k];
            sum += x * x;
        }
        double got = sqrt(sum);
        bad += !(got <= lanczos_allowed(opt->tol, w, r->value[0]));
        got = got > 0 ? got / fabs(w) : 0.0;
        if (!(got <= r->residual))
            r->residual = got;
    }
    free(y);
    if (!rc && bad)
        rc = err_set(e, ERR_NUM,
            "%" PRId64 " of %" PRId64
            " eigenvectors did not converge in %" PRId64
            " products: the worst relative residual is %.2g, not %.2g",
            bad, d, r->products, r->residual, opt->tol);
    return rc;
}

int
eig_largest(int64_t n, eig_apply *apply, void *ctx, const struct eig_opt *opt,
    struct eig *r, struct err *e)
{
    int64_t d = opt->d;
    *r = (struct eig){.n = n, .d = d};
    if (d < 1 || d > n)
        return err_set(e, ERR_RANGE,
            "%" PRId64 " eigenvectors wanted of a matrix of size %" PRId64, d,
            n);
    r->value = mem_new(d, sizeof *r->value, e);
    r->vector = mem_new(n * d, sizeof *r->vector, e);
    int rc = r->value && r->vector ? 0 : ERR_NOMEM;
    if (!rc && (n <= DENSE || n <= 2 * LANCZOS_WIDTH * d)) {
        rc = dense(n, apply, ctx, r, e);
    } else if (!rc) {
        rc = lanczos_run(n, apply, ctx, opt, r, e);
    }
    if (!rc)
        rc = verify(apply, ctx, opt, r, e);
    if (rc)
        eig_free(r);
    return rc;
}

void
eig_free(struct eig *r)
{
    free(r->value);
    free(r->vector);
    *r = (struct eig){0};
}
