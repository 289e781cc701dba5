#include "lib/knn/knn_cells.h"

#include "lib/knn/knn_centres.h"
#include "lib/knn/knn_places.h"
#include "lib/knn/knn_sample.h"
#include "lib/knn/knn_verify.h"
#include "lib/knn/knn_visit.h"

#include <inttypes.h>
#include <string.h>

enum {
    CELL = 50,       /* rows of a cell, unless the number of cells is given */
    LEAST = 10000,   /* with fewer rows cells are not worth their while */
    WORTH = 8,       /* nor unless at most one in so many pairs is compared */
    FEW = 4,         /* nearest cells, before it is known how many */
    MOST = 256,      /* nearest cells, if the recall chooses */
    TRIED = 500,     /* rows that choose */
    MEASURED = 1000, /* rows of which the recall is measured */
    ROOM = 64 << 20  /* bytes of packed rows besides those of the cells */
};

struct cells {
    struct exec *exec;
    struct arena mem;
    struct knn_rows rows;
    struct knn_places places;
    struct knn_points points; /* the same */
    struct knn_centres centres;
    int64_t n;     /* of cells */
    int64_t most;  /* nearest cells in near, 0: none yet */
    int32_t *near; /* [places][most], the nearest first */
    struct knn_pack pack;
    struct knn_targets *targets; /* [n] their rows */
    struct knn_targets *guests;  /* [n] rows that visit them */
    struct knn_room room;
    struct knn_visit home, visit;   /* this rank's rows in their own cells, and
                                       rows in a farther one */
    struct knn_query *host, *guest; /* [places] in the orders of these */
    struct knn_verify verify;
};

/* What score_row needs: query q is place order[q]. */
struct ask {
    struct cells *c;
    const int32_t *order;
};

static double
score_row(void *ctx, int64_t query, const int32_t *id, int64_t n)
{
    const struct ask *a = ctx;
    struct cells *c = a->c;
    const float *x = c->rows.x;
    int64_t i = c->places.row[a->order[query]], d = c->rows.d;
    for (int64_t p = 0; p < n; p++)
        if (id[p] != i)
            knn_verify_pair(&c->verify, i, x + i * d, id[p], x + id[p] * d);
    return knn_verify_bar(&c->verify, i);
}

/* The `most` nearest cells of every row. */
static int
find_cells(struct cells *c, int64_t most, struct err *e)
{
    if (most <= c->most)
        return 0;
    c->most = most;
    c->near = arena_new(&c->mem, c->places.n * most, sizeof *c->near);
    int rc = arena_check(&c->mem, e);
    if (!rc)
        rc = knn_centres_near(&c->centres, &c->points, most, c->near, e);
    return rc;
}

/* Packs the rows of every cell. */
static int
fill(struct cells *c, struct err *e)
{
    struct arena *m = &c->mem;
    struct knn_visit *v = &c->visit;
    int64_t words = 0, d = c->rows.d;
    knn_visit_sort(
        v, &(struct knn_rounds){c->near, c->most, 0, 1, 0, c->places.n});
    for (int64_t i = 0; i < c->n; i++)
        words += knn_kernel_words(v->start[i + 1] - v->start[i], d);
    uint32_t *half = arena_new(m, words, sizeof *half);
    int32_t *id = arena_new(m, c->places.n, sizeof *id);
    knn_pack_init(&c->pack, c->centres.x, NULL, c->n, d, 1.001, c->exec, m);
    int rc = arena_check(m, e);
    if (rc)
        return rc;
    for (int64_t i = 0; i < c->n; i++) {
        int64_t at = v->start[i], n = v->start[i + 1] - at;
        c->room.set[i] = (struct knn_set){at, n, half, id + at};
        c->targets[i] = (struct knn_targets){half, n, 0, id + at};
        half += knn_kernel_words(n, d);
    }
    knn_places_pack(&c->places, &c->pack, v->order, c->room.set, c->n);
    return 0;
}

