#ifndef STAIR_COSINE_H
#define STAIR_COSINE_H

#include "lib/base/exec.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * Cosine loss against a constant target (BM3, WWW 2023, eq. 10 ff.):
 *
 *   c_b = <x_b, y_b> / (max(||x_b||, 1e-8) max(||y_b||, 1e-8))
 *   L   = w (1 - mean_b c_b)
 *   dx_b += -w/B (y_b / (||x_b|| ||y_b||) - c_b x_b / ||x_b||^2)
 *
 * Where ||x_b|| <= 1e-8 the second term is absent. y gets no gradient. If y_b
 * is 0 (all of it dropped out), c_b and the gradient are 0 too.
 *
 *   x, y  [B][d]      dx  [B][d] or NULL: the value alone
 *
 * Returns L, 0 for B = 0. Inner products and the mean in double, in a fixed
 * order: the same bytes for any thread count and instruction set.
 */
double cosine_loss(const struct mat *x, const struct mat *y, double w,
    struct mat *dx, struct exec *exec);

#endif
