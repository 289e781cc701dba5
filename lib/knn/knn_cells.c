#include "lib/knn/knn_cells.h"

#include "lib/base/ranks.h"
#include "lib/base/rng.h"
#include "lib/knn/knn_query.h"
#include "lib/knn/knn_rows.h"
#include "lib/knn/knn_verify.h"
#include "lib/la/topk.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
    LEARN = 32,     /* rows of a cell from which its centre is learned */
    ITERATIONS = 8, /* of k-means */
    SAMPLE = 1000   /* rows of which the recall is measured */
};

struct cells {
    struct exec *exec;
    struct arena mem;
    struct knn_rows rows;
    const float *x;
    int64_t d, k, n;  /* columns, list length, rows without the copies */
    int64_t *row;     /* [n] */
    int64_t from, to; /* the places in row of this rank's rows */
    int64_t cells, probe;
    float *centre; /* [cells][d] of norm 1 */
    int32_t *near; /* [n][probe] cells of each row, the nearest first */

    struct knn_pack pack;
    struct knn_targets *targets; /* [cells] */
    struct knn_query *query;     /* [n] */
    int64_t *borders;            /* [ranks + 1] of ranks_join */
};

static struct knn_query
query_of(const struct cells *c, int64_t i)
{
    return (struct knn_query){
        .x = c->x + i * c->d, .factor = c->rows.inverse[i]};
}

/* This rank's share of rows whose nearest centres are wanted. */
struct assign {
    const struct cells *c;
    const int64_t *row;
    struct topk *top;
};

static double
score_centre(void *ctx, int64_t query, const int32_t *id, int64_t n)
{
    const struct assign *a = ctx;
    const struct cells *c = a->c;
    int64_t i = a->row[query], d = c->d;
    struct topk *t = &a->top[query];
    for (int64_t p = 0; p < n; p++) {
        double s = c->rows.kernel->dot(c->x + i * d, c->centre + id[p] * d, d);
        topk_push(t, (float)(s / c->rows.norm[i]), id[p]);
    }
    return t->n < t->k ? (double)-INFINITY : (double)t->score[0] - 0x1p-20;
}

/* The ranks' shares of an array of n things of `size` bytes come together. */
static void
join(struct cells *c, void *all, int64_t n, int64_t size)
{
    ranks_parts(n, 1, size, c->borders);
    ranks_join(all, c->borders);
}

/* The `most` nearest cells of each of n rows, the nearest first. */
static int
assign(struct cells *c, const int64_t *row, int64_t n, int64_t most,
    int32_t *near, struct err *e)
{
    struct arena m = {0};
    struct knn_pack p;
    struct knn_query_run r;
    int64_t from, to;
    ranks_part(n, 1, &from, &to);
    struct assign a = {c, row + from, arena_new(&m, to - from, sizeof *a.top)};
    float *score = arena_new(&m, (to - from) * most, sizeof *score);
    struct knn_targets all =
        knn_query_targets(&p, c->centre, c->cells, c->d, 1.001, c->exec, &m);
    knn_query_init(&r, &p, most, score_centre, &a, &m);
    int rc = arena_check(&m, e);
    for (int64_t i = 0; !rc && i < to - from; i++) {
        topk_init(&a.top[i], most, score + i * most, near + (from + i) * most);
        c->query[i] = query_of(c, a.row[i]);
    }
    if (!rc)
        knn_query_pass(&r, c->query, to - from, &all);
    for (int64_t i = 0; !rc && i < to - from; i++)
        topk_sort(&a.top[i]);
    if (!rc)
        join(c, near, n, most * (int64_t)sizeof *near);
    arena_free(&m);
    return rc;
}

