#ifndef STAIR_POOL_H
#define STAIR_POOL_H

/* Test inputs: matrices that live until pool_free, lists, sparse matrices. */

#include "lib/base/rng.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"

#include <stdlib.h>
#include <string.h>

static struct mat pool[2048];
static int pool_count;

/* n x d normal values, others at each call. */
__attribute__((unused)) static struct mat
values(int64_t n, int64_t d)
{
    struct mat m;
    if (pool_count == sizeof pool / sizeof *pool || mat_init(&m, n, d, NULL))
        abort();
    pool[pool_count++] = m;
    for (int64_t k = 0; k < n * d; k++)
        m.x[k] = (float)rng_normal(
            (uint64_t)pool_count, RNG_TEST, 0, (uint64_t)k, 0);
    return m;
}

__attribute__((unused)) static struct mat
zeros(int64_t n, int64_t d)
{
    struct mat m = values(0, 0);
    float *x = realloc(m.x, (size_t)(n * d + 1) * sizeof *x);
    if (!x)
        abort();
    m = pool[pool_count - 1] = (struct mat){n, d, x};
    memset(x, 0, (size_t)(n * d) * sizeof *x);
    return m;
}

__attribute__((unused)) static void
pool_free(void)
{
    while (pool_count > 0)
        mat_free(&pool[--pool_count]);
}

/* n row numbers below rows; the caller frees. */
__attribute__((unused)) static int32_t *
row_list(int64_t n, int64_t rows, uint64_t seed)
{
    int32_t *list = malloc((size_t)(n + 1) * sizeof *list);
    if (!list)
        abort();
    for (int64_t b = 0; b < n; b++)
        list[b] = (int32_t)rng_below(rows, seed, RNG_TEST, 1, (uint64_t)b, 0);
    return list;
}

/* Every row has about `mean` entries, some none; values if with_data; the
 * caller frees. */
__attribute__((unused)) static struct csr
sparse(int64_t rows, int64_t cols, int mean, int with_data)
{
    struct csr s;
    if (csr_init(&s, rows, cols, rows * 2 * mean, with_data, NULL))
        abort();
    int64_t at = 0;
    for (int64_t r = 0; r < rows; r++) {
        int64_t n = rng_below(2 * mean + 1, 3, RNG_TEST, 2, (uint64_t)r, 0),
                last = -1;
        while (n-- > 0) {
            last += 1 + rng_below(1 + cols / (2 * mean + 1), 3, RNG_TEST, 3,
                            (uint64_t)at, 0);
            if (last >= cols)
                break;
            s.indices[at] = (int32_t)last;
            if (with_data)
                s.data[at] = (float)rng_normal(3, RNG_TEST, 4, (uint64_t)at, 0);
            at++;
        }
        s.indptr[r + 1] = at;
    }
    s.nnz = at;
    return s;
}

__attribute__((unused)) static int
same_bytes(const struct mat *a, const struct mat *b)
{
    return memcmp(a->x, b->x, (size_t)(a->n * a->d) * sizeof *a->x) == 0;
}

#endif
