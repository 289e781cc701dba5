#ifndef STAIR_FOLD_EXPLAIN_H
#define STAIR_FOLD_EXPLAIN_H

#include "lib/fold/fold_map.h"

/*
 * Why an item is recommended by vectors: the score of phi_u W and item i is a
 * sum over the user's items j, n of which have vectors,
 *
 *   part_j = [ h_j / n, e_j / n, h_j / sqrt(n) ] W h_i
 *
 * Writes the largest parts that are not 0, at most k, largest first, and
 * returns how many. Of equal ones the item that `item` has first comes first.
 *
 *   item  [n] the user's     vector  [D] h_i     room  [m->from]
 *   by    [k]                part    [k]
 */
int fold_explain_top(const struct fold_map *m, const int32_t *item, int64_t n,
    const float *vector, int k, double *room, int32_t *by, float *part);

/* part[j] += factor (part_j of h_i - part_j of mean), for all n items that have
 * vectors; mean: [D]. */
void fold_explain_add(const struct fold_map *m, const int32_t *item, int64_t n,
    const float *vector, const double *mean, double factor, double *room,
    double *part);

#endif
