#ifndef STAIR_FOLD_MODEL_H
#define STAIR_FOLD_MODEL_H

#include "lib/base/exec.h"
#include "lib/fold/fold_items.h"
#include "lib/fold/fold_map.h"
#include "lib/fold/fold_plan.h"
#include "lib/la/csr.h"
#include "lib/rank/ranker.h"

#include <stdint.h>

struct fold_opt {
    const struct csr *graph; /* of today's items, symmetric; NULL: none */
    double boost;            /* see fold_items.h */
    int all_users;           /* 1: kept users get vectors by the map, too */
    struct exec *exec;
};

/* How many items without a row of their own got vectors, by which way, and how
 * many users have none. */
struct fold_count {
    int64_t near, mapped, none; /* items: see enum fold_state */
    int64_t empty;              /* users without a vector */
};

/*
 * Turns the vectors, and the parameters if there are any, of a model into those
 * for plan's dataset. Rows that the plan keeps are copied. Another item gets
 * its vector from its neighbours in the graph (fold_items.h), or without any
 * from the users who have it (fold_map.h), or else 0. Then the other users get
 * theirs from their items, by a map that is fitted to the users who are kept,
 * or to all whom the model has if none is kept. If no item of a user has a
 * vector, a user who changed keeps the row and a new one gets 0.
 *
 *   state  [items] enum fold_state, written
 *
 * Needs blas_reserve. Bytes do not depend on exec. ERR_SHAPE if the model's
 * rows are not those of the plan, ERR_NUM, ERR_NOMEM; r is as before then.
 */
int fold_model(struct ranker_part *r, const struct fold_plan *plan,
    const struct fold_opt *o, unsigned char *state, struct fold_count *count,
    struct err *e) ERR_CHECKED;

/*
 * Fits the map (fold_map.h) of r's users, whose interactions are train, to
 * serve users whom r lacks. The map borrows the item vectors and parameters of
 * r. Freed with fold_map_free. ERR_SHAPE unless train is users x items of r.
 */
int fold_model_map(struct fold_map *m, const struct ranker_part *r,
    const struct csr *train, struct exec *exec, struct err *e) ERR_CHECKED;

/* The vectors that the map makes of users' history; 0 for a user none of whose
 * items has a vector. The caller frees user; it is empty after an error.
 * ERR_NOMEM. */
int fold_model_users(struct mat *user, const struct fold_map *m,
    const struct csr *history, struct exec *exec, struct err *e) ERR_CHECKED;

/* Replaces the vectors of r's users by those of fold_model_users, and frees the
 * users' parameters. */
int fold_model_serve(struct ranker_part *r, const struct fold_map *m,
    const struct csr *history, struct exec *exec, struct err *e) ERR_CHECKED;

/* fold_model for a graph of items: keeps the entries between items that the
 * dataset has. New items have none. ERR_NOMEM. */
int fold_model_graph(struct ranker_part *r, const struct fold_plan *plan,
    struct err *e) ERR_CHECKED;

#endif
