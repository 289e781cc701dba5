/*
 * A BLAS library that counts: it hands calls to the library in COUNT_BLAS and
 * at the end appends a line to the file in COUNT_TO: floating-point operations
 * and bytes of operands of all products of float matrices. nets.sh makes it.
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void sgemm(int order, int ta, int tb, int m, int n, int k, float alpha,
    const float *a, int lda, const float *b, int ldb, float beta, float *c,
    int ldc);
typedef void dgemm(int order, int ta, int tb, int m, int n, int k, double alpha,
    const double *a, int lda, const double *b, int ldb, double beta, double *c,
    int ldc);
typedef void dsyevd(const char *job, const char *uplo, const int *n, double *a,
    const int *lda, double *w, double *work, const int *lwork, int *iwork,
    const int *liwork, int *info);
typedef void dposv(const char *uplo, const int *n, const int *m, double *a,
    const int *lda, double *b, const int *ldb, int *info);

sgemm cblas_sgemm;
dgemm cblas_dgemm;
dsyevd dsyevd_;
dposv dposv_;
char *openblas_get_config(void);
void openblas_set_num_threads(int n);
void *blas_memory_alloc(int where);
void blas_memory_free(void *p);

static void *library;
static sgemm *product;
static _Atomic int64_t operations, bytes;

/* A function of the library, stored at to. */
static void
find(const char *name, void *to)
{
    void *f = dlsym(library, name);
    if (!f) {
        fprintf(stderr, "count_blas: no %s in COUNT_BLAS\n", name);
        exit(1);
    }
    memcpy(to, &f, sizeof f);
}

__attribute__((constructor)) static void
begin(void)
{
    const char *path = getenv("COUNT_BLAS");
    library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    find("cblas_sgemm", &product);
}

__attribute__((destructor)) static void
end(void)
{
    FILE *to = fopen(getenv("COUNT_TO"), "a");
    if (to) {
        fprintf(to, "%" PRId64 " %" PRId64 "\n", operations, bytes);
        fclose(to);
    }
}

void
cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha,
    const float *a, int lda, const float *b, int ldb, float beta, float *c,
    int ldc)
{
    int64_t x = m, y = n, z = k;
    operations += 2 * x * y * z;
    bytes += 4 * (x * z + z * y + (beta != 0.0f ? 2 : 1) * x * y);
    product(order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void
cblas_dgemm(int order, int ta, int tb, int m, int n, int k, double alpha,
    const double *a, int lda, const double *b, int ldb, double beta, double *c,
    int ldc)
{
    dgemm *f;
    find("cblas_dgemm", &f);
    f(order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void
dsyevd_(const char *job, const char *uplo, const int *n, double *a,
    const int *lda, double *w, double *work, const int *lwork, int *iwork,
    const int *liwork, int *info)
{
    dsyevd *f;
    find("dsyevd_", &f);
    f(job, uplo, n, a, lda, w, work, lwork, iwork, liwork, info);
}

void
dposv_(const char *uplo, const int *n, const int *m, double *a, const int *lda,
    double *b, const int *ldb, int *info)
{
    dposv *f;
    find("dposv_", &f);
    f(uplo, n, m, a, lda, b, ldb, info);
}

char *
openblas_get_config(void)
{
    char *(*f)(void);
    find("openblas_get_config", &f);
    return f();
}

void
openblas_set_num_threads(int n)
{
    void (*f)(int);
    find("openblas_set_num_threads", &f);
    f(n);
}

void *
blas_memory_alloc(int where)
{
    void *(*f)(int);
    find("blas_memory_alloc", &f);
    return f(where);
}

void
blas_memory_free(void *p)
{
    void (*f)(void *);
    find("blas_memory_free", &f);
    f(p);
}
