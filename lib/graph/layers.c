#include "lib/graph/layers.h"

#include "lib/base/fmath.h"

static double
beta(int64_t j, int64_t d, double gamma)
{
    return 0.9 * (1.0 - fm_pow((double)j / (double)d, gamma));
}

/* beta^l (1 - beta) / (1 - beta^(L+1)) for all l; beta in [0, 1). */
static void
geometric(float *c, int64_t j, int64_t d, int layers, double b)
{
    double scale = (1.0 - b) / (1.0 - fm_powi(b, layers + 1));
    for (int l = 0; l <= layers; l++)
        c[l * d + j] = (float)(fm_powi(b, l) * scale);
}

void
layers_forward(float *c, int64_t d, int layers, double gamma)
{
    for (int64_t j = 0; j < d; j++)
        geometric(c, j, d, layers, beta(j, d, gamma));
}

void
layers_backward(float *c, int64_t d, int layers, double gamma)
{
    for (int64_t j = 0; j < d; j++)
        geometric(c, j, d, layers, 1.0 - beta(j, d, gamma));
}

void
layers_uniform(float *c, int64_t d, int layers)
{
    for (int64_t k = 0; k < (layers + 1) * d; k++)
        c[k] = (float)(1.0 / (layers + 1));
}

void
layers_identity(float *c, int64_t d, int layers)
{
    for (int64_t k = 0; k < (layers + 1) * d; k++)
        c[k] = k < d ? 1.0f : 0.0f;
}

void
layers_jacobi(float *c, int64_t d, int layers, double a, double b, double s)
{
    enum { N = LAYERS_JACOBI_MAX + 1 };
    double x = 1.0 / s < 1.0 ? 1.0 / s : 1.0;
    double g = s * (1.0 - 2.0 / (fm_exp(2.0 * x) + 1.0)); /* s tanh x */
    double p[N][N] = {{0}}; /* p[l][k]: coefficient of A^k in P_l */
    p[0][0] = 1.0;
    p[1][0] = (a - b) / 2.0;
    p[1][1] = (a + b + 2.0) / 2.0;
    for (int l = 2; l <= layers; l++) {
        double t = 2.0 * l + a + b;
        double c0 = 2.0 * l * (l + a + b) * (t - 2.0);
        double c1 = (t - 1.0) * (a * a - b * b);
        double c2 = (t - 1.0) * t * (t - 2.0);
        double c3 = 2.0 * (l + a - 1.0) * (l + b - 1.0) * t;
        for (int k = 0; k <= l; k++)
            p[l][k] = (c2 * (k ? p[l - 1][k - 1] : 0.0) + c1 * p[l - 1][k] -
                          c3 * p[l - 2][k]) /
                      c0;
    }
    for (int k = 0; k <= layers; k++) {
        double sum = 0;
        for (int l = k; l <= layers; l++)
            sum += fm_powi(g, l + 1) * p[l][k];
        for (int64_t j = 0; j < d; j++)
            c[k * d + j] = (float)(sum / (layers + 1));
    }
}
