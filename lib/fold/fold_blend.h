#ifndef STAIR_FOLD_BLEND_H
#define STAIR_FOLD_BLEND_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/fold/fold_map.h"
#include "lib/rank/scorer.h"

#include <stdint.h>

/*
 * Why an item is recommended by a blend (scorer_blend). With x_pj(i) what the
 * user's item j adds to the score of item i by part p (explain.h of a graph,
 * fold_explain.h of vectors), w_p the part's weight and d_p(u) the deviation of
 * its scores for the user,
 *
 *   part_j = sum over p of w_p (x_pj(i) - mean over items i' of x_pj(i')) / d_p
 *
 * Scores and their means are sums over j. So the parts add up to the blend's
 * score if those of each p add up to its score.
 */
struct fold_blend;

/* s is a blend of two parts or more, all with a history; map[p] is the map
 * (fold_map.h) of a part with vectors. Both are borrowed until
 * fold_blend_close. ERR_NOMEM. */
int fold_blend_open(struct fold_blend **b, const struct scorer *s,
    const struct fold_map *map, struct exec *exec, struct err *e) ERR_CHECKED;

/* Writes the largest parts that are not 0, at most k, largest first, and
 * returns how many. Of equal ones the item that the user's row has first comes
 * first. by and part: [k]. */
int fold_blend_top(struct fold_blend *b, int64_t user, int32_t item, int k,
    int32_t *by, float *part);

void fold_blend_close(struct fold_blend *b);

#endif
