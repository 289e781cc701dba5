#ifndef STAIR_KNN_CELLS_H
#define STAIR_KNN_CELLS_H

#include "lib/knn/knn.h"

/*
 * knn_dense for opt->recall > 0 or opt->probe > 0, where comparing all rows
 * with all others takes too long. Rows are divided into opt->cells cells (0:
 * one for 50 rows). A cell holds the rows that are nearest to its centre by
 * cosine (knn_centres.h). Two rows are compared if the cell of one is among the
 * opt->probe nearest cells of the other. A row's list has the best of the rows
 * that it is compared with.
 *
 * With opt->recall the number of nearest cells is chosen: the least that finds
 * this part of the true neighbours, or a little more, of some rows drawn at
 * random. If that would take as long as comparing all rows, *worth is 0 and l
 * is empty.
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
