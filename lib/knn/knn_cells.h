#ifndef STAIR_KNN_CELLS_H
#define STAIR_KNN_CELLS_H

#include "lib/knn/knn.h"

/*
 * knn_dense for opt->cells > 0, where comparing all rows with all others takes
 * too long. Rows are divided into cells, each of those nearest to a centre by
 * cosine; the centres are those of spherical k-means on a sample. A row is
 * compared with the rows of the opt->probe cells whose centres are nearest, and
 * of these its list is exact. How many of the true neighbours that finds is
 * measured on a sample of rows: l->recall.
 *
 * Everything is a function of x and opt: centres are sums in the order of rows,
 * cosines are in double. Memory besides x and the result: x packed, which is
 * half its size, and O(n (k + probe)). ERR_RANGE if there are more cells than
 * rows.
 */
int knn_cells(float *x, int64_t n, int64_t d, const struct knn_opt *opt,
    struct knn_list *l, struct err *e) ERR_CHECKED;

#endif
