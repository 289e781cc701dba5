#ifndef STAIR_COSKNN_H
#define STAIR_COSKNN_H

#include "lib/base/err.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * The k rows of largest inner product with each row of a matrix, the row itself
 * included, ties to the smaller row: for rows of norm 1 the cosine neighbours,
 * made afresh at every step of a model that learns them (lib/rec/knn.h makes
 * lists of fixed features, in double).
 *
 * Sets s up for n rows of min(k, n) entries each: once, before the first build.
 * k >= 1. ERR_NOMEM, ERR_RANGE.
 */
int cosknn_init(struct csr *s, int64_t n, int64_t k, struct err *e) ERR_CHECKED;

/*
 * Fills s from x [n][d]: columns ascending, values the inner products as float
 * chains (lib/rec/rank.h), so that equal rows tie exactly and bytes depend
 * neither on threads nor on the machine. n x n is never stored. ERR_NUM if
 * values are so large that a sum may overflow or x is not finite, ERR_NOMEM.
 */
int cosknn_build(
    struct csr *s, const struct mat *x, int threads, struct err *e) ERR_CHECKED;

/*
 * The same for some rows only: row b of s gets the neighbours of q_b among the
 * rows of x.
 *
 *   s  from cosknn_init for x's rows    q  [at most x.n][d]
 *
 * s->rows and s->nnz become those of q.
 */
int cosknn_build_rows(struct csr *s, const struct mat *q, const struct mat *x,
    int threads, struct err *e) ERR_CHECKED;

#endif
