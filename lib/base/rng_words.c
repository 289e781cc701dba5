#include "lib/base/rng_words.h"

#include <string.h>

enum { GROUP = 4 * RNG_LANES };

void
rng_words(const struct rng_words *k, uint64_t seed, enum rng_purpose purpose,
    uint32_t epoch, uint32_t draw, uint64_t first, int64_t n, uint32_t *out)
{
    uint32_t top = (uint32_t)purpose << 24 | (draw & 0xFFFFFFu);
    uint32_t spare[GROUP];
    while (n > 0) {
        uint64_t index = first / 4;
        int64_t skip = (int64_t)(first % 4), take = n;
        if (skip == 0 && n >= GROUP) {
            take = n / GROUP * GROUP;
            k->groups(index, epoch, top, seed, take / GROUP, out);
        } else {
            k->groups(index, epoch, top, seed, 1, spare);
            if (take > GROUP - skip)
                take = GROUP - skip;
            memcpy(out, spare + skip, (size_t)take * sizeof *out);
        }
        first += (uint64_t)take;
        out += take;
        n -= take;
    }
}
