#include "lib/nn/init.h"

#include "lib/base/rng.h"
#include "lib/nn/chunk.h"

#include <math.h>

/* A draw costs as much as this many plain elements: for chunks. */
enum { COST = 16 };

struct job {
    const struct init *o;
    double scale;
    float *x;
};

static void
normal(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    for (int64_t k = from; k < to; k++)
        j->x[k] = (float)(j->scale * rng_normal(j->o->seed, RNG_INIT,
                                         j->o->tensor, (uint64_t)k, 0));
}

static void
uniform(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    for (int64_t k = from; k < to; k++) {
        double u =
            rng_uniform(j->o->seed, RNG_INIT, j->o->tensor, (uint64_t)k, 0);
        j->x[k] = (float)(j->scale * (2.0 * u - 1.0));
    }
}

void
init_normal(const struct init *o, double sd, float *x, int64_t n)
{
    struct job j = {o, sd, x};
    chunk_for(o->exec, n, COST, normal, &j);
}

void
init_uniform(const struct init *o, double bound, float *x, int64_t n)
{
    struct job j = {o, bound, x};
    chunk_for(o->exec, n, COST, uniform, &j);
}

static double
fans(const struct mat *m)
{
    return (double)(m->n + m->d);
}

void
init_xavier_normal(const struct init *o, struct mat *m)
{
    init_normal(o, sqrt(2.0 / fans(m)), m->x, m->n * m->d);
}

void
init_xavier_uniform(const struct init *o, struct mat *m)
{
    init_uniform(o, sqrt(6.0 / fans(m)), m->x, m->n * m->d);
}

void
init_linear(const struct init *o, int64_t in, float *x, int64_t n)
{
    init_uniform(o, 1.0 / sqrt((double)in), x, n);
}
