#include "lib/whiten/whiten.h"

#include "lib/base/mem.h"
#include "lib/whiten/feat.h"
#include "lib/whiten/jkj.h"
#include "lib/whiten/ritz.h"
#include "lib/whiten/tall.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An eigenvalue of this part of the largest is 0: singular values of 1e-6,
 * which is what float32 features can hold. */
static const double zero = 1e-12;

/* An entry of so many times the root mean square of all others is damaged. */
static const double suspicious = 1e6;

enum {
    GRAM_MAX = 1024, /* see gram_max */
    GRAM_PER_D = 16
};

enum { STRIP = 8 }; /* columns of a task: a cache line of each row */

struct columns {
    double *q;
    int64_t n, d;
    const struct missing *missing;
};

/* Centres columns from..to-1 over the rows that are not missing, applies the
 * sign rule and the scale; missing rows become 0. */
static void
finish_columns(void *ctx, int64_t from, int64_t to)
{
    const struct columns *j = ctx;
    double mean[STRIP] = {0}, square[STRIP] = {0}, scale[STRIP];
    double present = (double)(j->n - j->missing->n), top[STRIP] = {0};
    int64_t m = to - from;
    for (int64_t i = 0; i < j->n; i++)
        for (int64_t k = 0; k < m && !missing_at(j->missing, i); k++)
            mean[k] += j->q[i * j->d + from + k];
    for (int64_t k = 0; k < m; k++)
        mean[k] /= present;
    for (int64_t i = 0; i < j->n; i++) {
        double *q = j->q + i * j->d + from;
        int away = missing_at(j->missing, i);
        for (int64_t k = 0; k < m; k++) {
            q[k] = away ? 0.0 : q[k] - mean[k];
            square[k] += q[k] * q[k];
            top[k] = fabs(q[k]) > fabs(top[k]) ? q[k] : top[k];
        }
    }
    for (int64_t k = 0; k < m; k++)
        scale[k] = copysign(sqrt(present / (double)j->d / square[k]), top[k]);
    for (int64_t i = 0; i < j->n; i++)
        for (int64_t k = 0; k < m; k++)
            j->q[i * j->d + from + k] *= scale[k];
}

static void
finish(double *q, int64_t n, int64_t d, const struct missing *missing,
    struct exec *exec)
{
    struct columns j = {q, n, d, missing};
    exec_blocks(exec, d, STRIP, finish_columns, &j);
}

static int
check_d(const char *name, int64_t d, int64_t n, int64_t columns, struct err *e)
{
    if (d >= n)
        return err_set(e, ERR_RANGE,
            "'%s': %" PRId64 " dimensions wanted of %" PRId64
            " centred rows, which have at most %" PRId64
            ": see --dim, or DIM of a pipeline",
            name, d, n, n - 1);
    if (d > columns)
        return err_set(e, ERR_RANGE,
            "'%s': %" PRId64 " dimensions wanted of %" PRId64
            " columns: see --dim, or DIM of a pipeline",
            name, d, columns);
    return 0;
}

/* The d largest eigenpairs of op. */
static int
solve(const char *name, const struct eig_op *op, const struct whiten_opt *opt,
    const double *start, int is_rough, struct eig *r, struct whiten_info *info,
    struct err *e)
{
    struct eig_opt eo = {.d = opt->d,
        .tol = opt->tol,
        .max_iter = opt->max_iter,
        .exec = opt->exec,
        .start = start,
        .rough = is_rough};
    int rc = eig_largest(op, &eo, r, e);
    info->residual = r->residual;
    info->products += r->products;
    return rc == ERR_NUM ? err_prefix(e, rc, "'%s'", name) : rc;
}

static int
low_rank(const char *name, int64_t d, int64_t rank, struct err *e)
{
    return err_set(e, ERR_RANGE,
        "'%s': %" PRId64 " dimensions wanted, but only %" PRId64
        " directions are not zero",
        name, d, rank);
}

/* The rank, and the residuals, relative to values however small. */
static int
check(const char *name, const double *value, const struct whiten_opt *opt,
    const struct whiten_info *info, struct err *e)
{
    int64_t rank = 0;
    while (rank < opt->d && value[rank] > zero * value[0])
        rank++;
    if (rank < opt->d)
        return low_rank(name, opt->d, rank, e);
    if (info->residual <= opt->tol)
        return 0;
    return err_set(e, ERR_NUM,
        "'%s': singular vectors did not converge in %" PRId64
        " products: the worst relative residual is %.2g, not %.2g",
        name, info->products, info->residual, opt->tol);
}

