#ifndef STAIR_DROPOUT_H
#define STAIR_DROPOUT_H

#include "lib/base/exec.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * Dropout without a stored mask. Whether element (r, c) is kept is a pure
 * function of (seed, stream, step, r d + c), by rng_words (RNG_DROPOUT), so the
 * adjoint, a part of the rows and a resumed run see the same mask. An element
 * is dropped if its 32 bits are below p 2^32.
 */
struct dropout {
    double p; /* probability to be dropped, 0 <= p < 1 */
    uint64_t seed;
    uint32_t stream; /* one per tensor of a step, below 2^24 */
    uint32_t step;   /* a new mask at each */
};

/*
 * y_b = x_b o M_{list[b]}, b < y.n, where M is 1/(1-p) for elements that are
 * kept, else 0. The function is its own adjoint.
 *
 *   x  [y.n][d], y may be x
 *   list  the row of the mask for each row of x, so that rows gathered from a
 *         tensor get the mask of that tensor; NULL: row b of the mask
 *
 * The same bytes for any thread count.
 */
void dropout_apply(const struct dropout *o, const struct mat *x,
    const int32_t *list, struct mat *y, struct exec *exec);

#endif
