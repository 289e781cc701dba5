#include "lib/rank/rank.h"

#include "lib/base/exec.h"
#include "lib/base/mem.h"
#include "lib/la/topk.h"
#include "lib/rank/scorer_work.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIST_SORTED = 64,    /* lists up to this long are kept sorted */
    LIST_BYTES = 1 << 22 /* lists of the chunks that are emitted together */
};

/* What the lists of one user need while items pass in ascending order. */
struct state {
    struct topk top;
    int64_t at[RANK_MASKS], end[RANK_MASKS]; /* cursor into each mask's row */
};

struct scratch {
    float *floor; /* [chunk] what a score must beat */
    struct state *state;
    float *tile;
    float *score; /* [chunk][stride] sorted lists */
    int32_t *id;
};

struct job {
    struct scorer_work work;
    const struct rank_opt *opt;
    int64_t items;
    int64_t users, chunk; /* wanted users, users a chunk */
    int64_t first;        /* of the round */
    int64_t round;        /* users of this round */
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

/* The places of a group beyond the end of the chunk get a floor that no score
 * beats. */
static void
start_chunk(struct job *j, int thread, int64_t first, int64_t n)
{
    struct scratch *s = &j->scratch[thread];
    int64_t rows = j->work.rows;
    for (int64_t r = 0; r < ceil_div(n, rows) * rows; r++) {
        int64_t u = r < n ? user_at(j, j->first + first + r) : -1;
        j->work.scorer->kind->start(&j->work, thread, r, u);
        s->floor[r] = r < n ? -INFINITY : INFINITY;
        if (r >= n)
            continue;
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
        if (i >= j->items)
            return;
        if (!(score[c] > *floor) || is_masked(st, j->opt, (int32_t)i))
            continue;
        if (j->stride) {
            j->work.kernel->insert(st->top.score, st->top.id,
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
    const struct scorer_work *w = &j->work;
    int64_t rows = w->rows, cols = w->kernel->cols;
    int64_t first = chunk * j->chunk;
    int64_t n = j->round - first < j->chunk ? j->round - first : j->chunk;
    uint32_t hit[RANK_MAX_ROWS];
    start_chunk(j, thread, first, n);
    for (int64_t b = 0; b < w->panels; b += w->block) {
        int64_t end = b + w->block < w->panels ? b + w->block : w->panels;
        for (int64_t g = 0; g < n; g += rows)
            for (int64_t p = b; p < end; p++) {
                int hits = w->scorer->kind->tile(
                    w, thread, g, p, s->floor + g, s->tile, hit);
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

static int
check(const struct scorer *s, const struct rank_opt *opt, struct err *e)
{
    if (opt->k < 1)
        return err_set(
            e, ERR_RANGE, "a list of %" PRId64 " items is too short", opt->k);
    for (int m = 0; m < RANK_MASKS; m++) {
        const struct csr *a = opt->mask[m];
        if (a && (a->rows != s->n_users || a->cols != s->n_items))
            return err_set(e, ERR_SHAPE,
                "a mask of %" PRId64 " x %" PRId64 " does not fit %" PRId64
                " users and %" PRId64 " items",
                a->rows, a->cols, s->n_users, s->n_items);
    }
    for (int64_t p = 0; opt->users && p < opt->n_users; p++)
        if (opt->users[p] < 0 || opt->users[p] >= s->n_users)
            return err_set(e, ERR_RANGE,
                "user %" PRId64 " is not among %" PRId64, opt->users[p],
                s->n_users);
    return 0;
}

static int
make_scratch(struct job *j, struct err *e)
{
    j->scratch = mem_zero(j->work.threads, sizeof *j->scratch, e);
    for (int t = 0; j->scratch && t < j->work.threads; t++) {
        struct scratch *s = &j->scratch[t];
        s->floor = mem_new(j->chunk, sizeof *s->floor, e);
        s->state = mem_new(j->chunk, sizeof *s->state, e);
        s->tile = mem_new(RANK_MAX_ROWS * RANK_MAX_COLS, sizeof *s->tile, e);
        s->score = mem_new(j->chunk * j->stride, sizeof *s->score, e);
        s->id = mem_new(j->chunk * j->stride, sizeof *s->id, e);
        if (!s->floor || !s->state || !s->tile || !s->score || !s->id)
            return ERR_NOMEM;
    }
    return j->scratch ? 0 : ERR_NOMEM;
}

static void
free_scratch(struct job *j)
{
    for (int t = 0; j->scratch && t < j->work.threads; t++) {
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
plan(struct job *j)
{
    int threads = j->work.threads;
    int64_t rows = j->work.rows, most = j->work.chunk, k = j->opt->k;
    int64_t fit = LIST_BYTES / 8 / k;
    j->chunk = fit >= most ? most : fit / rows > 0 ? fit / rows * rows : rows;
    j->round = fit / j->chunk > threads ? fit / j->chunk * j->chunk
                                        : threads * j->chunk;
    if (j->round > j->users)
        j->round = j->users;
    if (k <= LIST_SORTED)
        j->stride = (ceil_div(k, RANK_LIST_STEP) + 1) * RANK_LIST_STEP;
}

int
rank_run(const struct scorer *s, const struct rank_opt *opt, rank_emit *emit,
    void *ctx, struct err *e)
{
    int rc = check(s, opt, e);
    if (rc)
        return rc;
    struct job j = {.opt = opt,
        .items = s->n_items,
        .users = opt->users ? opt->n_users : s->n_users};
    if (!j.users)
        return 0;
    int threads = exec_threads(opt->exec);
    if (threads > j.users)
        threads = (int)j.users;
    rc = scorer_open(&j.work, s, opt->exec, threads, e);
    if (rc)
        return rc;
    plan(&j);
    int64_t round = j.round;
    rc = make_scratch(&j, e);
    if (rc)
        goto out;
    rc = ERR_NOMEM;
    int64_t slots;
    if (__builtin_mul_overflow(round, opt->k, &slots))
        slots = INT64_MAX;
    j.id = mem_new(slots, sizeof *j.id, e);
    j.score = mem_new(slots, sizeof *j.score, e);
    if (!j.id || !j.score)
        goto out;
    rc = 0;
    for (; j.first < j.users && !rc; j.first += round) {
        if (j.users - j.first < round)
            j.round = j.users - j.first;
        exec_for(opt->exec, ceil_div(j.round, j.chunk), run_chunk, &j);
        rc = emit(ctx, j.first, j.round, j.id, j.score);
    }
out:
    free_scratch(&j);
    scorer_close(&j.work);
    free(j.id);
    free(j.score);
    return rc;
}
