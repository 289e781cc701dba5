#include "lib/whiten/tall.h"

#include "lib/base/exec.h"
#include "lib/base/mem.h"
#include "lib/la/blas.h"

#include <stdlib.h>

enum { MIN_ROWS = 256, MAX_CHUNKS = 32 };

static int64_t
chunk_rows(int64_t n)
{
    int64_t rows = (n + MAX_CHUNKS - 1) / MAX_CHUNKS;
    return rows < MIN_ROWS ? MIN_ROWS : rows;
}

struct job {
    int64_t rows, a, ldx, b, ldy, ldc;
    double alpha, beta;
    const double *x, *c;
    const double *y_in;
    double *y, *part;
};

static void
gram_chunk(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    blas_dgemm(1, 0, j->a, j->b, to - from, 1.0, j->x + from * j->ldx, j->ldx,
        j->y_in + from * j->ldy, j->ldy, 0.0,
        j->part + from / j->rows * j->a * j->b, j->b);
}

int
tall_gram(struct exec *exec, int64_t n, int64_t a, const double *x, int64_t ldx,
    int64_t b, const double *y, int64_t ldy, double *c, int64_t ldc,
    struct err *e)
{
    int64_t rows = chunk_rows(n), chunks = (n + rows - 1) / rows;
    struct job j = {.rows = rows, .a = a, .ldx = ldx, .b = b, .ldy = ldy};
    j.x = x;
    j.y_in = y;
    j.part = mem_new(chunks * a * b, sizeof *j.part, e);
    if (!j.part)
        return ERR_NOMEM;
    exec_blocks(exec, n, rows, gram_chunk, &j);
    for (int64_t r = 0; r < a; r++)
        for (int64_t q = 0; q < b; q++) {
            double s = 0;
            for (int64_t i = 0; i < chunks; i++)
                s += j.part[(i * a + r) * b + q];
            c[r * ldc + q] = s;
        }
    free(j.part);
    return 0;
}

static void
mul_chunk(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    blas_dgemm(0, 0, to - from, j->b, j->a, j->alpha, j->x + from * j->ldx,
        j->ldx, j->c, j->ldc, j->beta, j->y + from * j->ldy, j->ldy);
}

void
tall_mul(struct exec *exec, int64_t n, int64_t a, double alpha, const double *x,
    int64_t ldx, int64_t b, const double *c, int64_t ldc, double beta,
    double *y, int64_t ldy)
{
    struct job j = {.a = a,
        .ldx = ldx,
        .b = b,
        .ldy = ldy,
        .ldc = ldc,
        .alpha = alpha,
        .beta = beta,
        .x = x,
        .c = c,
        .y = y};
    exec_blocks(exec, n, chunk_rows(n), mul_chunk, &j);
}
