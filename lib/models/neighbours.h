#ifndef STAIR_NEIGHBOURS_H
#define STAIR_NEIGHBOURS_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/knn/knn.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"
#include "lib/la/missing.h"

#include <stdint.h>

/*
 * The frozen item graph of one modality, as LATTICE and FREEDOM build it:
 *
 *   S_ij = v_ij / k   for the k items j nearest to i by cosine, i included
 *
 * with v the cosine (KNN_COSINE) or 1 (KNN_ONE). Not symmetric. Lists are those
 * of lib/knn/knn.h, exact, ties to the smaller item: where more than k items
 * have the very same features, those listed are the first of them. An item
 * that is missing, or whose features are all 0, has an empty row and column.
 *
 *   x  I x F, only read; a copy is made for the time of the call
 *   s  I x I, columns ascending; freed with csr_free
 *
 * The same bytes for any thread count. ERR_RANGE if k is not in 1..I,
 * ERR_NOMEM.
 */
int neighbours_graph(const struct mat *x, const struct missing *missing,
    int64_t k, enum knn_values values, struct exec *exec, struct csr *s,
    struct err *e) ERR_CHECKED;

/*
 * M = sum_m w_m S_m, float, m ascending.
 *
 *   s  [n] of equal shapes, n >= 1      w  [n]
 *   out  columns ascending; freed with csr_free
 */
int neighbours_mix(const struct csr *s, const double *w, int n, struct csr *out,
    struct err *e) ERR_CHECKED;

#endif
