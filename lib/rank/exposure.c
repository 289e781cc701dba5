#include "lib/rank/exposure.h"

#include "lib/base/fmath.h"
#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

const char *const exposure_names[EXPOSURE_KINDS] = {
    "coverage", "popularity", "novelty", "gini", "tail"};

int
exposure_init(struct exposure *x, int64_t items, const int64_t *cut, int n_cuts,
    struct err *e)
{
    *x = (struct exposure){.items = items, .n_cuts = n_cuts, .cut = cut};
    x->count = mem_zero(items, (size_t)n_cuts * sizeof *x->count, e);
    return x->count ? 0 : ERR_NOMEM;
}

void
exposure_add(struct exposure *x, const int32_t *list, int64_t n)
{
    int64_t r = 0;
    for (int c = 0; c < x->n_cuts; c++)
        for (; r < n && r < x->cut[c] && list[r] >= 0; r++)
            x->count[c * x->items + list[r]]++;
}

struct item {
    int64_t degree, index;
};

static int
by_degree(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->degree != y->degree)
        return x->degree > y->degree ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Sets tail[i], which is zeroed, to 1 for the items of the tail. */
static int
find_tail(const int64_t *degree, int64_t n, unsigned char *tail, struct err *e)
{
    struct item *all = mem_new(n, sizeof *all, e);
    if (!all)
        return ERR_NOMEM;
    int64_t sum = 0, head = 0;
    for (int64_t i = 0; i < n; i++) {
        all[i] = (struct item){degree[i], i};
        sum += degree[i];
    }
    if (n)
        qsort(all, (size_t)n, sizeof *all, by_degree);
    for (int64_t k = 0; k < n; k++) {
        tail[all[k].index] = 5 * head >= 4 * sum;
        head += all[k].degree;
    }
    free(all);
    return 0;
}

static int
ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double
gini(const int64_t *count, int64_t *sorted, int64_t n, double shown)
{
    double sum = 0;
    memcpy(sorted, count, (size_t)n * sizeof *count);
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    for (int64_t j = 0; j < n; j++)
        sum += (double)(2 * j + 1 - n) * (double)sorted[j];
    return sum / ((double)n * shown);
}

/* What the sums need of each item. */
struct known {
    double *information;
    unsigned char *tail;
    int64_t *sorted;
};

static void
measure(const int64_t *count, const int64_t *degree, const struct known *k,
    int64_t n, double value[EXPOSURE_KINDS])
{
    int64_t covered = 0, shown = 0, seen = 0, tail = 0;
    double information = 0;
    memset(value, 0, EXPOSURE_KINDS * sizeof *value);
    for (int64_t i = 0; i < n; i++) {
        covered += count[i] > 0;
        shown += count[i];
        seen += count[i] * degree[i];
        tail += k->tail[i] ? count[i] : 0;
        information += (double)count[i] * k->information[i];
    }
    if (!shown)
        return;
    value[EXPOSURE_COVERAGE] = (double)covered / (double)n;
    value[EXPOSURE_POPULARITY] = (double)seen / (double)shown;
    value[EXPOSURE_NOVELTY] = information / (double)shown;
    value[EXPOSURE_GINI] = gini(count, k->sorted, n, (double)shown);
    value[EXPOSURE_TAIL] = (double)tail / (double)shown;
}

int
exposure_finish(struct exposure *x, const struct csr *train, double *value,
    int stride, struct err *e)
{
    int64_t n = x->items, users = 0, *degree = csr_column_counts(train, e);
    struct known k = {mem_new(n, sizeof *k.information, e),
        mem_zero(n, sizeof *k.tail, e), mem_new(n, sizeof *k.sorted, e)};
    int rc = degree && k.information && k.tail && k.sorted
                 ? find_tail(degree, n, k.tail, e)
                 : ERR_NOMEM;
    for (int64_t u = 0; u < train->rows; u++)
        users += train->indptr[u + 1] > train->indptr[u];
    double all = fm_log((double)(users > 0 ? users : 1)), ln2 = fm_log(2.0);
    for (int64_t i = 0; i < n && !rc; i++)
        k.information[i] =
            (all - fm_log((double)(degree[i] > 0 ? degree[i] : 1))) / ln2;
    for (int c = 0; c < x->n_cuts && !rc; c++) {
        double at[EXPOSURE_KINDS];
        int64_t *count = x->count + c * n;
        for (int64_t i = 0; c && i < n; i++)
            count[i] += count[i - n];
        measure(count, degree, &k, n, at);
        for (int kind = 0; kind < EXPOSURE_KINDS; kind++)
            value[kind * stride + c] = at[kind];
    }
    free(degree);
    free(k.information);
    free(k.tail);
    free(k.sorted);
    return rc;
}

void
exposure_free(struct exposure *x)
{
    free(x->count);
    *x = (struct exposure){0};
}
