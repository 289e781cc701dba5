#ifndef STAIR_JKJ_H
#define STAIR_JKJ_H

#include "lib/la/csr.h"

#include <stdint.h>

enum { JKJ_PANEL = 8 }; /* columns of a product: a row is a line of the cache */

/*
 * J K J with J = I - 1 1^T / n: similarities, made symmetric and centred in
 * rows and columns. Items without any similarity are left out.
 */
struct jkj {
    struct csr k;
    double *sum; /* [n] of K's rows */
    int64_t *at; /* [n] the row of a that row i of k was */
};

/* Makes K of a: the larger of a_ij and a_ji, or the one that a stores. */
int jkj_init(struct jkj *j, const struct csr *a, struct err *e) ERR_CHECKED;
void jkj_free(struct jkj *j);

/* y = J K J x, an eig_apply for JKJ_PANEL columns; ctx is the struct jkj. In
 * double, from the first entry of a row to the last. */
int jkj_apply(void *ctx, int64_t m, const double *x, double *y, struct err *e);

#endif
