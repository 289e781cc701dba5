#ifndef STAIR_MATMUL_H
#define STAIR_MATMUL_H

#include "lib/base/exec.h"

#include <stdint.h>

/*
 * C[m][n] = alpha op(A) op(B) + beta C, row-major with row strides: blas_sgemm
 * on all threads. C is cut into tiles whose borders depend on the sizes alone,
 * and each tile is a whole sum over k: the same bytes for any thread count.
 * They depend on the BLAS library and the processor. C is not read if beta is
 * 0. Sizes may be 0.
 */
void matmul(int ta, int tb, int64_t m, int64_t n, int64_t k, float alpha,
    const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
    float *c, int64_t ldc, struct exec *exec);

/*
 * C[n][n] = A^T B for products that are symmetric, such as A^T A and
 * A^T diag(s) A. Only the upper tiles are computed, which is about half the
 * work, and then mirrored: C is exactly symmetric.
 *
 *   a, b  [k][n]
 */
void matmul_symmetric(int64_t n, int64_t k, const float *a, const float *b,
    float *c, struct exec *exec);

#endif
