#ifndef STAIR_EXPLAIN_H
#define STAIR_EXPLAIN_H

#include "lib/rank/scorer.h"

/*
 * Why an item is recommended by a graph (scorer_graph). Each item that the user
 * has adds an entry of its row to the score: its part. Writes the largest parts
 * that are not 0, at most k, largest first, ties to the smaller item, and
 * returns how many.
 *
 *   by    [k] items that the user has        part  [k] what each adds
 */
int explain_top(const struct scorer *s, int64_t user, int32_t item, int k,
    int32_t *by, float *part);

/* part[j] += factor (what the user's j-th item adds - mean[that item]), for all
 * n items that the user has; mean: [items]. */
void explain_add(const struct scorer *s, int64_t user, int32_t item,
    const double *mean, double factor, double *part);

/* Inserts the part x of an item among the n largest so far, at most k, and
 * returns how many there are then. explain_top is a loop over it. */
int explain_put(float x, int32_t item, int n, int k, int32_t *by, float *part);

#endif
