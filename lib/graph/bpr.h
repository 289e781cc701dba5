#ifndef STAIR_BPR_H
#define STAIR_BPR_H

#include "lib/base/fmath.h"

/*
 * Bayesian personalised ranking on x = s+ - s-: the loss of one triple is
 * softplus(-x) = -log sigma(x), of a batch the mean over its B triples.
 * Returns the loss; *coef gets d(batch loss)/ds+ = -sigma(-x) / B (and
 * d/ds- = -coef), rounded to float.
 */
HD double
bpr_triple(double x, int64_t batch, float *coef)
{
    *coef = (float)(-fm_sigmoid(-x) / (double)batch);
    return fm_softplus(-x);
}

#endif
