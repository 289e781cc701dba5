#ifndef STAIR_KNN_ROWS_H
#define STAIR_KNN_ROWS_H

#include "lib/base/arena.h"
#include "lib/knn/knn_kernel.h"
#include "lib/la/source.h"

#include <stdint.h>

/*
 * The rows of features, in memory or read from a file as often as they are
 * wanted. They are scaled by powers of two to norms of 1 .. 2, which is exact
 * and keeps float sums from overflowing. Of equal rows the first one stands for
 * all; rows of zeros take no part.
 */
struct knn_rows {
    const struct knn_kernel *kernel;
    struct exec *exec;
    int64_t n, d;
    float *x; /* [n][d] in memory, or NULL: read from s */
    struct source *s;
    int64_t at;       /* the next row */
    int64_t measured; /* rows that have been seen */

    double *norm;   /* [n] */
    float *inverse; /* [n] 1 / norm, 0 for zero rows */
    int16_t *shift; /* [n] scaled by 2^shift */
    int32_t *first; /* [n] the first row that is equal, -1 for zero rows */
    int32_t *next;  /* [n] the next row that is equal, -1: none; once all rows
                       have been seen */
    struct knn_hash {
        uint64_t word[2];
    } * hash;       /* [n] */
    int32_t *table; /* [slots] first rows by hash, -1 where free */
    int64_t slots;  /* a power of 2 */
};

/* Rows first .. first + n - 1. */
struct knn_slice {
    const float *x;
    int64_t first, n;
};

/* Rows of x [n][d], which is overwritten and stays the caller's, or of s, of
 * which nothing has been read. The memory is the arena's, m, which remembers a
 * failure. */
void knn_rows_init(struct knn_rows *r, float *x, struct source *s, int64_t n,
    int64_t d, struct exec *exec, struct arena *m);

/* Goes to row `first`. Where rows are read, x has room for `most` of them. */
int knn_rows_seek(struct knn_rows *r, int64_t first, float *x, int64_t most,
    struct err *e) ERR_CHECKED;

/* The next rows, at most `most`; those of a file are read into x, and the last
 * ones verify the file. slice->n = 0 at the end. */
int knn_rows_next(struct knn_rows *r, int64_t most, float *x,
    struct knn_slice *slice, struct err *e) ERR_CHECKED;

#endif
