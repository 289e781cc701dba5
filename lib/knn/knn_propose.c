#include "lib/knn/knn_propose.h"

#include "lib/base/mem.h"
#include "lib/base/ranks.h"
#include "lib/la/topk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SPARE = 123, /* candidates kept beyond k */
    TILE = KNN_TILE * KNN_TILE,
    ROWS = 256 /* per task */
};

/* No cosine is that small: the bar and the loss of an empty list. */
#define NONE (-2.0f)

void
knn_propose_init(struct knn_propose *w, struct knn_pack *pack,
    struct exec *exec, int64_t n, int64_t k, struct arena *m)
{
    *w = (struct knn_propose){.pack = pack, .exec = exec, .n = n, .k = k};
    w->cap = k + SPARE < n ? k + SPARE : n;
    int64_t locks = (n + KNN_TILE - 1) / KNN_TILE;
    w->score = arena_new(m, n * w->cap, sizeof *w->score);
    w->id = arena_new(m, n * w->cap, sizeof *w->id);
    w->count = arena_zero(m, n, sizeof *w->count);
    w->unit = arena_zero(m, n + KNN_SPAN, sizeof *w->unit);
    w->shift = arena_zero(m, n + KNN_SPAN, sizeof *w->shift);
    w->bar = arena_zero(m, n + KNN_SPAN, sizeof *w->bar);
    w->lost = arena_new(m, n, sizeof *w->lost);
    w->packed = arena_new(m, n, sizeof *w->packed);
    w->hard = arena_new(m, n, sizeof *w->hard);
    w->lock = arena_new(m, locks, sizeof *w->lock);
    w->tile = arena_zero(m, exec_threads(exec) * TILE, sizeof *w->tile);
    if (!w->tile)
        return;
    for (int64_t i = 0; i < n; i++)
        w->bar[i] = w->lost[i] = NONE;
    for (int64_t b = 0; b < locks; b++)
        pthread_mutex_init(&w->lock[b], NULL);
}

void
knn_propose_pack(struct knn_propose *w, const float *x, const float *factor,
    const struct knn_half *h)
{
    knn_pack_rows(w->pack, x, factor + h->first, h->n, h->half,
        w->packed + h->first, w->shift + h->first, w->unit + h->first);
}

void
knn_propose_leave_out(struct knn_propose *w, int64_t i)
{
    w->shift[i] = -INFINITY;
    w->bar[i] = INFINITY;
}

float
knn_propose_margin(const struct knn_propose *w, int64_t i)
{
    return knn_pack_margin(w->pack, &w->packed[i]);
}

/* Drops what cannot be among the k best, which is two margins below the k-th.
 * Where that leaves more than `room`, drops the least of them and remembers how
 * large they were. */
static void
squeeze(struct knn_propose *w, int64_t i, int64_t room)
{
    float *s = w->score + i * w->cap;
    int32_t *id = w->id + i * w->cap;
    int64_t n = w->count[i], kept = 0;
    if (n < w->k)
        return;
    float cut = topk_divide(s, id, n, w->k) - 2.0f * knn_propose_margin(w, i);
    if (cut > w->bar[i])
        w->bar[i] = cut;
    for (int64_t c = 0; c < n; c++)
        if (s[c] >= w->bar[i]) {
            s[kept] = s[c];
            id[kept++] = id[c];
        }
    w->count[i] = (int32_t)kept;
    if (kept <= room)
        return;
    /* the first k are the largest already */
    topk_divide(s + w->k, id + w->k, kept - w->k, room - w->k);
    for (int64_t c = room; c < kept; c++)
        if (s[c] > w->lost[i])
            w->lost[i] = s[c];
    w->bar[i] = w->lost[i];
    w->count[i] = (int32_t)room;
}

static void
push(struct knn_propose *w, int64_t i, float s, int64_t j)
{
    int64_t n = w->count[i]++;
    w->score[i * w->cap + n] = s;
    w->id[i * w->cap + n] = (int32_t)j;
    if (n + 1 == w->cap)
        squeeze(w, i, w->cap - (w->cap - w->k) / 4);
}

/* c holds the products of rows i0.. and j0..; the same rows if i0 == j0, and
 * then those above the diagonal count. */
static void
scan(struct knn_propose *w, float *c, int64_t i0, int64_t na, int64_t j0,
    int64_t nb)
{
    const float *bar = w->bar + j0;
    struct knn_span s;
    for (int64_t i = i0; i < i0 + na; i++) {
        float *v = c + (i - i0) * KNN_TILE;
        int64_t from = i0 == j0 ? i + 1 - i0 : 0;
        int32_t at[KNN_TILE];
        from = from / KNN_SPAN * KNN_SPAN;
        s.own_unit = w->unit[i];
        s.own_shift = w->shift[i];
        s.own_bar = w->bar[i];
        s.unit = w->unit + j0 + from;
        s.shift = w->shift + j0 + from;
        s.bar = bar + from;
        int64_t hits =
            w->pack->kernel->reach_either(v + from, nb - from, &s, at);
        for (int64_t h = 0; h < hits; h++) {
            int64_t p = from + at[h], j = j0 + p;
            if (i0 == j0 && j <= i)
                continue;
            if (v[p] >= w->bar[i])
                push(w, i, v[p], j);
            if (v[p] >= bar[p])
                push(w, j, v[p], i);
        }
    }
}

struct pairs {
    struct knn_propose *w;
    const struct knn_half *a, *b;
    int64_t columns; /* of tiles */
};

