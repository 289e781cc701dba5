/* Compiled once per instruction set with -DISA=name. */
#include "lib/base/exec.h"
#include "lib/base/rng_words.h"

enum { LANES = RNG_LANES };

static inline void
multiply(const uint32_t *restrict x, uint32_t by, uint32_t *restrict hi,
    uint32_t *restrict lo)
{
    for (int l = 0; l < LANES; l++) {
        uint64_t p = (uint64_t)x[l] * by;
        hi[l] = (uint32_t)(p >> 32);
        lo[l] = (uint32_t)p;
    }
}

static inline void
group(uint64_t index, uint32_t epoch, uint32_t top, uint32_t k0, uint32_t k1,
    uint32_t *restrict out)
{
    uint32_t c[4][LANES], hi[2][LANES], lo[2][LANES];
    for (int l = 0; l < LANES; l++) {
        uint64_t i = index + (uint64_t)l;
        c[0][l] = (uint32_t)i;
        c[1][l] = (uint32_t)(i >> 32);
        c[2][l] = epoch;
        c[3][l] = top;
    }
    for (int round = 0; round < 10; round++) {
        multiply(c[0], 0xD2511F53u, hi[0], lo[0]);
        multiply(c[2], 0xCD9E8D57u, hi[1], lo[1]);
        for (int l = 0; l < LANES; l++) {
            c[0][l] = hi[1][l] ^ c[1][l] ^ k0;
            c[1][l] = lo[1][l];
            c[2][l] = hi[0][l] ^ c[3][l] ^ k1;
            c[3][l] = lo[0][l];
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int l = 0; l < LANES; l++)
        for (int w = 0; w < 4; w++)
            out[4 * l + w] = c[w][l];
}

static void
groups(uint64_t index, uint32_t epoch, uint32_t top, uint64_t seed, int64_t n,
    uint32_t *out)
{
    for (int64_t g = 0; g < n; g++)
        group(index + (uint64_t)(g * LANES), epoch, top, (uint32_t)seed,
            (uint32_t)(seed >> 32), out + g * 4 * LANES);
}

ISA_FAMILY(rng_words) = {.groups = groups};
