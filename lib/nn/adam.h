#ifndef STAIR_ADAM_H
#define STAIR_ADAM_H

#include "lib/base/exec.h"

#include <stdint.h>

/*
 * Adam (Kingma and Ba, ICLR 2015) and AdamW (Loshchilov and Hutter, ICLR 2019)
 * on a flat tensor, dense: every element moves at every step, also where the
 * gradient is zero. Per element, in float32 with the fused operations written
 * as fma:
 *   g     = fma(coupled, theta, g)
 *   m     = fma(b1, m, a1 g),    v = fma(b2, v, a2 (g g))
 *   dir   = (m r1) / fma(sqrt v, r2, eps)
 *   theta = fma(-rate, dir, keep theta)
 */
struct adam {
    float coupled; /* Adam's L2: g += coupled * theta */
    float keep;    /* AdamW's decay: theta *= keep, before the step */
    float rate;    /* theta -= rate * direction */
    float b1, b2;  /* moments' decay */
    float a1, a2;  /* 1 - b1, 1 - b2 */
    float r1;      /* 1 / (1 - b1^t) */
    float r2;      /* 1 / sqrt(1 - b2^t) */
    float eps;
};

/* Settings that stay the same from step to step. */
struct adam_opt {
    double rate;
    double coupled;   /* L2 that enters the gradient (Adam) */
    double decoupled; /* decay of theta, times rate (AdamW) */
    double b1, b2;    /* 0: the usual .9 and .999 */
    int64_t hold;     /* steps with the whole rate, which is rate hold / t
                         after them; 0: it stays */
};

/* Scalars of optimiser step t, counted from 1; eps is 1e-8. */
struct adam adam_scalars(const struct adam_opt *o, int64_t t);

/* One step on n elements: theta, m and v (both 0 before the first step) are
 * updated from the gradient g. The same bytes for any thread count and
 * instruction set. */
void adam_step(const struct adam *a, int64_t n, float *theta, float *m,
    float *v, const float *g, struct exec *exec);

#endif
