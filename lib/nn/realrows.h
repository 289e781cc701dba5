#ifndef STAIR_REALROWS_H
#define STAIR_REALROWS_H

#include "lib/base/err.h"
#include "lib/la/mat.h"
#include "lib/nn/simrows.h"

#include <stdint.h>

/*
 * What users really know, softened so that a critic cannot tell it from a
 * similarity by its zeros (MMSSL, WWW 2023, Gumbel softmax):
 *
 *   Y = rownorm(softmax(R_b + noise g) + 100 S),  g = -log(-log(u + 1e-8) +
 *   1e-8),  u uniform on [0,1)
 *
 * row by row; the temperature divides the noise alone. u is a pure function of
 * (seed, RNG_GUMBEL, step, b I + i): the same bytes for any thread count and
 * instruction set.
 */
struct realrows {
    int threads;
    int64_t items;
    float **row; /* [threads] one row of scratch */
};

/* Room for rows of `items` on up to `threads` threads. ERR_NOMEM. */
int realrows_init(
    struct realrows *r, int64_t items, int threads, struct err *e) ERR_CHECKED;
void realrows_free(struct realrows *r);

/* s, B x I: S on entry, becomes Y. known says what R_b is. */
void realrows_make(struct realrows *r, const struct simrows_known *known,
    double noise, uint64_t seed, uint32_t step, struct mat *s);

#endif
