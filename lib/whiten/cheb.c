#include "lib/whiten/cheb.h"

#include "lib/base/mem.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_DEGREE = 15 };
static const double most = 1e6;

int
cheb_plan(struct cheb *c, double low, double high, double top)
{
    c->degree = 1;
    c->centre = 0.5 * (low + high);
    c->half = 0.5 * (high - low);
    if (!(top > high) || !(c->half > 1e-6 * (top - high)))
        return 1;
    double rate = acosh((top - c->centre) / c->half);
    double k = acosh(most) / rate;
    while (c->degree + 2 <= MAX_DEGREE && c->degree + 2 <= k)
        c->degree += 2;
    return c->degree;
}

int
cheb_apply(void *ctx, int64_t m, const double *x, double *y, struct err *e)
{
    struct cheb *c = ctx;
    int64_t count = c->n * m;
    double *before = mem_new(count, sizeof *before, e);
    double *now = mem_new(count, sizeof *now, e);
    int rc = before && now ? 0 : ERR_NOMEM;
    double f = 1.0 / c->half;
    for (int64_t i = 0; !rc && i < count; i++)
        now[i] = x[i];
    for (int k = 0; !rc && k < c->degree; k++) {
        rc = c->apply(c->ctx, m, now, y, e);
        c->products++;
        if (rc)
            break;
        if (k == 0)
            for (int64_t i = 0; i < count; i++)
                y[i] = f * (y[i] - c->centre * now[i]);
        else
            for (int64_t i = 0; i < count; i++)
                y[i] = 2.0 * f * (y[i] - c->centre * now[i]) - before[i];
        double *swap = before;
        before = now;
        now = swap;
        if (k + 1 < c->degree)
            for (int64_t i = 0; i < count; i++)
                now[i] = y[i];
    }
    free(before);
    free(now);
    return rc;
}

double
cheb_inverse(const struct cheb *c, double t)
{
    double x = t > 1.0 ? cosh(acosh(t) / c->degree) : 1.0;
    return c->centre + c->half * x;
}

double
cheb_slope(const struct cheb *c, double t)
{
    double value = cheb_inverse(c, t);
    return (t - 1.0) / (value - (c->centre - c->half));
}
