#ifndef STAIR_BEST_H
#define STAIR_BEST_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/csr.h"

#include <stdint.h>

/* A row in the making: its entries, each column at most once. */
struct best_row {
    int64_t n;
    int32_t *id;  /* [cols] */
    float *value; /* [cols], never NaN */
};

/*
 * A sparse matrix made row by row, in parallel, of which every row keeps its
 * largest entries.
 */
struct best {
    int64_t rows, cols;
    int64_t k; /* entries that a row keeps, at least 1; ties to the smaller
                  column */
    /* Fills row i, which is empty, in any order of columns; ascending ones save
     * time. `thread` is that of exec_for. */
    void (*row)(void *ctx, int64_t i, int thread, struct best_row *row);
    void *ctx;
};

/*
 * The matrix a, columns ascending; freed with csr_free, also after an error.
 * Bytes do not depend on threads where those of a row do not, nor on ranks
 * (ranks.h), which share the rows. Memory: twice the
 * result, and 16 bytes a column and thread. ERR_NOMEM.
 */
int best_make(struct csr *a, const struct best *b, struct exec *exec,
    struct err *e) ERR_CHECKED;

#endif
