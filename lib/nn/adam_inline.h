#ifndef STAIR_ADAM_INLINE_H
#define STAIR_ADAM_INLINE_H

#include "lib/base/fmath.h"
#include "lib/nn/adam.h"

#include <math.h>

/* Adam's arithmetic, written once for adam.c, for the kernels of all
 * instruction sets, and for device code. */

/* adam_scalars */
HD struct adam
adam_inline_scalars(const struct adam_opt *o, int64_t t)
{
    double b1 = o->b1 > 0 ? o->b1 : 0.9, b2 = o->b2 > 0 ? o->b2 : 0.999;
    double rate = o->hold > 0 && t > o->hold
                      ? o->rate * ((double)o->hold / (double)t)
                      : o->rate;
    struct adam a;
    a.coupled = (float)o->coupled;
    a.keep = (float)(1.0 - rate * o->decoupled);
    a.rate = (float)rate;
    a.b1 = (float)b1;
    a.b2 = (float)b2;
    a.a1 = (float)(1.0 - b1);
    a.a2 = (float)(1.0 - b2);
    a.r1 = (float)(1.0 / (1.0 - fm_powi(b1, t)));
    a.r2 = (float)(1.0 / sqrt(1.0 - fm_powi(b2, t)));
    a.eps = 1e-8f;
    return a;
}

/*
 * The update of adam.h on a type T by that type's operations: of one element,
 * or of many in a vector.
 *
 *   name_direction   new moments m and v; returns the direction
 *   name_step        theta after its step along the direction
 */
#define ADAM_INLINE(name, T, SET, FMA, MUL, DIV, SQRT)                         \
    HD T name##_direction(const struct adam *a, T grad, T theta, T *m, T *v)   \
    {                                                                          \
        T g = FMA(SET(a->coupled), theta, grad);                               \
        *m = FMA(SET(a->b1), *m, MUL(SET(a->a1), g));                          \
        *v = FMA(SET(a->b2), *v, MUL(SET(a->a2), MUL(g, g)));                  \
        T root = FMA(SQRT(*v), SET(a->r2), SET(a->eps));                       \
        return DIV(MUL(*m, SET(a->r1)), root);                                 \
    }                                                                          \
    HD T name##_step(const struct adam *a, T theta, T dir)                     \
    {                                                                          \
        return FMA(SET(-a->rate), dir, MUL(theta, SET(a->keep)));              \
    }

#define ADAM_SET(x) (x)
#define ADAM_MUL(x, y) ((x) * (y))
#define ADAM_DIV(x, y) ((x) / (y))
ADAM_INLINE(adam_inline, float, ADAM_SET, fmaf, ADAM_MUL, ADAM_DIV, sqrtf)

#endif
