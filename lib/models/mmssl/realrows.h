#ifndef STAIR_REALROWS_H
#define STAIR_REALROWS_H

#include "lib/base/exec.h"
#include "lib/models/mmssl/simrows.h"

#include <stdint.h>

/*
 * The items that users really have, softened so that a critic cannot recognise
 * them by their zeros (MMSSL, WWW 2023):
 *
 *   Y = rownorm(softmax(R_b) + 100 S)
 *
 * with S as in simrows.h. Like S it is of low rank less a few entries and not
 * stored: softmax(R_b) is c_b (1 + (e - 1) R_b), c_b = 1 / (I + (e - 1) n_b)
 * for a user who knows n_b items.
 *
 * The authors add Gumbel noise times .002 within the softmax. That changes a
 * row of Y, which has length 1, by 2.6e-5 / sqrt(I), 3e-7 for 7000 items: less
 * than single precision loses in Y's products. It is left out.
 *
 * The same bytes for any thread count; they depend on the BLAS library and
 * processor.
 */
struct realrows {
    struct simrows *s;
    float *flat, *known, *part; /* [B] weights of 1, R_b, S in Y */
    float *row;                 /* [h] sums of W's columns */
    struct mat dz;              /* B x h: scratch */
};

/* Room for b rows and products with h columns in an arena. */
struct realrows realrows_in(struct arena *p, int64_t b, int64_t h);

/* Y of s, borrowed, which was set; dense is what simrows_set wrote. */
void realrows_set(struct realrows *r, struct simrows *s,
    const struct mat *dense, struct exec *exec);

/* Z = Y W.   w  I x h   z  B x h */
void realrows_times(
    struct realrows *r, const struct mat *w, struct mat *z, struct exec *exec);

/* The weights' gradient: dW += Y^T dZ. */
void realrows_weights(struct realrows *r, const struct mat *dz, struct mat *dw,
    struct exec *exec);

#endif
