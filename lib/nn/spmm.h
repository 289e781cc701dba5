#ifndef STAIR_SPMM_H
#define STAIR_SPMM_H

#include "lib/base/exec.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * A sparse operator diag(left) S diag(right), so that a binary S can be
 * normalised without storing values. All parts are borrowed; left [rows] and
 * right [cols] may be NULL. For a symmetric graph (lib/graph/graph.h) whose q
 * holds degree^-1/2, the operator D^-1/2 A D^-1/2 is {&g.a, g.q, g.q}. D^-1 A
 * is {&g.a, 1/degree, NULL}, and its transpose is {&g.a, NULL, 1/degree}.
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

/* spmm on the n distinct rows of Y that list names; the other rows stay. */
void spmm_rows(const struct spmm_op *op, const struct mat *x, float beta,
    const int32_t *list, int64_t n, struct mat *y, struct exec *exec);

/*
 * The adjoint with respect to S's values: out[k] += w left_i right_j <a_i, b_j>
 * for every entry k = (i, j); a is the gradient of Y, b is X. out [nnz]. The
 * inner products are in double, rounded once.
 */
void spmm_values(const struct spmm_op *op, float w, const struct mat *a,
    const struct mat *b, float *out, struct exec *exec);

#endif
