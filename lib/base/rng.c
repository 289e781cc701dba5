#include "lib/base/rng.h"

#include "lib/base/fmath.h"

#include <math.h>

double
rng_uniform(uint64_t seed, enum rng_purpose purpose, uint32_t epoch,
    uint64_t index, uint32_t draw)
{
    return (double)(rng_u64(seed, purpose, epoch, index, draw) >> 11) * 0x1p-53;
}

double
rng_normal(uint64_t seed, enum rng_purpose purpose, uint32_t epoch,
    uint64_t index, uint32_t draw)
{
    for (uint32_t k = draw;; k++) {
        uint64_t r = rng_u64(seed, purpose, epoch, index, k);
        double x = (double)(uint32_t)r * 0x1p-31 - 1.0 + 0x1p-32;
        double y = (double)(uint32_t)(r >> 32) * 0x1p-31 - 1.0 + 0x1p-32;
        double s = x * x + y * y;
        if (s < 1.0)
            return x * sqrt(-2.0 * fm_log(s) / s);
    }
}

int64_t
rng_permute(int64_t n, int64_t i, uint64_t seed, enum rng_purpose purpose,
    uint32_t epoch)
{
    struct rng_perm p;
    rng_perm_init(&p, n, seed, purpose, epoch);
    return rng_perm_at(&p, i);
}
