#ifndef STAIR_CSR_H
#define STAIR_CSR_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/hd.h"

#include <stdint.h>

/*
 * Compressed sparse rows. Row i holds columns indices[indptr[i] .. indptr[i+1])
 * ascending and unique; data NULL means that every stored value is 1.
 */
struct csr {
    int64_t rows, cols, nnz;
    int64_t *indptr;  /* [rows + 1] */
    int32_t *indices; /* [nnz] */
    float *data;      /* [nnz] or NULL */
};

static inline float
csr_value(const struct csr *a, int64_t k)
{
    return a->data ? a->data[k] : 1.0f;
}

/* Puts the n entries of a row in the ascending order of their columns; equal
 * ones may end in any order. `room` has room for them. */
struct csr_entry {
    int32_t column;
    float value;
};
void csr_sort(int64_t n, int32_t *column, float *value, struct csr_entry *room);

/* Arrays for nnz entries, uninitialised but indptr[0] = 0. */
int csr_init(struct csr *a, int64_t rows, int64_t cols, int64_t nnz,
    int with_data, struct err *e) ERR_CHECKED;
void csr_free(struct csr *a);

/* csr_init in an arena, which frees the matrix. Empty after a failure, which
 * the arena remembers. */
struct csr csr_in(
    struct arena *p, int64_t rows, int64_t cols, int64_t nnz, int with_data);

/* The arena takes over the arrays of a, which is empty after a failure. */
void csr_keep(struct csr *a, struct arena *p);

/* Verifies every invariant above and that values are finite. The sentence
 * starts with `what`, e.g. a file and member, and names the row. */
int csr_check(const struct csr *a, const char *what, struct err *e) ERR_CHECKED;

/* How many entries each column has, [cols]; the caller frees it. NULL: no
 * memory. */
int64_t *csr_column_counts(const struct csr *a, struct err *e) ERR_CHECKED;

/* t becomes the transpose (columns ascending by construction). */
int csr_transpose(
    const struct csr *a, struct csr *t, struct err *e) ERR_CHECKED;

/* csr_transpose into arrays that t has, with room for a->cols rows and a->nnz
 * entries, and data if a has them. Columns of a need not ascend and may
 * repeat. */
void csr_transpose_into(const struct csr *a, struct csr *t);

/*
 * Chooses rows and columns of a. Row r of out is row row[r] of a, or empty if
 * row[r] is -1; no row of a is taken twice. Column j becomes column col[j], or
 * is dropped if that is negative. row NULL: all rows; col NULL: all columns.
 * Columns keep their order, so they ascend where col does.
 */
int csr_select(const struct csr *a, const int64_t *row, int64_t rows,
    const int64_t *col, int64_t cols, struct csr *out,
    struct err *e) ERR_CHECKED;

/* s = max(a, a^T) over what either stores: an entry that only one of them has
 * keeps its value. a is square; data NULL counts as ones, s always has data. */
int csr_symmetrise(
    const struct csr *a, struct csr *s, struct err *e) ERR_CHECKED;

/* The index of entry (i, j) in indices and data, by bisection; -1 if it is not
 * stored. */
HD int64_t
csr_find(const struct csr *a, int64_t i, int32_t j)
{
    int64_t lo = a->indptr[i], end = a->indptr[i + 1], hi = end;
    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if (a->indices[mid] < j)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < end && a->indices[lo] == j ? lo : -1;
}

/* 1 if column j is stored in row i. */
HD int
csr_has(const struct csr *a, int64_t i, int32_t j)
{
    return csr_find(a, i, j) >= 0;
}

/* 1 if a is square and equals its transpose exactly, values included;
 * else 0 with the first offending pair in row, col. Negative on no memory. */
int csr_is_symmetric(
    const struct csr *a, int64_t *row, int64_t *col, struct err *e) ERR_CHECKED;

#endif
