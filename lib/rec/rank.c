#include "lib/rec/rank.h"

#include "lib/base/mem.h"
#include "lib/base/par.h"
#include "lib/la/topk.h"
#include "lib/rec/rank_kernel.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * A chunk of users meets one block of items after the other; within a block
 * each group of users (kernel rows) meets each panel of items (kernel columns).
 * A block stays in the second-level cache while the groups of a chunk pass.
 */
enum {
    CHUNK = 192,           /* users, a multiple of every kernel's rows */
    BLOCK_BYTES = 1 << 18, /* packed items of a block */
    LIST_SORTED = 64,      /* lists up to this long are kept sorted */
    LIST_BYTES = 1 << 22   /* lists of the chunks that are emitted together */
};

/* What the lists of one user need while items pass in ascending order. */
struct state {
    struct topk top;
    int64_t at[RANK_MASKS], end[RANK_MASKS]; /* cursor into each mask's row */
};

struct scratch {
    float *packed; /* [group][d][rows] users of the chunk */
    float *floor;  /* [chunk] what a score must beat */
    struct state *state;
    float *tile;
    float *score; /* [chunk][stride] sorted lists */
    int32_t *id;
};

struct job {
    const struct mat *user, *item;
    const struct rank_opt *opt;
    const struct rank_kernel *kernel;
    float *packed;         /* [panel][d][cols] all items */
    int64_t panels, block; /* panels in all, panels a block */
    int64_t users, chunk;  /* wanted users, users a chunk */
    int64_t first;         /* of the round */
    int64_t round;         /* users of this round */
    int64_t stride; /* of a sorted list in the scratch; 0: lists are heaps */
    struct scratch *scratch; /* [threads] */
    int32_t *id;             /* [round][k] */
    float *score;            /* [round][k] */
};

