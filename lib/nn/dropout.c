#include "lib/nn/dropout.h"

#include "lib/base/rng_words.h"
#include "lib/nn/chunk.h"
#include "lib/nn/loops.h"

#include <assert.h>

enum {
    COST = 4,   /* a draw costs as much as this many elements */
    WORDS = 256 /* drawn at once */
};

struct job {
    const struct loops *loops;
    const struct rng_words *words;
    const struct dropout *o;
    const int32_t *list;
    int64_t d;
    const float *x;
    float *y;
    uint32_t below;
    float scale;
};

/* n elements from x[at] on; x[at] is element e of the tensor. */
static void
run(const struct job *j, int64_t e, int64_t at, int64_t n)
{
    uint32_t word[WORDS];
    for (int64_t k = 0; k < n; k += WORDS) {
        int64_t take = n - k < WORDS ? n - k : WORDS;
        rng_words(j->words, j->o->seed, RNG_DROPOUT, j->o->step, j->o->stream,
            (uint64_t)(e + k), take, word);
        j->loops->mask(
            take, word, j->below, j->scale, j->x + at + k, j->y + at + k);
    }
}

static void
apply(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    int64_t d = j->d;
    if (!j->list)
        run(j, from * d, from * d, (to - from) * d);
    else
        for (int64_t b = from; b < to; b++)
            run(j, j->list[b] * d, b * d, d);
}

void
dropout_apply(const struct dropout *o, const struct mat *x, const int32_t *list,
    struct mat *y, struct exec *exec)
{
    assert(o->p >= 0 && o->p < 1 && x->n >= y->n && x->d == y->d);
    double below = o->p * 0x1p32 + 0.5;
    struct job j = {.loops = loops_of(exec),
        .words = rng_words_of(exec),
        .o = o,
        .list = list,
        .d = x->d,
        .x = x->x,
        .y = y->x,
        .below = below < UINT32_MAX ? (uint32_t)below : UINT32_MAX,
        .scale = (float)(1.0 / (1.0 - o->p))};
    chunk_for(exec, y->n, y->d * COST, apply, &j);
}
