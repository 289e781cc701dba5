#include "lib/nn/linear.h"

#include "lib/base/exec.h"
#include "lib/base/mem.h"
#include "lib/la/blas.h"
#include "lib/nn/loops.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    PACK_ROWS = 256, /* gathered rows copied at once */
    PACK_COLS = 256, /* and their columns */
    SUM_COLS = 16    /* columns per task of column sums */
};

/* A product whose output is made in parts, each with the whole inner
 * dimension. */
struct job {
    const struct loops *loops;
    const struct mat *x, *w, *dy;
    const int32_t *list;
    const float *b;
    struct mat *y, *dx, *dw;
    float *db;
    float *pack;    /* [threads] PACK_ROWS x PACK_COLS */
    int64_t qs, ps; /* dW's tile */
};

static int64_t
tasks(int64_t n, int64_t size)
{
    return (n + size - 1) / size;
}

static int64_t
part(int64_t n, int64_t size, int64_t i)
{
    return n - i * size < size ? n - i * size : size;
}

/* Rows per task: many enough for BLAS to be fast, few enough that all threads
 * get some. */
static int64_t
row_block(int64_t n)
{
    return n < 4096 ? 256 : 512;
}

static void
bias(const struct job *j, int64_t from, int64_t n)
{
    int64_t q = j->y->d;
    for (int64_t r = from; r < from + n; r++)
        if (j->b)
            memcpy(j->y->x + r * q, j->b, (size_t)q * sizeof *j->b);
        else
            memset(j->y->x + r * q, 0, (size_t)q * sizeof *j->b);
}

static void
forward(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    int64_t n = to - from, p = j->x->d, q = j->y->d;
    bias(j, from, n);
    if (p && q)
        blas_sgemm(0, 1, n, q, p, 1.0f, j->x->x + from * p, p, j->w->x, p, 1.0f,
            j->y->x + from * q, q);
}

void
linear_forward(const struct mat *x, const struct mat *w, const float *b,
    struct mat *y, struct exec *exec)
{
    assert(x->n >= y->n && x->d == w->d && w->n == y->d);
    struct job j = {.x = x, .w = w, .b = b, .y = y};
    exec_blocks(exec, y->n, row_block(y->n), forward, &j);
}

static void
inputs(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    int64_t p = j->w->d, q = j->w->n;
    blas_sgemm(0, 0, to - from, p, q, 1.0f, j->dy->x + from * q, q, j->w->x, p,
        1.0f, j->dx->x + from * p, p);
}

/* Tile i of dW, whole sums over the rows. */
static void
weights(void *ctx, int64_t i, int thread)
{
    (void)thread;
    const struct job *j = ctx;
    int64_t p = j->dw->d, q = j->dw->n, across = tasks(p, j->ps);
    int64_t q0 = i / across * j->qs, p0 = i % across * j->ps;
    blas_sgemm(1, 0, part(q, j->qs, i / across), part(p, j->ps, i % across),
        j->dy->n, 1.0f, j->dy->x + q0, q, j->x->x + p0, p, 1.0f,
        j->dw->x + q0 * p + p0, p);
}

static void
column_sums(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    int64_t q = j->dy->d, n = to - from;
    double sum[SUM_COLS] = {0};
    const float *dy = j->dy->x + from;
    if (n == SUM_COLS)
        for (int64_t r = 0; r < j->dy->n; r++)
            for (int c = 0; c < SUM_COLS; c++)
                sum[c] += (double)dy[r * q + c];
    else
        for (int64_t r = 0; r < j->dy->n; r++)
            for (int64_t c = 0; c < n; c++)
                sum[c] += (double)dy[r * q + c];
    for (int64_t c = 0; c < n; c++)
        j->db[from + c] += (float)sum[c];
}

static void
biases(struct job *j, struct exec *exec)
{
    if (j->db)
        exec_blocks(exec, j->dy->d, SUM_COLS, column_sums, j);
}

void
linear_backward(const struct mat *x, const struct mat *w, const struct mat *dy,
    struct mat *dx, struct mat *dw, float *db, struct exec *exec)
{
    struct job j = {.x = x, .w = w, .dy = dy, .dx = dx, .dw = dw, .db = db};
    if (dw) {
        assert(x->n >= dy->n && dw->n == dy->d && dw->d == x->d);
        j.qs = j.ps = 192;
        if (tasks(dw->n, j.qs) * tasks(dw->d, j.ps) < 4)
            j.ps = 64;
        if (dy->n && dw->n && dw->d)
            exec_for(
                exec, tasks(dw->n, j.qs) * tasks(dw->d, j.ps), weights, &j);
    }
    biases(&j, exec);
    if (dx) {
        assert(dx->n == dy->n && w->n == dy->d && w->d == dx->d);
        if (w->n && w->d)
            exec_blocks(exec, dy->n, row_block(dy->n), inputs, &j);
    }
}

