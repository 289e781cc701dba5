#include "lib/knn/knn_learned.h"

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/knn/knn_pack.h"
#include "lib/la/topk.h"
#include "lib/nn/chunk.h"
#include "lib/nn/rows.h"
#include "lib/rank/rank.h"
#include "lib/rank/rank_kernel.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    CROWD = 8,        /* one in so many rows is a crowd */
    CENTRE = 1 << 11, /* rows that give the centre */
    FEW = 8,          /* rows scored at a time */
    MANY = 256        /* pairs */
};

/* With the longest row's norm between them neither sums nor scales overflow,
 * and products of scales are large enough. */
#define LEAST_NORM 0x1p-30
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

/*
 * One build. Rows stand at places: row place[p] at place p. First come the n
 * listed rows, whose lists are made, then the others, which only appear in
 * lists.
 */
struct build {
    struct knn_learned *c;
    const struct mat *x;
    int64_t n;
    struct exec *exec;
    struct arena mem;

    const struct rank_kernel *rank;
    const struct knn_kernel *kernel;
    int32_t *place;
    struct knn_pack pack;
    uint32_t *half;
    struct knn_packed *packed; /* [rows] */
    float *unit, *shift;       /* [rows + KNN_STRIP] */
    float *bar;                /* least product that a row's list has use for */
    double *longest;           /* [tiles] norms of rows */
    double error;              /* of a float chain */
    struct topk *top;          /* [n] lists in place */
    int64_t *scored;           /* [n] rows */
    struct knn_hit **hit;      /* [threads][KNN_TILE * KNN_TILE] pairs */
    pthread_mutex_t *lock;     /* [tiles] of lists and bars */
    int64_t *left;             /* places that are left to the ranker */
};

static int
has(const int32_t *id, int64_t n, int32_t i)
{
    int found = 0;
    for (int64_t p = 0; p < n; p++)
        found |= id[p] == i;
    return found;
}

static int64_t
tiles(int64_t rows)
{
    return (rows + KNN_TILE - 1) / KNN_TILE;
}

/* The columns of the last list of the row at a place, or NULL. */
static const int32_t *
last_list(const struct build *b, int64_t p)
{
    const int32_t *near = b->c->near + b->place[p] * b->c->k;
    return near[0] < 0 ? NULL : near;
}

/* 1 if too many others come close to a row, for instance because they are
 * equal: it is in a crowd. */
static int
is_crowded(const struct build *b, int64_t p)
{
    return b->scored[p] > KNN_TILE + b->x->n / CROWD;
}

/* Raises the bar of a list. A row in a crowd gets no list here: `rank` makes
 * it. */
static void
raise(struct build *b, int64_t p)
{
    const struct topk *t = &b->top[p];
    if (is_crowded(b, p))
        b->bar[p] = INFINITY;
    else if (t->n == t->k)
        b->bar[p] = (float)((double)t->score[0] - b->error -
                            (double)knn_pack_margin(&b->pack, &b->packed[p]) -
                            b->pack.most * b->pack.most * KNN_PACK_FLOATS);
}

/* Scores row `own` with n others for the list at a place. */
static void
start_list(struct build *b, int64_t p, const int32_t *row, int64_t n)
{
    int32_t own[FEW];
    float s[FEW];
    for (int64_t k = 0; k < FEW; k++)
        own[k] = b->place[p];
    for (int64_t k = 0; k < n; k += FEW) {
        int64_t few = n - k < FEW ? n - k : FEW;
        b->rank->chains(b->x->x, b->x->d, own, row + k, few, s);
        for (int64_t i = 0; i < few; i++)
            topk_push(&b->top[p], s[i], row[k + i]);
    }
}

/* A list starts with the columns of the row's last list and the row itself, or
 * else with the rows of its tile. */
static void
start(void *ctx, int64_t from, int64_t to)
{
    struct build *b = ctx;
    int64_t rows = b->x->n, k = b->c->k;
    for (int64_t p = from; p < to; p++) {
        const int32_t *near = last_list(b, p);
        int64_t tile = p / KNN_TILE * KNN_TILE;
        topk_init(&b->top[p], k, b->c->s.data + p * k, b->c->s.indices + p * k);
        if (!near) {
            start_list(b, p, b->place + tile,
                rows - tile < KNN_TILE ? rows - tile : KNN_TILE);
        } else {
            start_list(b, p, near, k);
            if (!has(near, k, b->place[p]))
                start_list(b, p, b->place + p, 1);
        }
        raise(b, p);
    }
}

