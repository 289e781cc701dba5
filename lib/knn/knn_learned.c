#include "lib/knn/knn_learned.h"

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/knn/knn_query.h"
#include "lib/la/topk.h"
#include "lib/nn/chunk.h"
#include "lib/rank/rank.h"
#include "lib/rank/rank_kernel.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CROWD = 8 /* one in so many rows is a crowd */
};

/* Between them neither float sums overflow nor scales do. */
#define LEAST_NORM 0x1p-60
#define MOST_NORM 0x1p20

int
knn_learned_init(struct knn_learned *c, int64_t n, int64_t k, struct err *e)
{
    *c = (struct knn_learned){.k = k < n ? k : n};
    int64_t nnz;
    if (c->k < 0 || __builtin_mul_overflow(n, c->k, &nnz))
        return err_set(e, ERR_RANGE,
            "%" PRId64 " neighbours of %" PRId64 " rows are out of range", c->k,
            n);
    int rc = csr_init(&c->s, n, n, nnz, 1, e);
    if (rc)
        return rc;
    for (int64_t r = 0; r < n; r++)
        c->s.indptr[r + 1] = (r + 1) * c->k;
    c->near = mem_new(nnz, sizeof *c->near, e);
    for (int64_t p = 0; c->near && p < nnz; p++)
        c->near[p] = -1;
    return c->near ? 0 : ERR_NOMEM;
}

void
knn_learned_free(struct knn_learned *c)
{
    csr_free(&c->s);
    free(c->near);
    c->near = NULL;
}

/* One build; the list at place p is that of row list[p]. */
struct build {
    struct knn_learned *c;
    const struct mat *x;
    const int32_t *list;
    int64_t n;
    struct exec *exec;
    struct arena mem;

    const struct rank_kernel *rank;
    const struct knn_kernel *kernel;
    struct knn_pack pack;
    double *longest; /* [tiles] norms of rows */
    double error;    /* of a float chain */
    struct knn_query_run run;
    struct knn_query *query; /* [n] */
    struct topk *top;        /* [n] lists in place */
    int64_t *scored;         /* [n] rows */
    int64_t *left;           /* places that are left to the ranker, ascending */
};

static int64_t
row_at(const struct build *b, int64_t place)
{
    return b->list ? b->list[place] : place;
}

static int64_t
tiles(const struct build *b)
{
    return (b->x->n + KNN_TILE - 1) / KNN_TILE;
}

/* Scores n rows for the list at a place. */
static void
push(struct build *b, int64_t place, const int32_t *id, int64_t n)
{
    const struct mat *x = b->x;
    float s[KNN_FEW];
    for (int64_t p = 0; p < n; p += KNN_FEW) {
        int64_t few = n - p < KNN_FEW ? n - p : KNN_FEW;
        b->rank->chains(b->query[place].x, x->x, x->d, id + p, few, s);
        for (int64_t k = 0; k < few; k++)
            topk_push(&b->top[place], s[k], id[p + k]);
    }
    b->scored[place] += n;
}

/* 1 if many others come too close to a row, as where rows are equal. */
static int
is_crowded(const struct build *b, int64_t place)
{
    return b->scored[place] > KNN_TILE + b->x->n / CROWD;
}

/* A list starts from the row's last list. A row in a crowd is given up. */
static double
score(void *ctx, int64_t place, const int32_t *id, int64_t n)
{
    struct build *b = ctx;
    const struct knn_query *q = &b->query[place];
    const struct topk *t = &b->top[place];
    if (n)
        push(b, place, id, n);
    else
        push(b, place, q->skip, q->end - q->skip);
    if (is_crowded(b, place))
        return (double)INFINITY;
    return t->n < t->k ? (double)-INFINITY : (double)t->score[0] - b->error;
}

/* Infinite if some value is not finite. */
static void
longest_row(void *ctx, int64_t tile, int thread)
{
    (void)thread;
    struct build *b = ctx;
    const struct mat *x = b->x;
    double most = 0;
    int64_t end = x->n < (tile + 1) * KNN_TILE ? x->n : (tile + 1) * KNN_TILE;
    for (int64_t r = tile * KNN_TILE; r < end; r++) {
        const float *v = x->x + r * x->d;
        double square = b->kernel->dot(v, v, x->d);
        most = isfinite(square) ? fmax(most, square) : (double)INFINITY;
    }
    b->longest[tile] = sqrt(most);
}

