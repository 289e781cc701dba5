#include "lib/whiten/whiten.h"

#include "lib/base/exec.h"
#include "lib/base/mem.h"
#include "lib/la/blas.h"
#include "lib/whiten/eig.h"
#include "lib/whiten/feat.h"
#include "lib/whiten/tall.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An eigenvalue of this part of the largest is 0: singular values of 1e-6,
 * which is what float32 features can hold. */
static const double zero = 1e-12;

enum {
    ROWS = 512,      /* rows per task of the sparse product */
    GRAM_MAX = 8192, /* see gram_max */
    REFINEMENTS = 4
};

/* Sign rule and scale. */
static void
finish(double *q, int64_t n, int64_t d)
{
    double scale = sqrt((double)n / (double)d);
    for (int64_t k = 0; k < d; k++) {
        int64_t top = 0;
        for (int64_t i = 1; i < n; i++)
            if (fabs(q[i * d + k]) > fabs(q[top * d + k]))
                top = i;
        double s = q[top * d + k] < 0 ? -scale : scale;
        for (int64_t i = 0; i < n; i++)
            q[i * d + k] *= s;
    }
}

static struct eig_opt
solver_options(const struct whiten_opt *opt)
{
    return (struct eig_opt){.d = opt->d,
        .tol = opt->tol,
        .max_iter = opt->max_iter,
        .exec = opt->exec};
}

/* Values down to this part of the largest are told from 0. */
static int
check_rank(const char *name, const double *value, int64_t d, struct err *e)
{
    int64_t rank = 0;
    while (rank < d && value[rank] > zero * value[0])
        rank++;
    if (rank < d)
        return err_set(e, ERR_RANGE,
            "'%s': %" PRId64 " dimensions wanted, but only %" PRId64
            " directions are not zero",
            name, d, rank);
    return 0;
}

static int
not_converged(const char *name, const struct whiten_info *info,
    const struct whiten_opt *opt, struct err *e)
{
    return err_set(e, ERR_NUM,
        "'%s': singular vectors did not converge in %" PRId64
        " products: the worst relative residual is %.2g, not %.2g",
        name, info->products, info->residual, opt->tol);
}

struct sparse {
    const struct csr *k;
    struct exec *exec;
    double *mean;
    const double *x;
    double *y;
    int64_t m;
};

static void
sparse_rows(void *ctx, int64_t chunk, int thread)
{
    (void)thread;
    const struct sparse *s = ctx;
    const struct csr *k = s->k;
    int64_t m = s->m;
    int64_t end = (chunk + 1) * ROWS < k->rows ? (chunk + 1) * ROWS : k->rows;
    for (int64_t i = chunk * ROWS; i < end; i++) {
        double *y = s->y + i * m;
        for (int64_t c = 0; c < m; c++)
            y[c] = 0;
        for (int64_t p = k->indptr[i]; p < k->indptr[i + 1]; p++) {
            double v = (double)k->data[p];
            const double *x = s->x + k->indices[p] * m;
            for (int64_t c = 0; c < m; c++)
                y[c] += v * (x[c] - s->mean[c]);
        }
    }
}

static void
column_means(const double *x, int64_t n, int64_t m, double *mean)
{
    for (int64_t c = 0; c < m; c++)
        mean[c] = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < m; c++)
            mean[c] += x[i * m + c];
    for (int64_t c = 0; c < m; c++)
        mean[c] /= (double)n;
}

/* y = J K J x */
static int
sparse_apply(void *ctx, int64_t m, const double *x, double *y, struct err *e)
{
    struct sparse *s = ctx;
    int64_t n = s->k->rows;
    s->mean = mem_new(m, sizeof *s->mean, e);
    if (!s->mean)
        return ERR_NOMEM;
    s->x = x;
    s->y = y;
    s->m = m;
    column_means(x, n, m, s->mean);
    exec_for(s->exec, (n + ROWS - 1) / ROWS, sparse_rows, s);
    column_means(y, n, m, s->mean);
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < m; c++)
            y[i * m + c] -= s->mean[c];
    free(s->mean);
    return 0;
}

static int
check_d(const char *name, int64_t d, int64_t n, int64_t columns, struct err *e)
{
    if (d >= n)
        return err_set(e, ERR_RANGE,
            "'%s': %" PRId64 " dimensions wanted of %" PRId64
            " centred rows, which have at most %" PRId64,
            name, d, n, n - 1);
    if (d > columns)
        return err_set(e, ERR_RANGE,
            "'%s': %" PRId64 " dimensions wanted of %" PRId64 " columns", name,
            d, columns);
    return 0;
}

