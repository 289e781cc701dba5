#ifndef STAIR_PAIRS_H
#define STAIR_PAIRS_H

#include "lib/la/csr.h"

/*
 * Collects pairs of a row and a column, in any order and perhaps several times,
 * for a binary matrix. Empty when zeroed; freed with pairs_free.
 */
struct pairs {
    struct pair {
        int32_t row, col;
    } * pair;
    int64_t n, cap;
};

int pairs_add(
    struct pairs *p, int64_t row, int64_t col, struct err *e) ERR_CHECKED;

/* The matrix that has each of the pairs once; p is sorted. All pairs lie in
 * rows x cols. Freed with csr_free. */
int pairs_csr(struct pairs *p, int64_t rows, int64_t cols, struct csr *a,
    struct err *e) ERR_CHECKED;

void pairs_free(struct pairs *p);

#endif
