#include "lib/knn/knn_places.h"

#include "lib/base/ranks.h"

#include <math.h>
#include <string.h>

enum {
    STEP = 6 * KNN_STRIP, /* rows that are packed at once */
    AHEAD = 2             /* rows that are fetched before */
};

struct knn_scratch {
    float *x;                /* [STEP][d] */
    struct knn_packed worst; /* of what the thread packed */
};

int
knn_places_init(struct knn_places *p, struct knn_rows *rows, struct exec *exec,
    struct arena *m, struct err *e)
{
    struct knn_slice all;
    int64_t n = rows->n, threads = exec_threads(exec), from, to;
    *p = (struct knn_places){.exec = exec, .rows = rows, .d = rows->d};
    p->row = arena_new(m, n, sizeof *p->row);
    p->place = arena_new(m, n, sizeof *p->place);
    p->scratch = arena_new(m, threads, sizeof *p->scratch);
    for (int64_t t = 0; p->scratch && t < threads; t++)
        p->scratch[t].x = arena_new(m, STEP * p->d, sizeof(float));
    int rc = arena_check(m, e);
    if (!rc)
        rc = knn_rows_next(rows, n, NULL, &all, e);
    if (rc)
        return rc;
    ranks_part(n, 1, &from, &to);
    for (int64_t i = 0; i < n; i++) {
        int32_t first = rows->first[i];
        if (first == i)
            p->row[p->n++] = i;
        p->place[i] = first < 0    ? -1
                      : first == i ? (int32_t)(p->n - 1)
                                   : p->place[first];
        if (i < from)
            p->from = p->n;
        if (i < to)
            p->to = p->n;
    }
    return 0;
}

struct knn_query
knn_places_query(const struct knn_places *p, int64_t place)
{
    int64_t i = p->row[place];
    return (struct knn_query){
        .x = p->rows->x + i * p->d, .factor = p->rows->inverse[i]};
}

struct packing {
    const struct knn_places *p;
    const struct knn_pack *pack;
    const int32_t *order;
    const struct knn_set *set;
};

static int64_t
place_at(const struct packing *g, int64_t at)
{
    return g->order ? g->order[at] : at;
}

/* Rows lie anywhere: a later one is fetched meanwhile. */
static void
fetch(const struct knn_places *p, int64_t place)
{
    const float *x = knn_places_query(p, place).x;
    for (int64_t c = 0; c < p->d; c += 64 / (int64_t)sizeof *x)
        __builtin_prefetch(x + c);
}

static void
widen(struct knn_packed *worst, const struct knn_packed *by)
{
    worst->error = fmaxf(worst->error, by->error);
    worst->length = fmaxf(worst->length, by->length);
}

static void
pack_set(void *ctx, int64_t i, int thread)
{
    const struct packing *g = ctx;
    const struct knn_places *p = g->p;
    const struct knn_set *s = &g->set[i];
    struct knn_scratch *own = &p->scratch[thread];
    /* a pack of its own, as packing notes the worst */
    struct knn_pack pack = *g->pack;
    pack.exec = NULL;
    for (int64_t q = 0; q < s->n; q += STEP) {
        int64_t n = s->n - q < STEP ? s->n - q : STEP;
        float factor[STEP];
        struct knn_packed packed[STEP];
        for (int64_t r = 0; r < n; r++) {
            int64_t place = place_at(g, s->first + q + r);
            struct knn_query row = knn_places_query(p, place);
            if (q + r + AHEAD < s->n)
                fetch(p, place_at(g, s->first + q + r + AHEAD));
            s->id[q + r] = (int32_t)p->row[place];
            factor[r] = row.factor;
            memcpy(own->x + r * p->d, row.x, (size_t)p->d * sizeof *row.x);
        }
        knn_pack_rows(&pack, own->x, factor, n,
            s->half + knn_kernel_words(q, p->d), packed, NULL, NULL);
    }
    widen(&own->worst, &pack.worst);
}

void
knn_places_pack(const struct knn_places *p, struct knn_pack *pack,
    const int32_t *order, const struct knn_set *set, int64_t n)
{
    struct packing g = {p, pack, order, set};
    int threads = exec_threads(p->exec);
    for (int t = 0; t < threads; t++)
        p->scratch[t].worst = pack->worst;
    exec_for(p->exec, n, pack_set, &g);
    for (int t = 0; t < threads; t++)
        widen(&pack->worst, &p->scratch[t].worst);
}

void
knn_places_room(struct knn_room *r, int64_t n, int64_t d, int64_t bytes,
    int64_t sets, struct arena *m)
{
    int64_t tile = knn_kernel_words(KNN_TILE, d) * (int64_t)sizeof(uint32_t);
    int64_t most = (n + KNN_TILE - 1) / KNN_TILE, tiles = bytes / tile + 1;
    tiles = tiles < most ? tiles : most;
    *r = (struct knn_room){.rows = tiles * KNN_TILE};
    r->half = arena_new(m, knn_kernel_words(r->rows, d), sizeof *r->half);
    r->id = arena_new(m, r->rows, sizeof *r->id);
    r->set = arena_new(m, sets > tiles ? sets : tiles, sizeof *r->set);
}
