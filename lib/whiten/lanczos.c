#include "lib/whiten/lanczos.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/la/blas.h"
#include "lib/whiten/cheb.h"
#include "lib/whiten/tall.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SURVEY = 4 /* basis vectors per wanted one before the filter is chosen */
};

/* Directions that lost this much to the basis already in hand are noise. */
static const double lost = 1e-12;

/* Of a product with A, relative to its largest eigenvalue. */
static const double rounding = 1e-14;

struct lanczos {
    int64_t n, b, most; /* size, block, largest basis */
    int64_t m;          /* basis vectors, the last block included */
    struct exec *exec;
    struct cheb filter; /* of degree 1 until the spectrum is known roughly */
    int surveyed;
    double *v;         /* [n][most], first m columns: orthonormal basis */
    double *q;         /* [n][b] last block of the basis */
    double *w;         /* [n][b] the block after it */
    double *spare;     /* [n][b] */
    double *h;         /* [most][most] v^T A v, first m rows and columns */
    double *s;         /* [most][most] eigenvectors of h as rows */
    double *theta;     /* [most], ascending */
    double *c;         /* [most][b] */
    double *r;         /* [b][b]: A q = v h + w r */
    double *t, *u, *z; /* [b][b] */
    double *size;      /* [b] */
    uint32_t drawn;    /* random blocks so far */
};

static void
draw(struct lanczos *l, double *x, int64_t ldx, int64_t column)
{
    for (int64_t i = 0; i < l->n; i++)
        x[i * ldx + column] = rng_normal(0, RNG_EIGEN, l->drawn,
            (uint64_t)i * (uint64_t)l->b + (uint64_t)column, 0);
}

/* w -= v (v^T w); the coefficients are added to c if there is one. */
static int
project(struct lanczos *l, double *sum, struct err *e)
{
    int rc = tall_gram(
        l->exec, l->n, l->m, l->v, l->most, l->b, l->w, l->b, l->c, l->b, e);
    if (rc)
        return rc;
    tall_mul(l->exec, l->n, l->m, -1.0, l->v, l->most, l->b, l->c, l->b, 1.0,
        l->w, l->b);
    for (int64_t i = 0; sum && i < l->m * l->b; i++)
        sum[i] += l->c[i];
    return 0;
}

/*
 * One step of orthonormalisation through the eigenvectors of the scaled Gram
 * matrix (Stathopoulos, Wu, SIAM J. Sci. Comput. 23, 2002): w becomes w T, r
 * becomes T^-1 r. Zero columns stay zero; their number is returned, or a
 * negative code. *spread is the smallest eigenvalue of the others; while it is
 * small, directions are scaled up only in part and another step is needed.
 */
static int
orthonormalise(struct lanczos *l, double *spread, struct err *e)
{
    int64_t b = l->b;
    int rc = tall_gram(l->exec, l->n, b, l->w, b, b, l->w, b, l->t, b, e);
    if (rc)
        return rc;
    double *scale = l->size + b;
    for (int64_t i = 0; i < b; i++) {
        double g = l->t[i * b + i];
        scale[i] = g > 0 ? 1.0 / sqrt(g) : 0.0;
    }
    for (int64_t i = 0; i < b; i++)
        for (int64_t j = 0; j < b; j++)
            l->t[i * b + j] *= scale[i] * scale[j];
    double *value = l->size + 2 * b;
    rc = blas_dsyevd(b, l->t, value, e);
    if (rc)
        return rc;
    int missing = 0;
    for (int64_t i = 0; i < b; i++)
        missing += !(scale[i] > 0);
    *spread = missing < b ? value[missing] : 1.0; /* zeros come first */
    /* t: row k is eigenvector k. T[i][k] = scale_i t[k][i] / root_k,
     * inverse[k][i] = root_k t[k][i] / scale_i */
    for (int64_t k = 0; k < b; k++) {
        double least = 1e-14 * (double)b;
        double root = sqrt(value[k] > least ? value[k] : least);
        for (int64_t i = 0; i < b; i++) {
            double x = l->t[k * b + i];
            l->u[i * b + k] = scale[i] * x / root;
            l->z[k * b + i] = scale[i] > 0 ? root * x / scale[i] : 0.0;
        }
    }
    tall_mul(l->exec, l->n, b, 1.0, l->w, b, b, l->u, b, 0.0, l->spare, b);
    double *swap = l->w;
    l->w = l->spare;
    l->spare = swap;
    blas_dgemm(0, 0, b, b, b, 1.0, l->z, b, l->r, b, 0.0, l->t, b);
    memcpy(l->r, l->t, (size_t)(b * b) * sizeof *l->r);
    return missing;
}

static void
column_sizes(const struct lanczos *l, double *size)
{
    for (int64_t j = 0; j < l->b; j++)
        size[j] = 0;
    for (int64_t i = 0; i < l->n; i++)
        for (int64_t j = 0; j < l->b; j++)
            size[j] += l->w[i * l->b + j] * l->w[i * l->b + j];
}

/*
 * w, already projected, becomes orthonormal, and orthogonal to the basis; r
 * says how it was. Where the Krylov space is exhausted random directions step
 * in; r has zero rows there.
 */
