#ifndef STAIR_RNG_WORDS_H
#define STAIR_RNG_WORDS_H

#include "lib/base/exec.h"
#include "lib/base/rng.h"

/* The generator for one instruction set: fills out with n groups of RNG_LANES
 * whole blocks of Philox, four words each. */
enum { RNG_LANES = 16 };
struct rng_words {
    void (*groups)(uint64_t index, uint32_t epoch, uint32_t top, uint64_t seed,
        int64_t n, uint32_t *out);
};
const struct rng_words *rng_words_of(const struct exec *exec);

/*
 * Random words in bulk, many times faster than a call for each. out[k] is word
 * (first + k) % 4 of the Philox block that rng_u64 takes its 64 bits from at
 * index (first + k) / 4, so words 0 and 1 of a block are the low and high half
 * of rng_u64. Any thread may draw any part.
 *
 *   k  rng_words_of(exec)
 */
void rng_words(const struct rng_words *k, uint64_t seed,
    enum rng_purpose purpose, uint32_t epoch, uint32_t draw, uint64_t first,
    int64_t n, uint32_t *out);

/* A word's upper 24 bits as a number on [0,1) that float32 holds exactly. */
static inline float
rng_words_unit(uint32_t w)
{
    return (float)(w >> 8) * 0x1p-24f;
}

#endif
