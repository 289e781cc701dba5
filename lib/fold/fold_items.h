#ifndef STAIR_FOLD_ITEMS_H
#define STAIR_FOLD_ITEMS_H

#include "lib/base/err.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * Vectors for items that have none of their own, from what looks like them:
 *
 *   h_i = boost * m * s / |s|,  s = sum of h_j over the neighbours j of i
 *
 * with m the median norm of the items that have a vector of their own. An item
 * all of whose neighbours lack one waits for theirs: neighbours' neighbours
 * come in the second round, and so on. Where the sum is 0, so is h_i.
 *
 *   graph  I x I, symmetric; an entry's value does not count
 *   state  [I] FOLD_OWN or FOLD_NONE; those that get a vector become
 *          FOLD_NEAR
 *   x      I x D, rows of FOLD_OWN are read, the others written
 *
 * Sums are in double, in the order of the graph. ERR_NOMEM.
 */
enum fold_state { FOLD_NONE, FOLD_OWN, FOLD_NEAR, FOLD_MAPPED };

int fold_items(struct mat *x, const struct csr *graph, double boost,
    unsigned char *state, struct err *e) ERR_CHECKED;

#endif
