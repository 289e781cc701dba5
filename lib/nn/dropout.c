#include "lib/nn/dropout.h"

#include "lib/base/rng.h"
#include "lib/nn/chunk.h"

#include <assert.h>

/* A draw counts as this many plain elements when sharing work. */
enum { COST = 8 };

struct job {
    const struct dropout *o;
    const int32_t *list;
    int64_t d;
    const float *x;
    float *y;
    uint64_t threshold; /* kept from here on */
    float scale;
};

static void
apply(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    for (int64_t b = from; b < to; b++) {
        int64_t first = (j->list ? j->list[b] : b) * j->d, at = b * j->d;
        uint64_t bits = 0;
        for (int64_t c = 0; c < j->d; c++) {
            uint64_t k = (uint64_t)(first + c);
            if (c == 0 || k % 2 == 0)
                bits = rng_u64(
                    j->o->seed, RNG_DROPOUT, j->o->step, k / 2, j->o->stream);
            uint32_t own = (uint32_t)(k % 2 ? bits >> 32 : bits);
            j->y[at + c] = own >= j->threshold ? j->x[at + c] * j->scale : 0;
        }
    }
}

void
dropout_apply(const struct dropout *o, const struct mat *x, const int32_t *list,
    struct mat *y, int threads)
{
    assert(o->p >= 0 && o->p < 1 && x->n >= y->n && x->d == y->d);
    struct job j = {.o = o,
        .list = list,
        .d = x->d,
        .x = x->x,
        .y = y->x,
        .threshold = (uint64_t)(o->p * 0x1p32 + 0.5),
        .scale = (float)(1.0 / (1.0 - o->p))};
    chunk_for(threads, y->n, y->d * COST, apply, &j);
}