int
whiten_sparse(const struct source *source, const struct whiten_opt *opt,
    double *q, struct whiten_info *info, struct err *e)
{
    const struct csr *a = &source->csr;
    const char *name = source->name;
    int64_t n = a->rows, d = opt->d;
    if (a->rows != a->cols)
        return err_set(e, ERR_SHAPE,
            "'%s': similarities must be square, not %" PRId64 " x %" PRId64,
            name, a->rows, a->cols);
    int rc = check_d(name, d, n, n, e);
    if (rc)
        return rc;
    struct csr k = {0};
    struct eig r = {0};
    rc = csr_symmetrise(a, &k, e);
    if (!rc) {
        struct sparse s = {.k = &k, .exec = opt->exec};
        struct eig_opt eo = solver_options(opt);
        rc = eig_largest(n, sparse_apply, &s, &eo, &r, e);
        if (rc)
            rc = err_prefix(e, rc, "'%s'", name);
    }
    if (!rc)
        rc = check_rank(name, r.value, d, e);
    *info = (struct whiten_info){r.residual, r.products};
    if (!rc && r.residual > opt->tol)
        rc = not_converged(name, info, opt, e);
    if (!rc) {
        memcpy(q, r.vector, (size_t)(n * d) * sizeof *q);
        finish(q, n, d);
    }
    eig_free(&r);
    csr_free(&k);
    return rc;
}

/*
 * A Gram matrix g of float products, corrected so that it acts on the span of v
 * as the honest operator does (error = what that gave less g v): its
 * eigenvectors in the neighbourhood of v then have errors of second order.
 */
struct gram {
    int64_t size, d;
    struct exec *exec;
    const double *g;
    const double *v, *error; /* [size][d], NULL before the first refinement */
    double *both;            /* [d][d] v^T error, symmetric part */
};

/* y = g x + error (v^T x) + v (error^T x) - v both (v^T x) */
static int
gram_apply(void *ctx, int64_t m, const double *x, double *y, struct err *e)
{
    const struct gram *g = ctx;
    int64_t n = g->size, d = g->d;
    struct exec *t = g->exec;
    tall_mul(t, n, n, 1.0, g->g, n, m, x, m, 0.0, y, m);
    if (!g->v)
        return 0;
    double *a = mem_new(d * m, sizeof *a, e), *b = mem_new(d * m, sizeof *b, e);
    int rc = a && b ? 0 : ERR_NOMEM;
    if (!rc)
        rc = tall_gram(t, n, d, g->v, d, m, x, m, a, m, e);
    if (!rc)
        rc = tall_gram(t, n, d, g->error, d, m, x, m, b, m, e);
    if (!rc) {
        blas_dgemm(0, 0, d, m, d, -1.0, g->both, d, a, m, 1.0, b, m);
        tall_mul(t, n, d, 1.0, g->error, d, m, a, m, 1.0, y, m);
        tall_mul(t, n, d, 1.0, g->v, d, m, b, m, 1.0, y, m);
    }
    free(a);
    free(b);
    return rc;
}

/* What is known of the features' singular triplets: v of size F's smaller
 * side, the products y = A v, squared singular values. */
struct triplets {
    struct feat *f;
    int left; /* v are left vectors: A = F F^T; else F^T F */
    int64_t size, d;
    double *v, *y, *u, *value; /* u = F v if not left: [n][d] */
};

/* A product in double with the features themselves. */
static int
honest(struct triplets *t, struct err *e)
{
    return t->left ? feat_left(t->f, t->d, t->v, t->y, e)
                   : feat_right(t->f, t->d, t->v, t->u, t->y, e);
}

/* Rayleigh quotients, and the worst |y - value v| / value. */
static double
measure(struct triplets *t)
{
    double worst = 0;
    for (int64_t k = 0; k < t->d; k++) {
        double w = 0, sum = 0;
        for (int64_t i = 0; i < t->size; i++)
            w += t->v[i * t->d + k] * t->y[i * t->d + k];
        for (int64_t i = 0; i < t->size; i++) {
            double x = t->y[i * t->d + k] - w * t->v[i * t->d + k];
            sum += x * x;
        }
        t->value[k] = w;
        double floor = zero * t->value[0];
        double r = sum > 0 ? sqrt(sum) / (w > floor ? w : floor) : 0.0;
        if (!(r <= worst)) /* also if it is not a number */
            worst = r;
    }
    return worst;
}

/* Prepares the next round: error = y - g v and its part within v. */
static int
correct(struct gram *g, const struct triplets *t, double *error, struct err *e)
{
    int64_t n = t->size, d = t->d;
    memcpy(error, t->y, (size_t)(n * d) * sizeof *error);
    tall_mul(g->exec, n, n, -1.0, g->g, n, d, t->v, d, 1.0, error, d);
    int rc = tall_gram(g->exec, n, d, t->v, d, d, error, d, g->both, d, e);
    for (int64_t i = 0; !rc && i < d; i++)
        for (int64_t j = 0; j < i; j++)
            g->both[i * d + j] = g->both[j * d + i] =
                0.5 * (g->both[i * d + j] + g->both[j * d + i]);
    g->v = t->v;
    g->error = error;
    return rc;
}

/* Eigenvectors of an explicit Gram matrix, checked against the features, with
 * the matrix corrected where its float sums were not good enough. */