/* Centres move to the means of their rows. A centre without rows stays. */
static void
move(struct cells *c, const int64_t *row, const int32_t *cell, int64_t n,
    double *sum)
{
    int64_t d = c->d;
    memset(sum, 0, (size_t)(c->cells * d) * sizeof *sum);
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < d; k++)
            sum[cell[i] * d + k] +=
                (double)c->x[row[i] * d + k] * (double)c->rows.inverse[row[i]];
    for (int64_t i = 0; i < c->cells; i++) {
        double norm = 0;
        for (int64_t k = 0; k < d; k++)
            norm += sum[i * d + k] * sum[i * d + k];
        for (int64_t k = 0; norm > 0 && k < d; k++)
            c->centre[i * d + k] = (float)(sum[i * d + k] / sqrt(norm));
    }
}

/* Spherical k-means on rows that are evenly spread, as are the first centres.
 */
static int
learn(struct cells *c, struct err *e)
{
    struct arena m = {0};
    int64_t n = c->n / c->cells > LEARN ? c->cells * LEARN : c->n, d = c->d;
    int64_t *row = arena_new(&m, n, sizeof *row);
    int32_t *cell = arena_new(&m, n, sizeof *cell);
    double *sum = arena_new(&m, c->cells * d, sizeof *sum);
    int rc = arena_check(&m, e);
    for (int64_t i = 0; !rc && i < n; i++)
        row[i] = c->row[i * c->n / n];
    for (int64_t i = 0; !rc && i < c->cells; i++)
        for (int64_t k = 0, from = row[i * n / c->cells]; k < d; k++)
            c->centre[i * d + k] = c->x[from * d + k] * c->rows.inverse[from];
    for (int it = 0; !rc && it < ITERATIONS; it++) {
        rc = assign(c, row, n, 1, cell, e);
        if (!rc)
            move(c, row, cell, n, sum);
    }
    arena_free(&m);
    return rc;
}

/* Places from .. to - 1 of c->row in order [to - from], by the cell that is
 * nearest but `farther`; those of cell i are start[i] .. start[i + 1] - 1. */
static void
sort(const struct cells *c, int64_t from, int64_t to, int64_t farther,
    int64_t *start, int64_t *order)
{
    memset(start, 0, (size_t)(c->cells + 2) * sizeof *start);
    for (int64_t i = from; i < to; i++)
        start[c->near[i * c->probe + farther] + 2]++;
    for (int64_t i = 0; i < c->cells; i++)
        start[i + 2] += start[i + 1];
    for (int64_t i = from; i < to; i++)
        order[start[c->near[i * c->probe + farther] + 1]++] = i;
}

/* Packs the rows of every cell. */
static int
fill(struct cells *c, const int64_t *start, const int64_t *order, struct err *e)
{
    struct arena *m = &c->mem;
    int64_t d = c->d, words = 0;
    for (int64_t i = 0; i < c->cells; i++)
        words += knn_kernel_words(start[i + 1] - start[i], d);
    uint32_t *half = arena_new(m, words, sizeof *half);
    int32_t *id = arena_new(m, c->n, sizeof *id);
    float *x = arena_new(m, KNN_TILE * d, sizeof *x);
    knn_pack_init(&c->pack, c->centre, NULL, c->cells, d, 1.001, c->exec, m);
    int rc = arena_check(m, e);
    for (int64_t i = 0; !rc && i < c->cells; i++) {
        int64_t end = start[i + 1];
        c->targets[i] = (struct knn_targets){
            .half = half, .n = end - start[i], .id = id + start[i]};
        for (int64_t p = start[i]; p < end; p += KNN_TILE) {
            int64_t rows = end - p < KNN_TILE ? end - p : KNN_TILE;
            float factor[KNN_TILE];
            struct knn_packed packed[KNN_TILE];
            for (int64_t r = 0; r < rows; r++) {
                int64_t row = c->row[order[p + r]];
                id[p + r] = (int32_t)row;
                factor[r] = c->rows.inverse[row];
                memcpy(x + r * d, c->x + row * d, (size_t)d * sizeof *x);
            }
            knn_pack_rows(&c->pack, x, factor, rows, half, packed, NULL, NULL);
            half += knn_kernel_words(rows, d);
        }
    }
    return rc;
}

