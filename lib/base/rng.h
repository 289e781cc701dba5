#ifndef STAIR_RNG_H
#define STAIR_RNG_H

#include <stdint.h>

/*
 * Counter-based random numbers. Each is a pure function of (seed, purpose,
 * epoch, index), so every thread, machine and device draws the same numbers,
 * and a resumed run needs no state of a generator. The function is
 * Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011) with key = seed and counter = (index, epoch, purpose and draw).
 */

/* One stream per purpose. The values are part of the determinism contract:
 * never renumber, only add. */
enum rng_purpose {
    RNG_SPLIT = 1,    /* order of a user's items when splitting */
    RNG_SHUFFLE = 2,  /* order of training pairs within an epoch */
    RNG_NEGATIVE = 3, /* negative items; draw = rejection attempt */
    RNG_POSITIVE = 4, /* USERS sampling: user, then positive */
    RNG_INIT = 5,     /* embedding initialisation; epoch = tensor */
    RNG_SYNTH = 6,    /* synthetic data; epoch = what is drawn */
    RNG_EIGEN = 7,    /* start blocks of iterative solvers */
    RNG_KMEANS = 8,   /* k-means++ seeding */
    RNG_DROPOUT = 9,  /* dropout masks; epoch = step, draw = tensor */
    RNG_EDGES = 10,   /* FREEDOM's edges of an epoch; index = train entry */
    RNG_CRITIC = 20,  /* a critic's masks; epoch = step, draw = which one */
    RNG_MIX = 21,     /* its interpolates; epoch = step */
    RNG_TEST = 100    /* test inputs */
};

/* 64 random bits; draw < 2^24 distinguishes repeated draws at one index. */
uint64_t rng_u64(uint64_t seed, enum rng_purpose purpose, uint32_t epoch,
    uint64_t index, uint32_t draw);

/* Uniform on 0..n-1, n >= 1 (multiply-shift; bias below n / 2^64). */
int64_t rng_below(int64_t n, uint64_t seed, enum rng_purpose purpose,
    uint32_t epoch, uint64_t index, uint32_t draw);

/* Uniform on [0,1), 53 bits. */
double rng_uniform(uint64_t seed, enum rng_purpose purpose, uint32_t epoch,
    uint64_t index, uint32_t draw);

/* Standard normal, by the polar method and our own log: the same bytes on every
 * machine. It takes draws from `draw` upwards: leave room for 64. */
double rng_normal(uint64_t seed, enum rng_purpose purpose, uint32_t epoch,
    uint64_t index, uint32_t draw);

/*
 * A random permutation of 0..n-1 as a function, n >= 1: eight Feistel rounds on
 * the smallest even-bit domain that holds n, walking cycles until the result is
 * below n. Round keys come from (seed, purpose, epoch), the round function is
 * an integer hash. rng_perm_at is O(1), needs no memory and may be called from
 * any thread.
 */
struct rng_perm {
    int64_t n;
    int half; /* bits of half the domain */
    uint32_t key[8];
};
void rng_perm_init(struct rng_perm *p, int64_t n, uint64_t seed,
    enum rng_purpose purpose, uint32_t epoch);

/* The element at position i of the order. */
int64_t rng_perm_at(const struct rng_perm *p, int64_t i);

/* rng_perm_init and rng_perm_at in one call, for a few elements. */
int64_t rng_permute(int64_t n, int64_t i, uint64_t seed,
    enum rng_purpose purpose, uint32_t epoch);

#endif
