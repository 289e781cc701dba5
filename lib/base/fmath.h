#ifndef STAIR_FMATH_H
#define STAIR_FMATH_H

#include "lib/base/hd.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/*
 * exp, log and others from IEEE additions, multiplications and explicit fma
 * only. They give the same bits with every compiler, C library, processor and
 * GPU, which libm does not promise. Their relative error is about 1e-15, far
 * below that of the floats in which results end. They stand in a header so that
 * device code compiles the same lines.
 */

/* x - k ln 2, for k near x / ln 2. */
HD double
fm_exp_rest(double x, double k)
{
    double r = fma(-k, 6.93147180369123816490e-01, x);
    return fma(-k, 1.90821492927058770002e-10, r);
}

/* The Taylor series of e^r. p is the sum of its terms from r^12 on, divided by
 * r^12. */
HD double
fm_exp_series(double p, double r)
{
    p = fma(p, r, 1.0 / 39916800.0);
    p = fma(p, r, 1.0 / 3628800.0);
    p = fma(p, r, 1.0 / 362880.0);
    p = fma(p, r, 1.0 / 40320.0);
    p = fma(p, r, 1.0 / 5040.0);
    p = fma(p, r, 1.0 / 720.0);
    p = fma(p, r, 1.0 / 120.0);
    p = fma(p, r, 1.0 / 24.0);
    p = fma(p, r, 1.0 / 6.0);
    p = fma(p, r, 0.5);
    p = fma(p, r, 1.0);
    return fma(p, r, 1.0);
}

/* e^x. Beyond +-708 the result is that of +-708; NaN stays NaN. */
HD double
fm_exp(double x)
{
    if (!(x == x))
        return x;
    if (x > 708.0)
        x = 708.0;
    if (x < -708.0)
        x = -708.0;
    double k = floor(fma(x, 1.4426950408889634, 0.5));
    double r = fm_exp_rest(x, k);
    /* Taylor to r^13, |r| <= ln2/2: remainder below 4e-18 */
    double p = fm_exp_series(fma(1.0 / 6227020800.0, r, 1.0 / 479001600.0), r);
    uint64_t bits = (uint64_t)((int64_t)k + 1023) << 52;
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

/* Natural logarithm of a positive normal number. */
HD double
fm_log(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int64_t k = (int64_t)(bits >> 52) - 1023;
    bits = (bits & 0xFFFFFFFFFFFFFull) | (uint64_t)1023 << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        k++;
    }
    /* log m = 2 atanh(s), s = (m-1)/(m+1), |s| < 0.1716: terms to s^21 */
    double s = (m - 1.0) / (m + 1.0), z = s * s;
    double p = 1.0 / 21.0;
    p = fma(p, z, 1.0 / 19.0);
    p = fma(p, z, 1.0 / 17.0);
    p = fma(p, z, 1.0 / 15.0);
    p = fma(p, z, 1.0 / 13.0);
    p = fma(p, z, 1.0 / 11.0);
    p = fma(p, z, 1.0 / 9.0);
    p = fma(p, z, 1.0 / 7.0);
    p = fma(p, z, 1.0 / 5.0);
    p = fma(p, z, 1.0 / 3.0);
    double t = 2.0 * s;
    double small = fma((double)k, 1.90821492927058770002e-10, t * z * p);
    return fma((double)k, 6.93147180369123816490e-01, t + small);
}

/* log(1 + x) for x >= 0. */
HD double
fm_log1p(double x)
{
    double u = 1.0 + x;
    double lost = x - (u - 1.0); /* exactly what 1 + x lost in rounding */
    return fm_log(u) + lost / u;
}

/* x^y for x >= 0 (0^y = 0 for y > 0, x^0 = 1). */
HD double
fm_pow(double x, double y)
{
    if (y == 0.0)
        return 1.0;
    if (x == 0.0)
        return 0.0;
    return fm_exp(y * fm_log(x));
}

/* x^n for n >= 0 by repeated squaring. */
HD double
fm_powi(double x, int64_t n)
{
    double r = 1.0;
    for (; n > 0; n >>= 1) {
        if (n & 1)
            r *= x;
        x *= x;
    }
    return r;
}

/* softplus(y) = log(1 + e^y), without overflow. */
HD double
fm_softplus(double y)
{
    return (y > 0.0 ? y : 0.0) + fm_log1p(fm_exp(-fabs(y)));
}

/* sigma(x) = 1 / (1 + e^-x), without overflow. */
HD double
fm_sigmoid(double x)
{
    double t = fm_exp(-fabs(x));
    return x >= 0.0 ? 1.0 / (1.0 + t) : t / (1.0 + t);
}

#endif
