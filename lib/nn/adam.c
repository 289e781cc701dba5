#include "lib/nn/adam.h"

#include "lib/nn/adam_inline.h"
#include "lib/nn/chunk.h"
#include "lib/nn/loops.h"

struct adam
adam_scalars(const struct adam_opt *o, int64_t t)
{
    return adam_inline_scalars(o, t);
}

struct tensor {
    const struct loops *loops;
    const struct adam *a;
    float *theta, *m, *v;
    const float *g;
};

static void
step(void *ctx, int64_t from, int64_t to)
{
    const struct tensor *t = ctx;
    t->loops->adam(t->a, to - from, t->theta + from, t->m + from, t->v + from,
        t->g + from);
}

void
adam_step(const struct adam *a, int64_t n, float *theta, float *m, float *v,
    const float *g, struct exec *exec)
{
    struct tensor t = {loops_of(exec), a, theta, m, v, g};
    chunk_for(exec, n, 1, step, &t);
}
