#include "lib/la/blas.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <stdlib.h>

extern void dsyevd_(const char *job, const char *uplo, const int *n, double *a,
    const int *lda, double *w, double *work, const int *lwork, int *iwork,
    const int *liwork, int *info);

/* OpenBLAS's own, not in its header; a library without them has no buffers that
 * we could take beforehand. */
extern void *blas_memory_alloc(int) __attribute__((weak));
extern void blas_memory_free(void *) __attribute__((weak));

enum {
    BUFFER = 129 << 20, /* of one running call of OpenBLAS, and some */
    MOST = 64 /* of its buffers; it warns of more than it was built for */
};

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

/* A call of OpenBLAS that gets no memory tries again for ever, so its buffers
 * are taken here, after a look whether they are to be had; it keeps them. */
int
blas_reserve(int threads, struct err *e)
{
    blas_init();
    void *buffer[MOST];
    int n = 0, want = threads < MOST ? threads : MOST;
    while (n < want && (buffer[n] = malloc(BUFFER)))
        n++;
    for (int i = 0; i < n; i++)
        free(buffer[i]);
    if (n == want && blas_memory_alloc && blas_memory_free) {
        for (int i = 0; i < n; i++)
            buffer[i] = blas_memory_alloc(0);
        for (int i = 0; i < n; i++)
            blas_memory_free(buffer[i]);
    }
    return n == want ? 0
                     : err_set(e, ERR_NOMEM,
                           "out of memory: BLAS wants %d MB of address "
                           "space for each of %d threads",
                           BUFFER >> 20, want);
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

int
blas_dsyevd(int64_t n, double *a, double *w, struct err *e)
{
    if (n == 0)
        return 0;
    int m = size(n), lwork = -1, liwork = -1, iwant = 0, info = 0;
    double want = 0;
    dsyevd_("V", "U", &m, a, &m, w, &want, &lwork, &iwant, &liwork, &info);
    double *work = NULL;
    int *iwork = NULL;
    int rc = 0;
    if (info || want > INT_MAX) {
        rc = err_set(
            e, ERR_RANGE, "eigenvalue problem of size %d is too large", m);
        goto out;
    }
    lwork = (int)want;
    liwork = iwant;
    work = mem_new(lwork, sizeof *work, e);
    iwork = mem_new(liwork, sizeof *iwork, e);
    if (!work || !iwork) {
        rc = ERR_NOMEM;
        goto out;
    }
    /* symmetric, so row- and column-major agree; its columns are our rows */
    dsyevd_("V", "U", &m, a, &m, w, work, &lwork, iwork, &liwork, &info);
    if (info)
        rc = err_set(e, ERR_NUM,
            "the dense eigenvalue solver did not converge (dsyevd: %d)", info);
out:
    free(work);
    free(iwork);
    return rc;
}
