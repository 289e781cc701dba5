#ifndef STAIR_RNG_INLINE_H
#define STAIR_RNG_INLINE_H

#include "lib/base/hd.h"
#include "lib/base/rng.h"

/* The bodies of the functions of rng.h, for rng.c and device code. */

HD void
rng_inline_philox(uint32_t c[4], uint32_t k0, uint32_t k1)
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

HD uint64_t
rng_inline_u64(uint64_t seed, enum rng_purpose purpose, uint32_t epoch,
    uint64_t index, uint32_t draw)
{
    uint32_t c[4] = {(uint32_t)index, (uint32_t)(index >> 32), epoch,
        (uint32_t)purpose << 24 | (draw & 0xFFFFFFu)};
    rng_inline_philox(c, (uint32_t)seed, (uint32_t)(seed >> 32));
    return (uint64_t)c[1] << 32 | c[0];
}

HD int64_t
rng_inline_below(int64_t n, uint64_t seed, enum rng_purpose purpose,
    uint32_t epoch, uint64_t index, uint32_t draw)
{
    uint64_t r = rng_inline_u64(seed, purpose, epoch, index, draw);
    return (int64_t)((unsigned __int128)r * (uint64_t)n >> 64);
}

/* The finaliser of MurmurHash3: every input bit reaches every output bit. */
HD uint32_t
rng_inline_mix(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x85ebca6bu;
    x ^= x >> 13;
    x *= 0xc2b2ae35u;
    return x ^ x >> 16;
}

HD void
rng_inline_perm_init(struct rng_perm *p, int64_t n, uint64_t seed,
    enum rng_purpose purpose, uint32_t epoch)
{
    p->n = n;
    p->half = 1;
    while (p->half < 31 && (int64_t)1 << 2 * p->half < n)
        p->half++;
    for (uint32_t r = 0; r < 8; r++)
        p->key[r] = (uint32_t)rng_inline_u64(seed, purpose, epoch, r, 0);
}

HD int64_t
rng_inline_perm_at(const struct rng_perm *p, int64_t i)
{
    uint32_t mask = ((uint32_t)1 << p->half) - 1;
    uint64_t x = (uint64_t)i;
    do {
        uint32_t l = (uint32_t)(x >> p->half), r = (uint32_t)x & mask;
        for (int round = 0; round < 8; round++) {
            uint32_t t = l ^ (rng_inline_mix(r + p->key[round]) & mask);
            l = r;
            r = t;
        }
        x = (uint64_t)l << p->half | r;
    } while (x >= (uint64_t)p->n);
    return (int64_t)x;
}

#endif
