#ifndef STAIR_EXPLAIN_H
#define STAIR_EXPLAIN_H

#include "lib/rank/scorer.h"

/*
 * Why an item is recommended, where the scorer is a graph (scorer_graph): each
 * item that the user has adds an entry of its row to the score. Writes the at
 * most k largest of these parts that are not 0, largest first, ties to the
 * smaller item, and returns how many.
 *
 *   by    [k] items that the user has        part  [k] what each adds
 */
int explain_top(const struct scorer *s, int64_t user, int32_t item, int k,
    int32_t *by, float *part);

/* part[j] += factor (what the user's j-th item adds - mean[that item]), for all
 * n items that the user has; mean: [items]. */
void explain_add(const struct scorer *s, int64_t user, int32_t item,
    const double *mean, double factor, double *part);

/* Puts the part x of an item among the n that are kept so far and returns how
 * many there are then: what explain_top is made of. */
int explain_put(float x, int32_t item, int n, int k, int32_t *by, float *part);

#endif
