#include "lib/la/blas.h"

#include "lib/base/mem.h"

#include <assert.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROW_MAJOR = 101, /* of the CBLAS interface */
    PLAIN = 111,
    TRANSPOSED = 112,
    BUFFER = 129 << 20, /* of one running call of OpenBLAS, and some */
    MOST = 64 /* of its buffers; it warns of more than it was built for */
};

static const char library[] = "libopenblas.so.0";

typedef void sgemm_fn(int order, int ta, int tb, int m, int n, int k,
    float alpha, const float *a, int lda, const float *b, int ldb, float beta,
    float *c, int ldc);
typedef void dgemm_fn(int order, int ta, int tb, int m, int n, int k,
    double alpha, const double *a, int lda, const double *b, int ldb,
    double beta, double *c, int ldc);
typedef void dsyevd_fn(const char *job, const char *uplo, const int *n,
    double *a, const int *lda, double *w, double *work, const int *lwork,
    int *iwork, const int *liwork, int *info);
typedef void dposv_fn(const char *uplo, const int *n, const int *m, double *a,
    const int *lda, double *b, const int *ldb, int *info);

/* What is taken from the library. */
static struct {
    sgemm_fn *sgemm;
    dgemm_fn *dgemm;
    dsyevd_fn *dsyevd;
    dposv_fn *dposv;
    char *(*config)(void);
    void (*set_threads)(int);
    void *(*take)(int);
    void (*give)(void *);
} blas;

static int
find_all(void *from, struct err *e)
{
    static const struct {
        const char *name;
        void *to;
    } want[] = {{"cblas_sgemm", &blas.sgemm}, {"cblas_dgemm", &blas.dgemm},
        {"dsyevd_", &blas.dsyevd}, {"dposv_", &blas.dposv},
        {"openblas_get_config", &blas.config},
        {"openblas_set_num_threads", &blas.set_threads},
        {"blas_memory_alloc", &blas.take}, {"blas_memory_free", &blas.give}};
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        void *f = dlsym(from, want[k].name);
        if (!f)
            return err_set(e, ERR_DEVICE, "'%s' has no function '%s'", library,
                want[k].name);
        memcpy(want[k].to, &f, sizeof f);
    }
    return 0;
}

/* OpenBLAS starts threads as soon as it is loaded. Nobody needs them here, and
 * they hang, also at the exit, where memory is short. A variable of the
 * environment prevents them. */
static void *
open_library(void)
{
    static const char name[] = "OPENBLAS_NUM_THREADS";
    const char *old = getenv(name);
    char *kept = old ? strdup(old) : NULL;
    if (setenv(name, "1", 1))
        return NULL;
    void *from = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (kept)
        (void)setenv(name, kept, 1);
    else
        (void)unsetenv(name);
    free(kept);
    return from;
}

static int
load(struct err *e)
{
    static int loaded;
    if (loaded)
        return 0;
    void *from = open_library();
    if (!from) {
        const char *why = dlerror();
        return err_set(
            e, ERR_DEVICE, "cannot load BLAS: %s", why ? why : "out of memory");
    }
    int rc = find_all(from, e);
    if (rc)
        return rc;
    blas.set_threads(1);
    loaded = 1;
    return 0;
}

static int
size(int64_t n)
{
    assert(n >= 0 && n <= INT_MAX);
    return (int)n;
}

void
blas_init(void)
{
    (void)!load(NULL);
}

const char *
blas_config(void)
{
    static struct err e;
    return load(&e) ? e.msg : blas.config();
}

/* A call of OpenBLAS that gets no memory tries again for ever. So its buffers
 * are allocated here, after a check that there is memory; it keeps them. */
int
blas_reserve(int threads, struct err *e)
{
    int rc = load(e);
    if (rc)
        return rc;
    void *buffer[MOST];
    int n = 0, want = threads < MOST ? threads : MOST;
    while (n < want && (buffer[n] = malloc(BUFFER)))
        n++;
    for (int i = 0; i < n; i++)
        free(buffer[i]);
    if (n < want)
        return err_set(e, ERR_NOMEM,
            "out of memory: BLAS wants %d MB of address space for each of %d "
            "threads",
            BUFFER >> 20, want);
    for (int i = 0; i < n; i++)
        buffer[i] = blas.take(0);
    for (int i = 0; i < n; i++)
        blas.give(buffer[i]);
    return 0;
}

void
blas_sgemm(int ta, int tb, int64_t m, int64_t n, int64_t k, float alpha,
    const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
    float *c, int64_t ldc)
{
    assert(blas.sgemm);
    blas.sgemm(ROW_MAJOR, ta ? TRANSPOSED : PLAIN, tb ? TRANSPOSED : PLAIN,
        size(m), size(n), size(k), alpha, a, size(lda), b, size(ldb), beta, c,
        size(ldc));
}

void
blas_dgemm(int ta, int tb, int64_t m, int64_t n, int64_t k, double alpha,
    const double *a, int64_t lda, const double *b, int64_t ldb, double beta,
    double *c, int64_t ldc)
{
    assert(blas.dgemm);
    blas.dgemm(ROW_MAJOR, ta ? TRANSPOSED : PLAIN, tb ? TRANSPOSED : PLAIN,
        size(m), size(n), size(k), alpha, a, size(lda), b, size(ldb), beta, c,
        size(ldc));
}

int
blas_dsyevd(int64_t n, double *a, double *w, struct err *e)
{
    assert(blas.dsyevd);
    if (n == 0)
        return 0;
    int m = size(n), lwork = -1, liwork = -1, iwant = 0, info = 0;
    double want = 0;
    blas.dsyevd("V", "U", &m, a, &m, w, &want, &lwork, &iwant, &liwork, &info);
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
    blas.dsyevd("V", "U", &m, a, &m, w, work, &lwork, iwork, &liwork, &info);
    if (info)
        rc = err_set(e, ERR_NUM,
            "the dense eigenvalue solver did not converge (dsyevd: %d)", info);
out:
    free(work);
    free(iwork);
    return rc;
}

int
blas_dposv(int64_t n, int64_t m, double *a, double *b, struct err *e)
{
    assert(blas.dposv);
    if (n == 0 || m == 0)
        return 0;
    int rows = size(n), sides = size(m), info = 0;
    /* symmetric, so row- and column-major agree; its columns are our rows */
    blas.dposv("U", &rows, &sides, a, &rows, b, &rows, &info);
    if (info)
        return err_set(e, ERR_NUM,
            "the equations are not positive definite (dposv: %d)", info);
    return 0;
}
