#ifndef STAIR_CHEB_H
#define STAIR_CHEB_H

#include "lib/whiten/ritz.h"

/*
 * The Chebyshev polynomial T_k of a symmetric matrix A, shifted and scaled so
 * that it stays within [-1, 1] on an interval [low, high] of unwanted
 * eigenvalues and grows fast, and monotonically, above it.
 */

/* About the largest eigenvalue of op, and a little less than the smallest:
 * block Lanczos, eight products with sixteen vectors. */
int cheb_bounds(const struct eig_op *op, double *low, double *top,
    struct exec *exec, struct err *e) ERR_CHECKED;

/*
 * The degree for wanted eigenvalues from least to top: at most 20, so low that
 * rounding in the direction of top does not drown least, and no more than makes
 * least grow by the factor gain. 0 if that leaves nothing to gain.
 */
int cheb_degree(double low, double high, double least, double top, double gain);

/* x = T_k(A) x from a column on (or a few before it); k products, k >= 1. The
 * number of x's columns is even, and a multiple of op->panel. */
int cheb_filter(struct ritz *r, int64_t from, int degree, double low,
    double high, struct err *e) ERR_CHECKED;

#endif