/* Collects guests, from place *at of the visits' order and its cell on, until
 * the room is full. Each cell's guests become a set and its targets; other
 * cells have no targets. Returns the number of sets. */
static int64_t
bring(struct cells *c, int64_t *cell, int64_t *at)
{
    const struct knn_room *room = &c->room;
    int64_t sets = 0, used = 0, d = c->rows.d;
    memset(c->guests, 0, (size_t)c->n * sizeof *c->guests);
    for (; *cell < c->n; ++*cell) {
        int64_t end = c->visit.start[*cell + 1], left = room->rows - used;
        if (c->home.start[*cell] == c->home.start[*cell + 1])
            *at = end;
        left = left < end - *at ? left : end - *at;
        if (left) {
            uint32_t *half = room->half + knn_kernel_words(used, d);
            room->set[sets++] =
                (struct knn_set){*at, left, half, room->id + used};
            c->guests[*cell] =
                (struct knn_targets){half, left, 0, room->id + used};
            used += (left + KNN_STRIP - 1) / KNN_STRIP * KNN_STRIP;
            *at += left;
        }
        if (*at < end)
            break;
    }
    return sets;
}

/* Each row of this rank is a host: it is compared with the guests of its cell,
 * which are the rows that visit it in any round but the first, as many at a
 * time as there is room for. */
static void
receive(struct cells *c, int64_t probe, struct knn_query_run *run,
    struct ask *asked)
{
    struct knn_visit *v = &c->visit;
    knn_visit_sort(
        v, &(struct knn_rounds){c->near, c->most, 1, probe, 0, c->places.n});
    asked->order = c->home.order;
    for (int64_t cell = 0, at = 0, sets; (sets = bring(c, &cell, &at)) > 0;) {
        knn_places_pack(&c->places, &c->pack, v->order, c->room.set, sets);
        knn_query_jobs(
            run, c->host, c->home.job, knn_visit_jobs(&c->home, c->guests));
    }
}

/* Each of this rank's rows is compared with those of its own cell, of its
 * second, and so on, and then with the rows for which its cell is one of these.
 */
static int
search(struct cells *c, int64_t probe, struct err *e)
{
    struct arena *m = &c->mem;
    struct knn_query_run run;
    struct ask asked = {c, NULL};
    const struct knn_places *p = &c->places;
    knn_query_init(&run, &c->pack, c->verify.most, score_row, &asked, m);
    knn_visit_init(&c->visit, p->n * (probe - 1), c->n, m);
    int rc = arena_check(m, e);
    if (rc)
        return rc;
    for (int64_t round = 0; round < probe; round++) {
        struct knn_visit *v = round ? &c->visit : &c->home;
        struct knn_query *query = round ? c->guest : c->host;
        knn_visit_sort(v, &(struct knn_rounds){c->near, c->most, round,
                              round + 1, p->from, p->to});
        for (int64_t q = 0; q < p->to - p->from; q++)
            query[q] = knn_places_query(p, v->order[q]);
        asked.order = v->order;
        knn_query_jobs(&run, query, v->job, knn_visit_jobs(v, c->targets));
    }
    receive(c, probe, &run, &asked);
    return knn_verify_join(&c->verify, e);
}

/* About how many pairs of rows are compared. */
static double
pairs(const struct cells *c, int64_t probe)
{
    double sum = 0;
    for (int64_t i = 0; i < c->places.n; i++)
        for (int64_t f = 0; f < probe; f++)
            sum += (double)c->targets[c->near[i * c->most + f]].n;
    return sum;
}

/* Chooses the number of nearest cells for a recall; 0 if all rows might as well
 * be compared. A tenth of the neighbours that may be missed is kept in reserve,
 * because other rows may miss more than the sample. */
