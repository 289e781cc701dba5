#ifndef STAIR_RNG_H
#define STAIR_RNG_H

#include "lib/base/hd.h"

#include <stdint.h>

/*
 * Counter-based random numbers. Each is a pure function of (seed, purpose,
 * epoch, index), so every thread, machine and device draws the same numbers,
 * and a resumed run needs no state of a generator. The function is
 * Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011) with key = seed and counter = (index, epoch, purpose and draw).
 * Functions that device code calls have their bodies here.
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

HD void
rng_philox(uint32_t c[4], uint32_t k0, uint32_t k1)
{
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c[0];
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t hi0 = (uint32_t)(p0 >> 32), lo0 = (uint32_t)p0;
        uint32_t hi1 = (uint32_t)(p1 >> 32), lo1 = (uint32_t)p1;
        c[0] = hi1 ^ c[1] ^ k0;
        c[1] = lo1;
        c[2] = hi0 ^ c[3] ^ k1;
        c[3] = lo0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

/* 64 random bits; draw < 2^24 distinguishes repeated draws at one index. */
HD uint64_t
rng_u64(uint64_t seed, enum rng_purpose purpose, uint32_t epoch, uint64_t index,
    uint32_t draw)
{
    uint32_t c[4] = {(uint32_t)index, (uint32_t)(index >> 32), epoch,
        (uint32_t)purpose << 24 | (draw & 0xFFFFFFu)};
    rng_philox(c, (uint32_t)seed, (uint32_t)(seed >> 32));
    return (uint64_t)c[1] << 32 | c[0];
}

/* Uniform on 0..n-1, n >= 1 (multiply-shift; bias below n / 2^64). */
HD int64_t
rng_below(int64_t n, uint64_t seed, enum rng_purpose purpose, uint32_t epoch,
    uint64_t index, uint32_t draw)
{
    uint64_t r = rng_u64(seed, purpose, epoch, index, draw);
    return (int64_t)((unsigned __int128)r * (uint64_t)n >> 64);
}

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

/* The finaliser of MurmurHash3: every input bit reaches every output bit. */
HD uint32_t
rng_mix(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x85ebca6bu;
    x ^= x >> 13;
    x *= 0xc2b2ae35u;
    return x ^ x >> 16;
}

HD void
rng_perm_init(struct rng_perm *p, int64_t n, uint64_t seed,
    enum rng_purpose purpose, uint32_t epoch)
{
    p->n = n;
    p->half = 1;
    while (p->half < 31 && (int64_t)1 << 2 * p->half < n)
        p->half++;
    for (uint32_t r = 0; r < 8; r++)
        p->key[r] = (uint32_t)rng_u64(seed, purpose, epoch, r, 0);
}

/* The element at position i of the order. */
HD int64_t
rng_perm_at(const struct rng_perm *p, int64_t i)
{
    uint32_t mask = ((uint32_t)1 << p->half) - 1;
    uint64_t x = (uint64_t)i;
    do {
        uint32_t l = (uint32_t)(x >> p->half), r = (uint32_t)x & mask;
        for (int round = 0; round < 8; round++) {
            uint32_t t = l ^ (rng_mix(r + p->key[round]) & mask);
            l = r;
            r = t;
        }
        x = (uint64_t)l << p->half | r;
    } while (x >= (uint64_t)p->n);
    return (int64_t)x;
}

/* rng_perm_init and rng_perm_at in one call, for a few elements. */
int64_t rng_permute(int64_t n, int64_t i, uint64_t seed,
    enum rng_purpose purpose, uint32_t epoch);

#endif
