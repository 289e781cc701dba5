#include "lib/whiten/ritz.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/la/blas.h"
#include "lib/whiten/tall.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A column that lost this much to the basis is rounding. */
static const double lost = 1e-12;

/* Vectors that are made orthonormal once are so up to rounding divided by the
 * least eigenvalue of their Gram matrix. If that is above this, once is
 * enough. */
static const double well_spread = 1e-3;

static void
draw(struct ritz *r, int64_t from)
{
    int64_t n = r->op->n, b = r->b;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = from; j < b; j++)
            r->x[i * b + j] = rng_uniform(0, RNG_EIGEN, r->drawn,
                                  (uint64_t)i * (uint64_t)b + (uint64_t)j, 0) -
                              0.5;
    r->drawn++;
}

int
ritz_init(struct ritz *r, const struct eig_op *op, int64_t b, struct exec *exec,
    struct err *e)
{
    int64_t cells = op->n * (b + op->panel); /* room for a last panel */
    *r = (struct ritz){.op = op, .exec = exec, .b = b};
    r->x = arena_new(&r->arena, cells, sizeof *r->x);
    r->y = arena_new(&r->arena, cells, sizeof *r->y);
    r->p = arena_new(&r->arena, cells, sizeof *r->p);
    r->q = arena_new(&r->arena, cells, sizeof *r->q);
    r->value = arena_new(&r->arena, b, sizeof *r->value);
    r->residual = arena_new(&r->arena, b, sizeof *r->residual);
    int rc = arena_check(&r->arena, e);
    if (!rc && b < op->n)
        draw(r, 0);
    return rc;
}

void
ritz_free(struct ritz *r)
{
    arena_free(&r->arena);
    free(r->v);
    free(r->w);
    *r = (struct ritz){0};
}

struct panels {
    const struct eig_op *op;
    int64_t m;
    const double *x;
    double *y, *p, *q;
};

static void
panel_product(void *ctx, int64_t c, int64_t to)
{
    const struct panels *j = ctx;
    int64_t n = j->op->n, b = j->op->panel;
    double *p = j->p + n * c, *q = j->q + n * c;
    size_t bytes = (size_t)(to - c) * sizeof *p;
    for (int64_t r = 0; r < n; r++) {
        memset(p + r * b, 0, (size_t)b * sizeof *p);
        memcpy(p + r * b, j->x + r * j->m + c, bytes);
    }
    (void)j->op->apply(j->op->ctx, b, p, q, NULL);
    for (int64_t r = 0; r < n; r++)
        memcpy(j->y + r * j->m + c, q + r * b, bytes);
}

/* y = A x for m columns; p and q are scratch of m + panel columns. */
static int
product(const struct ritz *r, int64_t m, const double *x, double *y, double *p,
    double *q, struct err *e)
{
    const struct eig_op *op = r->op;
    struct panels j = {op, m, x, y, p, q};
    if (op->panel == 0)
        return op->apply(op->ctx, m, x, y, e);
    exec_blocks(r->exec, m, op->panel, panel_product, &j);
    return 0;
}

/*
 * t [m][m], its first columns, such that z t is orthonormal, given g = z^T z,
 * which is overwritten: eigenvectors of the scaled Gram matrix (Stathopoulos,
 * Wu, SIAM J. Sci. Comput. 23, 2002), largest value first. Directions whose
 * value is rounding are left out. Returns their number, or a negative code;
 * the least value kept in *spread.
 */
static int64_t
orthonormal(int64_t m, double *g, double *t, double *spread, struct err *e)
{
    double *scale = mem_new(2 * m, sizeof *scale, e), *value = scale + m;
    if (!scale)
        return ERR_NOMEM;
    for (int64_t i = 0; i < m; i++)
        scale[i] = g[i * m + i] > 0 ? 1.0 / sqrt(g[i * m + i]) : 0.0;
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < m; j++)
            g[i * m + j] *= scale[i] * scale[j];
    int64_t k = 0, rc = blas_dsyevd(m, g, value, e);
    for (; !rc && k < m && value[m - 1 - k] > 1e-14 * (double)m; k++) {
        const double *u = g + (m - 1 - k) * m;
        *spread = value[m - 1 - k];
        for (int64_t i = 0; i < m; i++)
            t[i * m + k] = scale[i] * u[i] / sqrt(*spread);
    }
    free(scale);
    return rc ? rc : k;
}