static void
do_tile(void *ctx, int64_t t, int thread)
{
    const struct pairs *g = ctx;
    struct knn_propose *w = g->w;
    const struct knn_half *a = g->a, *b = g->b;
    int64_t ra = t / g->columns * KNN_TILE, rb = t % g->columns * KNN_TILE;
    int64_t na = a->n - ra < KNN_TILE ? a->n - ra : KNN_TILE;
    int64_t nb = b->n - rb < KNN_TILE ? b->n - rb : KNN_TILE;
    int64_t i0 = a->first + ra, j0 = b->first + rb, d = w->pack->d;
    float *c = w->tile + thread * TILE;
    if (a->first == b->first && rb < ra)
        return;
    if ((i0 / KNN_TILE + j0 / KNN_TILE) % ranks_count() != ranks_mine())
        return;
    w->pack->multiply(a->half + knn_kernel_words(ra, d), na,
        b->half + knn_kernel_words(rb, d), nb, d, i0 == j0, c);
    /* always the smaller rows' lock first */
    int64_t first = (i0 < j0 ? i0 : j0) / KNN_TILE;
    int64_t second = (i0 < j0 ? j0 : i0) / KNN_TILE;
    pthread_mutex_lock(&w->lock[first]);
    if (second != first)
        pthread_mutex_lock(&w->lock[second]);
    scan(w, c, i0, na, j0, nb);
    if (second != first)
        pthread_mutex_unlock(&w->lock[second]);
    pthread_mutex_unlock(&w->lock[first]);
}

void
knn_propose_pairs(
    struct knn_propose *w, const struct knn_half *a, const struct knn_half *b)
{
    int64_t rows = (a->n + KNN_TILE - 1) / KNN_TILE;
    struct pairs g = {w, a, b, (b->n + KNN_TILE - 1) / KNN_TILE};
    exec_for(w->exec, rows * g.columns, do_tile, &g);
}

/* A row is hard if a candidate that there was no room for may be among the k
 * best. */
static void
plan_rows(void *ctx, int64_t task, int thread)
{
    (void)thread;
    struct knn_propose *w = ctx;
    for (int64_t i = task * ROWS; i < w->n && i < (task + 1) * ROWS; i++) {
        squeeze(w, i, w->cap);
        float least = NONE, margin = knn_propose_margin(w, i);
        if (w->count[i] >= w->k)
            least = w->score[i * w->cap + w->k - 1];
        w->hard[i] = w->lost[i] > NONE && w->lost[i] >= least - 2 * margin;
        w->bar[i] = least - margin;
    }
}

/* A row's candidates at one rank, in a message to another. */
struct list {
    int32_t count;
    float lost, bar;
};

static char *
put_list(const struct knn_propose *w, int64_t i, char *at)
{
    struct list l = {w->count[i], w->lost[i], w->bar[i]};
    memcpy(at, &l, sizeof l);
    at += sizeof l;
    memcpy(at, w->score + i * w->cap, (size_t)l.count * sizeof *w->score);
    at += l.count * (int64_t)sizeof *w->score;
    memcpy(at, w->id + i * w->cap, (size_t)l.count * sizeof *w->id);
    return at + l.count * (int64_t)sizeof *w->id;
}

/* Adds the candidates of another rank. What that one had no room for is not
 * seen here, so its `lost` counts. */
static const char *
add_list(struct knn_propose *w, int64_t i, const char *at)
{
    struct list l;
    memcpy(&l, at, sizeof l);
    const char *score = at + sizeof l;
    const char *id = score + l.count * (int64_t)sizeof *w->score;
    if (l.lost > w->lost[i])
        w->lost[i] = l.lost;
    if (l.bar > w->bar[i])
        w->bar[i] = l.bar;
    for (int32_t c = 0; c < l.count; c++) {
        float s;
        int32_t j;
        memcpy(&s, score + c * (int64_t)sizeof s, sizeof s);
        memcpy(&j, id + c * (int64_t)sizeof j, sizeof j);
        if (s >= w->bar[i])
            push(w, i, s, j);
    }
    return id + l.count * (int64_t)sizeof *w->id;
}

/* All ranks' candidates of rows first .. end - 1 come to rank `to`; message is
 * [ranks][room]. */
static void
collect_rows(struct knn_propose *w, int64_t first, int64_t end, int to,
    char *message, int64_t room, int64_t *from)
{
    int ranks = ranks_count();
    for (int r = 0; r <= ranks; r++)
        from[r] = r * room;
    char *own = message + from[ranks_mine()], *at = own;
    for (int64_t i = first; i < end && to != ranks_mine(); i++)
        at = put_list(w, i, at);
    ranks_collect(message, from, to);
    for (int r = 0; r < ranks && to == ranks_mine(); r++) {
        const char *p = message + from[r];
        for (int64_t i = first; i < end && r != to; i++)
            p = add_list(w, i, p);
    }
}

int
knn_propose_collect(struct knn_propose *w, struct err *e)
{
    int ranks = ranks_count();
    if (ranks == 1)
        return 0;
    int64_t list = (int64_t)sizeof(struct list) + w->cap * 8;
    int64_t *from = mem_new(ranks + 1, sizeof *from, e);
    int64_t *row = mem_new(ranks + 1, sizeof *row, e);
    char *message = mem_zero(ranks * ROWS, (size_t)list, e);
    int rc = from && row && message ? 0 : ERR_NOMEM;
    if (!rc)
        ranks_parts(w->n, 1, 1, row);
    for (int r = 0; r < ranks && !rc; r++)
        for (int64_t i = row[r]; i < row[r + 1]; i += ROWS) {
            int64_t end = row[r + 1] - i < ROWS ? row[r + 1] : i + ROWS;
            collect_rows(w, i, end, r, message, ROWS * list, from);
        }
    free(from);
    free(row);
    free(message);
    return rc;
}

void
knn_propose_plan(struct knn_propose *w)
{
    exec_for(w->exec, (w->n + ROWS - 1) / ROWS, plan_rows, w);
}
