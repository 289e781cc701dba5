#ifndef STAIR_MATMUL_H
#define STAIR_MATMUL_H

#include "lib/base/exec.h"

#include <stdint.h>

/*
 * C[m][n] = alpha op(A) op(B) + beta C, row-major with row strides, as
 * blas_sgemm but by all threads: tiles of C whose borders depend on the sizes
 * alone, each a whole sum over k, so the same bytes for any thread count. Bytes
 * depend on the BLAS library and processor. C is not read if beta is 0. Sizes
 * may be 0.
 */
void matmul(int ta, int tb, int64_t m, int64_t n, int64_t k, float alpha,
    const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
    float *c, int64_t ldc, struct exec *exec);

/*
 * C[n][n] = A^T B where the caller knows it to be symmetric, as A^T A and
 * A^T diag(s) A are: only the upper tiles are computed, about half the work,
 * and mirrored, so C is exactly symmetric.
 *
 *   a, b  [k][n]
 */
void matmul_symmetric(int64_t n, int64_t k, const float *a, const float *b,
    float *c, struct exec *exec);

#endif
