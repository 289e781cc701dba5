#include "lib/nn/cosine.h"

#include "lib/nn/chunk.h"
#include "lib/nn/loops.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

#define TINY 1e-8

struct job {
    const struct loops *loops;
    const struct mat *x, *y;
    double scale; /* w / B */
    float *dx;
};

static double
cosines(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    int64_t d = j->x->d;
    double sum = 0;
    for (int64_t b = from; b < to; b++) {
        const float *x = j->x->x + b * d, *y = j->y->x + b * d;
        double nx = sqrt(j->loops->dot(d, x, x));
        double ny = fmax(sqrt(j->loops->dot(d, y, y)), TINY);
        double f = 1.0 / (fmax(nx, TINY) * ny);
        double c = j->loops->dot(d, x, y) * f;
        sum += c;
        if (!j->dx)
            continue;
        j->loops->axpy(d, (float)(-j->scale * f), y, j->dx + b * d);
        if (nx > TINY)
            j->loops->axpy(
                d, (float)(j->scale * c / (nx * nx)), x, j->dx + b * d);
    }
    return sum;
}

double
cosine_loss(const struct mat *x, const struct mat *y, double w, struct mat *dx,
    struct exec *exec)
{
    assert(x->n == y->n && x->d == y->d);
    assert(!dx || (dx->n == x->n && dx->d == x->d));
    if (x->n == 0)
        return 0;
    double n = (double)x->n;
    struct job j = {loops_of(exec), x, y, w / n, dx ? dx->x : NULL};
    return w * (1 - chunk_sum(exec, x->n, x->d, cosines, &j) / n);
}
