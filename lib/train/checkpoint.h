#ifndef STAIR_CHECKPOINT_H
#define STAIR_CHECKPOINT_H

#include "lib/base/err.h"
#include "lib/data/dataset.h"
#include "lib/engine/engine.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * A training run on disk: everything that the rest of the run depends on, in
 * row-major matrices, so that engines can exchange it. It is also a model file:
 * user and item are the best vectors so far. Members: name, run, counters
 * (i8), numbers (f8), user_ids, item_ids, user, item, user_param, item_param
 * (the best), then the engine's tensors by their names.
 */
struct checkpoint_tensor {
    char *name;
    struct mat x;
};

struct checkpoint {
    char *name; /* the model's; owned */
    char *run;  /* options and input identities, one per line; owned */
    struct engine_cursor cursor;
    int64_t evaluated;   /* epoch label of the last evaluation, -1: none */
    int64_t reported;    /* epoch label of the last report, -1: none */
    int64_t best_epoch;  /* -1: none yet */
    int64_t worse;       /* evaluations since the best one */
    double best;         /* valid NDCG@20 there */
    struct mat vec[2];   /* best output vectors: user, item */
    struct mat param[2]; /* best parameters */
    struct checkpoint_tensor *state; /* [tensors] as read */
    int tensors;
    const struct dataset *data; /* borrowed: its ids are written; or NULL */
};

/* Members that are none of the engine's tensors, history.txt among them. */
enum { CHECKPOINT_MEMBERS = 11 };

/* Writes c and the present state of g atomically, with the history text. Holds
 * one block of a tensor in memory at a time; c->state is not looked at. */
int checkpoint_write(const char *path, const struct checkpoint *c,
    const struct engine *g, const char *history, struct err *e) ERR_CHECKED;

/* Reads and verifies a checkpoint; values must be finite. h receives the
 * provenance unless it is NULL. */
int checkpoint_read(const char *path, struct checkpoint *c, struct hist *h,
    struct err *e) ERR_CHECKED;

/*
 * 0 if both describe the same run; else ERR_FORMAT with the first difference
 * named. Lines are "--option=value" or "role:crc"; lines that start with
 * --epochs= may differ.
 */
int checkpoint_same_run(const struct checkpoint *c, const char *run,
    const char *path, struct err *e) ERR_CHECKED;

/* Copies the state that was read into g and frees it. Tensors and vectors of g
 * must have the same names and shapes. path is for messages. ERR_RANGE names a
 * counter that no run of g can reach. */
int checkpoint_restore(struct checkpoint *c, struct engine *g, const char *path,
    struct err *e) ERR_CHECKED;

void checkpoint_free(struct checkpoint *c);

#endif
