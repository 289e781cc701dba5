#include "lib/nn/adam.h"

#include "lib/base/fmath.h"
#include "lib/nn/chunk.h"
#include "lib/nn/loops.h"

struct adam
adam_scalars(const struct adam_opt *o, int64_t t)
{
    double b1 = o->b1 > 0 ? o->b1 : 0.9, b2 = o->b2 > 0 ? o->b2 : 0.999;
    return (struct adam){
        .coupled = (float)o->coupled,
        .keep = (float)(1.0 - o->rate * o->decoupled),
        .rate = (float)o->rate,
        .b1 = (float)b1,
        .b2 = (float)b2,
        .a1 = (float)(1.0 - b1),
        .a2 = (float)(1.0 - b2),
        .r1 = (float)(1.0 / (1.0 - fm_powi(b1, t))),
        .r2 = (float)(1.0 / sqrt(1.0 - fm_powi(b2, t))),
        .eps = 1e-8f,
    };
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
    const float *g, int threads)
{
    struct tensor t = {loops_best(), a, theta, m, v, g};
    chunk_for(threads, n, 1, step, &t);
}