static int64_t
ceil_div(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

static int64_t
user_at(const struct job *j, int64_t position)
{
    return j->opt->users ? j->opt->users[position] : position;
}

static void
pack_panel(void *ctx, int64_t p, int thread)
{
    (void)thread;
    struct job *j = ctx;
    int64_t d = j->item->d, cols = j->kernel->cols;
    float *to = j->packed + p * d * cols;
    for (int64_t c = 0; c < cols; c++) {
        int64_t i = p * cols + c;
        const float *row = j->item->x + i * d;
        for (int64_t t = 0; t < d; t++)
            to[t * cols + c] = i < j->item->n ? row[t] : 0.0f;
    }
}

/* A short list is sorted at any time and full from the start, of nothing. A
 * long one is a heap in the place where it will be emitted. */
static void
start_list(struct job *j, struct scratch *s, int64_t r, int64_t at)
{
    struct topk *t = &s->state[r].top;
    if (!j->stride) {
        topk_init(
            t, j->opt->k, j->score + at * j->opt->k, j->id + at * j->opt->k);
        return;
    }
    float *score = s->score + r * j->stride;
    int32_t *id = s->id + r * j->stride;
    for (int64_t p = 0; p < j->stride; p++) {
        score[p] = p < RANK_LIST_STEP ? INFINITY : -INFINITY;
        id[p] = -1;
    }
    topk_init(t, j->opt->k, score + RANK_LIST_STEP, id + RANK_LIST_STEP);
}

/* Users beyond the end of the chunk get vectors of zeros and a floor that no
 * score beats. */
static void
start_chunk(struct job *j, struct scratch *s, int64_t first, int64_t n)
{
    int64_t d = j->user->d, rows = j->kernel->rows;
    for (int64_t r = 0; r < ceil_div(n, rows) * rows; r++) {
        float *to = s->packed + r / rows * rows * d + r % rows;
        s->floor[r] = r < n ? -INFINITY : INFINITY;
        if (r >= n) {
            for (int64_t t = 0; t < d; t++)
                to[t * rows] = 0.0f;
            continue;
        }
        int64_t u = user_at(j, j->first + first + r);
        const float *row = j->user->x + u * d;
        for (int64_t t = 0; t < d; t++)
            to[t * rows] = row[t];
        struct state *st = &s->state[r];
        start_list(j, s, r, first + r);
        for (int m = 0; m < RANK_MASKS; m++) {
            const struct csr *a = j->opt->mask[m];
            st->at[m] = a ? a->indptr[u] : 0;
            st->end[m] = a ? a->indptr[u + 1] : 0;
        }
    }
}

static int
is_masked(struct state *st, const struct rank_opt *opt, int32_t i)
{
    for (int m = 0; m < RANK_MASKS; m++) {
        while (st->at[m] < st->end[m] && opt->mask[m]->indices[st->at[m]] < i)
            st->at[m]++;
        if (st->at[m] < st->end[m] && opt->mask[m]->indices[st->at[m]] == i)
            return 1;
    }
    return 0;
}

/* Items arrive in ascending order, so one that equals the floor loses the tie
 * and the strict comparison of the kernel is exact. */
static void
take_hits(const struct job *j, struct state *st, float *floor, int64_t item0,
    uint32_t hit, const float *score)
{
    for (; hit; hit &= hit - 1) {
        int c = __builtin_ctz(hit);
        int64_t i = item0 + c;
        if (i >= j->item->n)
            return;
        if (!(score[c] > *floor) || is_masked(st, j->opt, (int32_t)i))
            continue;
        if (j->stride) {
            j->kernel->insert(st->top.score, st->top.id,
                j->stride - RANK_LIST_STEP, score[c], (int32_t)i);
            *floor = st->top.score[st->top.k - 1];
        } else {
            topk_push(&st->top, score[c], (int32_t)i);
            if (st->top.n == st->top.k)
                *floor = st->top.score[0];
        }
    }
}

static void
finish_list(struct job *j, struct topk *t, int64_t at)
{
    int64_t k = j->opt->k;
    int32_t *id = j->id + at * k;
    float *score = j->score + at * k;
    if (j->stride) {
        while (t->n < k && t->id[t->n] >= 0)
            t->n++;
        memcpy(id, t->id, (size_t)t->n * sizeof *id);
        memcpy(score, t->score, (size_t)t->n * sizeof *score);
    } else
        topk_sort(t);
    for (int64_t r = t->n; r < k; r++) {
        id[r] = -1;
        score[r] = 0.0f;
    }
}

static void
run_chunk(void *ctx, int64_t chunk, int thread)
{
    struct job *j = ctx;
    struct scratch *s = &j->scratch[thread];
    int64_t d = j->user->d, rows = j->kernel->rows, cols = j->kernel->cols;
    int64_t first = chunk * j->chunk;
    int64_t n = j->round - first < j->chunk ? j->round - first : j->chunk;
    uint32_t hit[RANK_MAX_ROWS];
    start_chunk(j, s, first, n);
    for (int64_t b = 0; b < j->panels; b += j->block) {
        int64_t end = b + j->block < j->panels ? b + j->block : j->panels;
        for (int64_t g = 0; g < n; g += rows)
            for (int64_t p = b; p < end; p++) {
                int hits = j->kernel->tile(s->packed + g * d,
                    j->packed + p * d * cols, d, s->floor + g, s->tile, hit);
                for (; hits; hits &= hits - 1) {
                    int r = __builtin_ctz((unsigned)hits);
                    take_hits(j, &s->state[g + r], &s->floor[g + r], p * cols,
                        hit[r], s->tile + r * cols);
                }
            }
    }
    for (int64_t r = 0; r < n; r++)
        finish_list(j, &s->state[r].top, first + r);
}

/* Every partial sum of a score is bounded by the product of the norms. */
static int
check_range(const struct mat *user, const struct mat *item, struct err *e)
{
    double worst[2] = {0, 0};
    int64_t at[2] = {0, 0};
    const struct mat *m[2] = {user, item};
    for (int w = 0; w < 2; w++)
        for (int64_t i = 0; i < m[w]->n; i++) {
            double sum = 0;
            for (int64_t t = 0; t < m[w]->d; t++) {
                double v = (double)m[w]->x[i * m[w]->d + t];
                sum += v * v;
            }
            if (sum > worst[w]) {
                worst[w] = sum;
                at[w] = i;
            }
        }
    if (sqrt(worst[0]) * sqrt(worst[1]) < 0.5 * (double)FLT_MAX)
        return 0;
    return err_set(e, ERR_NUM,
        "the score of user %" PRId64 " and item %" PRId64
        " may overflow: their vectors have norms %.3g and %.3g",
        at[0], at[1], sqrt(worst[0]), sqrt(worst[1]));
}

static int
check(const struct mat *user, const struct mat *item,
    const struct rank_opt *opt, struct err *e)
{
    if (user->d != item->d)
        return err_set(e, ERR_SHAPE,
            "user vectors have %" PRId64 " columns and item vectors %" PRId64,
            user->d, item->d);
    if (item->n > INT32_MAX)
        return err_set(
            e, ERR_RANGE, "%" PRId64 " items are more than 2^31 - 1", item->n);
    if (opt->k < 1)
        return err_set(
            e, ERR_RANGE, "a list of %" PRId64 " items is too short", opt->k);
    for (int m = 0; m < RANK_MASKS; m++) {
        const struct csr *a = opt->mask[m];
        if (a && (a->rows != user->n || a->cols != item->n))
            return err_set(e, ERR_SHAPE,
                "a mask of %" PRId64 " x %" PRId64 " does not fit %" PRId64
                " users and %" PRId64 " items",
                a->rows, a->cols, user->n, item->n);
    }
    for (int64_t p = 0; opt->users && p < opt->n_users; p++)
        if (opt->users[p] < 0 || opt->users[p] >= user->n)
            return err_set(e, ERR_RANGE,
                "user %" PRId64 " is not among %" PRId64, opt->users[p],
                user->n);
    return check_range(user, item, e);
}

static int
make_scratch(struct job *j, int threads, struct err *e)
{
    j->scratch = mem_zero(threads, sizeof *j->scratch, e);
    for (int t = 0; j->scratch && t < threads; t++) {
        struct scratch *s = &j->scratch[t];
        s->packed = mem_new(j->chunk * j->user->d, sizeof *s->packed, e);
        s->floor = mem_new(j->chunk, sizeof *s->floor, e);
        s->state = mem_new(j->chunk, sizeof *s->state, e);
        s->tile = mem_new(RANK_MAX_ROWS * RANK_MAX_COLS, sizeof *s->tile, e);
        s->score = mem_new(j->chunk * j->stride, sizeof *s->score, e);
        s->id = mem_new(j->chunk * j->stride, sizeof *s->id, e);
        if (!s->packed || !s->floor || !s->state || !s->tile || !s->score ||
            !s->id)
            return ERR_NOMEM;
    }
    return j->scratch ? 0 : ERR_NOMEM;
}

static void
free_scratch(struct job *j, int threads)
{
    for (int t = 0; j->scratch && t < threads; t++) {
        free(j->scratch[t].packed);
        free(j->scratch[t].floor);
        free(j->scratch[t].state);
        free(j->scratch[t].tile);
        free(j->scratch[t].score);
        free(j->scratch[t].id);
    }
    free(j->scratch);
}

/* Chunks shrink to one group where lists are so long that memory matters. A
 * round is as many chunks as LIST_BYTES hold, at least one a thread. */
static void
plan(struct job *j, int threads)
{
    int64_t rows = j->kernel->rows, k = j->opt->k;
    int64_t fit = LIST_BYTES / 8 / k;
    j->chunk = fit >= CHUNK ? CHUNK : fit / rows > 0 ? fit / rows * rows : rows;
    j->round = fit / j->chunk > threads ? fit / j->chunk * j->chunk
                                        : threads * j->chunk;
    if (j->round > j->users)
        j->round = j->users;
    if (k <= LIST_SORTED)
        j->stride = (ceil_div(k, RANK_LIST_STEP) + 1) * RANK_LIST_STEP;
    int64_t panel = j->item->d * j->kernel->cols * (int64_t)sizeof(float);
    j->panels = ceil_div(j->item->n, j->kernel->cols);
    j->block = panel > 0 && BLOCK_BYTES / panel > 0 ? BLOCK_BYTES / panel : 1;
}

int
rank_run(const struct mat *user, const struct mat *item,
    const struct rank_opt *opt, rank_emit *emit, void *ctx, struct err *e)
{
    int rc = check(user, item, opt, e);
    if (rc)
        return rc;
    struct job j = {.user = user,
        .item = item,
        .opt = opt,
        .kernel = rank_kernel(),
        .users = opt->users ? opt->n_users : user->n};
    if (!j.users)
        return 0;
    int threads = opt->threads < 1 ? 1 : opt->threads;
    int64_t chunks = ceil_div(j.users, j.kernel->rows);
    if (threads > chunks)
        threads = (int)chunks;
    plan(&j, threads);
    int64_t round = j.round;
    rc = make_scratch(&j, threads, e);
    if (rc)
        goto out;
    rc = ERR_NOMEM;
    j.packed = mem_new(
        j.panels * j.kernel->cols, (size_t)item->d * sizeof *j.packed, e);
    int64_t slots;
    if (__builtin_mul_overflow(round, opt->k, &slots))
        slots = INT64_MAX;
    j.id = mem_new(slots, sizeof *j.id, e);
    j.score = mem_new(slots, sizeof *j.score, e);
    if (!j.packed || !j.id || !j.score)
        goto out;
    par_for(threads, j.panels, pack_panel, &j);
    rc = 0;
    for (; j.first < j.users && !rc; j.first += round) {
        if (j.users - j.first < round)
            j.round = j.users - j.first;
        par_for(threads, ceil_div(j.round, j.chunk), run_chunk, &j);
        rc = emit(ctx, j.first, j.round, j.id, j.score);
    }
out:
    free_scratch(&j, threads);
    free(j.packed);
    free(j.id);
    free(j.score);
    return rc;
}
