#include "lib/graph/edges.h"

#include "lib/base/exec.h"
#include "lib/base/fmath.h"
#include "lib/base/mem.h"
#include "lib/base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 1024, /* users per chunk */
    DIGIT = 8,   /* bits of a key that one pass looks at */
    BUCKETS = 1 << DIGIT
};

struct draw {
    const struct csr *train;
    const int64_t *items; /* their degrees */
    uint64_t seed;
    uint32_t epoch;
    uint64_t *key; /* [nnz] */
};

/* Keys are positive doubles, so their bits as integers have the same order. */
static void
draw_rows(void *ctx, int64_t chunk, int thread)
{
    (void)thread;
    const struct draw *t = ctx;
    const struct csr *a = t->train;
    int64_t last = (chunk + 1) * ROWS < a->rows ? (chunk + 1) * ROWS : a->rows;
    for (int64_t u = chunk * ROWS; u < last; u++) {
        int64_t degree = a->indptr[u + 1] - a->indptr[u];
        for (int64_t k = a->indptr[u]; k < a->indptr[u + 1]; k++) {
            double exponential =
                0.0 - fm_log(1.0 - rng_uniform(t->seed, RNG_EDGES, t->epoch,
                                       (uint64_t)k, 0));
            double key = exponential *
                         sqrt((double)degree * (double)t->items[a->indices[k]]);
            memcpy(&t->key[k], &key, sizeof key);
        }
    }
}

/* The keep-th smallest key, keep >= 1, found digit by digit. *ties becomes the
 * number of keys equal to it among the keep smallest. */
static uint64_t
threshold(
    const uint64_t *key, int64_t n, int64_t keep, int64_t *count, int64_t *ties)
{
    uint64_t prefix = 0;
    for (int shift = 64 - DIGIT; shift >= 0; shift -= DIGIT) {
        memset(count, 0, BUCKETS * sizeof *count);
        for (int64_t k = 0; k < n; k++) {
            uint64_t digits = key[k] >> shift;
            count[digits & (BUCKETS - 1)] += digits >> DIGIT == prefix;
        }
        uint64_t digit = 0;
        while (keep > count[digit])
            keep -= count[digit++];
        prefix = prefix << DIGIT | digit;
    }
    *ties = keep;
    return prefix;
}

static void
take(const struct csr *train, const uint64_t *key, uint64_t last, int64_t ties,
    struct csr *kept)
{
    int64_t at = 0;
    for (int64_t u = 0; u < train->rows; u++) {
        for (int64_t k = train->indptr[u]; k < train->indptr[u + 1]; k++)
            if (key[k] < last || (key[k] == last && ties-- > 0))
                kept->indices[at++] = train->indices[k];
        kept->indptr[u + 1] = at;
    }
}

int
edges_sample(const struct csr *train, int64_t n_keep, uint64_t seed,
    uint32_t epoch, struct exec *exec, struct csr *kept, struct err *e)
{
    *kept = (struct csr){0};
    int64_t *items = csr_column_counts(train, e);
    int64_t *count = mem_new(BUCKETS, sizeof *count, e);
    uint64_t *key = mem_new(train->nnz, sizeof *key, e);
    int rc = items && count && key ? 0 : ERR_NOMEM;
    if (!rc)
        rc = csr_init(kept, train->rows, train->cols, n_keep, 0, e);
    if (!rc) {
        struct draw t = {train, items, seed, epoch, key};
        exec_for(exec, (train->rows + ROWS - 1) / ROWS, draw_rows, &t);
        uint64_t last = 0; /* nothing is smaller */
        int64_t ties = 0;
        if (n_keep > 0)
            last = threshold(key, train->nnz, n_keep, count, &ties);
        take(train, key, last, ties, kept);
    }
    free(items);
    free(count);
    free(key);
    return rc;
}
