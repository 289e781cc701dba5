#ifndef STAIR_LANCZOS_H
#define STAIR_LANCZOS_H

#include "lib/whiten/eig.h"

/* Basis vectors per wanted one, at most. */
enum { LANCZOS_WIDTH = 6 };

/*
 * The iteration behind eig_largest, for n well above LANCZOS_WIDTH * d: fills
 * r->value, r->vector (allocated, [d] and [n][d]) and r->products with the
 * approximations at hand when all residuals were estimated to be allowed, or
 * after max_iter products. Does not measure them.
 */
int lanczos_run(int64_t n, eig_apply *apply, void *ctx,
    const struct eig_opt *opt, struct eig *r, struct err *e) ERR_CHECKED;

/* What |A v - value v| may be: tol of the value, or the rounding of a product
 * with A, which no arithmetic gets far below. */
double lanczos_allowed(double tol, double value, double largest);

#endif
