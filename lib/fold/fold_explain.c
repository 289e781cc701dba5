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

/* W (h_i - less), [m->from]; less NULL: 0. */
static void
pull_back(const struct fold_map *m, const float *vector, const double *less,
    double *y)
{
    for (int64_t k = 0; k < m->from; k++) {
        y[k] = 0;
        for (int64_t t = 0; t < m->vector->d; t++)
            y[k] += m->w[k * m->to + t] *
                    (less ? (double)vector[t] - less[t] : (double)vector[t]);
    }
}

static int64_t
count_vectors(const struct fold_map *m, const int32_t *item, int64_t n)
{
    int64_t have = 0;
    for (int64_t j = 0; j < n; j++)
        have += m->has[item[j]];
    return have;
}

/* The part of an item that has a vector, one of n; y is from pull_back. */
static double
part_of(const struct fold_map *m, int32_t item, int64_t n, const double *y)
{
    int64_t d = m->vector->d, p = m->param ? m->param->d : 0;
    double mean = dot(m->vector, item, y);
    double root = dot(m->vector, item, y + d + p);
    if (p)
        mean += dot(m->param, item, y + d);
    return mean / (double)n + root / sqrt((double)n);
}

int
fold_explain_top(const struct fold_map *m, const int32_t *item, int64_t n,
    const float *vector, int k, double *room, int32_t *by, float *part)
{
    int64_t have = count_vectors(m, item, n);
    int top = 0;
    if (have)
        pull_back(m, vector, NULL, room);
    for (int64_t j = 0; j < n; j++)
        if (m->has[item[j]])
            top = explain_put((float)part_of(m, item[j], have, room), item[j],
                top, k, by, part);
    return top;
}

void
fold_explain_add(const struct fold_map *m, const int32_t *item, int64_t n,
    const float *vector, const double *mean, double factor, double *room,
    double *part)
{
    int64_t have = count_vectors(m, item, n);
    if (have)
        pull_back(m, vector, mean, room);
    for (int64_t j = 0; j < n; j++)
        if (m->has[item[j]])
            part[j] += factor * part_of(m, item[j], have, room);
}
