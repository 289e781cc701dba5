#ifndef STAIR_BLEND_H
#define STAIR_BLEND_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/csr.h"
#include "lib/rank/scorer.h"

/*
 * Chooses the weights of a blend (scorer_blend) by the NDCG@20 of its lists on
 * held-out items.
 *
 * First each part is ranked alone, and the best one, or the first of equals,
 * gets the weight 1. Then the other parts are taken in order. Each gets the
 * best of the weights in blend_grid, or the smallest of equals, while all
 * others stay as they are. So a part that does not help gets 0. With more than
 * two parts this is repeated until nothing changes, BLEND_ROUNDS times at most.
 * So the blend is never worse on these items than its best part. All weights of
 * a part are tried in one pass (blend_line.h).
 */
enum { BLEND_GRID = 19, BLEND_ROUNDS = 4 };
extern const double blend_grid[BLEND_GRID]; /* ascending, from 0 */

struct blend_opt {
    const struct csr *target; /* U x I, the held-out items */
    const struct csr *mask;   /* U x I, items that are not ranked */
    struct exec *exec;
    /* Called for each set of weights that is tried; may be NULL. */
    void (*tried)(void *ctx, const double *weight, int parts, double value);
    void *ctx;
};

/*
 *   part    [parts], 1 .. SCORER_PARTS, none is a blend
 *   weight  [parts], written
 *   value   NDCG@20 of the blend with them
 *
 * The same for any exec and machine. ERR_RANGE if no user has targets, for
 * which the caller has a better sentence; other errors as scorer_blend and
 * metrics_run.
 */
int blend_fit(const struct scorer *part, int parts, const struct blend_opt *o,
    double *weight, double *value, struct err *e) ERR_CHECKED;

#endif
