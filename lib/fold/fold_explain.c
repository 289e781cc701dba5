#include "lib/fold/fold_explain.h"

#include "lib/rank/explain.h"

#include <math.h>

static double
dot(const struct mat *m, int64_t i, const double *y)
{
    const float *x = m->x + i * m->d;
    double sum = 0;
    for (int64_t t = 0; t < m->d; t++)
        sum += (double)x[t] * y[t];
    return sum;
}

/* W h_i, [m->from]. */
static void
pull_back(const struct fold_map *m, const float *vector, double *y)
{
    for (int64_t k = 0; k < m->from; k++) {
        y[k] = 0;
        for (int64_t t = 0; t < m->vector->d; t++)
            y[k] += m->w[k * m->to + t] * (double)vector[t];
    }
}

int
fold_explain_top(const struct fold_map *m, const int32_t *item, int64_t n,
    const float *vector, int k, double *room, int32_t *by, float *part)
{
    int64_t d = m->vector->d, p = m->param ? m->param->d : 0, have = 0;
    int top = 0;
    for (int64_t j = 0; j < n; j++)
        have += m->has[item[j]];
    if (!have)
        return 0;
    pull_back(m, vector, room);
    for (int64_t j = 0; j < n; j++) {
        if (!m->has[item[j]])
            continue;
        double mean = dot(m->vector, item[j], room);
        double root = dot(m->vector, item[j], room + d + p);
        if (p)
            mean += dot(m->param, item[j], room + d);
        float x = (float)(mean / (double)have + root / sqrt((double)have));
        top = explain_put(x, item[j], top, k, by, part);
    }
    return top;
}