/* 1 if the list at place p started with the row at place q. */
static int
is_known(const struct build *b, int64_t p, int64_t q)
{
    const int32_t *near = last_list(b, p);
    return near ? has(near, b->c->k, b->place[q])
                : p / KNN_TILE == q / KNN_TILE;
}

/* Offers the row at place q, with inner product s, to the list at place p. */
static void
offer(struct build *b, int64_t p, int64_t q, float s)
{
    if (s < b->bar[p])
        return;
    b->scored[p]++;
    topk_push(&b->top[p], s, b->place[q]);
    raise(b, p);
}

/* The tiles from places i <= j. */
static void
lock_tiles(struct build *b, int64_t i, int64_t j)
{
    pthread_mutex_lock(&b->lock[i / KNN_TILE]);
    if (i != j)
        pthread_mutex_lock(&b->lock[j / KNN_TILE]);
}

static void
unlock_tiles(struct build *b, int64_t i, int64_t j)
{
    if (i != j)
        pthread_mutex_unlock(&b->lock[j / KNN_TILE]);
    pthread_mutex_unlock(&b->lock[i / KNN_TILE]);
}

/* Scores n pairs of places and offers them to the lists whose bars they reach.
 */
static void
offer_pairs(
    struct build *b, int64_t i, int64_t j, const struct knn_hit *hit, int64_t n)
{
    int32_t u[MANY], v[MANY];
    float s[MANY];
    for (int64_t k = 0; k < n; k++) {
        u[k] = b->place[i + hit[k].i];
        v[k] = b->place[j + hit[k].j];
    }
    b->rank->chains(b->x->x, b->x->d, u, v, n, s);
    lock_tiles(b, i, j);
    for (int64_t k = 0; k < n; k++) {
        int64_t p = i + hit[k].i, q = j + hit[k].j;
        if (hit[k].reached & KNN_MINE)
            offer(b, p, q, s[k]);
        if (hit[k].reached & KNN_OTHER)
            offer(b, q, p, s[k]);
    }
    unlock_tiles(b, i, j);
}

/* Drops the pairs that lists started with; returns how many are left. */
static int64_t
new_pairs(
    const struct build *b, int64_t i, int64_t j, struct knn_hit *hit, int64_t n)
{
    int64_t left = 0;
    for (int64_t k = 0; k < n; k++) {
        struct knn_hit h = hit[k];
        if (h.reached & KNN_MINE && is_known(b, i + h.i, j + h.j))
            h.reached -= KNN_MINE;
        if (h.reached & KNN_OTHER && is_known(b, j + h.j, i + h.i))
            h.reached -= KNN_OTHER;
        if (h.reached)
            hit[left++] = h;
    }
    return left;
}

/* The rows of the tile from place i, with a copy of their bars. */
static struct knn_side
side(const struct build *b, int64_t i, float *bar)
{
    int64_t n = b->x->n - i < KNN_TILE ? b->x->n - i : KNN_TILE;
    int64_t padded = (n + KNN_STRIP - 1) / KNN_STRIP * KNN_STRIP;
    memcpy(bar, b->bar + i, (size_t)padded * sizeof *bar);
    return (struct knn_side){b->half + knn_kernel_words(i, b->x->d), n,
        b->unit + i, b->shift + i, bar};
}

/* The pairs of two tiles' rows. */
static void
do_tiles(void *ctx, int64_t t, int thread)
{
    struct build *b = ctx;
    int64_t across = tiles(b->x->n);
    int64_t i = t / across * KNN_TILE, j = t % across * KNN_TILE;
    struct knn_hit *hit = b->hit[thread];
    float bar[2][KNN_TILE];
    if (j < i)
        return;
    lock_tiles(b, i, j);
    struct knn_side mine = side(b, i, bar[0]), other = side(b, j, bar[1]);
    unlock_tiles(b, i, j);
    int vnni = exec_isa(b->exec) == ISA_AVX512VNNI;
    int64_t n = (vnni ? b->kernel->pairs_vnni : b->kernel->pairs)(
        &mine, &other, b->x->d, i == j, hit);
    n = new_pairs(b, i, j, hit, n);
    for (int64_t k = 0; k < n; k += MANY)
        offer_pairs(b, i, j, hit + k, n - k < MANY ? n - k : MANY);
}

/* The longest norm of a tile's rows; infinite if a value is not finite. */
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

