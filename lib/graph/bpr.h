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

/*
 * One positive beside n negatives, x_k = s+ - s-_k: the loss is
 *   log(1 + sum_k e^-x_k) = -log(e^s+ / (e^s+ + sum_k e^s-_k)),
 * of a batch the mean over its positives; with one negative it is that of
 * bpr_triple, bit by bit. x[0] becomes the loss and the others 0; coef[k] gets
 * d(batch loss)/dx_k, rounded to float.
 */
HD void
bpr_group(double *x, int64_t n, int64_t positives, float *coef)
{
    if (n == 1) { /* the same, but for e^0 and log 1 */
        x[0] = bpr_triple(x[0], positives, coef);
        return;
    }
    double top = -x[0], sum = 0;
    for (int64_t k = 1; k < n; k++)
        if (-x[k] > top)
            top = -x[k];
    for (int64_t k = 0; k < n; k++) {
        x[k] = fm_exp(-x[k] - top);
        sum += x[k];
    }
    double y = top + fm_log(sum); /* e^y = sum_k e^-x_k */
    for (int64_t k = 0; k < n; k++) {
        coef[k] = (float)(-fm_sigmoid(y) * (x[k] / sum) / (double)positives);
        x[k] = 0;
    }
    x[0] = fm_softplus(y);
}

#endif
