#ifndef STAIR_SAMPLE_INLINE_H
#define STAIR_SAMPLE_INLINE_H

#include "lib/base/hd.h"
#include "lib/base/rng.h"
#include "lib/graph/sample.h"

/* The body of sample_triple, for sample.c and device code. t stands for
 * s->train, epoch and order for s->epoch and s->order. */

/* The user at this index of SAMPLE_DISTINCT. Each batch has a random order of
 * its own and takes the first users of it. */
HD int32_t
sample_inline_distinct(const struct sampler *s, uint32_t epoch, int64_t index)
{
    int64_t steps = s->n / s->batch;
    struct rng_perm p;
    rng_perm_init(&p, s->n_active, s->seed, RNG_SHUFFLE,
        (uint32_t)(epoch * (uint64_t)steps + (uint64_t)(index / s->batch)));
    return s->active[rng_perm_at(&p, index % s->batch)];
}

HD int
sample_inline_by_pairs(enum sample_kind kind)
{
    return kind == SAMPLE_PAIRS || kind == SAMPLE_POSITIVES;
}

HD void
sample_inline_triple(const struct sampler *s, const struct csr *t,
    uint32_t epoch, const struct rng_perm *order, int64_t index, int32_t out[3])
{
    if (s->kind == SAMPLE_REPLAY) {
        for (int k = 0; k < 3; k++)
            out[k] = s->triples[3 * index + k];
        return;
    }
    int64_t k, positive = index / s->negatives;
    uint64_t i = (uint64_t)positive;
    if (sample_inline_by_pairs(s->kind)) {
        k = rng_perm_at(order, positive);
        out[0] = s->pair_user[k];
    } else {
        out[0] = s->kind == SAMPLE_DISTINCT
                     ? sample_inline_distinct(s, epoch, positive)
                     : s->active[rng_below(
                           s->n_active, s->seed, RNG_POSITIVE, epoch, i, 0)];
        int64_t from = t->indptr[out[0]], n = t->indptr[out[0] + 1] - from;
        k = from + rng_below(n, s->seed, RNG_POSITIVE, epoch, i, 1);
    }
    out[1] = t->indices[k];
    out[2] = -1;
    if (s->kind == SAMPLE_POSITIVES)
        return;
    uint32_t draw = 0;
    do
        out[2] = (int32_t)rng_below(
            t->cols, s->seed, RNG_NEGATIVE, epoch, (uint64_t)index, draw++);
    while (csr_has(t, out[0], out[2]));
}

#endif