/* Packs the rows in the order of their places. */
static void
pack(struct build *b, double longest)
{
    struct arena *m = &b->mem;
    struct mat x = *b->x;
    int64_t rows = x.n, d = x.d, in_order = 0;
    while (in_order < rows && b->place[in_order] == in_order)
        in_order++;
    if (in_order < rows) {
        x = mat_in(m, rows, d);
        if (m->rc)
            return;
        rows_gather(b->x, b->place, &x, b->exec);
    }
    b->half = arena_new(m, knn_kernel_words(rows, d), sizeof *b->half);
    b->packed = arena_new(m, rows, sizeof *b->packed);
    b->unit = arena_new(m, rows + KNN_STRIP, sizeof *b->unit);
    b->shift = arena_new(m, rows + KNN_STRIP, sizeof *b->shift);
    b->bar = arena_new(m, rows + KNN_STRIP, sizeof *b->bar);
    knn_pack_init(&b->pack, x.x, NULL, rows < CENTRE ? rows : CENTRE, d,
        longest, b->exec, m);
    if (m->rc)
        return;
    knn_pack_rows(
        &b->pack, x.x, NULL, rows, b->half, b->packed, b->shift, b->unit);
    for (int64_t p = 0; p < rows + KNN_STRIP; p++)
        b->bar[p] = p < b->n ? -FLT_MAX : INFINITY;
    for (int64_t p = rows; p < rows + KNN_STRIP; p++) {
        b->unit[p] = 0;
        b->shift[p] = -INFINITY;
    }
}

/* Makes all lists by packed products, but for rows in a crowd. */
static int
propose(struct build *b, double longest, struct err *e)
{
    struct arena *m = &b->mem;
    int64_t k = b->c->k, d = b->x->d, all = tiles(b->x->n);
    b->error = (double)d * 0x1.02p-24 * longest * longest;
    pack(b, longest);
    b->top = arena_new(m, b->n, sizeof *b->top);
    b->lock = arena_new(m, all, sizeof *b->lock);
    int threads = exec_threads(b->exec);
    b->hit = arena_zero(m, threads, sizeof *b->hit);
    for (int t = 0; b->hit && t < threads; t++)
        b->hit[t] = arena_new(m, KNN_TILE * KNN_TILE, sizeof *b->hit[t]);
    int rc = arena_check(m, e);
    if (rc)
        return rc;
    for (int64_t t = 0; t < all; t++)
        pthread_mutex_init(&b->lock[t], NULL);
    chunk_for(b->exec, b->n, k * d, start, b);
    exec_for(b->exec, tiles(b->n) * all, do_tiles, b);
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

/* Makes the lists that are left, by comparing with every row. */
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
        row[p] = b->place[b->left[p]];
    struct rank_opt o = {
        .k = b->c->k, .users = row, .n_users = left, .exec = b->exec};
    return rank_run(&products, &o, take, b, e);
}

/* Gives places to the listed rows, then to the others. */
static int
put_in_order(struct build *b, const int32_t *list, struct err *e)
{
    int64_t rows = b->x->n, at = b->n;
    char *listed = arena_zero(&b->mem, rows, 1);
    b->place = arena_new(&b->mem, rows, sizeof *b->place);
    int rc = arena_check(&b->mem, e);
    for (int64_t p = 0; !rc && p < b->n; p++) {
        b->place[p] = list ? list[p] : (int32_t)p;
        listed[b->place[p]] = 1;
    }
    for (int64_t r = 0; !rc && r < rows; r++)
        if (!listed[r])
            b->place[at++] = (int32_t)r;
    return rc;
}

static int
run(struct build *b, const int32_t *list, struct err *e)
{
    int64_t all = tiles(b->x->n);
    b->longest = arena_new(&b->mem, all, sizeof *b->longest);
    b->scored = arena_zero(&b->mem, b->n, sizeof *b->scored);
    b->left = arena_new(&b->mem, b->n, sizeof *b->left);
    int rc = put_in_order(b, list, e);
    if (rc)
        return rc;
    double longest = 0;
    exec_for(b->exec, all, longest_row, b);
    for (int64_t t = 0; t < all; t++)
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
    struct build b = {.c = c, .x = x, .n = n, .exec = exec};
    b.rank = rank_kernel_of(exec);
    b.kernel = knn_kernel_of(exec);
    int rc = run(&b, list, e);
    arena_free(&b.mem);
    if (rc)
        return rc;
    chunk_for(exec, n, k * k, sort_rows, c);
    for (int64_t p = 0; p < n; p++)
        memcpy(c->near + (list ? list[p] : p) * k, c->s.indices + p * k,
            (size_t)k * sizeof *c->near);
    return 0;
}
