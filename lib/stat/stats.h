#ifndef STAIR_STATS_H
#define STAIR_STATS_H

#include "lib/la/mat.h"

#include <stdint.h>

/*
 * Means, spreads and t-tests. Sums run left to right in double with our own
 * logarithm and exponential: the same bytes on any machine.
 */
struct stats_moments {
    int64_t n;
    double mean;
    double sd; /* with n - 1; 0 for n < 2 */
};

/* Two passes: mean, then squared distances from it. n = 0 gives zeros. */
struct stats_moments stats_moments(const double *x, int64_t n);

/*
 * A t-test of "the means are equal". defined is 0 where there is nothing to
 * test: fewer than two values, or no spread at all. p is two-sided, from the t
 * distribution itself, not an approximation of it. Of a p below 1e-300 only
 * that is known.
 */
struct stats_test {
    int defined;
    double t, df, p;
};

/* Paired: t = mean(a - b) / (sd(a - b) / sqrt(n)), n - 1 degrees of freedom. */
struct stats_test stats_paired(const double *a, const double *b, int64_t n);

/* Welch: unequal variances, Satterthwaite's degrees of freedom. */
struct stats_test stats_welch(
    const struct stats_moments *a, const struct stats_moments *b);

/* P(|T| >= |t|) for Student's T with df > 0 degrees of freedom. */
double stats_t_p(double t, double df);

/*
 * Regularised incomplete beta function I_x(a, b), a, b > 0, x in [0, 1], by
 * Lentz's evaluation of its continued fraction. Relative error about 1e-12 for
 * a and b up to 1e6.
 */
double stats_beta(double a, double b, double x);

/*
 * The mean over columns of Pearson's correlation of a's and b's column; both
 * [n][d]. Columns that are constant in a or b do not count; 0 if none does.
 * Paper, Fig. 5: how much of its start an embedding still knows.
 */
double stats_column_correlation(const struct mat *a, const struct mat *b);

#endif
