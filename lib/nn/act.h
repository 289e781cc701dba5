#ifndef STAIR_ACT_H
#define STAIR_ACT_H

#include "lib/base/exec.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * Activations, element by element or row by row, and their adjoints. All
 * matrices of a call have one shape. The output is overwritten and may be an
 * input (y = x, dx = dy). The adjoints read y, not x. exp is our own, in
 * double: the same bytes for any thread count and instruction set.
 */

/* Leaky ReLU of slope .01: y = x if x > 0, else .01 x. dx = dy or .01 dy; at 0
 * the slope is .01. */
void act_leaky_forward(const struct mat *x, struct mat *y, struct exec *exec);
void act_leaky_backward(const struct mat *y, const struct mat *dy,
    struct mat *dx, struct exec *exec);

/* Softmax of each row: y_rc = e^(x_rc) / sum_k e^(x_rk);
 * dx_rc = y_rc (dy_rc - sum_k y_rk dy_rk). A short vector of weights is a
 * matrix of one row. */
void act_softmax_forward(const struct mat *x, struct mat *y, struct exec *exec);
void act_softmax_backward(const struct mat *y, const struct mat *dy,
    struct mat *dx, struct exec *exec);

#endif
