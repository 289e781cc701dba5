#ifndef STAIR_CRITIC_PRIV_H
#define STAIR_CRITIC_PRIV_H

#include "lib/models/mmssl/critic.h"

/* Calls of the critic within a step, each with masks of its own. */
enum critic_call { CRITIC_REAL, CRITIC_FAKE, CRITIC_MIX, CRITIC_GENERATOR };

static const double critic_drop[2] = {0.31, 0.5};
static const double critic_weight = 0.3; /* of the gradient penalty */

/* c->l.xh[0] = Z1 on entry. Fills the layers; returns mean D. */
double critic_forward(struct critic *c, enum critic_call call, uint32_t t);

/* z3 = f a3, where f is the factor of mean D in the loss, divided by M. */
void critic_output(struct critic *c, double f);

/*
 * From c->l.z3 back to c->l.d[0] = bar(Z1). second: adjoints of the penalty
 * enter, see critic_penalty. weights: gradients of all but W1 are added to
 * c->grad.
 */
void critic_backward(struct critic *c, int second, int weights);

/*
 * The gradient penalty at the call that the layers hold: returns its value,
 * the mean norm in *norm; W1's own gradient is c->p (to be multiplied with W1),
 * those of other weights are added to c->grad, z3's is added to c->l.z3, and
 * the normalisations' adjoints wait in ay and rb. scratch is M x h1.
 */
double critic_penalty(struct critic *c, struct mat *scratch, double *norm);

/* Rows of activations on all threads: f on rows from..to-1. */
void critic_rows(const struct critic *c, int64_t width,
    void (*f)(void *ctx, int64_t from, int64_t to), void *ctx);

#endif
