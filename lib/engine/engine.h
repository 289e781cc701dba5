#ifndef STAIR_ENGINE_H
#define STAIR_ENGINE_H

#include "lib/base/err.h"
#include "lib/la/mat.h"
#include "lib/models/model.h"
#include "lib/rec/graph.h"
#include "lib/rec/sample.h"

#include <stdint.h>

/*
 * The engine holds the parameters and optimiser state of one model and runs
 * training steps. A step, for a batch of B triples (paper, Algorithm 1):
 *
 *   H  = sum_l A~^l E diag(c_l)           forward; the last layer on the
 *                                         batch's rows only
 *   x  = <H_u, H_p> - <H_u, H_n>, loss = mean softplus(-x)
 *   dE = sum_l A~^l dH diag(c_l)          the same operator on the gradient
 *   users: AdamW; items: AdamW with the direction smoothed by
 *          sum_l S~^l (.) diag(c'_l)
 *
 * A model with two bands has vectors [H | w E - H]; a penalty adds the squared
 * norms of the batch's parameters, occurrences counted, to the loss.
 *
 * Both sums are evaluated by Horner's rule, Z_L = c_L E,
 * Z_{l-1} = c_{l-1} E + A~ Z_l, so that one buffer pair is enough.
 *
 * Bytes of the result depend neither on threads nor on the instruction set nor
 * on where a run was interrupted.
 */

struct engine_opt {
    int64_t batch;
    int threads;
    const char *isa; /* kernels by name, NULL: the best for this processor */
    int crews; /* groups of threads, each at a panel of its own; 0: as many
                  as threads and panels allow */
};

/* Seconds spent by the calling thread in each part, since engine_new. */
struct engine_times {
    double sample, forward, scores, backward, adam, smooth, wait;
    int64_t steps;
};

/* Position within training, and what the run has summed up in this epoch. */
struct engine_cursor {
    int64_t epoch; /* epochs finished */
    int64_t step;  /* steps finished within the present epoch */
    int64_t t;     /* optimiser steps finished in all */
    double loss;   /* sum of the triples' losses of the present epoch */
};

struct engine;

/*
 * Takes the model's tables and initial parameters (copied), the user-item graph
 * and, if the model smooths, the item graph. The engine makes its own
 * copies of the graphs; the sampler is borrowed for its life. ERR_RANGE if isa
 * names no kernels of this processor.
 */
int engine_new(struct engine **out, const struct model *m,
    const struct graph *ui, const struct graph *items, struct sampler *s,
    const struct engine_opt *o, struct err *e) ERR_CHECKED;
void engine_free(struct engine *g);

/*
 * Runs steps from the cursor to the end of its epoch, or until *stop becomes
 * non-zero (looked at between steps; may be NULL). Advances the cursor; at the
 * end of the epoch epoch is incremented and step is 0, while loss keeps the
 * epoch's sum until the next call. ERR_NUM names the step and the tensor if a
 * loss is not finite. progress (may be NULL) is called by the calling thread
 * after each step.
 */
int engine_epoch(struct engine *g, struct engine_cursor *c,
    const volatile int *stop, void (*progress)(void *, int64_t, int64_t),
    void *ctx, struct err *e) ERR_CHECKED;

/* ERR_NUM naming the tensor, row and column of the first parameter or moment
 * that is not finite. */
int engine_check(const struct engine *g, int64_t t, struct err *e) ERR_CHECKED;

/* The model's output vectors H for all users and items; user U x w and item
 * I x w, w = bands d, are allocated by the caller. ERR_NOMEM if threads cannot
 * be started. */
int engine_vectors(struct engine *g, struct mat *user, struct mat *item,
    struct err *e) ERR_CHECKED;

/* Parameters (which = 0), first (1) and second (2) moments as row-major
 * matrices of users and items, allocated by the caller. */
void engine_get(
    const struct engine *g, int which, struct mat *user, struct mat *item);
void engine_set(struct engine *g, int which, const struct mat *user,
    const struct mat *item);

struct engine_times engine_times(const struct engine *g);
int64_t engine_steps_per_epoch(const struct engine *g);
int64_t engine_triples(const struct engine *g); /* per epoch */
const char *engine_isa(const struct engine *g);

#endif
