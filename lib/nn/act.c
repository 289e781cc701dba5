#include "lib/nn/act.h"

#include "lib/nn/chunk.h"
#include "lib/nn/loops.h"

#include <assert.h>

/* An exp in double costs as much as this many plain elements: for chunks. */
enum { COST = 4 };

struct job {
    const struct loops *loops;
    int64_t d;
    const float *y, *dy;
    float *out;
};

static void
run(const struct mat *y, const struct mat *dy, struct mat *out, int64_t cost,
    struct exec *exec, void (*f)(void *, int64_t, int64_t))
{
    assert(y->n == dy->n && y->n == out->n && y->d == dy->d && y->d == out->d);
    struct job j = {loops_of(exec), y->d, y->x, dy->x, out->x};
    chunk_for(exec, y->n, y->d * cost, f, &j);
}

static void
leaky(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    int64_t at = from * j->d, n = (to - from) * j->d;
    j->loops->leaky(n, j->y + at, j->dy + at, j->out + at);
}

void
act_leaky_forward(const struct mat *x, struct mat *y, struct exec *exec)
{
    run(x, x, y, 1, exec, leaky); /* x has y's signs */
}

void
act_leaky_backward(const struct mat *y, const struct mat *dy, struct mat *dx,
    struct exec *exec)
{
    run(y, dy, dx, 1, exec, leaky);
}

static void
softmax(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    for (int64_t r = from; r < to; r++)
        j->loops->softmax(j->d, j->y + r * j->d, j->out + r * j->d);
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
    run(x, x, y, COST, exec, softmax);
}

void
act_softmax_backward(const struct mat *y, const struct mat *dy, struct mat *dx,
    struct exec *exec)
{
    run(y, dy, dx, 1, exec, softmax_adjoint);
}
