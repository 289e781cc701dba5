#include "lib/nn/act.h"

#include "lib/nn/chunk.h"
#include "lib/nn/loops.h"

#include <assert.h>

/* An exp in double costs as much as this many plain elements: for chunks. */
enum { COST = 4 };

struct job {
    const struct loops *loops;
    int64_t d;
    const float *x, *y, *dy;
    float *out;
};

static void
run_forward(const struct mat *x, struct mat *y, int64_t cost, struct exec *exec,
    void (*f)(void *, int64_t, int64_t))
{
    assert(x->n == y->n && x->d == y->d);
    struct job j = {.loops = loops_of(exec), .d = x->d, .x = x->x, .out = y->x};
    chunk_for(exec, x->n, x->d * cost, f, &j);
}

static void
run_backward(const struct mat *y, const struct mat *dy, struct mat *dx,
    struct exec *exec, void (*f)(void *, int64_t, int64_t))
{
    assert(y->n == dy->n && y->n == dx->n && y->d == dy->d && y->d == dx->d);
    struct job j = {.loops = loops_of(exec),
        .d = y->d,
        .y = y->x,
        .dy = dy->x,
        .out = dx->x};
    chunk_for(exec, y->n, y->d, f, &j);
}

static void
leaky(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    int64_t at = from * j->d, n = (to - from) * j->d;
    j->loops->leaky(n, j->x + at, j->x + at, j->out + at);
}

static void
leaky_adjoint(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    int64_t at = from * j->d, n = (to - from) * j->d;
    j->loops->leaky(n, j->y + at, j->dy + at, j->out + at);
}

void
act_leaky_forward(const struct mat *x, struct mat *y, struct exec *exec)
{
    run_forward(x, y, 1, exec, leaky);
}

void
act_leaky_backward(const struct mat *y, const struct mat *dy, struct mat *dx,
    struct exec *exec)
{
    run_backward(y, dy, dx, exec, leaky_adjoint);
}

static void
sigmoid(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    j->loops->sigmoid(
        (to - from) * j->d, j->x + from * j->d, j->out + from * j->d);
}

static void
sigmoid_adjoint(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    for (int64_t k = from * j->d; k < to * j->d; k++)
        j->out[k] = j->dy[k] * (j->y[k] * (1.0f - j->y[k]));
}

void
act_sigmoid_forward(const struct mat *x, struct mat *y, struct exec *exec)
{
    run_forward(x, y, COST, exec, sigmoid);
}

void
act_sigmoid_backward(const struct mat *y, const struct mat *dy, struct mat *dx,
    struct exec *exec)
{
    run_backward(y, dy, dx, exec, sigmoid_adjoint);
}

static void
softmax(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    for (int64_t r = from; r < to; r++)
        j->loops->softmax(j->d, j->x + r * j->d, j->out + r * j->d);
}

static void
softmax_adjoint(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    for (int64_t r = from; r < to; r++) {
        int64_t at = r * j->d;
        float mean = (float)j->loops->dot(j->d, j->y + at, j->dy + at);
        for (int64_t c = at; c < at + j->d; c++)
            j->out[c] = j->y[c] * (j->dy[c] - mean);
    }
}

void
act_softmax_forward(const struct mat *x, struct mat *y, struct exec *exec)
{
    run_forward(x, y, COST, exec, softmax);
}

void
act_softmax_backward(const struct mat *y, const struct mat *dy, struct mat *dx,
    struct exec *exec)
{
    run_backward(y, dy, dx, exec, softmax_adjoint);
}
