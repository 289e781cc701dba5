#include "lib/fold/fold_items.h"

#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int
ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The lower median of the norms of those that have vectors, 0 without any. */
static int
median_norm(const struct mat *x, const unsigned char *state, double *median,
    struct err *e)
{
    double *all = mem_new(x->n, sizeof *all, e);
    if (!all)
        return ERR_NOMEM;
    size_t n = 0;
    for (int64_t i = 0; i < x->n; i++)
        if (state[i] == FOLD_OWN)
            all[n++] = mat_norm(x->x + i * x->d, x->d);
    if (n)
        qsort(all, n, sizeof *all, ascending);
    *median = n ? all[(n - 1) / 2] : 0;
    free(all);
    return 0;
}

struct work {
    struct mat *x;
    const struct csr *graph;
    double median, length;
    unsigned char *state;
    unsigned char *ready; /* [I] 1: had a vector before this round */
    double *sum;          /* [D] */
};

/* Sums the neighbours that are ready; 1 if any is. */
static int
add_neighbours(struct work *w, int64_t i)
{
    const struct mat *x = w->x;
    int any = 0;
    memset(w->sum, 0, (size_t)x->d * sizeof *w->sum);
    for (int64_t k = w->graph->indptr[i]; k < w->graph->indptr[i + 1]; k++) {
        int32_t j = w->graph->indices[k];
        if (!w->ready[j])
            continue;
        any = 1;
        for (int64_t t = 0; t < x->d; t++)
            w->sum[t] += (double)x->x[j * x->d + t];
    }
    return any;
}

/* Scales sum to this length, unless it is 0. */
static void
stretch(double *sum, int64_t d, double length)
{
    double square = 0;
    for (int64_t t = 0; t < d; t++)
        square += sum[t] * sum[t];
    double by = square > 0 ? length / sqrt(square) : 0;
    for (int64_t t = 0; t < d; t++)
        sum[t] = by > 0 ? sum[t] * by : 0;
}

/* The vector of item i from the sum of its neighbours, which may be 0. */
static void
put(struct work *w, int64_t i)
{
    int64_t d = w->x->d;
    float *row = w->x->x + i * d;
    stretch(w->sum, d, 1);
    double own = w->state[i] == FOLD_START ? mat_norm(row, d) : 0;
    for (int64_t t = 0; t < d && own > 0; t++)
        w->sum[t] += (double)row[t] / own;
    stretch(w->sum, d, w->length);
    for (int64_t t = 0; t < d; t++)
        row[t] = (float)w->sum[t];
    w->state[i] = FOLD_NEAR;
}

static int
waits(const struct work *w, int64_t i)
{
    return w->state[i] == FOLD_NONE || w->state[i] == FOLD_START;
}

/* One round. Returns how many items got a vector. */
static int64_t
round_of(struct work *w)
{
    int64_t got = 0;
    for (int64_t i = 0; i < w->x->n; i++)
        w->ready[i] = !waits(w, i);
    for (int64_t i = 0; i < w->x->n; i++)
        if (waits(w, i) && add_neighbours(w, i)) {
            put(w, i);
            got++;
        }
    return got;
}

static void
drop_noise(struct work *w)
{
    int64_t d = w->x->d;
    for (int64_t i = 0; i < w->x->n; i++) {
        float *row = w->x->x + i * d;
        if (w->state[i] == FOLD_START &&
            mat_norm(row, d) * FOLD_ITEMS_SHORT < w->median)
            w->state[i] = FOLD_NONE;
        if (w->state[i] == FOLD_NONE)
            memset(row, 0, (size_t)d * sizeof *row);
    }
}

/* Items without neighbours get their vectors from what the training left. */
static void
put_alone(struct work *w)
{
    for (int64_t i = 0; i < w->x->n; i++)
        if (w->state[i] == FOLD_START) {
            memset(w->sum, 0, (size_t)w->x->d * sizeof *w->sum);
            put(w, i);
        }
}

int
fold_items(struct mat *x, const struct csr *graph, double boost,
    unsigned char *state, struct err *e)
{
    struct work w = {.x = x, .graph = graph, .state = state};
    int rc = median_norm(x, state, &w.median, e);
    w.length = boost * w.median;
    w.sum = mem_new(x->d, sizeof *w.sum, e);
    w.ready = mem_new(x->n, 1, e);
    if (!w.sum || !w.ready)
        rc = ERR_NOMEM;
    if (!rc) {
        drop_noise(&w);
        while (graph && round_of(&w))
            ;
        put_alone(&w);
    }
    free(w.sum);
    free(w.ready);
    return rc;
}
