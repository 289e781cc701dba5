#include "lib/whiten/eig.h"

#include "lib/base/mem.h"
#include "lib/whiten/cheb.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum {
    DENSE = 512, /* up to this size LAPACK is faster than iterating */
    FIRST = 6,   /* blocks of a Krylov space; if too few, RITZ_MOST */
    ROUND = 8    /* blocks have a multiple of so many columns */
};

/* The rounding error of a product with A, relative to its largest
 * eigenvalue. */
static const double rounding = 1e-14;

/* A filter that leaves more of the worst residual than this part is too weak,
 * unless no more was needed. */
static const double weak = 0.7;

struct interval {
    int known, weak;
    double low, top; /* bounds of A's eigenvalues */
};

/* Columns of the block; n: the whole problem is solved at once. */
static int64_t
block_size(const struct eig_op *op, int64_t d)
{
    int64_t b = op->cheap ? d + d / 2 : d;
    b = (b + ROUND - 1) / ROUND * ROUND;
    int64_t least = (op->cheap ? 4 : 2 * FIRST) * b;
    return op->n <= DENSE || op->n <= least ? op->n : b;
}

/* How many of the d wanted pairs meet neither tol nor the limit of rounding,
 * and the first of them. */
static int64_t
count_bad(const struct ritz *r, int64_t d, double tol, int64_t *first)
{
    int64_t bad = 0;
    double floor = rounding * fabs(r->value[0]);
    for (int64_t k = d - 1; k >= 0; k--)
        if (!(r->residual[k] <= fmax(tol * fabs(r->value[k]), floor))) {
            bad++;
            *first = k;
        }
    return bad;
}

static int
krylov(struct ritz *r, struct err *e)
{
    if (r->last && r->m > r->b && r->m + r->b <= RITZ_MOST * r->b)
        return ritz_krylov(r, RITZ_MOST, e);
    r->m = 0;
    return ritz_krylov(r, FIRST, e);
}

/* Columns before `first` are good. The worst of the others may shrink by the
 * factor gain. */
static int
improve(struct ritz *r, int64_t d, int64_t first, double gain,
    struct interval *of, struct err *e)
{
    if (!r->op->cheap || of->weak)
        return krylov(r, e);
    if (!of->known) {
        int rc = cheb_bounds(r->op, &of->low, &of->top, r->exec, e);
        if (rc)
            return rc;
        of->known = 1;
    }
    double least = r->value[d - 1], last = r->value[r->kept - 1];
    of->low = fmin(of->low, last);
    of->top = fmax(of->top, r->value[0]);
    /* below what is wanted even where the block's last value is as large */
    double high = fmin(last, least - 0.02 * (least - of->low));
    int degree = cheb_degree(of->low, high, least, of->top, gain);
    if (degree == 0)
        return krylov(r, e);
    int rc = cheb_filter(r, first, degree, of->low, high, e);
    r->m = 0;
    return rc ? rc : ritz_krylov(r, 1, e);
}

static int
not_converged(const struct ritz *r, const struct eig_opt *opt, int64_t bad,
    double residual, struct err *e)
{
    return err_set(e, ERR_NUM,
        "%" PRId64 " of %" PRId64 " eigenvectors did not converge in %" PRId64
        " products: the worst relative residual is %.2g, not %.2g",
        bad, opt->d, r->products, residual, opt->tol);
}

static int
iterate(
    struct ritz *r, const struct eig_opt *opt, double *residual, struct err *e)
{
    struct interval of = {0};
    double before = INFINITY;
    int whole = r->b == r->op->n, measured = opt->rough || whole;
    int alone = r->op->cheap || opt->start;
    int rc = whole ? ritz_whole(r, e) : ritz_krylov(r, alone ? 1 : FIRST, e);
    while (!rc) {
        int64_t first = 0, bad = count_bad(r, opt->d, opt->tol, &first);
        *residual = ritz_worst(opt->d, r->value, r->residual);
        if (opt->rough &&
            (*residual > 0.9 * before || r->products >= opt->max_iter))
            return 0;
        if (bad && (whole || r->products >= opt->max_iter))
            return not_converged(r, opt, bad, *residual, e);
        if (!bad && measured)
            return 0;
        of.weak |=
            before < 1 && *residual > weak * before && weak * before > opt->tol;
        before = *residual;
        measured = opt->rough || !bad;
        rc = bad ? improve(r, opt->d, first, *residual / opt->tol, &of, e)
                 : ritz_measure(r, e);
    }
    return rc;
}

int
eig_largest(const struct eig_op *op, const struct eig_opt *opt, struct eig *r,
    struct err *e)
{
    int64_t n = op->n, d = opt->d;
    *r = (struct eig){.n = n, .d = d};
    if (d < 1 || d > n)
        return err_set(e, ERR_RANGE,
            "%" PRId64 " eigenvectors wanted of a matrix of size %" PRId64, d,
            n);
    int64_t b = block_size(op, d);
    struct ritz z = {0};
    r->value = mem_new(d, sizeof *r->value, e);
    r->vector = mem_new(n * d, sizeof *r->vector, e);
    int rc = r->value && r->vector ? 0 : ERR_NOMEM;
    if (!rc)
        rc = ritz_init(&z, op, b, opt->exec, e);
    for (int64_t i = 0; !rc && i < n; i++)
        for (int64_t j = 0; j < b; j++)
            if (opt->start && j < d)
                z.x[i * b + j] = opt->start[i * d + j];
    if (!rc)
        rc = iterate(&z, opt, &r->residual, e);
    for (int64_t k = 0; !rc && k < d; k++)
        r->value[k] = z.value[k];
    for (int64_t i = 0; !rc && i < n; i++)
        for (int64_t k = 0; k < d; k++)
            r->vector[i * d + k] = z.x[i * b + k];
    r->products = z.products;
    ritz_free(&z);
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
