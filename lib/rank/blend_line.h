#ifndef STAIR_BLEND_LINE_H
#define STAIR_BLEND_LINE_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/csr.h"
#include "lib/rank/scorer.h"

/*
 * The NDCG of several blends that differ only in the weight of one part, by one
 * pass over the scores.
 *
 * Only the ranks of a user's targets count. An item's lead over a target is a
 * linear function of the weight. So an item that is behind at the least and at
 * the largest weight is behind between them, too. Sums in float at these two
 * weights say which items may lead anywhere. Only these are computed exactly,
 * at each weight, until `cut` of them are ahead.
 */
struct blend_line {
    const struct scorer *part; /* [parts], none is a blend */
    const double *weight;      /* [parts], at least 0; that of part p is not
                                  read */
    int parts, p;
    const double *grid; /* [n] weights of part p, ascending from 0 or more */
    int n;              /* 1 .. BLEND_LINE_MAX */
    int64_t cut;
    const struct csr *target; /* U x I, the held-out items */
    const struct csr *mask;   /* U x I, not ranked */
    struct exec *exec;
};
enum { BLEND_LINE_MAX = 32 };

/*
 * value[k] is the NDCG that metrics_run gives the scorer_blend of the parts
 * with weight grid[k] for part p: the same bytes, for any exec and machine. At
 * least two parts have a weight above 0, whatever that of p.
 *
 * The pass takes about as long as two rankings by the blend. ERR_RANGE if no
 * user has targets; others as scorer_blend.
 */
int blend_line(
    const struct blend_line *l, double *value, struct err *e) ERR_CHECKED;

#endif