void
ritz_residuals(int64_t n, int64_t k, const double *x, const double *y,
    double *value, double *residual)
{
    for (int64_t j = 0; j < k; j++)
        value[j] = residual[j] = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < k; j++)
            value[j] += x[i * k + j] * y[i * k + j];
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < k; j++) {
            double s = y[i * k + j] - value[j] * x[i * k + j];
            residual[j] += s * s;
        }
    for (int64_t j = 0; j < k; j++)
        residual[j] = sqrt(residual[j]);
}

double
ritz_worst(int64_t k, const double *value, const double *residual)
{
    double most = 0;
    for (int64_t j = 0; j < k && !isnan(most); j++) {
        /* 0 of 0 is no error */
        double got = residual[j] > 0 || isnan(residual[j])
                         ? residual[j] / fabs(value[j])
                         : 0.0;
        most = got <= most ? most : got;
    }
    return most;
}

int
ritz_measure(struct ritz *r, struct err *e)
{
    r->products++;
    int rc = product(r, r->b, r->x, r->y, r->p, r->q, e);
    if (!rc)
        ritz_residuals(r->op->n, r->b, r->x, r->y, r->value, r->residual);
    for (int64_t j = r->kept; j < r->b; j++)
        r->residual[j] = INFINITY;
    return rc;
}

/* Swaps a block and its scratch. */
static void
swap(double **a, double **b)
{
    double *c = *a;
    *a = *b;
    *b = c;
}

/* Columns that x has lost come back at random, without what the others span: a
 * filter would make little else of them. */
static int
replace_lost(struct ritz *r, struct err *e)
{
    int64_t n = r->op->n, b = r->b, k = r->kept;
    double *x = r->x + k, *c = mem_new(k * (b - k), sizeof *c, e);
    if (!c)
        return ERR_NOMEM;
    draw(r, k);
    int rc = tall_gram(r->exec, n, k, r->x, b, b - k, x, b, c, b - k, e);
    if (!rc)
        tall_mul(r->exec, n, k, -1.0, r->x, b, b - k, c, b - k, 1.0, x, b);
    for (int64_t j = k; j < b; j++)
        r->residual[j] = INFINITY;
    free(c);
    return rc;
}

/* Rayleigh-Ritz: x = v c, y = w c for the c that diagonalise v^T w. */
static int
project(struct ritz *r, struct err *e)
{
    int64_t n = r->op->n, m = r->m, b = r->b, ld = r->room * b;
    if (m == 0)
        return err_set(e, ERR_NUM, "the eigenvalue solver lost its vectors");
    double *h = mem_new(m * m + m, sizeof *h, e), *value = h + m * m;
    double *c = mem_zero(m * b, sizeof *c, e);
    int rc = h && c ? 0 : ERR_NOMEM;
    if (!rc)
        rc = tall_gram(r->exec, n, m, r->v, ld, m, r->w, ld, h, m, e);
    for (int64_t i = 0; !rc && i < m; i++)
        for (int64_t j = 0; j < i; j++)
            h[i * m + j] = h[j * m + i] = 0.5 * (h[i * m + j] + h[j * m + i]);
    if (!rc)
        rc = blas_dsyevd(m, h, value, e);
    if (!rc) {
        /* row i of h is the eigenvector of value i, ascending */
        r->kept = m < b ? m : b;
        r->lowest = value[0];
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < r->kept; j++)
                c[i * b + j] = h[(m - 1 - j) * m + i];
        tall_mul(r->exec, n, m, 1.0, r->v, ld, b, c, b, 0.0, r->p, b);
        tall_mul(r->exec, n, m, 1.0, r->w, ld, b, c, b, 0.0, r->q, b);
        swap(&r->x, &r->p);
        swap(&r->y, &r->q);
        ritz_residuals(n, b, r->x, r->y, r->value, r->residual);
        if (r->kept < b)
            rc = replace_lost(r, e);
    }
    free(h);
    free(c);
    return rc;
}

int
ritz_whole(struct ritz *r, struct err *e)
{
    int64_t n = r->op->n;
    double *h = mem_new(n * n, sizeof *h, e);
    if (!h)
        return ERR_NOMEM;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            r->x[i * n + j] = i == j;
    int rc = product(r, n, r->x, r->y, r->p, r->q, e);
    r->products++;
    for (int64_t i = 0; !rc && i < n; i++)
        for (int64_t j = 0; j <= i; j++)
            h[i * n + j] = h[j * n + i] =
                0.5 * (r->y[i * n + j] + r->y[j * n + i]);
    if (!rc)
        rc = blas_dsyevd(n, h, r->p, e);
    if (!rc) {
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++)
                r->x[i * n + j] = h[(n - 1 - j) * n + i];
        tall_mul(r->exec, n, n, 1.0, r->y, n, n, r->x, n, 0.0, r->q, n);
        swap(&r->y, &r->q);
        ritz_residuals(n, n, r->x, r->y, r->value, r->residual);
        r->kept = n;
    }
    free(h);
    return rc;
}

