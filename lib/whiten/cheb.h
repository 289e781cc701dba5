#ifndef STAIR_CHEB_H
#define STAIR_CHEB_H

#include "lib/whiten/eig.h"

#include <stdint.h>

/*
 * The Chebyshev polynomial T_k of a symmetric matrix, shifted and scaled so
 * that it stays within [-1, 1] on an interval [low, high] of unwanted
 * eigenvalues and grows fast, and monotonically, above it. k is odd: what lies
 * below the interval after all becomes negative, never large.
 */
struct cheb {
    eig_apply *apply; /* of the matrix itself, with its ctx */
    void *ctx;
    int64_t n;
    int degree;
    double centre, half; /* of the interval */
    int64_t products;    /* with the matrix, counted */
};

/*
 * Interval and degree for a spectrum whose largest value is top: as high a
 * degree, at most 15, as keeps T_k(top) below 1e6, so that the smaller wanted
 * ones are not drowned by rounding. Returns the degree; 1 if filtering would
 * gain nothing.
 */
int cheb_plan(struct cheb *c, double low, double high, double top);

/* y = T_k(A) x, an eig_apply; ctx is the struct cheb. */
int cheb_apply(void *ctx, int64_t m, const double *x, double *y, struct err *e);

/* The eigenvalue of A above the interval whose T_k is t > 1 (else: high). */
double cheb_inverse(const struct cheb *c, double t);

/*
 * A factor that turns a residual of T_k(A) at a value t into an upper estimate
 * of the residual of A there: the least slope of the polynomial between the
 * value and the unwanted interval.
 */
double cheb_slope(const struct cheb *c, double t);

#endif