enum { PACK = PACK_ROWS * PACK_COLS };

static float *
packs(struct exec *exec, struct err *e)
{
    return mem_new((int64_t)exec_threads(exec) * PACK, sizeof(float), e);
}

/* n listed rows from `from`, m columns from c. */
static const float *
pack(const struct job *j, int64_t from, int64_t n, int64_t c, int64_t m,
    int thread)
{
    float *to = j->pack + thread * PACK;
    for (int64_t r = 0; r < n; r++)
        memcpy(to + r * m, j->x->x + j->list[from + r] * j->x->d + c,
            (size_t)m * sizeof *to);
    return to;
}

static void
forward_list(void *ctx, int64_t i, int thread)
{
    const struct job *j = ctx;
    int64_t from = i * PACK_ROWS, n = part(j->y->n, PACK_ROWS, i);
    int64_t p = j->x->d, q = j->y->d;
    bias(j, from, n);
    for (int64_t k = 0; q && k < tasks(p, PACK_COLS); k++) {
        int64_t m = part(p, PACK_COLS, k), c = k * PACK_COLS;
        blas_sgemm(0, 1, n, q, m, 1.0f, pack(j, from, n, c, m, thread), m,
            j->w->x + c, p, 1.0f, j->y->x + from * q, q);
    }
}

int
linear_rows_forward(const struct mat *x, const int32_t *list,
    const struct mat *w, const float *b, struct mat *y, struct exec *exec,
    struct err *e)
{
    assert(x->d == w->d && w->n == y->d);
    struct job j = {.x = x, .list = list, .w = w, .b = b, .y = y};
    j.pack = packs(exec, e);
    if (!j.pack)
        return ERR_NOMEM;
    exec_for(exec, tasks(y->n, PACK_ROWS), forward_list, &j);
    free(j.pack);
    return 0;
}

static void
weights_list(void *ctx, int64_t i, int thread)
{
    const struct job *j = ctx;
    int64_t p = j->dw->d, q = j->dw->n, p0 = i * PACK_COLS;
    int64_t m = part(p, PACK_COLS, i), blocks = tasks(j->dy->n, PACK_ROWS);
    for (int64_t k = 0; q && k < blocks; k++) {
        int64_t from = k * PACK_ROWS, n = part(j->dy->n, PACK_ROWS, k);
        blas_sgemm(1, 0, q, m, n, 1.0f, j->dy->x + from * q, q,
            pack(j, from, n, p0, m, thread), m, 1.0f, j->dw->x + p0, p);
    }
}

int
linear_rows_backward(const struct mat *x, const int32_t *list,
    const struct mat *dy, struct mat *dw, float *db, struct exec *exec,
    struct err *e)
{
    struct job j = {.x = x, .list = list, .dy = dy, .dw = dw, .db = db};
    assert(dw->n == dy->d && dw->d == x->d);
    j.pack = packs(exec, e);
    if (!j.pack)
        return ERR_NOMEM;
    exec_for(exec, tasks(dw->d, PACK_COLS), weights_list, &j);
    free(j.pack);
    biases(&j, exec);
    return 0;
}

static void
inputs_list(void *ctx, int64_t i, int thread)
{
    const struct job *j = ctx;
    int64_t from = i * PACK_ROWS, n = part(j->dy->n, PACK_ROWS, i);
    int64_t p = j->w->d, q = j->w->n;
    float *to = j->pack + thread * PACK;
    for (int64_t k = 0; q && k < tasks(p, PACK_COLS); k++) {
        int64_t m = part(p, PACK_COLS, k), c = k * PACK_COLS;
        blas_sgemm(0, 0, n, m, q, 1.0f, j->dy->x + from * q, q, j->w->x + c, p,
            0.0f, to, m);
        for (int64_t r = 0; r < n; r++)
            j->loops->axpy(
                m, 1.0f, to + r * m, j->dx->x + j->list[from + r] * p + c);
    }
}

int
linear_rows_inputs(const int32_t *list, const struct mat *w,
    const struct mat *dy, struct mat *dx, struct exec *exec, struct err *e)
{
    assert(dx->d == w->d && w->n == dy->d && dy->n <= dx->n);
    struct job j = {
        .loops = loops_of(exec), .list = list, .w = w, .dy = dy, .dx = dx};
    j.pack = packs(exec, e);
    if (!j.pack)
        return ERR_NOMEM;
    exec_for(exec, tasks(dy->n, PACK_ROWS), inputs_list, &j);
    free(j.pack);
    return 0;
}
