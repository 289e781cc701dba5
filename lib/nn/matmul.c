#include "lib/nn/matmul.h"

#include "lib/base/exec.h"
#include "lib/la/blas.h"
#include "lib/nn/chunk.h"

#include <assert.h>
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
    float alpha, beta;
    const struct mat *a, *b;
    struct mat *c;
    int64_t k;                  /* terms of a sum */
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
    int64_t m = p->c->n, n = p->c->d;
    p->rows = even(m, SIDE);
    p->cols = even(n, SIDE);
    while (parts(m, p->rows) * parts(n, p->cols) < FEWEST &&
           (p->rows > LEAST || p->cols > LEAST)) {
        if (p->rows >= p->cols)
            p->rows = even(p->rows, p->rows / 2);
        else
            p->cols = even(p->cols, p->cols / 2);
    }
    p->across = parts(n, p->cols);
}

static void
tile(void *ctx, int64_t i, int thread)
{
    (void)thread;
    const struct product *p = ctx;
    const struct mat *a = p->a, *b = p->b, *c = p->c;
    int64_t r = i / p->across * p->rows, s = i % p->across * p->cols;
    blas_sgemm(p->ta, p->tb, least(p->rows, c->n - r), least(p->cols, c->d - s),
        p->k, p->alpha, a->x + (p->ta ? r : r * a->d), a->d,
        b->x + (p->tb ? s * b->d : s), b->d, p->beta, c->x + r * c->d + s,
        c->d);
}

void
matmul(int ta, int tb, float alpha, const struct mat *a, const struct mat *b,
    float beta, struct mat *c, struct exec *exec)
{
    struct product p = {
        ta, tb, alpha, beta, a, b, c, ta ? a->n : a->d, 0, 0, 0};
    assert(c->n == (ta ? a->d : a->n) && c->d == (tb ? b->n : b->d) &&
           p.k == (tb ? b->d : b->n));
    if (c->n == 0 || c->d == 0)
        return;
    choose_tiles(&p);
    if ((double)c->n * (double)c->d * (double)p.k < LITTLE)
        exec = NULL;
    exec_for(exec, parts(c->n, p.rows) * p.across, tile, &p);
}

/* h x w values of A^T B, at row r and column s. */
static void
block(const struct product *p, int64_t r, int64_t s, int64_t h, int64_t w)
{
    int64_t n = p->c->d;
    blas_sgemm(1, 0, h, w, p->k, 1.0f, p->a->x + r, n, p->b->x + s, n, 0.0f,
        p->c->x + r * n + s, n);
}

/* The i-th tile on the diagonal or right of it, row after row of these. */
static void
upper(void *ctx, int64_t i, int thread)
{
    (void)thread;
    const struct product *p = ctx;
    int64_t row = 0, n = p->c->d;
    for (; i >= p->across - row; row++)
        i -= p->across - row;
    int64_t r = row * p->rows, s = r + i * p->rows;
    int64_t h = least(p->rows, n - r), w = least(p->rows, n - s);
    if (i)
        block(p, r, s, h, w);
    for (int64_t at = 0; !i && at < h; at += STRIP)
        block(p, r + at, r + at, least(STRIP, h - at), h - at);
}

/* Rows from..to-1 of the lower triangle. */
static void
mirror(void *ctx, int64_t from, int64_t to)
{
    const struct mat *c = ((const struct product *)ctx)->c;
    for (int64_t s = 0; s < to; s += MIRROR)
        for (int64_t r = from; r < to; r++)
            for (int64_t j = s; j < least(s + MIRROR, r); j++)
                c->x[r * c->d + j] = c->x[j * c->d + r];
}

void
matmul_symmetric(
    const struct mat *a, const struct mat *b, struct mat *c, struct exec *exec)
{
    struct product p = {.a = a, .b = b, .c = c, .k = a->n};
    assert(b->n == a->n && b->d == a->d && c->n == a->d && c->d == a->d);
    p.rows = even(c->n, BLOCK);
    p.across = parts(c->n, p.rows);
    exec_for(exec, p.across * (p.across + 1) / 2, upper, &p);
    chunk_for(exec, c->n, c->n, mirror, &p);
}