static int
next_block(struct lanczos *l, struct err *e)
{
    int64_t b = l->b;
    memset(l->r, 0, (size_t)(b * b) * sizeof *l->r);
    for (int64_t i = 0; i < b; i++)
        l->r[i * b + i] = 1.0;
    /* l->size holds the squared column sizes before projection */
    double *now = l->size + b;
    column_sizes(l, now);
    for (int64_t j = 0; j < b; j++)
        if (!(now[j] > lost * lost * l->size[j]))
            for (int64_t i = 0; i < l->n; i++)
                l->w[i * b + j] = 0.0;
    for (int pass = 0; pass < 8; pass++) {
        double spread;
        int missing = orthonormalise(l, &spread, e);
        if (missing < 0)
            return missing;
        if (!missing && spread > 0.9)
            return 0;
        if (!missing && spread > 1e-6)
            continue; /* scaled up too little to need another projection */
        if (missing) {
            l->drawn++;
            column_sizes(l, now);
            for (int64_t j = 0; j < b; j++)
                if (!(now[j] > 0))
                    draw(l, l->w, b, j);
        }
        for (int again = 0; again < 2; again++) {
            int rc = project(l, NULL, e);
            if (rc)
                return rc;
            if (!missing)
                break;
        }
    }
    return err_set(e, ERR_NUM,
        "the eigenvalue solver lost the orthogonality of its basis");
}

/* Appends w to the basis as its last block. */
static void
append(struct lanczos *l)
{
    for (int64_t i = 0; i < l->n; i++)
        memcpy(l->v + i * l->most + l->m, l->w + i * l->b,
            (size_t)l->b * sizeof *l->v);
    l->m += l->b;
    double *swap = l->q;
    l->q = l->w;
    l->w = swap;
}

/* One product, of the filter if there is one: A times the last block, its
 * column of h, the block after. */
static int
expand(struct lanczos *l, struct err *e)
{
    int64_t b = l->b, m = l->m;
    int rc;
    if (l->filter.degree > 1) {
        rc = cheb_apply(&l->filter, b, l->q, l->w, e);
    } else {
        rc = l->filter.apply(l->filter.ctx, b, l->q, l->w, e);
        l->filter.products++;
    }
    if (rc)
        return rc;
    column_sizes(l, l->size);
    double *sum = mem_zero(m * b, sizeof *sum, e);
    if (!sum)
        return ERR_NOMEM;
    rc = project(l, sum, e);
    if (!rc)
        rc = project(l, sum, e);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < b; j++) {
            int64_t k = m - b + j;
            double x = sum[i * b + j];
            if (i >= m - b) /* the diagonal block: symmetric up to rounding */
                x = 0.5 * (x + sum[k * b + i - (m - b)]);
            l->h[i * l->most + k] = l->h[k * l->most + i] = x;
        }
    free(sum);
    return rc ? rc : next_block(l, e);
}

static int
small_problem(struct lanczos *l, struct err *e)
{
    for (int64_t i = 0; i < l->m; i++)
        memcpy(
            l->s + i * l->m, l->h + i * l->most, (size_t)l->m * sizeof *l->s);
    return blas_dsyevd(l->m, l->s, l->theta, e);
}

/* The eigenvalue of A that row k of s stands for. */
static double
ritz_value(const struct lanczos *l, int64_t k)
{
    return l->filter.degree > 1 ? cheb_inverse(&l->filter, l->theta[k])
                                : l->theta[k];
}

/* |A y - value y| of the Ritz pair in row k of s is |r s_last|. */
static double
ritz_residual(const struct lanczos *l, int64_t k)
{
    const double *y = l->s + k * l->m + l->m - l->b;
    double sum = 0;
    for (int64_t i = 0; i < l->b; i++) {
        double x = 0;
        for (int64_t j = 0; j < l->b; j++)
            x += l->r[i * l->b + j] * y[j];
        sum += x * x;
    }
    if (l->filter.degree > 1)
        return sqrt(sum) / cheb_slope(&l->filter, l->theta[k]);
    return sqrt(sum);
}

double
lanczos_allowed(double tol, double value, double largest)
{
    double t = tol * fabs(value), r = rounding * fabs(largest);
    return t > r ? t : r;
}

static int
converged(const struct lanczos *l, const struct eig_opt *opt)
{
    double top = ritz_value(l, l->m - 1);
    for (int64_t k = 0; k < opt->d; k++) {
        int64_t row = l->m - 1 - k;
        double ok = lanczos_allowed(opt->tol, ritz_value(l, row), top);
        /* half: the final residual includes rounding */
        if (!(ritz_residual(l, row) <= 0.5 * ok))
            return 0;
    }
    return 1;
}

/* The first k Ritz vectors, largest value first, into x [n][k]. */
static int
ritz_vectors(struct lanczos *l, int64_t k, double *x, struct err *e)
{
    double *y = mem_new(l->m * k, sizeof *y, e);
    if (!y)
        return ERR_NOMEM;
    for (int64_t i = 0; i < l->m; i++)
        for (int64_t j = 0; j < k; j++)
            y[i * k + j] = l->s[(l->m - 1 - j) * l->m + i];
    tall_mul(l->exec, l->n, l->m, 1.0, l->v, l->most, k, y, k, 0.0, x, k);
    free(y);
    return 0;
}

