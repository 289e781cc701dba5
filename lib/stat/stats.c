#include "lib/stat/stats.h"

#include "lib/base/fmath.h"

#include <assert.h>
#include <math.h>

struct stats_moments
stats_moments(const double *x, int64_t n)
{
    struct stats_moments m = {.n = n};
    if (n == 0)
        return m;
    double sum = 0, square = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i];
    m.mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++)
        square += (x[i] - m.mean) * (x[i] - m.mean);
    if (n > 1)
        m.sd = sqrt(square / (double)(n - 1));
    return m;
}

struct stats_test
stats_paired(const double *a, const double *b, int64_t n)
{
    struct stats_test s = {0};
    double sum = 0, square = 0;
    if (n < 2)
        return s;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] - b[i];
    double mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++)
        square += (a[i] - b[i] - mean) * (a[i] - b[i] - mean);
    s.df = (double)(n - 1);
    double error = sqrt(square / s.df / (double)n);
    if (!(error > 0))
        return s;
    s.defined = 1;
    s.t = mean / error;
    s.p = stats_t_p(s.t, s.df);
    return s;
}

struct stats_test
stats_welch(const struct stats_moments *a, const struct stats_moments *b)
{
    struct stats_test s = {0};
    if (a->n < 2 || b->n < 2)
        return s;
    double va = a->sd * a->sd / (double)a->n;
    double vb = b->sd * b->sd / (double)b->n;
    if (!(va + vb > 0))
        return s;
    /* of the shares, so that tiny variances do not underflow when squared */
    double ra = va / (va + vb), rb = vb / (va + vb);
    s.defined = 1;
    s.t = (a->mean - b->mean) / sqrt(va + vb);
    s.df = 1 / (ra * ra / (double)(a->n - 1) + rb * rb / (double)(b->n - 1));
    s.p = stats_t_p(s.t, s.df);
    return s;
}

/* log Gamma(x) - [(x - 1/2) log x - x + log(2 pi)/2] for x >= 10: Stirling's
 * series, the first term left out is below 1e-17. */
static double
stirling_rest(double x)
{
    static const double c[] = {1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680,
        1.0 / 1188, -691.0 / 360360, 1.0 / 156, -3617.0 / 122400};
    double z = 1 / (x * x), s = 0;
    for (int i = 7; i >= 0; i--)
        s = s * z + c[i];
    return s / x;
}

/* log B(a, b). The large terms of the three logarithms of Gamma are cancelled
 * by hand: for a = 1e4 they would cost five digits. */
static double
log_beta(double a, double b)
{
    static const double half_log_2pi = 0.91893853320467274178;
    double below = 1; /* B(x,y) = B(x+1,y) (x+y)/x */
    while (a < 10) {
        below *= (a + b) / a;
        a += 1;
    }
    while (b < 10) {
        below *= (a + b) / b;
        b += 1;
    }
    double log_a = -fm_log1p(b / a), log_b = -fm_log1p(a / b);
    return fm_log(below) + (a - 0.5) * log_a + b * log_b + half_log_2pi -
           0.5 * fm_log(b) + stirling_rest(a) + stirling_rest(b) -
           stirling_rest(a + b);
}

/* The continued fraction of I_x(a, b), fast for x < (a + 1) / (a + b + 2). */
static double
fraction(double a, double b, double x)
{
    static const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double h = d;
    for (int m = 1; m < 100000; m++) {
        double k = m;
        for (int odd = 0; odd < 2; odd++) {
            double e = odd ? -(a + k) * (a + b + k) * x /
                                 ((a + 2 * k) * (a + 2 * k + 1))
                           : k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k));
            d = 1 + e * d;
            c = 1 + e / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            h *= d * c;
        }
        if (fabs(d * c - 1) < 1e-15)
            break;
    }
    return h;
}

/* I_x(a, b) with y = 1 - x given apart, since one of them may be tiny. */
static double
beta(double a, double b, double x, double y)
{
    if (!(x > 0))
        return 0;
    if (!(y > 0))
        return 1;
    double front =
        fm_exp(-a * fm_log1p(y / x) - b * fm_log1p(x / y) - log_beta(a, b));
    if (x < (a + 1) / (a + b + 2))
        return front * fraction(a, b, x) / a;
    return 1 - front * fraction(b, a, y) / b;
}

double
stats_beta(double a, double b, double x)
{
    assert(a > 0 && b > 0);
    return beta(a, b, x, 1 - x);
}

double
stats_t_p(double t, double df)
{
    assert(df > 0);
    double q = t * t;
    if (!isfinite(q))
        return 0;
    return beta(df / 2, 0.5, df / (df + q), q / (df + q));
}

/* Pearson's correlation of column j, or 0 with *counts = 0. */
static double
correlation(const struct mat *a, const struct mat *b, int64_t j, int *counts)
{
    double ma = 0, mb = 0, saa = 0, sbb = 0, sab = 0;
    for (int64_t i = 0; i < a->n; i++) {
        ma += (double)a->x[i * a->d + j];
        mb += (double)b->x[i * b->d + j];
    }
    ma /= (double)a->n;
    mb /= (double)a->n;
    for (int64_t i = 0; i < a->n; i++) {
        double x = (double)a->x[i * a->d + j] - ma;
        double y = (double)b->x[i * b->d + j] - mb;
        saa += x * x;
        sbb += y * y;
        sab += x * y;
    }
    *counts = saa > 0 && sbb > 0;
    return *counts ? sab / (sqrt(saa) * sqrt(sbb)) : 0;
}

double
stats_column_correlation(const struct mat *a, const struct mat *b)
{
    assert(a->n == b->n && a->d == b->d);
    double sum = 0;
    int64_t columns = 0;
    for (int64_t j = 0; j < a->d; j++) {
        int counts;
        sum += correlation(a, b, j, &counts);
        columns += counts;
    }
    return columns ? sum / (double)columns : 0;
}
