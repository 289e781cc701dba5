#ifndef STAIR_BATCHNORM_H
#define STAIR_BATCHNORM_H

#include "lib/base/exec.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * Batch normalisation with the batch's own statistics (Ioffe and Szegedy, ICML
 * 2015), column by column over M rows:
 *
 *   Xh = (Z - mean) r,   r = (var + 1e-5)^-1/2, var biased;   Y = g o Xh + b
 *
 * All matrices are M x d, r g b and their gradients are [d]. Column sums are in
 * double from the first row to the last, a block of columns per task: the same
 * bytes for any thread count and instruction set. With
 *
 *   P(Q) = Q - mean(Q) - Xh o mean(Q o Xh)      (means over the rows)
 *
 * the adjoint is bar(Z) = r o P(g o bar(Y)); P is self-adjoint.
 */

/* Z becomes Xh; r is written. */
void batchnorm_forward(struct mat *z, float *r, struct exec *exec);

/* Y = g o Xh + b; y may be xh. */
void batchnorm_affine(const struct mat *xh, const float *g, const float *b,
    struct mat *y, struct exec *exec);

/*
 * The adjoint: y, bar(Y) on entry, becomes bar(Z). Further adjoints of Xh and
 * of r (see batchnorm_second) may enter:
 *
 *   bar(Z) = r o P(g o bar(Y) + xb) - rb r^2 Xh / M
 *
 *   xb  M x d, rb  [d]   or both NULL
 *   gb += colsum(bar(Y) o Xh), bb += colsum(bar(Y)); both may be NULL
 */
void batchnorm_backward(const struct mat *xh, const float *r, const float *g,
    const struct mat *xb, const float *rb, struct mat *y, float *gb, float *bb,
    struct exec *exec);

/* az = g r o P(ay): the adjoint alone, as part of a gradient that is a term of
 * the loss itself. az is not ay. */
void batchnorm_project(const struct mat *xh, const float *r, const float *g,
    const struct mat *ay, struct mat *az, struct exec *exec);

/*
 * The adjoint of batchnorm_project, given az = bar(AZ):
 *
 *   az becomes bar(AY) = g r o P(az)
 *   ay becomes the adjoint of Xh, -g r o (az o mean(ay o Xh) + ay o
 *      mean(az o Xh)), and rb the one of r, colsum(az o g P(ay)): what
 *      batchnorm_backward takes as xb and rb
 *   gb += colsum(az o r P(ay))
 */
void batchnorm_second(const struct mat *xh, const float *r, const float *g,
    struct mat *ay, struct mat *az, float *gb, float *rb, struct exec *exec);

#endif
