#include "lib/rec/layers.h"

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
