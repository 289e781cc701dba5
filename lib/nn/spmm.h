#ifndef STAIR_SPMM_H
#define STAIR_SPMM_H

#include "lib/base/exec.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * A sparse operator diag(left) S diag(right): S may be binary and its
 * normalisation never stored. Borrowed parts; left [rows] and right [cols] may
 * be NULL. A symmetric graph (lib/graph/graph.h) with degrees' inverse roots q
 * is
 * {&g.a, g.q, g.q}; D^-1 A is {&g.a, 1/degree, NULL} and, A being symmetric,
 * its transpose {&g.a, NULL, 1/degree}.
 */
struct spmm_op {
    const struct csr *s;
    const float *left, *right;
};

/*
 * Y = beta Y + diag(left) S diag(right) X.
 *
 *   x  [s.cols][d]    y  [s.rows][d], not x; not read if beta is 0
 *
 * A row's entries are added in their order: float32, one fma per entry, or an
 * addition where S is binary and right is NULL. The same bytes for any thread
 * count and instruction set. Columns of S need not be ascending.
 */
void spmm(const struct spmm_op *op, const struct mat *x, float beta,
    struct mat *y, struct exec *exec);

/* Only the n distinct rows of Y that list names; the others stay. */
void spmm_rows(const struct spmm_op *op, const struct mat *x, float beta,
    const int32_t *list, int64_t n, struct mat *y, struct exec *exec);

/*
 * The adjoint with respect to S's values: out[k] += w left_i right_j <a_i, b_j>
 * for every entry k = (i, j); a is bar(Y), b is X. out [nnz]. The inner
 * products are in double, rounded once.
 */
void spmm_values(const struct spmm_op *op, float w, const struct mat *a,
    const struct mat *b, float *out, struct exec *exec);

#endif
