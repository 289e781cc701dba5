#include "lib/nn/norm.h"

#include "lib/nn/chunk.h"
#include "lib/nn/loops.h"
#include "lib/nn/rows.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

#define TINY 1e-12f

struct job {
    const struct loops *loops;
    int64_t d;
    const float *x, *y, *dy;
    const int32_t *list;
    float *out, *norm;
    const float *given;
};

static void
forward(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    int64_t d = j->d;
    for (int64_t r = from; r < to; r++) {
        const float *x = j->x + r * d;
        float *y = j->out + r * d;
        double norm = sqrt(j->loops->dot(d, x, x));
        double f = 1.0 / fmax(norm, (double)TINY);
        for (int64_t c = 0; c < d; c++)
            y[c] = (float)((double)x[c] * f);
        if (j->norm)
            j->norm[r] = (float)norm;
    }
}

void
norm_rows_forward(
    const struct mat *x, struct mat *y, float *norm, struct exec *exec)
{
    assert(x->n == y->n && x->d == y->d);
    struct job j = {.loops = loops_of(exec),
        .d = x->d,
        .x = x->x,
        .out = y->x,
        .norm = norm};
    chunk_for(exec, x->n, x->d, forward, &j);
}

static void
backward(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    int64_t d = j->d;
    for (int64_t r = from; r < to; r++) {
        const float *y = j->y + r * d, *dy = j->dy + r * d;
        float *dx = j->out + r * d;
        int regular = j->given[r] > TINY;
        double c = regular ? j->loops->dot(d, y, dy) : 0.0;
        float f = 1.0f / (regular ? j->given[r] : TINY);
        j->loops->axpy(d, f, dy, dx);
        j->loops->axpy(d, (float)-c * f, y, dx);
    }
}

void
norm_rows_backward(const struct mat *y, const float *norm, const struct mat *dy,
    struct mat *dx, struct exec *exec)
{
    assert(y->n == dy->n && y->n == dx->n && y->d == dy->d && y->d == dx->d);
    struct job j = {.loops = loops_of(exec),
        .d = y->d,
        .y = y->x,
        .dy = dy->x,
        .out = dx->x,
        .given = norm};
    chunk_for(exec, y->n, y->d, backward, &j);
}

static double
squares(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    double s = 0;
    for (int64_t b = from; b < to; b++) {
        const float *x = j->x + (j->list ? j->list[b] : b) * j->d;
        s += j->loops->dot(j->d, x, x);
    }
    return s;
}

static double
sum_of_squares(
    const struct mat *x, const int32_t *list, int64_t n, struct exec *exec)
{
    struct job j = {
        .loops = loops_of(exec), .d = x->d, .x = x->x, .list = list};
    return chunk_sum(exec, n, x->d, squares, &j);
}

double
norm_squared(const struct mat *x, const int32_t *list, int64_t n, double w,
    struct mat *dx, struct exec *exec)
{
    assert((list || n <= x->n) && (!dx || dx->n == n));
    if (dx)
        rows_add((float)w, x, list, dx, exec);
    return w / 2 * sum_of_squares(x, list, n, exec);
}

double
norm_frobenius(const struct mat *x, double w, struct mat *dx, struct exec *exec)
{
    double norm = sqrt(sum_of_squares(x, NULL, x->n, exec));
    if (dx && norm > 0)
        rows_add((float)(w / norm), x, NULL, dx, exec);
    return w * norm;
}