/* Queries for the lists of v: of the rows at row[place[q]]. */
struct search {
    struct cells *c;
    struct knn_verify *v;
    const int64_t *place;
};

static double
score_row(void *ctx, int64_t query, const int32_t *id, int64_t n)
{
    const struct search *s = ctx;
    const struct cells *c = s->c;
    int64_t i = c->row[s->place[query]];
    for (int64_t p = 0; p < n; p++)
        if (id[p] != i)
            knn_verify_pair(
                s->v, i, c->x + i * c->d, id[p], c->x + id[p] * c->d);
    return knn_verify_bar(s->v, i);
}

/* Compares each of this rank's rows with the rows of its nearest cells: first
 * all with their nearest cell, then all with their second, and so on. */
static int
search(struct cells *c, struct knn_verify *v, int64_t *start, int64_t *order,
    struct err *e)
{
    struct arena *m = &c->mem;
    struct search s = {c, v, order};
    struct knn_query_run r;
    int64_t most = c->n / KNN_QUERIES + c->cells;
    struct knn_query_job *job = arena_new(m, most, sizeof *job);
    knn_query_init(&r, &c->pack, v->most, score_row, &s, m);
    int rc = arena_check(m, e);
    for (int64_t farther = 0; !rc && farther < c->probe; farther++) {
        int64_t jobs = 0;
        sort(c, c->from, c->to, farther, start, order);
        for (int64_t q = 0; q < c->to - c->from; q++)
            c->query[q] = query_of(c, c->row[order[q]]);
        for (int64_t i = 0; i < c->cells; i++)
            for (int64_t q = start[i]; q < start[i + 1]; q += KNN_QUERIES) {
                int64_t left = start[i + 1] - q;
                job[jobs++] = (struct knn_query_job){
                    q, left < KNN_QUERIES ? left : KNN_QUERIES, c->targets[i]};
            }
        knn_query_jobs(&r, c->query, job, jobs);
    }
    return rc;
}

/* How many of the neighbours in a list of `all` are in that of `found`. */
static int64_t
shared(const struct knn_verify *all, const struct knn_verify *found, int64_t i,
    int64_t k, int64_t *wanted)
{
    const int32_t *a = all->id + i * all->most, *f = found->id + i * all->most;
    int64_t same = 0, n = 0;
    for (int64_t p = 0; p < all->n[i] && n < k; p++) {
        if (a[p] == i)
            continue;
        n++;
        for (int64_t q = 0; q < found->n[i]; q++)
            same += f[q] == a[p];
    }
    *wanted += n;
    return same;
}

/* The lists of some rows, drawn at random, against those of exact search. */
static int
measure(struct cells *c, const struct knn_verify *found, struct knn_list *l,
    struct err *e)
{
    struct arena *m = &c->mem;
    struct knn_verify all;
    struct knn_query_run r;
    int64_t n = c->n < SAMPLE ? c->n : SAMPLE, from, to;
    int64_t *same = arena_zero(m, ranks_count(), sizeof *same);
    int64_t *wanted = arena_zero(m, ranks_count(), sizeof *wanted);
    int64_t *place = arena_new(m, n, sizeof *place);
    struct search s = {c, &all, place};
    knn_verify_init(&all, &c->rows, c->k, m);
    knn_query_init(&r, &c->pack, all.most, score_row, &s, m);
    int rc = arena_check(m, e);
    if (rc)
        return rc;
    struct rng_perm any;
    rng_perm_init(&any, c->n, 1, RNG_KMEANS, 0);
    ranks_part(n, 1, &from, &to);
    for (int64_t q = 0; q < to - from; q++) {
        place[q] = rng_perm_at(&any, from + q);
        c->query[q] = query_of(c, c->row[place[q]]);
    }
    for (int64_t i = 0; i < c->cells; i++)
        knn_query_pass(&r, c->query, to - from, &c->targets[i]);
    int mine = ranks_mine();
    for (int64_t q = 0; q < to - from; q++)
        same[mine] +=
            shared(&all, found, c->row[place[q]], c->k, &wanted[mine]);
    join(c, same, ranks_count(), sizeof *same);
    join(c, wanted, ranks_count(), sizeof *wanted);
    for (int k = 1; k < ranks_count(); k++) {
        same[0] += same[k];
        wanted[0] += wanted[k];
    }
    l->sampled = n;
    l->recall = *wanted ? (double)*same / (double)*wanted : 1;
    return 0;
}

