#ifndef STAIR_COSKNN_HALF_H
#define STAIR_COSKNN_HALF_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/knn/cosknn.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * The lists of cosknn_build, faster, where the processor multiplies bfloat16
 * (lib/knn/knn_kernel.h) and vectors are of moderate size.
 *
 * Products of rounded rows only propose. They are made of the rows less their
 * mean c, as <q, x> = <q, c> + <q, x - c>: for rows that are alike, which
 * learned ones become, x - c is short and its rounding small. With y = x - c
 * and e_q and e_y the norms of what rounding takes from q and y, Cauchy and
 * Schwarz bound the distance of such a product from <q, y> by e_q |y| + (|q| +
 * e_q) e_y, and float sums of d terms in any order add some d 2^-24 |q| (|x| +
 * |y|). What is further below the k-th best score so far is no neighbour. All
 * others are scored as float chains and enter the list by these alone, ties to
 * the smaller row, in whatever order they come: the lists are the ranker's, to
 * the bit, whatever proposes.
 *
 * So a list may start with any k rows. Those of the row's last list are a bar
 * that hardly any other row reaches, as vectors move little between steps.
 *
 * A row that many others come too close to, as where rows are equal in crowds,
 * is left to the ranker, as are all where this way is not open.
 */
struct cosknn_half {
    struct cosknn *c;
    const struct mat *x;
    const int32_t *list; /* of n rows; NULL: all */
    int64_t n;
    struct exec *exec;
    int64_t *left; /* [n] places whose lists were not made, ascending */
    int64_t n_left;
};

/* Makes lists in c->s, in any order of columns; the caller allocated left.
 * ERR_NOMEM. */
int cosknn_half_build(struct cosknn_half *h, struct err *e) ERR_CHECKED;

#endif
