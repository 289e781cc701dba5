#include "lib/rank/rank.h"

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/base/ranks.h"
#include "lib/rank/rank_list.h"
#include "lib/rank/scorer_work.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_BYTES = 1 << 22 /* lists of a shard */ };

/* A user of a chunk. */
struct user {
    struct rank_list list[RANK_SHELVES];
    const int32_t *mask, *mask_end; /* masked places that are still to come */
    float bar; /* what an item of the second shelf must beat, unless a place is
                * reserved for it */
};

struct scratch {
    float *floor; /* [chunk] what a score must beat */
    struct user *user;
    float *tile;
    float *score; /* [shelves][chunk][plan.room], and so at and group */
    int32_t *at, *group;
    int32_t *used; /* [groups] of a list that two shelves fill, else 0 */
};

struct rank {
    struct arena mem; /* all but the masks */
    struct scorer_work work;
    struct rank_opt opt;
    struct rank_list_plan plan;
    int64_t users, chunk; /* wanted users, users a chunk */
    int shelves;
    int64_t first[RANK_SHELVES], end[RANK_SHELVES]; /* places of each shelf */
    int64_t fits[RANK_SHELVES]; /* items of each in a list, at most */
    struct scratch *scratch;    /* [threads] */
    /* of the shard */
    int64_t from, n;
    int32_t *id;
    float *score;
    int64_t *mask_at; /* [n + 1] */
    int32_t *mask;    /* ascending places of each user's masked items */
    int64_t mask_at_cap, mask_cap;
};