/* The rows, of equal ones the first, none of zeros. */
static int
take_rows(struct cells *c, float *x, int64_t n, struct err *e)
{
    struct arena *m = &c->mem;
    struct knn_slice all;
    knn_rows_init(&c->rows, x, NULL, n, c->d, c->exec, m);
    c->row = arena_new(m, n, sizeof *c->row);
    c->borders = arena_new(m, ranks_count() + 1, sizeof *c->borders);
    int rc = arena_check(m, e);
    if (!rc)
        rc = knn_rows_next(&c->rows, n, NULL, &all, e);
    if (rc)
        return rc;
    c->x = x;
    int64_t from, to;
    ranks_part(n, 1, &from, &to);
    for (int64_t i = 0; i < n; i++) {
        if (c->rows.first[i] == i)
            c->row[c->n++] = i;
        if (i < from)
            c->from = c->n;
        if (i < to)
            c->to = c->n;
    }
    c->cells = c->cells < c->n ? c->cells : c->n;
    c->probe = c->probe < c->cells ? c->probe : c->cells;
    c->centre = arena_new(m, c->cells * c->d, sizeof *c->centre);
    c->near = arena_new(m, c->n * c->probe, sizeof *c->near);
    c->targets = arena_new(m, c->cells, sizeof *c->targets);
    c->query = arena_new(m, c->n, sizeof *c->query);
    return arena_check(m, e);
}

static int
run(struct cells *c, float *x, const struct knn_opt *opt, struct knn_list *l,
    struct err *e)
{
    int rc = take_rows(c, x, l->n, e);
    if (rc)
        return rc;
    l->zeros = l->n;
    if (!c->n)
        return 0;
    struct arena *m = &c->mem;
    struct knn_verify v;
    int64_t *start = arena_new(m, c->cells + 2, sizeof *start);
    int64_t *order = arena_new(m, c->n, sizeof *order);
    knn_verify_init(&v, &c->rows, c->k, m);
    rc = arena_check(m, e);
    if (!rc)
        rc = learn(c, e);
    if (!rc)
        rc = assign(c, c->row, c->n, c->probe, c->near, e);
    if (rc)
        return rc;
    sort(c, 0, c->n, 0, start, order);
    rc = fill(c, start, order, e);
    if (!rc)
        rc = search(c, &v, start, order, e);
    if (!rc)
        rc = knn_verify_join(&v, e);
    if (!rc)
        rc = measure(c, &v, l, e);
    if (!rc)
        knn_verify_lists(&v, opt->self, l);
    return rc;
}

int
knn_cells(float *x, int64_t n, int64_t d, const struct knn_opt *opt,
    struct knn_list *l, struct err *e)
{
    *l = (struct knn_list){0};
    if (opt->cells > n)
        return err_set(e, ERR_RANGE,
            "%" PRId64 " cells are more than the %" PRId64 " rows", opt->cells,
            n);
    int rc = knn_list_init(l, n, opt, e);
    if (rc)
        return rc;
    struct cells c = {.exec = opt->exec,
        .d = d,
        .k = opt->k,
        .cells = opt->cells,
        .probe = opt->probe};
    rc = run(&c, x, opt, l, e);
    arena_free(&c.mem);
    if (rc)
        knn_list_free(l);
    return rc;
}