static int
choose(struct cells *c, const struct knn_sample *s, double recall,
    int64_t *probe, struct err *e)
{
    struct arena m = {0};
    int64_t n = c->places.n, most = c->n < MOST ? c->n : MOST;
    int32_t *home = arena_new(&m, n, sizeof *home);
    int rc = arena_check(&m, e);
    for (int64_t i = 0; !rc && i < n; i++)
        home[i] = c->near[i * c->most];
    if (!rc)
        rc = knn_sample_probe(s, s->n < TRIED ? s->n : TRIED, &c->centres, home,
            most, recall + (1 - recall) / 10, probe, e);
    if (!rc && *probe)
        rc = find_cells(c, *probe, e);
    if (!rc && *probe && pairs(c, *probe) * WORTH > (double)n * (double)n)
        *probe = 0;
    arena_free(&m);
    return rc;
}

static int
allocate(struct cells *c, int64_t k)
{
    struct arena *m = &c->mem;
    int64_t n = c->places.n;
    c->targets = arena_new(m, c->n, sizeof *c->targets);
    c->guests = arena_new(m, c->n, sizeof *c->guests);
    c->host = arena_new(m, n, sizeof *c->host);
    c->guest = arena_new(m, n, sizeof *c->guest);
    knn_visit_init(&c->visit, n, c->n, m);
    knn_visit_init(&c->home, n, c->n, m);
    knn_places_room(&c->room, n, c->rows.d, ROOM, c->n, m);
    knn_verify_init(&c->verify, &c->rows, k, m);
    return m->rc;
}

static int
run(struct cells *c, const struct knn_opt *opt, struct knn_list *l, int *worth,
    struct err *e)
{
    struct arena *m = &c->mem;
    int rc = knn_places_init(&c->places, &c->rows, c->exec, m, e);
    int64_t n = c->places.n, probe = opt->probe;
    l->zeros = l->n;
    if (rc || !n)
        return rc;
    c->n = opt->cells ? opt->cells : (n + CELL - 1) / CELL;
    c->n = c->n < n ? c->n : n;
    if ((*worth = probe || opt->cells || n >= LEAST) == 0)
        return 0;
    probe = probe < c->n ? probe : c->n;
    c->points =
        (struct knn_points){c->rows.x, c->rows.inverse, c->places.row, n};
    rc = knn_centres_learn(
        &c->centres, &c->points, c->n, c->rows.d, c->exec, m, e);
    if (!rc)
        rc = find_cells(c, probe ? probe : c->n < FEW ? c->n : FEW, e);
    if (!rc && allocate(c, opt->k))
        rc = arena_check(m, e);
    if (!rc)
        rc = fill(c, e);
    struct knn_sample s;
    int64_t first = probe ? 0 : TRIED;
    if (!rc)
        rc = knn_sample_take(
            &s, &c->places, &c->pack, &c->room, first + MEASURED, opt->k, m, e);
    if (!rc && !probe)
        rc = choose(c, &s, opt->recall, &probe, e);
    if (rc || (*worth = probe > 0) == 0)
        return rc;
    rc = search(c, probe, e);
    if (rc)
        return rc;
    first = s.n - first < MEASURED ? 0 : first;
    l->sampled = s.n - first;
    l->cells = c->n;
    l->probe = probe;
    l->recall = knn_sample_recall(&s, &c->verify, first);
    knn_verify_lists(&c->verify, opt->self, l);
    return 0;
}

int
knn_cells(float *x, int64_t n, int64_t d, const struct knn_opt *opt,
    struct knn_list *l, int *worth, struct err *e)
{
    *l = (struct knn_list){0};
    *worth = 1;
    if (opt->cells > n)
        return err_set(e, ERR_RANGE,
            "%" PRId64 " cells are more than the %" PRId64 " rows", opt->cells,
            n);
    int rc = knn_list_init(l, n, opt, e);
    if (rc)
        return rc;
    struct cells c = {.exec = opt->exec};
    knn_rows_init(&c.rows, x, NULL, n, d, c.exec, &c.mem);
    rc = arena_check(&c.mem, e);
    if (!rc)
        rc = run(&c, opt, l, worth, e);
    arena_free(&c.mem);
    if (rc || !*worth)
        knn_list_free(l);
    return rc;
}
