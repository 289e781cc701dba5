#include "lib/nn/matmul.h"

#include "lib/base/exec.h"
#include "lib/la/blas.h"
#include "lib/nn/chunk.h"

#include <stddef.h>

enum {
    SIDE = 1024,     /* most rows and columns of a tile */
    FEWEST = 8,      /* tiles wanted; with fewer, tiles get */
    LEAST = 256,     /* fewer rows, but not below this */
    ROUND = 64,      /* columns of a tile: whole registers of the kernels */
    BLOCK = 512,     /* side of a tile of a symmetric product, at most */
    STRIP = 128,     /* rows of one on the diagonal that are made together */
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
    int64_t rows, cols, across; /* of a tile; tiles side by side */
};

static int64_t
least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t
parts(int64_t n, int64_t each)
{
    return (n + each - 1) / each;
}

/* The size of n's equal parts of at most `most`, rounded up. */
static int64_t
even(int64_t n, int64_t most)
{
    int64_t each = parts(n, parts(n, most));
    return parts(each, ROUND) * ROUND;
}

/* BLAS copies the operands of a tile, so large and square tiles are best. */
static void
choose_tiles(struct product *p)
{
    p->rows = even(p->m, SIDE);
    p->cols = even(p->n, SIDE);
    while (parts(p->m, p->rows) * parts(p->n, p->cols) < FEWEST &&
           (p->rows > LEAST || p->cols > LEAST)) {
        if (p->rows >= p->cols)
            p->rows = even(p->rows, p->rows / 2);
        else
            p->cols = even(p->cols, p->cols / 2);
    }
    p->across = parts(p->n, p->cols);
}

static void
tile(void *ctx, int64_t i, int thread)
{
    (void)thread;
    const struct product *p = ctx;
    int64_t r = i / p->across * p->rows, s = i % p->across * p->cols;
    blas_sgemm(p->ta, p->tb, least(p->rows, p->m - r), least(p->cols, p->n - s),
        p->k, p->alpha, p->a + (p->ta ? r : r * p->lda), p->lda,
        p->b + (p->tb ? s * p->ldb : s), p->ldb, p->beta, p->c + r * p->ldc + s,
        p->ldc);
}

void
matmul(int ta, int tb, int64_t m, int64_t n, int64_t k, float alpha,
    const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
    float *c, int64_t ldc, struct exec *exec)
{
    struct product p = {.ta = ta,
        .tb = tb,
        .m = m,
        .n = n,
        .k = k,
        .alpha = alpha,
        .beta = beta,
        .a = a,
        .b = b,
        .c = c,
        .lda = lda,
        .ldb = ldb,
        .ldc = ldc};
    if (m == 0 || n == 0)
        return;
    choose_tiles(&p);
    if ((double)m * (double)n * (double)k < LITTLE)
        exec = NULL;
    exec_for(exec, parts(m, p.rows) * p.across, tile, &p);
}

/* h x w values of A^T B, at row r and column s. */
static void
block(const struct product *p, int64_t r, int64_t s, int64_t h, int64_t w)
{
    blas_sgemm(1, 0, h, w, p->k, 1.0f, p->a + r, p->n, p->b + s, p->n, 0.0f,
        p->c + r * p->n + s, p->n);
}

/* The i-th tile on the diagonal or right of it, row after row of these. */
static void
upper(void *ctx, int64_t i, int thread)
{
    (void)thread;
    const struct product *p = ctx;
    int64_t row = 0;
    for (; i >= p->across - row; row++)
        i -= p->across - row;
    int64_t r = row * p->rows, s = r + i * p->rows;
    int64_t h = least(p->rows, p->n - r), w = least(p->rows, p->n - s);
    if (i)
        block(p, r, s, h, w);
    for (int64_t at = 0; !i && at < h; at += STRIP)
        block(p, r + at, r + at, least(STRIP, h - at), h - at);
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
matmul_symmetric(int64_t n, int64_t k, const float *a, const float *b, float *c,
    struct exec *exec)
{
    struct product p = {.n = n, .k = k, .a = a, .b = b, .c = c};
    p.rows = even(n, BLOCK);
    p.across = parts(n, p.rows);
    exec_for(exec, p.across * (p.across + 1) / 2, upper, &p);
    chunk_for(exec, n, n, mirror, &p);
}
