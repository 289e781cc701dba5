#ifndef STAIR_DROPOUT_H
#define STAIR_DROPOUT_H

#include "lib/base/exec.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * Dropout without a stored mask: whether element (r, c) is kept is a pure
 * function of (seed, stream, step, r d + c), Philox's (rng_words.h,
 * RNG_DROPOUT), so that the adjoint, a part of the rows, or a resumed run see
 * the same mask. An element is dropped if its 32 bits are below p 2^32.
 */
struct dropout {
    double p; /* probability to be dropped, 0 <= p < 1 */
    uint64_t seed;
    uint32_t stream; /* one per tensor of a step, below 2^24 */
    uint32_t step;   /* a new mask at each */
};

/*
 * y_b = x_b o M_{list[b]}, M = 1/(1-p) where kept, else 0; it is its own
 * adjoint. b < y.n.
 *
 *   x  [y.n][d], y may be x
 *   list  the row of the mask that belongs to each row of x: rows that were
 *         gathered from a tensor are dropped as the tensor would have been;
 *         NULL: row b's own
 *
 * The same bytes for any thread count.
 */
void dropout_apply(const struct dropout *o, const struct mat *x,
    const int32_t *list, struct mat *y, struct exec *exec);

#endif