static int64_t
ceil_div(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

/* The user at a place of the shard. */
static int64_t
user_at(const struct rank *r, int64_t p)
{
    return r->opt.users ? r->opt.users[r->from + p] : r->from + p;
}

static int
by_place(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Sorts places, which are usually few and in few ascending runs. */
static void
sort_places(int32_t *p, int64_t n)
{
    enum { FEW = 64 };
    if (n > FEW) {
        qsort(p, (size_t)n, sizeof *p, by_place);
        return;
    }
    for (int64_t i = 1; i < n; i++) {
        int32_t x = p[i];
        int64_t at = i;
        for (; at > 0 && p[at - 1] > x; at--)
            p[at] = p[at - 1];
        p[at] = x;
    }
}

/* Lists the places of the items that the masks store for user u, who is at
 * place p of the shard. */
static void
set_mask(struct rank *r, struct user *user, int64_t p, int64_t u)
{
    const struct rank_items *items = r->opt.items;
    int32_t *to = r->mask + r->mask_at[p], *end = to;
    for (int m = 0; m < RANK_MASKS; m++) {
        const struct csr *a = r->opt.mask[m];
        for (int64_t k = a ? a->indptr[u] : 0; a && k < a->indptr[u + 1]; k++)
            *end++ = items ? items->place[a->indices[k]] : a->indices[k];
    }
    sort_places(to, end - to);
    user->mask = to;
    user->mask_end = end;
}

/* Places of a group that lie beyond the end of the chunk belong to no user. */
static void
start_chunk(struct rank *r, int thread, int64_t first, int64_t n)
{
    struct scratch *s = &r->scratch[thread];
    int64_t rows = r->work.rows, room = r->plan.room;
    for (int64_t c = 0; c < ceil_div(n, rows) * rows; c++) {
        int64_t u = c < n ? user_at(r, first + c) : -1;
        r->work.scorer->kind->start(&r->work, thread, c, u);
        if (c >= n)
            continue;
        set_mask(r, &s->user[c], first + c, u);
        for (int h = 0; h < r->shelves; h++) {
            int64_t slot = (h * r->chunk + c) * room;
            rank_list_start(&r->plan, &s->user[c].list[h], r->fits[h],
                s->score + slot, s->at + slot,
                s->group ? s->group + slot : NULL);
        }
    }
}

static int
is_masked(struct user *u, int32_t at)
{
    while (u->mask < u->mask_end && *u->mask < at)
        u->mask++;
    return u->mask < u->mask_end && *u->mask == at;
}

/*
 * Raises the floor of the second shelf. An item of it must be one of its best,
 * for which places are reserved, or beat the last item of the first shelf's
 * list, if that has k items. No other can enter: where a group's cap later
 * shuts out an item of the first shelf, one of the second has taken its place.
 */
static void
raise_floor(const struct rank *r, const struct user *u, float *floor)
{
    int64_t reserved = r->opt.items->reserved;
    const struct rank_list *l = &u->list[RANK_SECOND];
    float worst = reserved ? rank_list_score(&r->plan, l, reserved) : INFINITY;
    float bar = worst < u->bar ? worst : u->bar;
    *floor = bar > *floor ? bar : *floor;
}

/* Places arrive in ascending order, so one that equals the floor loses the tie
 * and the strict comparison of the kernel is exact. The second shelf's floor
 * rises fast at first, so the rest of a tile's hits are checked again. */
static void
take_hits(const struct rank *r, int shelf, struct user *u, float *floor,
    int64_t place, uint32_t hit, const float *score)
{
    while (hit) {
        int c = __builtin_ctz(hit);
        int32_t at = (int32_t)(place + c);
        hit &= hit - 1;
        if (at >= r->end[shelf])
            return;
        if (!(score[c] > *floor) || is_masked(u, at))
            continue;
        if (score[c] == 0 && (r->opt.nonzero || shelf != RANK_FIRST))
            continue;
        rank_list_take(&r->plan, &u->list[shelf], score[c], at, floor);
        if (shelf != RANK_FIRST) {
            raise_floor(r, u, floor);
            hit &= r->work.kernel->above(score, *floor);
        }
    }
}

static void
rank_shelf(struct rank *r, int shelf, int thread, int64_t n)
{
    struct scratch *s = &r->scratch[thread];
    const struct scorer_work *w = &r->work;
    int64_t rows = w->rows, cols = w->kernel->cols;
    int64_t panels = ceil_div(r->end[shelf], cols);
    uint32_t hit[RANK_MAX_ROWS];
    for (int64_t c = 0; c < ceil_div(n, rows) * rows; c++) {
        if (shelf != RANK_FIRST && c < n)
            s->user[c].bar =
                r->fits[RANK_FIRST] == r->opt.k ? s->floor[c] : -INFINITY;
        s->floor[c] = c < n ? -INFINITY : INFINITY;
        if (shelf != RANK_FIRST && c < n)
            raise_floor(r, &s->user[c], &s->floor[c]);
    }
    for (int64_t b = r->first[shelf] / cols; b < panels; b += w->block) {
        int64_t end = b + w->block < panels ? b + w->block : panels;
        for (int64_t g = 0; g < n; g += rows)
            for (int64_t p = b; p < end; p++) {
                int hits = w->scorer->kind->tile(
                    w, thread, g, p, s->floor + g, s->tile, hit);
                for (; hits; hits &= hits - 1) {
                    int c = __builtin_ctz((unsigned)hits);
                    take_hits(r, shelf, &s->user[g + c], &s->floor[g + c],
                        p * cols, hit[c], s->tile + c * cols);
                }
            }
    }
}

/* Counts one more of that place's group and returns 1; 0 if the group is
 * full. */
static int
count_group(const struct rank *r, int32_t *used, int32_t at)
{
    const int32_t *group = r->plan.group;
    if (!group || group[at] < 0)
        return 1;
    if (used[group[at]] == r->plan.cap)
        return 0;
    used[group[at]]++;
    return 1;
}

/* Moves the entries of l that are marked by a place other than -1 to the front.
 */
static void
compact(struct topk *l)
{
    int64_t n = 0;
    for (int64_t i = 0; i < l->n; i++)
        if (l->id[i] >= 0) {
            l->id[n] = l->id[i];
            l->score[n++] = l->score[i];
        }
    l->n = n;
}

static int
is_before(const struct topk *a, int64_t i, const struct topk *b, int64_t j)
{
    return i < a->n && (j >= b->n || topk_better(a->score[i], a->id[i],
                                         b->score[j], b->id[j]));
}

/*
 * Merges the lists of both shelves into the user's list. Each holds the k best
 * of its shelf, which is enough: where a group's cap shuts out an entry, a
 * better one of the other shelf came before it.
 */
static void
share_places(const struct rank *r, int32_t *used, struct topk *l)
{
    int64_t k = r->opt.k, reserved = r->opt.items->reserved;
    int64_t own = reserved < l[1].n ? reserved : l[1].n;
    for (int64_t i = 0; i < own; i++)
        (void)count_group(r, used, l[1].id[i]);
    int64_t i = 0, j = own, n = own;
    while (n < k && (i < l[0].n || j < l[1].n)) {
        int h = !is_before(&l[0], i, &l[1], j);
        int32_t *at = &l[h].id[h ? j++ : i++];
        if (count_group(r, used, *at))
            n++;
        else
            *at = -1;
    }
    l[0].n = i;
    l[1].n = j;
    compact(&l[0]);
    compact(&l[1]);
    for (int h = 0; h < RANK_SHELVES && r->plan.group; h++)
        for (int64_t p = 0; p < l[h].n; p++)
            if (r->plan.group[l[h].id[p]] >= 0)
                used[r->plan.group[l[h].id[p]]] = 0;
}

static void
finish_user(struct rank *r, struct scratch *s, struct user *u, int64_t p)
{
    int64_t k = r->opt.k, i = 0, j = 0;
    int32_t *id = r->id + p * k;
    float *score = r->score + p * k;
    struct topk l[RANK_SHELVES] = {{0}};
    for (int h = 0; h < r->shelves; h++) {
        rank_list_finish(&r->plan, &u->list[h]);
        l[h] = u->list[h].top;
    }
    if (r->shelves > 1)
        share_places(r, s->used, l);
    for (int64_t at = 0; at < k; at++) {
        id[at] = -1;
        score[at] = 0.0f;
        if (i >= l[0].n && j >= l[1].n)
            continue;
        int h = !is_before(&l[0], i, &l[1], j);
        int64_t from = h ? j++ : i++;
        id[at] =
            r->opt.items ? r->opt.items->item[l[h].id[from]] : l[h].id[from];
        score[at] = l[h].score[from];
    }
}

static void
run_chunk(void *ctx, int64_t chunk, int thread)
{
    struct rank *r = ctx;
    struct scratch *s = &r->scratch[thread];
    int64_t first = chunk * r->chunk;
    int64_t n = r->n - first < r->chunk ? r->n - first : r->chunk;
    start_chunk(r, thread, first, n);
    for (int h = 0; h < r->shelves; h++)
        rank_shelf(r, h, thread, n);
    for (int64_t c = 0; c < n; c++)
        finish_user(r, s, &s->user[c], first + c);
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
    if (opt->items && opt->items->n != s->n_items)
        return err_set(e, ERR_SHAPE,
            "places for %" PRId64 " items do not fit %" PRId64, opt->items->n,
            s->n_items);
    for (int64_t p = 0; opt->users && p < opt->n_users; p++)
        if (opt->users[p] < 0 || opt->users[p] >= s->n_users)
            return err_set(e, ERR_RANGE,
                "user %" PRId64 " is not among %" PRId64, opt->users[p],
                s->n_users);
    return 0;
}

static int
make_scratch(struct rank *r, struct err *e)
{
    struct arena *m = &r->mem;
    int64_t slots;
    if (__builtin_mul_overflow(r->shelves * r->chunk, r->plan.room, &slots))
        slots = INT64_MAX;
    r->scratch = arena_zero(m, r->work.threads, sizeof *r->scratch);
    for (int t = 0; r->scratch && t < r->work.threads; t++) {
        struct scratch *s = &r->scratch[t];
        s->floor = arena_new(m, r->chunk, sizeof *s->floor);
        s->user = arena_new(m, r->chunk, sizeof *s->user);
        s->tile = arena_new(m, RANK_MAX_ROWS * RANK_MAX_COLS, sizeof *s->tile);
        s->score = arena_new(m, slots, sizeof *s->score);
        s->at = arena_new(m, slots, sizeof *s->at);
        if (!r->plan.group)
            continue;
        s->group = arena_new(m, slots, sizeof *s->group);
        s->used = arena_zero(m, r->opt.items->groups, sizeof *s->used);
    }
    return arena_check(m, e);
}

/* Chunks shrink to one group where lists are so long that memory matters. */
static void
plan(struct rank *r)
{
    const struct rank_items *items = r->opt.items;
    int64_t rows = r->work.rows, most = r->work.chunk;
    r->plan = rank_list_plan(r->opt.k, items ? items->group : NULL,
        items ? items->cap : 0, r->work.kernel);
    int64_t fit = LIST_BYTES / 8 / r->opt.k;
    r->chunk = fit >= most ? most : fit / rows > 0 ? fit / rows * rows : rows;
    r->shelves = items && items->count[1] ? 2 : 1;
    r->end[0] = r->work.scorer->n_items;
    r->fits[0] = r->opt.k;
    for (int h = 0; items && h < RANK_SHELVES; h++) {
        r->first[h] = items->first[h];
        r->end[h] = items->first[h] + items->count[h];
        r->fits[h] = items->fits[h] < r->opt.k ? items->fits[h] : r->opt.k;
    }
}

int64_t
rank_shard_size(const struct rank *r)
{
    int64_t fit = LIST_BYTES / 8 / r->opt.k / r->chunk * r->chunk;
    int64_t least = r->work.threads * r->chunk;
    int64_t size = fit > least ? fit : least;
    int64_t share = ceil_div(ceil_div(r->users, ranks_count()), r->chunk);
    return size < share * r->chunk ? size : share * r->chunk;
}

int
rank_open(struct rank **out, const struct scorer *s, const struct rank_opt *opt,
    struct err *e)
{
    *out = NULL;
    int rc = check(s, opt, e);
    if (rc)
        return rc;
    struct rank *r = mem_zero(1, sizeof *r, e);
    if (!r)
        return ERR_NOMEM;
    r->opt = *opt;
    r->users = opt->users ? opt->n_users : s->n_users;
    int threads = exec_threads(opt->exec);
    if (threads > r->users)
        threads = r->users ? (int)r->users : 1;
    rc = scorer_open(&r->work, s, opt->items, opt->exec, threads, &r->mem, e);
    if (!rc) {
        r->work.nonzero = opt->nonzero;
        plan(r);
        rc = make_scratch(r, e);
    }
    if (rc)
        rank_close(r);
    else
        *out = r;
    return rc;
}

void
rank_close(struct rank *r)
{
    arena_free(&r->mem);
    free(r->mask_at);
    free(r->mask);
    free(r);
}

/* Room for the shard's masked places. */
static int
make_masks(struct rank *r, struct err *e)
{
    void *at = r->mask_at, *mask = r->mask;
    int rc = mem_grow(&at, &r->mask_at_cap, r->n + 1, sizeof *r->mask_at, e);
    r->mask_at = at;
    if (rc)
        return rc;
    r->mask_at[0] = 0;
    for (int64_t p = 0; p < r->n; p++) {
        int64_t u = user_at(r, p), n = 0;
        for (int m = 0; m < RANK_MASKS; m++) {
            const struct csr *a = r->opt.mask[m];
            n += a ? a->indptr[u + 1] - a->indptr[u] : 0;
        }
        r->mask_at[p + 1] = r->mask_at[p] + n;
    }
    rc = mem_grow(&mask, &r->mask_cap, r->mask_at[r->n], sizeof *r->mask, e);
    r->mask = mask;
    return rc;
}

int
rank_shard(struct rank *r, int64_t from, int64_t to, int32_t *id, float *score,
    struct err *e)
{
    assert(0 <= from && from <= to && to <= r->users);
    r->from = from;
    r->n = to - from;
    r->id = id;
    r->score = score;
    int rc = make_masks(r, e);
    if (rc)
        return rc;
    exec_for(r->opt.exec, ceil_div(r->n, r->chunk), run_chunk, r);
    return 0;
}