static int
solve_explicit(struct triplets *t, const struct whiten_opt *opt,
    struct whiten_info *info, struct err *e)
{
    int64_t n = t->size, d = t->d;
    double *matrix = mem_new(n * n, sizeof *matrix, e);
    double *error = mem_new(n * d, sizeof *error, e);
    struct gram g = {.size = n, .d = d, .exec = opt->exec, .g = matrix};
    g.both = mem_new(d * d, sizeof *g.both, e);
    int rc = matrix && error && g.both ? 0 : ERR_NOMEM;
    if (!rc && !t->left)
        rc = feat_gram(t->f, matrix, e);
    else if (!rc && !(rc = feat_means(t->f, e)))
        rc = feat_gram_rows(t->f, matrix, e);
    for (int round = 0; !rc; round++) {
        struct eig r;
        struct eig_opt eo = solver_options(opt);
        eo.tol = 0.1 * opt->tol;
        rc = eig_largest(n, gram_apply, &g, &eo, &r, e);
        if (rc) {
            rc = err_prefix(e, rc, "'%s'", t->f->s->name);
            break;
        }
        memcpy(t->v, r.vector, (size_t)(n * d) * sizeof *t->v);
        info->products += r.products;
        eig_free(&r);
        rc = honest(t, e);
        info->residual = measure(t);
        if (rc || info->residual <= opt->tol)
            break;
        /* too small a rank, which the caller says; not at first, when values
         * next to 0 still come from rounding */
        if (round > 0 && !(t->value[d - 1] > zero * t->value[0]))
            break;
        if (round == REFINEMENTS)
            rc = not_converged(t->f->s->name, info, opt, e);
        else
            rc = correct(&g, t, error, e);
    }
    free(matrix);
    free(error);
    free(g.both);
    return rc;
}

static int
free_apply(void *ctx, int64_t m, const double *x, double *y, struct err *e)
{
    return feat_right(ctx, m, x, NULL, y, e);
}

/* Too large for a Gram matrix: every product is a pass over the features. */
static int
solve_free(struct triplets *t, const struct whiten_opt *opt,
    struct whiten_info *info, struct err *e)
{
    struct eig r = {0};
    struct eig_opt eo = solver_options(opt);
    int rc = feat_means(t->f, e);
    if (rc)
        return rc;
    rc = eig_largest(t->size, free_apply, t->f, &eo, &r, e);
    if (rc)
        return rc == ERR_NUM ? err_prefix(e, rc, "'%s'", t->f->s->name) : rc;
    memcpy(t->v, r.vector, (size_t)(t->size * t->d) * sizeof *t->v);
    info->products = r.products;
    eig_free(&r);
    rc = honest(t, e);
    info->residual = measure(t);
    if (!rc && info->residual > opt->tol)
        rc = not_converged(t->f->s->name, info, opt, e);
    return rc;
}

static int
left_vectors(struct feat *f, const struct whiten_opt *opt, double *q,
    struct whiten_info *info, struct err *e)
{
    int64_t n = f->n, p = f->d, d = opt->d;
    int64_t most = opt->gram_max ? opt->gram_max : GRAM_MAX;
    struct triplets t = {.f = f, .d = d, .left = n < p && n <= most};
    t.size = t.left ? n : p;
    *info = (struct whiten_info){0};
    t.v = mem_new(t.size * d, sizeof *t.v, e);
    t.y = mem_new(t.size * d, sizeof *t.y, e);
    t.value = mem_new(d, sizeof *t.value, e);
    t.u = q;
    int rc = t.v && t.y && t.value ? 0 : ERR_NOMEM;
    if (!rc && t.left)
        rc = feat_keep(f, e);
    if (!rc)
        rc = t.size <= most ? solve_explicit(&t, opt, info, e)
                            : solve_free(&t, opt, info, e);
    if (!rc)
        rc = check_rank(f->s->name, t.value, d, e);
    for (int64_t i = 0; !rc && i < n; i++)
        for (int64_t k = 0; k < d; k++)
            q[i * d + k] =
                t.left ? t.v[i * d + k] : t.u[i * d + k] / sqrt(t.value[k]);
    if (!rc && t.left) { /* orthogonal to 1 only as far as float sums went */
        double *mean = t.value;
        column_means(q, n, d, mean);
        for (int64_t i = 0; i < n; i++)
            for (int64_t k = 0; k < d; k++)
                q[i * d + k] -= mean[k];
    }
    free(t.v);
    free(t.y);
    free(t.value);
    return rc;
}

int
whiten_dense(struct source *s, const struct whiten_opt *opt, double *q,
    struct whiten_info *info, struct err *e)
{
    struct feat f = {0};
    int rc = check_d(s->name, opt->d, s->n, s->d, e);
    if (!rc)
        rc = feat_init(&f, s, opt->exec, e);
    if (!rc)
        rc = left_vectors(&f, opt, q, info, e);
    if (!rc)
        finish(q, s->n, opt->d);
    feat_free(&f);
    return rc;
}
