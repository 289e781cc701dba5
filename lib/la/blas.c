#include "lib/la/blas.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>

static int
size(int64_t n)
{
    assert(n >= 0 && n <= INT_MAX);
    return (int)n;
}

void
blas_init(void)
{
    openblas_set_num_threads(1);
}

void
blas_sgemm(int ta, int tb, int64_t m, int64_t n, int64_t k, float alpha,
    const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
    float *c, int64_t ldc)
{
    cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans,
        tb ? CblasTrans : CblasNoTrans, size(m), size(n), size(k), alpha, a,
        size(lda), b, size(ldb), beta, c, size(ldc));
}

void
blas_dgemm(int ta, int tb, int64_t m, int64_t n, int64_t k, double alpha,
    const double *a, int64_t lda, const double *b, int64_t ldb, double beta,
    double *c, int64_t ldc)
{
    cblas_dgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans,
        tb ? CblasTrans : CblasNoTrans, size(m), size(n), size(k), alpha, a,
        size(lda), b, size(ldb), beta, c, size(ldc));
}
