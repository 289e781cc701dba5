#ifndef STAIR_BLEND_H
#define STAIR_BLEND_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/csr.h"
#include "lib/rank/scorer.h"

/*
 * Weights of a blend (scorer_blend) by what its lists are worth: the NDCG@20 of
 * held-out items.
 *
 * First each part is ranked alone, and the best one, of equals the first, gets
 * the weight 1. Then the others, in their order, get one after the other the
 * best of the weights in blend_grid, while the rest stay as they are; of equals
 * the smallest, so that a part that does not help gets 0. With more than two
 * parts this is repeated until nothing changes, BLEND_ROUNDS times at most. So
 * the blend is never worse on these items than its best part. All weights of a
 * part are tried in one pass (blend_line.h).
 */
enum { BLEND_GRID = 19, BLEND_ROUNDS = 4 };
extern const double blend_grid[BLEND_GRID]; /* ascending, from 0 */

struct blend_opt {
    const struct csr *target; /* U x I, the held-out items */
    const struct csr *mask;   /* U x I, not ranked */
    struct exec *exec;
    /* Called for all weights that are tried; may be NULL. */
    void (*tried)(void *ctx, const double *weight, int parts, double value);
    void *ctx;
};

/*
 *   part    [parts], 1 .. SCORER_PARTS, none is a blend
 *   weight  [parts], written
 *   value   NDCG@20 of the blend with them
 *
 * The same for any exec and machine. ERR_RANGE if no user has targets, which
 * the caller words better; others as scorer_blend and metrics_run.
 */
int blend_fit(const struct scorer *part, int parts, const struct blend_opt *o,
    double *weight, double *value, struct err *e) ERR_CHECKED;

#endif
