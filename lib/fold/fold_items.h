#ifndef STAIR_FOLD_ITEMS_H
#define STAIR_FOLD_ITEMS_H

#include "lib/base/err.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * Vectors for items that were not trained, from the items that look like them:
 *
 *   h_i = boost * m * s / |s|,  s = t / |t| + o_i / |o_i|
 *   t = sum of h_j over the neighbours j of i
 *
 * with m the median norm of the trained items. o_i is the vector that the
 * training left item i with: content may have moved it although nobody had the
 * item. If o_i is shorter than m / FOLD_ITEMS_SHORT it is noise and does not
 * count. An item whose neighbours all lack a vector waits until one has it:
 * neighbours' neighbours come in the second round, and so on. Where s is 0, so
 * is h_i.
 *
 *   graph  I x I; an entry's value does not count
 *   state  [I] FOLD_OWN, FOLD_START or FOLD_NONE; those that get a vector
 *          become FOLD_NEAR, the others FOLD_NONE
 *   x      I x D, rows of FOLD_OWN are trained, of FOLD_START o_i, of
 *          FOLD_NONE nothing; those of FOLD_OWN stay
 *
 * Sums are in double, in the order of the graph. ERR_NOMEM.
 */
enum fold_state { FOLD_NONE, FOLD_OWN, FOLD_START, FOLD_NEAR, FOLD_MAPPED };
enum { FOLD_ITEMS_SHORT = 4 };

/* graph may be NULL: no neighbours. */
int fold_items(struct mat *x, const struct csr *graph, double boost,
    unsigned char *state, struct err *e) ERR_CHECKED;

#endif
