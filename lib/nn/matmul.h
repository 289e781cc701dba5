#ifndef STAIR_MATMUL_H
#define STAIR_MATMUL_H

#include "lib/base/exec.h"
#include "lib/la/mat.h"

/*
 * C = alpha op(A) op(B) + beta C; ta, tb: 1 transposes. blas_sgemm on all
 * threads: C is cut into tiles whose borders depend on the sizes alone, and
 * each tile is a whole sum: the same bytes for any thread count. They depend on
 * the BLAS library and the processor. C is not read if beta is 0. Sizes may be
 * 0.
 */
void matmul(int ta, int tb, float alpha, const struct mat *a,
    const struct mat *b, float beta, struct mat *c, struct exec *exec);

/*
 * C = A^T B for products that are symmetric, such as A^T A and A^T diag(s) A.
 * Only the upper tiles are computed, which is about half the work, and then
 * mirrored: C is exactly symmetric.
 */
void matmul_symmetric(
    const struct mat *a, const struct mat *b, struct mat *c, struct exec *exec);

#endif