int
whiten_sparse(const struct source *source, const struct whiten_opt *opt,
    double *q, struct whiten_info *info, struct err *e)
{
    const struct csr *a = &source->csr;
    const char *name = source->name;
    int64_t d = opt->d;
    *info = (struct whiten_info){.row = -1};
    if (a->rows != a->cols)
        return err_set(e, ERR_SHAPE,
            "'%s': similarities must be square, not %" PRId64 " x %" PRId64,
            name, a->rows, a->cols);
    struct jkj j;
    struct eig r = {0};
    int rc = check_d(name, d, a->rows, a->rows, e);
    if (!rc)
        rc = jkj_init(&j, a, e);
    if (rc)
        return rc;
    struct eig_op op = {.n = j.k.rows,
        .apply = jkj_apply,
        .ctx = &j,
        .panel = JKJ_PANEL,
        .cheap = 1};
    info->missing = a->rows - op.n;
    if (d >= op.n)
        rc = low_rank(name, d, op.n ? op.n - 1 : 0, e);
    else
        rc = solve(name, &op, opt, NULL, 0, &r, info, e);
    if (!rc)
        rc = check(name, r.value, opt, info, e);
    if (!rc) {
        finish(r.vector, op.n, d, &(struct missing){0}, opt->exec);
        memset(q, 0, (size_t)(a->rows * d) * sizeof *q);
        for (int64_t i = 0; i < op.n; i++)
            memcpy(q + j.at[i] * d, r.vector + i * d, (size_t)d * sizeof *q);
    }
    eig_free(&r);
    jkj_free(&j);
    return rc;
}

/* A Gram matrix of features. */
struct gram {
    int64_t n;
    struct exec *exec;
    const double *g;
};

static int
gram_apply(void *ctx, int64_t m, const double *x, double *y, struct err *e)
{
    (void)e;
    const struct gram *g = ctx;
    tall_mul(g->exec, g->n, g->n, 1.0, g->g, g->n, m, x, m, 0.0, y, m);
    return 0;
}

static int
accurate(void *ctx, int64_t m, const double *x, double *y, struct err *e)
{
    return feat_right(ctx, m, x, NULL, y, e);
}

static int
rough(void *ctx, int64_t m, const double *x, double *y, struct err *e)
{
    return feat_rough(ctx, m, x, y, e);
}

/* u = F v, and the worst |F^T u - s^2 v| / s^2 of v against the features
 * themselves; the s^2 become the values. */
static int
measure(
    struct feat *f, struct eig *r, double *u, double *residual, struct err *e)
{
    int64_t d = r->d, n = r->n;
    double *y = mem_new(n * d + d, sizeof *y, e);
    int rc = y ? feat_right(f, d, r->vector, u, y, e) : ERR_NOMEM;
    if (!rc) {
        ritz_residuals(n, d, r->vector, y, r->value, y + n * d);
        *residual = ritz_worst(d, r->value, y + n * d);
    }
    free(y);
    return rc;
}

/*
 * u [n][d], left singular vectors times their values, from F^T F, which is the
 * matrix, or (NULL) too large for that: then each product is a pass over the
 * features, in single precision until that brings nothing more.
 */
static int
solve_dense(struct feat *f, double *matrix, const struct whiten_opt *opt,
    double *u, struct whiten_info *info, struct err *e)
{
    struct gram g = {f->d, opt->exec, matrix};
    struct eig_op op = {.n = f->d, .apply = gram_apply, .ctx = &g, .cheap = 1};
    struct eig r = {0}, last = {0};
    int rc = feat_moments(f, matrix, e);
    for (int round = matrix != NULL; !rc && round < 2; round++) {
        if (!matrix)
            op = (struct eig_op){
                .n = f->d, .apply = round ? accurate : rough, .ctx = f};
        rc = solve(f->s->name, &op, opt, last.vector, round == 0, &r, info, e);
        eig_free(&last);
        last = r;
        if (!rc)
            rc = measure(f, &last, u, &info->residual, e);
        if (!rc && info->residual <= opt->tol)
            break;
    }
    if (!rc)
        rc = check(f->s->name, last.value, opt, info, e);
    eig_free(&last);
    return rc;
}

/* Notes an entry that is out of all proportion to the others, and adds it to
 * the sentence of a failure rc. */
static int
look_for_damage(struct feat *f, int rc, struct whiten_info *info, struct err *e)
{
    if (!(f->most > suspicious * f->rest))
        return rc;
    struct err first = {""};
    if (e)
        first = *e;
    int seen = feat_largest(f, &info->row, &info->column, &info->value, e);
    if (seen || !rc)
        return seen;
    return err_set(e, rc,
        "%s (damaged? its value at row %" PRId64 ", column %" PRId64
        " is %g, all others are about %.2g)",
        first.msg, info->row, info->column, (double)info->value, f->rest);
}

int
whiten_dense(struct source *s, const struct whiten_opt *opt, double *q,
    struct whiten_info *info, struct err *e)
{
    struct feat f = {0};
    double *matrix = NULL;
    int64_t d = opt->d, most = opt->gram_max;
    if (most == 0)
        most = GRAM_PER_D * d > GRAM_MAX ? GRAM_PER_D * d : GRAM_MAX;
    *info = (struct whiten_info){.row = -1, .missing = s->missing.n};
    int rc = check_d(s->name, d, s->n - s->missing.n, s->d, e);
    if (!rc)
        rc = feat_init(&f, s, opt->exec, e);
    if (!rc && s->d <= most &&
        !(matrix = mem_new(s->d * s->d, sizeof *matrix, e)))
        rc = ERR_NOMEM;
    if (!rc) {
        rc = solve_dense(&f, matrix, opt, q, info, e);
        if (rc == 0 || rc == ERR_NUM || rc == ERR_RANGE)
            rc = look_for_damage(&f, rc, info, e);
    }
    if (!rc)
        finish(q, s->n, d, &s->missing, opt->exec);
    free(matrix);
    feat_free(&f);
    return rc;
}
