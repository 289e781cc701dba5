#ifndef STAIR_CAT_TEXT_H
#define STAIR_CAT_TEXT_H

#include "lib/data/dataset.h"
#include "lib/io/npz.h"
#include "lib/io/xio.h"
#include "lib/la/csr.h"

/* Arrays, matrices and datasets as stair-cat writes them. Numbers have the
 * fewest digits that read back exactly. What the format cannot hold is a
 * failure of x. */

/* An array with tabs: the last axis runs along the line. */
void cat_text_array(struct xout *x, const struct npz_array *a);

/* An array as a .npy file, as NumPy writes it. */
void cat_text_npy(struct xout *x, const struct npz_array *a);

/* An array as a dense matrix of Matrix Market, which stores it by columns. */
void cat_text_mtx(struct xout *x, const struct npz_array *a);

/* row, column, value with tabs, from 0; or, if mtx, as a sparse matrix of
 * Matrix Market, from 1. */
void cat_text_csr(struct xout *x, const struct csr *a, int mtx);

/* user, item, label (0 train, 1 valid, 2 test): of the part `only`, or, if that
 * is negative, of all. */
void cat_text_dataset(struct xout *x, const struct dataset *d, int only);

#endif
