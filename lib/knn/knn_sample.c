#include "lib/knn/knn_sample.h"

#include "lib/base/ranks.h"
#include "lib/base/rng.h"

#include <math.h>

/* Queries for the lists of v: query q is place[q]. */
struct ask {
    const struct knn_places *p;
    struct knn_verify *v;
    const int64_t *place;
};

static double
score_row(void *ctx, int64_t query, const int32_t *id, int64_t n)
{
    const struct ask *a = ctx;
    const float *x = a->p->rows->x;
    int64_t i = a->p->row[a->place[query]], d = a->p->d;
    for (int64_t q = 0; q < n; q++)
        if (id[q] != i)
            knn_verify_pair(a->v, i, x + i * d, id[q], x + id[q] * d);
    return knn_verify_bar(a->v, i);
}

/* Compares queries with all places, as many at a time as there is room for. */
static void
compare(struct knn_query_run *run, struct knn_query *query, int64_t n,
    const struct knn_places *p, struct knn_pack *pack,
    const struct knn_room *room)
{
    for (int64_t first = 0; first < p->n; first += room->rows) {
        int64_t left = p->n - first, sets = 0;
        int64_t rows = left < room->rows ? left : room->rows;
        for (int64_t at = 0; at < rows; at += KNN_TILE)
            room->set[sets++] = (struct knn_set){first + at,
                rows - at < KNN_TILE ? rows - at : KNN_TILE,
                room->half + knn_kernel_words(at, p->d), room->id + at};
        knn_places_pack(p, pack, NULL, room->set, sets);
        struct knn_targets t = {room->half, rows, 0, room->id};
        knn_query_pass(run, query, n, &t);
    }
}

/* The list of row i, itself left out. */
static void
keep(const struct knn_verify *v, int64_t i, int64_t k, int32_t *id,
    double *score)
{
    int64_t n = 0;
    for (int64_t q = i * v->most; q < i * v->most + v->n[i] && n < k; q++)
        if (v->id[q] != i) {
            id[n] = v->id[q];
            score[n++] = v->score[q];
        }
    for (; n < k; n++)
        id[n] = -1;
}

int
knn_sample_take(struct knn_sample *s, const struct knn_places *p,
    struct knn_pack *pack, const struct knn_room *room, int64_t n, int64_t k,
    struct arena *m, struct err *e)
{
    n = n < p->n ? n : p->n;
    *s = (struct knn_sample){.places = p, .n = n, .k = k};
    s->place = arena_new(m, n, sizeof *s->place);
    s->id = arena_new(m, n * k, sizeof *s->id);
    s->score = arena_new(m, n * k, sizeof *s->score);
    struct arena own = {0};
    struct knn_verify all;
    struct knn_query_run run;
    int64_t from, to;
    ranks_part(n, 1, &from, &to);
    struct knn_query *query = arena_new(&own, to - from, sizeof *query);
    int64_t *border = arena_new(&own, ranks_count() + 1, sizeof *border);
    knn_verify_init(&all, p->rows, k, &own);
    struct ask ask = {p, &all, s->place + from};
    knn_query_init(&run, pack, all.most, score_row, &ask, &own);
    int rc = arena_check(m, e);
    if (!rc)
        rc = arena_check(&own, e);
    if (!rc) {
        struct rng_perm any;
        rng_perm_init(&any, p->n, 1, RNG_KMEANS, 0);
        for (int64_t q = 0; q < n; q++)
            s->place[q] = rng_perm_at(&any, q);
        for (int64_t q = from; q < to; q++)
            query[q - from] = knn_places_query(p, s->place[q]);
        compare(&run, query, to - from, p, pack, room);
        for (int64_t q = from; q < to; q++)
            keep(&all, p->row[s->place[q]], k, s->id + q * k, s->score + q * k);
        ranks_parts(n, 1, k * (int64_t)sizeof *s->id, border);
        ranks_join(s->id, border);
        ranks_parts(n, 1, k * (int64_t)sizeof *s->score, border);
        ranks_join(s->score, border);
    }
    arena_free(&own);
    return rc;
}

/* At which place of a list a cell is; `most` if it is not there. */
static int64_t
rank_of(const int32_t *near, int64_t most, int32_t cell)
{
    for (int64_t f = 0; f < most; f++)
        if (near[f] == cell)
            return f;
    return most;
}

int
knn_sample_probe(const struct knn_sample *s, int64_t n,
    const struct knn_centres *centres, const int32_t *home, int64_t most,
    double recall, int64_t *probe, struct err *e)
{
    struct arena m = {0};
    const struct knn_places *p = s->places;
    int64_t k = s->k, all = n * (k + 1), wanted = 0, found = 0;
    /* a row and its neighbours, n times */
    int64_t *place = arena_new(&m, all, sizeof *place);
    int64_t *row = arena_new(&m, all, sizeof *row);
    int32_t *near = arena_new(&m, all * most, sizeof *near);
    int64_t *at = arena_zero(&m, most + 1, sizeof *at);
    int rc = arena_check(&m, e);
    for (int64_t i = 0; !rc && i < all; i++) {
        int64_t q = i / (k + 1), c = i % (k + 1);
        int32_t j = c ? s->id[q * k + c - 1] : -1;
        place[i] = j < 0 ? s->place[q] : p->place[j];
        row[i] = p->row[place[i]];
    }
    struct knn_points points = {p->rows->x, p->rows->inverse, row, all};
    if (!rc)
        rc = knn_centres_near(centres, &points, most, near, e);
    for (int64_t i = 0; !rc && i < all; i++) {
        int64_t q = i / (k + 1) * (k + 1), c = i - q;
        if (!c || s->id[q / (k + 1) * k + c - 1] < 0)
            continue;
        int64_t there = rank_of(near + q * most, most, home[place[i]]);
        int64_t back = rank_of(near + i * most, most, home[place[q]]);
        at[there < back ? there : back]++;
        wanted++;
    }
    *probe = 0;
    for (int64_t f = 0; !rc && f < most && !*probe; f++) {
        found += at[f];
        if ((double)found >= recall * (double)wanted)
            *probe = f + 1;
    }
    arena_free(&m);
    return rc;
}

double
knn_sample_recall(
    const struct knn_sample *s, const struct knn_verify *found, int64_t first)
{
    int64_t same = 0, wanted = 0;
    for (int64_t q = first; q < s->n; q++) {
        int64_t i = s->places->row[s->place[q]], n = 0, got = 0, seen = 0;
        while (n < s->k && s->id[q * s->k + n] >= 0)
            n++;
        for (int64_t c = i * found->most;
             c < i * found->most + found->n[i] && seen < n; c++) {
            if (found->id[c] == i)
                continue;
            seen++;
            got += found->score[c] >= s->score[q * s->k + n - 1];
        }
        same += got;
        wanted += n;
    }
    return wanted ? (double)same / (double)wanted : 1;
}