static int
restart(struct lanczos *l, int64_t keep, struct err *e)
{
    double *x = mem_new(l->n * keep, sizeof *x, e);
    if (!x)
        return ERR_NOMEM;
    int rc = ritz_vectors(l, keep, x, e);
    if (!rc) {
        memset(l->h, 0, (size_t)(l->most * l->most) * sizeof *l->h);
        for (int64_t j = 0; j < keep; j++)
            l->h[j * l->most + j] = l->theta[l->m - 1 - j];
        for (int64_t i = 0; i < l->n; i++)
            memcpy(l->v + i * l->most, x + i * keep, (size_t)keep * sizeof *x);
        l->m = keep;
    }
    free(x);
    return rc;
}

/*
 * With the outline of the spectrum known, the Lanczos process starts again from
 * the d best vectors, on a polynomial of A: far fewer of the steps that cost
 * orthogonalisation, for some more cheap products.
 */
static int
survey(struct lanczos *l, const struct eig_opt *opt, struct err *e)
{
    l->surveyed = 1;
    int64_t edge = l->m - 1 - (opt->d + opt->d / 2);
    double low = l->theta[0] - ritz_residual(l, 0);
    double top = l->theta[l->m - 1];
    double high = l->theta[edge];
    if (cheb_plan(&l->filter, low, high, top) == 1)
        return 0;
    int rc = ritz_vectors(l, l->b, l->w, e);
    memset(l->h, 0, (size_t)(l->most * l->most) * sizeof *l->h);
    l->m = 0;
    for (int64_t j = 0; j < l->b; j++)
        l->size[j] = 0;
    return rc ? rc : next_block(l, e);
}

static int
lanczos_init(struct lanczos *l, struct err *e)
{
    int64_t n = l->n, b = l->b, most = l->most;
    l->v = mem_new(n * most, sizeof *l->v, e);
    l->q = mem_new(n * b, sizeof *l->q, e);
    l->w = mem_new(n * b, sizeof *l->w, e);
    l->spare = mem_new(n * b, sizeof *l->spare, e);
    l->h = mem_zero(most * most, sizeof *l->h, e);
    l->s = mem_new(most * most, sizeof *l->s, e);
    l->theta = mem_new(most, sizeof *l->theta, e);
    l->c = mem_new(most * b, sizeof *l->c, e);
    l->r = mem_new(b * b, sizeof *l->r, e);
    l->t = mem_new(b * b, sizeof *l->t, e);
    l->u = mem_new(b * b, sizeof *l->u, e);
    l->z = mem_new(b * b, sizeof *l->z, e);
    l->size = mem_zero(3 * b, sizeof *l->size, e);
    if (!l->v || !l->q || !l->w || !l->spare || !l->h || !l->s || !l->theta ||
        !l->c || !l->r || !l->t || !l->u || !l->z || !l->size)
        return ERR_NOMEM;
    for (int64_t j = 0; j < b; j++)
        draw(l, l->w, b, j);
    int rc = next_block(l, e);
    if (!rc)
        append(l);
    return rc;
}

static void
lanczos_free(struct lanczos *l)
{
    free(l->v);
    free(l->q);
    free(l->w);
    free(l->spare);
    free(l->h);
    free(l->s);
    free(l->theta);
    free(l->c);
    free(l->r);
    free(l->t);
    free(l->u);
    free(l->z);
    free(l->size);
}

static int
iterate(
    struct lanczos *l, const struct eig_opt *opt, struct eig *r, struct err *e)
{
    int rc = lanczos_init(l, e);
    while (!rc) {
        rc = expand(l, e);
        if (rc)
            break;
        int full = l->m + l->b > l->most;
        rc = small_problem(l, e);
        if (rc || converged(l, opt) || l->filter.products >= opt->max_iter)
            break;
        if (!l->surveyed && l->m >= SURVEY * l->b)
            rc = survey(l, opt, e);
        else if (full)
            rc = restart(l, opt->d + opt->d / 2, e);
        append(l);
    }
    if (!rc)
        rc = ritz_vectors(l, opt->d, r->vector, e);
    for (int64_t k = 0; !rc && k < opt->d; k++)
        r->value[k] = ritz_value(l, l->m - 1 - k);
    r->products = l->filter.products;
    return rc;
}

int
lanczos_run(int64_t n, eig_apply *apply, void *ctx, const struct eig_opt *opt,
    struct eig *r, struct err *e)
{
    struct lanczos l = {.n = n, .b = opt->d, .most = LANCZOS_WIDTH * opt->d};
    l.exec = opt->exec;
    l.filter = (struct cheb){.apply = apply, .ctx = ctx, .n = n};
    l.filter.degree = 1;
    int rc = iterate(&l, opt, r, e);
    lanczos_free(&l);
    return rc;
}
