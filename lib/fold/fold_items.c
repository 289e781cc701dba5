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

static double
norm(const float *x, int64_t d)
{
    double sum = 0;
    for (int64_t t = 0; t < d; t++)
        sum += (double)x[t] * (double)x[t];
    return sqrt(sum);
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
            all[n++] = norm(x->x + i * x->d, x->d);
    if (n)
        qsort(all, n, sizeof *all, ascending);
    *median = n ? all[(n - 1) / 2] : 0;
    free(all);
    return 0;
}

/* Adds the neighbours that had vectors before this round; 1 if any. */
static int
add_neighbours(double *sum, const struct mat *x, const struct csr *graph,
    int64_t i, const unsigned char *ready)
{
    int any = 0;
    memset(sum, 0, (size_t)x->d * sizeof *sum);
    for (int64_t k = graph->indptr[i]; k < graph->indptr[i + 1]; k++) {
        int32_t j = graph->indices[k];
        if (!ready[j])
            continue;
        any = 1;
        for (int64_t t = 0; t < x->d; t++)
            sum[t] += (double)x->x[j * x->d + t];
    }
    return any;
}

static void
scale(float *to, const double *sum, int64_t d, double length)
{
    double square = 0;
    for (int64_t t = 0; t < d; t++)
        square += sum[t] * sum[t];
    double by = square > 0 ? length / sqrt(square) : 0;
    for (int64_t t = 0; t < d; t++)
        to[t] = by > 0 ? (float)(sum[t] * by) : 0.0f;
}

/* One round; how many got a vector. */
static int64_t
round_of(struct mat *x, const struct csr *graph, double length,
    unsigned char *state, const unsigned char *ready, double *sum)
{
    int64_t got = 0;
    for (int64_t i = 0; i < x->n; i++)
        if (state[i] == FOLD_NONE && add_neighbours(sum, x, graph, i, ready)) {
            scale(x->x + i * x->d, sum, x->d, length);
            state[i] = FOLD_NEAR;
            got++;
        }
    return got;
}

int
fold_items(struct mat *x, const struct csr *graph, double boost,
    unsigned char *state, struct err *e)
{
    double median;
    int rc = median_norm(x, state, &median, e);
    double *sum = mem_new(x->d, sizeof *sum, e);
    unsigned char *ready = mem_new(x->n, 1, e);
    if (!sum || !ready)
        rc = ERR_NOMEM;
    if (!rc)
        do {
            for (int64_t i = 0; i < x->n; i++)
                ready[i] = state[i] != FOLD_NONE;
        } while (round_of(x, graph, boost * median, state, ready, sum));
    free(sum);
    free(ready);
    return rc;
}
