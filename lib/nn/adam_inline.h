#ifndef STAIR_ADAM_INLINE_H
#define STAIR_ADAM_INLINE_H

#include "lib/base/fmath.h"
#include "lib/nn/adam.h"

/* The body of adam_scalars, for adam.c and device code. */
HD struct adam
adam_inline_scalars(const struct adam_opt *o, int64_t t)
{
    double b1 = o->b1 > 0 ? o->b1 : 0.9, b2 = o->b2 > 0 ? o->b2 : 0.999;
    struct adam a;
    a.coupled = (float)o->coupled;
    a.keep = (float)(1.0 - o->rate * o->decoupled);
    a.rate = (float)o->rate;
    a.b1 = (float)b1;
    a.b2 = (float)b2;
    a.a1 = (float)(1.0 - b1);
    a.a2 = (float)(1.0 - b2);
    a.r1 = (float)(1.0 / (1.0 - fm_powi(b1, t)));
    a.r2 = (float)(1.0 / sqrt(1.0 - fm_powi(b2, t)));
    a.eps = 1e-8f;
    return a;
}

#endif
