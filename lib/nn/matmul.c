#include "lib/nn/matmul.h"

#include "lib/base/par.h"
#include "lib/la/blas.h"
#include "lib/nn/chunk.h"

enum {
    ROWS = 256,      /* of a tile */
    FEW = 512,       /* rows that alone make too few tiles */
    NARROW = 256,    /* columns of a tile then */
    WIDE = 1024,     /* and otherwise */
    MIRROR = 32,     /* tile of the copy */
    LITTLE = 1 << 20 /* products that are not worth a second thread */
};

struct product {
    int ta, tb;
    int64_t m, n, k;
    float alpha, beta;
    const float *a, *b;
    float *c;
    int64_t lda, ldb, ldc;
    int64_t cols, across;
};

static int64_t
least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void
tile(void *ctx, int64_t i, int thread)
{
    (void)thread;
    const struct product *p = ctx;
    int64_t r = i / p->across * ROWS, s = i % p->across * p->cols;
    blas_sgemm(p->ta, p->tb, least(ROWS, p->m - r), least(p->cols, p->n - s),
        p->k, p->alpha, p->a + (p->ta ? r : r * p->lda), p->lda,
        p->b + (p->tb ? s * p->ldb : s), p->ldb, p->beta, p->c + r * p->ldc + s,
        p->ldc);
}

void
matmul(int ta, int tb, int64_t m, int64_t n, int64_t k, float alpha,
    const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
    float *c, int64_t ldc, int threads)
{
    struct product p = {
        ta, tb, m, n, k, alpha, beta, a, b, c, lda, ldb, ldc, 0, 0};
    if (m == 0 || n == 0)
        return;
    p.cols = m <= FEW ? NARROW : WIDE;
    p.across = (n + p.cols - 1) / p.cols;
    if ((double)m * (double)n * (double)k < LITTLE)
        threads = 1;
    par_for(threads, (m + ROWS - 1) / ROWS * p.across, tile, &p);
}

/* Rows of tiles from the diagonal rightwards, the longest first. */
static void
upper(void *ctx, int64_t i, int thread)
{
    (void)thread;
    const struct product *p = ctx;
    int64_t r = i * ROWS;
    blas_sgemm(1, 0, least(ROWS, p->n - r), p->n - r, p->k, 1.0f, p->a + r,
        p->n, p->b + r, p->n, 0.0f, p->c + r * p->n + r, p->n);
}

/* Rows from..to-1 of the lower triangle. */
static void
mirror(void *ctx, int64_t from, int64_t to)
{
    const struct product *p = ctx;
    for (int64_t s = 0; s < to; s += MIRROR)
        for (int64_t r = from; r < to; r++)
            for (int64_t j = s; j < least(s + MIRROR, r); j++)
                p->c[r * p->n + j] = p->c[j * p->n + r];
}

void
matmul_symmetric(
    int64_t n, int64_t k, const float *a, const float *b, float *c, int threads)
{
    struct product p = {.n = n, .k = k, .a = a, .b = b, .c = c};
    par_for(threads, (n + ROWS - 1) / ROWS, upper, &p);
    chunk_for(threads, n, n, mirror, &p);
}
