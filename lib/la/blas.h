#ifndef STAIR_BLAS_H
#define STAIR_BLAS_H

#include "lib/base/err.h"

#include <stdint.h>

/*
 * The few BLAS/LAPACK calls we use, row-major, each run on the calling thread
 * alone: parallelism is ours (exec_for over chunks whose borders depend on
 * sizes only), so that results do not depend on the number of threads. Sizes
 * must fit in 31 bits (asserted). Bytes depend on the BLAS library and
 * processor.
 */

/*
 * Called before all others, with one thread running: loads OpenBLAS,
 * one-threaded, and lets it take the memory for calls from `threads` threads at
 * a time. Later OpenBLAS would not fail without memory but wait for ever. The
 * library is loaded here and not with the program, so that programs that need
 * no BLAS start without it. ERR_DEVICE if there is no OpenBLAS, ERR_NOMEM.
 */
int blas_reserve(int threads, struct err *e) ERR_CHECKED;

/* Only loads the library: for tests, which have memory. Without OpenBLAS the
 * next call of another function is an assertion that fails. */
void blas_init(void);

/* OpenBLAS's version and build, or why it cannot be loaded. */
const char *blas_config(void);

/* C[m][n] = alpha op(A) op(B) + beta C; ta, tb: 1 transposes; row strides lda,
 * ldb, ldc. op(A) is m x k, op(B) k x n. */
void blas_sgemm(int ta, int tb, int64_t m, int64_t n, int64_t k, float alpha,
    const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
    float *c, int64_t ldc);
void blas_dgemm(int ta, int tb, int64_t m, int64_t n, int64_t k, double alpha,
    const double *a, int64_t lda, const double *b, int64_t ldb, double beta,
    double *c, int64_t ldc);

/*
 * All eigenvalues, ascending in w[n], and eigenvectors of the symmetric
 * a[n][n], which is overwritten: row i becomes the unit eigenvector of w[i].
 * ERR_NUM if LAPACK's dsyevd does not converge.
 */
int blas_dsyevd(int64_t n, double *a, double *w, struct err *e) ERR_CHECKED;

/*
 * Solves A X' = B' for a symmetric positive definite A[n][n] by Cholesky's
 * decomposition: b[m][n] holds a right-hand side a row and gets the solutions,
 * a is overwritten. ERR_NUM if LAPACK's dposv finds that A is not positive
 * definite.
 */
int blas_dposv(
    int64_t n, int64_t m, double *a, double *b, struct err *e) ERR_CHECKED;

#endif
