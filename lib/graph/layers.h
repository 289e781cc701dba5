#ifndef STAIR_LAYERS_H
#define STAIR_LAYERS_H

#include "lib/base/err.h"

#include <stdint.h>

/*
 * Layer weights of polynomial propagation H[:,j] = sum_l c_lj A^l E[:,j]: one
 * table per model, c[l * d + j] for l = 0..L, j = 0..d-1. Computed in double by
 * fmath.h, so the same bytes everywhere. All fill tables of (L + 1) d floats
 * that the caller owns.
 */

/*
 * Forward stepwise convolution (STAIR paper, eq. 2): with 1-based column j
 *   beta_j = 0.9 (1 - ((j-1)/d)^gamma)
 *   c_lj   = beta_j^l (1 - beta_j) / (1 - beta_j^(L+1)),  sum_l c_lj = 1
 */
void layers_forward(float *c, int64_t d, int layers, double gamma);

/* Backward stepwise convolution (eq. 5): 1 - beta_j in place of beta_j. */
void layers_backward(float *c, int64_t d, int layers, double gamma);

/* c_lj = 1 / (L + 1): LightGCN. */
void layers_uniform(float *c, int64_t d, int layers);

/*
 * c_lj such that sum_l c_lj A^l = sum_l g^(l+1) P_l(A) / (L + 1), with P_l the
 * Jacobi polynomials of parameters a, b > -1 and g = s tanh(min(1/s, 1)), s >
 * 0: the low band of JGCF. The expansion into powers is done in double; its
 * rounding grows with L, hence L <= LAYERS_JACOBI_MAX.
 */
enum { LAYERS_JACOBI_MAX = 8 };
void layers_jacobi(
    float *c, int64_t d, int layers, double a, double b, double s);

/* c_0j = 1, the rest 0: no propagation. */
void layers_identity(float *c, int64_t d, int layers);

#endif
