#ifndef STAIR_FD_H
#define STAIR_FD_H

/*
 * Gradients against central differences of a naive forward pass in double.
 * Write the loss as a function of one flat vector of doubles, as the equations
 * are written and with none of the library's code; give the point and the
 * gradient that the library computed there.
 */

#include "tests/unit/tap.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* The loss at x, [n], which it must not keep. */
typedef double fd_loss(void *ctx, const double *x);

/*
 * Checks grad [n] at the float point x [n]: every component must agree with
 * (f(x + h) - f(x - h)) / 2h to tol times the largest component. h is 1e-5 of
 * |x| or of 1. Kinks (leaky ReLU at 0, the choice of neighbours) must lie
 * farther off than h.
 */
__attribute__((unused)) static int
fd_check(const char *what, int64_t n, const float *x, const float *grad,
    fd_loss *f, void *ctx, double tol)
{
    double *at = malloc((size_t)(n + 1) * sizeof *at);
    double *want = malloc((size_t)(n + 1) * sizeof *want);
    if (!at || !want)
        abort();
    double scale = 0, worst = 0;
    int64_t where = -1;
    for (int64_t k = 0; k < n; k++)
        at[k] = (double)x[k];
    for (int64_t k = 0; k < n; k++) {
        double old = at[k], h = 1e-5 * fmax(1, fabs(old));
        at[k] = old + h;
        double up = f(ctx, at);
        at[k] = old - h;
        want[k] = (up - f(ctx, at)) / (2 * h);
        at[k] = old;
        scale = fmax(scale, fabs(want[k]));
    }
    for (int64_t k = 0; k < n; k++) {
        double off = fabs((double)grad[k] - want[k]);
        if (!(off <= worst)) {
            worst = off;
            where = k;
        }
    }
    int good = worst <= tol * scale || (scale < 1e-9 && worst < 1e-9);
    ok(good, "%s: gradient of %lld elements (off by %.1e of %.1e)", what,
        (long long)n, worst, scale);
    if (!good)
        printf("# element %lld: %.9g, should be %.9g\n", (long long)where,
            where < 0 ? 0 : (double)grad[where], where < 0 ? 0 : want[where]);
    free(at);
    free(want);
    return good;
}

#endif