/* All lists by packed products, but for crowded ones. */
static int
propose(struct build *b, double longest, struct err *e)
{
    struct arena *m = &b->mem;
    const struct mat *x = b->x;
    int64_t k = b->c->k;
    struct knn_targets all =
        knn_query_targets(&b->pack, x->x, x->n, x->d, longest, b->exec, m);
    knn_query_init(&b->run, &b->pack, k, score, b, m);
    b->query = arena_new(m, b->n, sizeof *b->query);
    b->top = arena_new(m, b->n, sizeof *b->top);
    int rc = arena_check(m, e);
    if (rc)
        return rc;
    b->error = (double)x->d * 0x1.02p-24 * longest * longest;
    for (int64_t p = 0; p < b->n; p++) {
        int64_t i = row_at(b, p);
        const int32_t *near = b->c->near + i * k;
        b->query[p] = (struct knn_query){
            x->x + i * x->d, 1, near, near[0] < 0 ? near : near + k};
        topk_init(&b->top[p], k, b->c->s.data + p * k, b->c->s.indices + p * k);
    }
    knn_query_pass(&b->run, b->query, b->n, &all);
    return 0;
}

static int
take(void *ctx, int64_t first, int64_t n, const int32_t *id, const float *score)
{
    const struct build *b = ctx;
    int64_t k = b->c->k;
    for (int64_t r = 0; r < n; r++) {
        int64_t at = b->left[first + r] * k;
        memcpy(b->c->s.indices + at, id + r * k, (size_t)k * sizeof *id);
        memcpy(b->c->s.data + at, score + r * k, (size_t)k * sizeof *score);
    }
    return 0;
}

/* The lists that are left, by comparing with every row. */
static int
rank(struct build *b, struct err *e)
{
    struct scorer products;
    int64_t left = b->c->ranked, *row = arena_new(&b->mem, left, sizeof *row);
    int rc = arena_check(&b->mem, e);
    if (!rc)
        rc = scorer_dense(&products, b->x, b->x, e);
    if (rc)
        return rc;
    for (int64_t p = 0; p < left; p++)
        row[p] = row_at(b, b->left[p]);
    struct rank_opt o = {
        .k = b->c->k, .users = row, .n_users = left, .exec = b->exec};
    return rank_run(&products, &o, take, b, e);
}

static int
run(struct build *b, struct err *e)
{
    b->longest = arena_new(&b->mem, tiles(b), sizeof *b->longest);
    b->scored = arena_zero(&b->mem, b->n, sizeof *b->scored);
    b->left = arena_new(&b->mem, b->n, sizeof *b->left);
    int rc = arena_check(&b->mem, e);
    if (rc)
        return rc;
    double longest = 0;
    exec_for(b->exec, tiles(b), longest_row, b);
    for (int64_t t = 0; t < tiles(b); t++)
        longest = fmax(longest, b->longest[t]);
    if (!isfinite(longest)) { /* such a value would be in no list */
        int64_t i = mat_not_finite(b->x);
        return err_set(e, ERR_NUM,
            "vector %" PRId64 " is not finite at column %" PRId64, i / b->x->d,
            i % b->x->d);
    }
    int able = longest > LEAST_NORM && longest < MOST_NORM;
    if (able)
        rc = propose(b, longest, e);
    b->c->ranked = 0;
    for (int64_t p = 0; p < b->n; p++)
        if (!able || is_crowded(b, p))
            b->left[b->c->ranked++] = p;
    return !rc && b->c->ranked ? rank(b, e) : rc;
}

/* Lists are short: insertion sort by column. */
static void
sort_rows(void *ctx, int64_t from, int64_t to)
{
    const struct knn_learned *c = ctx;
    for (int64_t r = from; r < to; r++) {
        int32_t *id = c->s.indices + r * c->k;
        float *value = c->s.data + r * c->k;
        for (int64_t p = 1; p < c->k; p++) {
            int32_t i = id[p];
            float v = value[p];
            int64_t at = p;
            for (; at > 0 && id[at - 1] > i; at--) {
                id[at] = id[at - 1];
                value[at] = value[at - 1];
            }
            id[at] = i;
            value[at] = v;
        }
    }
}

int
knn_learned_build(struct knn_learned *c, const struct mat *x,
    const int32_t *list, int64_t n, struct exec *exec, struct err *e)
{
    assert(x->n == c->s.cols && n <= x->n);
    int64_t k = c->k;
    c->s.rows = n;
    c->s.nnz = n * k;
    if (c->s.nnz == 0)
        return 0;
    struct build b = {.c = c, .x = x, .list = list, .n = n, .exec = exec};
    b.rank = rank_kernel_of(exec);
    b.kernel = knn_kernel_of(exec);
    int rc = run(&b, e);
    arena_free(&b.mem);
    if (rc)
        return rc;
    chunk_for(exec, n, k * k, sort_rows, c);
    for (int64_t p = 0; p < n; p++)
        memcpy(c->near + (list ? list[p] : p) * k, c->s.indices + p * k,
            (size_t)k * sizeof *c->near);
    return 0;
}
