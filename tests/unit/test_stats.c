/* lib/stat/stats: closed forms of the t distribution, symmetries, moments. */
#include "lib/base/rng.h"
#include "lib/stat/stats.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int
near(double a, double b, double relative)
{
    return fabs(a - b) <= relative * fabs(b);
}

/* Odd degrees of freedom end in an arc tangent, even ones in a root. */
static void
test_closed_forms(void)
{
    static const double t[] = {1e-6, 0.01, 0.3, 1, 1.5, 2.776, 12, 1e3, 1e8};
    int one = 1, two = 1, four = 1, sign = 1;
    for (int i = 0; i < 9; i++) {
        double q = t[i] * t[i];
        one &= near(stats_t_p(t[i], 1), 2 / M_PI * atan2(1, t[i]), 1e-12);
        double lost = 2 / (sqrt(2 + q) * (sqrt(2 + q) + t[i]));
        two &= near(stats_t_p(t[i], 2), lost, 1e-12);
        double c = t[i] / sqrt(4 + q);
        if (t[i] < 100)
            four &= near(stats_t_p(t[i], 4), 1 - c * (3 - c * c) / 2, 1e-9);
        sign &= !(stats_t_p(t[i], 7) != stats_t_p(-t[i], 7));
    }
    ok(one, "one degree of freedom is Cauchy's distribution");
    ok(two, "two degrees of freedom");
    ok(four, "four degrees of freedom");
    ok(sign, "two-sided");
    ok(near(stats_t_p(1.959963984540054, 1e9), 0.05, 1e-7),
        "many degrees of freedom are the normal distribution: %.12g",
        stats_t_p(1.959963984540054, 1e9));
    ok(!(stats_t_p(0, 3) < 1) && stats_t_p(INFINITY, 3) < 1e-300,
        "the ends of the distribution");
}

static void
test_beta(void)
{
    int symmetric = 1, power = 1;
    for (int i = 0; i < 200; i++) {
        double a = 0.05 + 60 * rng_uniform(1, RNG_TEST, 0, (uint64_t)i, 0);
        double b = 0.05 + 60 * rng_uniform(1, RNG_TEST, 1, (uint64_t)i, 0);
        double x = rng_uniform(1, RNG_TEST, 2, (uint64_t)i, 0);
        double sum = stats_beta(a, b, x) + stats_beta(b, a, 1 - x);
        symmetric &= fabs(sum - 1) < 1e-12;
        power &= near(stats_beta(a, 1, x), pow(x, a), 1e-11);
    }
    ok(symmetric, "I_x(a, b) + I_1-x(b, a) = 1");
    ok(power, "I_x(a, 1) = x^a");
    ok(!(stats_beta(2, 3, 0) > 0) && !(stats_beta(2, 3, 1) < 1),
        "I_0 = 0 and I_1 = 1");
    ok(near(stats_beta(2, 3, 0.5), 0.6875, 1e-14), "I_.5(2, 3) = 11/16");
}

static void
test_tests(void)
{
    static const double a[] = {3, 4, 5, 6}, b[] = {1, 3, 2, 6};
    struct stats_moments m = stats_moments(a, 4), w = stats_moments(b, 4);
    ok(near(m.mean, 4.5, 1e-15) && near(m.sd, sqrt(5.0 / 3), 1e-15),
        "mean and standard deviation");
    /* differences 2 1 3 0: mean 1.5, sd sqrt(5/3) */
    struct stats_test t = stats_paired(a, b, 4);
    ok(t.defined && near(t.t, 1.5 / sqrt(5.0 / 12), 1e-14) &&
            near(t.df, 3, 1e-15),
        "paired t");
    struct stats_test u = stats_welch(&m, &w);
    double va = 5.0 / 3 / 4, vb = 14.0 / 3 / 4;
    ok(u.defined && near(u.t, 1.5 / sqrt(va + vb), 1e-14) &&
            near(u.df, (va + vb) * (va + vb) / (va * va / 3 + vb * vb / 3),
                1e-14),
        "Welch's t and degrees of freedom");
    struct stats_moments one = stats_moments(a, 1), none = stats_moments(a, 0);
    ok(!stats_paired(a, a, 4).defined && !stats_paired(a, b, 1).defined &&
            !stats_welch(&one, &m).defined && !(one.sd > 0) && none.n == 0,
        "nothing to test without spread or with one value");
}

static void
test_correlation(void)
{
    enum { N = 50, D = 4 };
    float x[N * D], y[N * D];
    struct mat a = {N, D, x}, b = {N, D, y};
    for (int i = 0; i < N * D; i++) {
        x[i] = (float)rng_normal(1, RNG_TEST, 5, (uint64_t)i, 0);
        y[i] = i % D == 0 ? 2 * x[i] + 3 : i % D == 1 ? -x[i] : x[i];
    }
    ok(near(stats_column_correlation(&a, &b), 0.5, 1e-6),
        "the mean over columns of 1, -1, 1, 1");
    ok(near(stats_column_correlation(&a, &a), 1, 1e-12), "1 with itself");
    for (int i = 0; i < N; i++)
        y[i * D + 1] = 7;
    ok(near(stats_column_correlation(&a, &b), 1, 1e-6),
        "constant columns do not count");
    memset(y, 0, sizeof y);
    ok(!(fabs(stats_column_correlation(&a, &b)) > 0), "0 if all are constant");
}

int
main(void)
{
    test_closed_forms();
    test_beta();
    test_tests();
    test_correlation();
    return done();
}
