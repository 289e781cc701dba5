#ifndef STAIR_KNN_CELLS_H
#define STAIR_KNN_CELLS_H

#include "lib/knn/knn.h"

/*
 * knn_dense for opt->recall > 0 or opt->probe > 0, where comparing all rows
 * with all others takes too long. Rows are divided into opt->cells cells, each
 * of those nearest to a centre by cosine (knn_centres.h); 0: one for 50 rows.
 * Two rows are compared if the cell of one is among the opt->probe nearest of
 * the other, and among these a row's list is exact.
 *
 * For opt->recall the number of nearest cells is the least that finds this part
 * of the true neighbours, or a little more, of some rows that are drawn at
 * random. *worth is 0, and l is empty, if that takes as long as comparing all.
 *
 * How many of the true neighbours were found is measured on other rows.
 *
 * Everything is a function of x and opt. Memory besides x and the result: x
 * packed, which is half its size, and O(n (k + probe)). ERR_RANGE if there are
 * more cells than rows.
 */
int knn_cells(float *x, int64_t n, int64_t d, const struct knn_opt *opt,
    struct knn_list *l, int *worth, struct err *e) ERR_CHECKED;

#endif
