#ifndef STAIR_NORM_H
#define STAIR_NORM_H

#include "lib/base/exec.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * Normalised rows, and penalties on norms. Squares are added in double in a
 * fixed order: the same bytes for any thread count and instruction set.
 */

/*
 * Row normalisation: y_r = x_r / max(||x_r||, 1e-12).
 *
 *   x, y  [n][d], y may be x
 *   norm  [n], ||x_r|| for the adjoint; may be NULL
 */
void norm_rows_forward(
    const struct mat *x, struct mat *y, float *norm, struct exec *exec);

/*
 * Its adjoint: with c = <y_r, dy_r>
 *   dx_r += (dy_r - c y_r) / norm_r   if norm_r > 1e-12, else dy_r / 1e-12
 *
 *   y, norm  from the forward pass      dy, dx  [n][d], not the same
 */
void norm_rows_backward(const struct mat *y, const float *norm,
    const struct mat *dy, struct mat *dx, struct exec *exec);

/*
 * Squared penalty on rows, each occurrence counted:
 *   L = w/2 sum_b ||x_{list[b]}||^2,   dx_b += w x_{list[b]},   b < n
 * Returns L. The caller divides w by the size of the batch or by the rows.
 *
 *   list  [n] or NULL: rows 0..n-1
 *   dx    [n][d] gradients of the occurrences, or NULL; with a list, scatter
 *         them (rows.h)
 */
double norm_squared(const struct mat *x, const int32_t *list, int64_t n,
    double w, struct mat *dx, struct exec *exec);

/*
 * Unsquared penalty on a whole matrix:
 *   L = w ||X||_F,   dX += w X / ||X||_F  (nothing where X = 0)
 * Returns L; dx [n][d] or NULL.
 */
double norm_frobenius(
    const struct mat *x, double w, struct mat *dx, struct exec *exec);

#endif
