#ifndef STAIR_ENGINE_H
#define STAIR_ENGINE_H

#include "lib/base/err.h"
#include "lib/graph/graph.h"
#include "lib/graph/sample.h"
#include "lib/la/mat.h"
#include "lib/models/poly.h"

#include <stdint.h>

/*
 * An engine holds the parameters and optimiser state of one model and runs
 * training steps. The trainer, checkpoints and tools call it by a table of
 * functions, whatever device computes. All state that the rest of a run depends
 * on is a list of named float32 matrices, so that engines of one model can
 * continue each other's runs.
 *
 * Bytes of the result depend neither on threads nor on where a run was
 * interrupted.
 *
 * The engines of the linear family (struct poly), on the CPU (cpu.h) or a GPU
 * (cuda.h), also give the same bytes for any instruction set and device. Their
 * step, for a batch of B triples (paper, Algorithm 1):
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
 */

struct engine;

/* Seconds spent by the calling thread in each part, since the engine was made.
 */
struct engine_times {
    double sample, forward, scores, backward, adam, smooth, wait;
    int64_t steps;
};

/* Position within training, and the sum of this epoch's losses. */
struct engine_cursor {
    int64_t epoch; /* epochs finished */
    int64_t step;  /* steps finished within the present epoch */
    int64_t t;     /* optimiser steps finished in all */
    double loss;   /* sum of the losses of the present epoch's positives */
};

/* The most tensors of an engine: those that a checkpoint file can hold. */
enum { ENGINE_TENSORS = 1014 };

/* A matrix of the engine's state. */
struct engine_tensor {
    const char *member; /* its name in checkpoints: "m_user" */
    const char *label;  /* for messages: "user first moment" */
    int64_t n, d;
};

enum {
    ENGINE_USER,
    ENGINE_ITEM
}; /* the first two tensors: the parameters of
      users and items, in model files */

/* What an engine does; the functions below document each. When an epoch is over
 * engine_epoch moves the cursor to the next one, not `epoch`. */
struct engine_kind {
    void (*free)(struct engine *g);
    int (*epoch)(struct engine *g, struct engine_cursor *c,
        const volatile int *stop, void (*progress)(void *, int64_t, int64_t),
        void *ctx, struct err *e) ERR_CHECKED;
    int (*vectors)(struct engine *g, struct mat *user, struct mat *item,
        struct err *e) ERR_CHECKED;
    int (*get)(const struct engine *g, int tensor, int64_t first, struct mat *x,
        struct err *e) ERR_CHECKED;
    int (*set)(struct engine *g, int tensor, int64_t first, const struct mat *x,
        struct err *e) ERR_CHECKED;
};

/* The first member of every engine. Callers only read it. */
struct engine {
    const struct engine_kind *kind;
    const struct engine *own; /* this rank's part of an engine that ranks share
                                 (mpi.h), else NULL */
    const char *what;         /* what computes, for people: "avx512" */
    const struct engine_tensor *tensor; /* [tensors] */
    int tensors;
    int64_t width;     /* columns of the output vectors */
    int64_t steps;     /* per epoch */
    int64_t positives; /* per epoch: what a loss is the mean over */
    struct engine_times times;
};

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

/* ERR_NUM naming the tensor, row and column of the first number of the state
 * that is not finite; t optimiser steps were made. */
int engine_check(const struct engine *g, int64_t t, struct err *e) ERR_CHECKED;

/* engine_check for one matrix, which the message calls `what`. */
int engine_check_mat(const struct mat *x, const char *what, int64_t t,
    struct err *e) ERR_CHECKED;

/* The model's output vectors for all users and items, U x width and I x width,
 * allocated by the caller. ERR_NOMEM if threads cannot be started. */
int engine_vectors(struct engine *g, struct mat *user, struct mat *item,
    struct err *e) ERR_CHECKED;

/* A block of rows of one tensor of the state: rows first .. first + x->n - 1,
 * row-major, allocated by the caller. An engine that has only some of the
 * columns (cpu.h) reads or writes these and leaves the others. Of an engine
 * that ranks share (mpi.h) rank 0 gets the whole block. */
int engine_get(const struct engine *g, int tensor, int64_t first, struct mat *x,
    struct err *e) ERR_CHECKED;
int engine_set(struct engine *g, int tensor, int64_t first, const struct mat *x,
    struct err *e) ERR_CHECKED;

/* The rows of that tensor that fill a few megabytes. Whoever passes over the
 * state in such blocks needs memory for one of them. */
int64_t engine_block(const struct engine *g, int tensor);

/* Copies a whole tensor to x, which it allocates and the caller frees. */
int engine_take(const struct engine *g, int tensor, struct mat *x,
    struct err *e) ERR_CHECKED;

/* For engines: the tensors of a model of the linear family: parameters, first
 * and second moments, each of users and of items. */
enum { ENGINE_LINEAR = 6 };
void engine_linear(struct engine_tensor t[ENGINE_LINEAR], int64_t users,
    int64_t items, int64_t d);

/* For engines: ERR_NUM for a loss of step `step` (from 1) of the cursor's epoch
 * that is not finite, naming the tensor that is at fault if one is. */
int engine_bad_loss(const struct engine *g, const struct engine_cursor *c,
    int64_t step, struct err *e) ERR_CHECKED;

/* Like engine_bad_loss, for an error that already names the tensor: prefixes
 * the step. */
int engine_bad_step(const struct engine *g, const struct engine_cursor *c,
    int64_t step, struct err *e) ERR_CHECKED;

#endif