static void
column_sizes(int64_t n, int64_t k, const double *x, double *size)
{
    for (int64_t j = 0; j < k; j++)
        size[j] = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < k; j++)
            size[j] += x[i * k + j] * x[i * k + j];
}

/* Columns of which the projection left only rounding become 0. */
static void
drop_lost(int64_t n, int64_t k, double *x, const double *before, double *now)
{
    column_sizes(n, k, x, now);
    for (int64_t j = 0; j < k; j++)
        if (!(now[j] > lost * lost * before[j]))
            for (int64_t i = 0; i < n; i++)
                x[i * k + j] = 0;
}

/* p [n][*k], new directions, is made orthonormal to the space and in itself,
 * twice if once might not do; *k becomes the number that is left. */
static int
orthogonalise(struct ritz *r, int64_t *k, struct err *e)
{
    int64_t n = r->op->n, m = r->m, ld = r->room * r->b;
    double *c = mem_new((m + 2) * *k, sizeof *c, e);
    double *g = mem_new(2 * *k * *k, sizeof *g, e), *t = g + *k * *k;
    double *before = c + m * *k, spread = 1.0;
    int rc = c && g ? 0 : ERR_NOMEM;
    if (!rc)
        column_sizes(n, *k, r->p, before);
    for (int pass = 0; !rc && *k && pass < 2; pass++) {
        if (pass && !m && spread > well_spread)
            break;
        int64_t a = *k;
        if (m) {
            rc = tall_gram(r->exec, n, m, r->v, ld, a, r->p, a, c, a, e);
            if (rc)
                break;
            tall_mul(r->exec, n, m, -1.0, r->v, ld, a, c, a, 1.0, r->p, a);
        }
        if (pass == 0)
            drop_lost(n, a, r->p, before, before + a);
        rc = tall_gram(r->exec, n, a, r->p, a, a, r->p, a, g, a, e);
        if (rc)
            break;
        *k = orthonormal(a, g, t, &spread, e);
        rc = *k < 0 ? (int)*k : 0;
        if (!rc)
            tall_mul(r->exec, n, a, 1.0, r->p, a, *k, t, a, 0.0, r->q, *k);
        swap(&r->p, &r->q);
    }
    free(c);
    free(g);
    return rc;
}

/* to [n][ldt] = from [n][ldf], k columns. */
static void
copy_columns(int64_t n, int64_t k, const double *from, int64_t ldf, double *to,
    int64_t ldt)
{
    for (int64_t i = 0; i < n; i++)
        memcpy(to + i * ldt, from + i * ldf, (size_t)k * sizeof *to);
}

/* One more block: x at first, then the last one's product, made orthogonal. x
 * and y are lost. */
static int
extend(struct ritz *r, struct err *e)
{
    int64_t n = r->op->n, b = r->b, ld = r->room * b, k = r->m ? r->last : b;
    copy_columns(n, k, r->m ? r->w + r->m - k : r->x, r->m ? ld : b, r->p, k);
    int rc = orthogonalise(r, &k, e);
    r->last = k;
    if (rc || k == 0)
        return rc;
    rc = product(r, k, r->p, r->q, r->x, r->y, e);
    r->products++;
    copy_columns(n, k, r->p, k, r->v + r->m, ld);
    copy_columns(n, k, r->q, k, r->w + r->m, ld);
    r->m += k;
    return rc;
}

int
ritz_krylov(struct ritz *r, int64_t blocks, struct err *e)
{
    int64_t n = r->op->n, b = r->b, room = blocks > 1 ? RITZ_MOST : 1;
    if (r->room < room) {
        free(r->v);
        free(r->w);
        r->v = mem_new(n * room * b, sizeof *r->v, e);
        r->w = mem_new(n * room * b, sizeof *r->w, e);
        r->room = room;
        r->m = 0;
    }
    int rc = r->v && r->w ? extend(r, e) : ERR_NOMEM;
    while (!rc && r->last && r->m + b <= blocks * b)
        rc = extend(r, e);
    return rc ? rc : project(r, e);
}
