#ifndef STAIR_FOLD_MAP_H
#define STAIR_FOLD_MAP_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * Vectors for users who came after training, from what they have. With h the
 * vectors of items and e their parameters, and n the number of a user's items
 * that have a vector other than 0,
 *
 *   phi_u = [ sum h_i / n, sum e_i / n, sum h_i / sqrt(n) ]
 *
 * and W is the least-squares map to the vectors and parameters of users who
 * were trained:
 *
 *   W = argmin sum_u |y_u - phi_u W|^2 + lambda |W|^2,  y_u = [ h_u, e_u ]
 *   lambda = FOLD_MAP_RIDGE * mean diagonal element of sum_u phi_u' phi_u
 *
 * so that W does not depend on the scale of the vectors. A model without
 * parameters has phi and y without e. The same map, users and items exchanged,
 * serves items by who bought them.
 *
 * Sums are in double. Their chunks depend on sizes alone and are joined in
 * order: the same bytes for any exec, with one BLAS library and processor.
 */
struct fold_map {
    const struct mat *vector, *param; /* of the items, borrowed */
    unsigned char *has;               /* [items] 1: a vector other than 0 */
    int64_t from, to;                 /* columns of phi and of y */
    double *w;                        /* [from][to] */
};

#define FOLD_MAP_RIDGE 0.3

/* The trained users. */
struct fold_map_fit {
    const struct csr *history;        /* U x I */
    const unsigned char *use;         /* [U] 1: this user counts */
    const struct mat *vector, *param; /* of the users; param as below */
    struct exec *exec;
};

/*
 *   vector  I x D        param  I x P; NULL or empty: none, as for users
 *
 * Needs blas_reserve. ERR_NUM if the equations cannot be solved, ERR_NOMEM. The
 * caller frees with fold_map_free.
 */
int fold_map_make(struct fold_map *m, const struct mat *vector,
    const struct mat *param, const struct fold_map_fit *f,
    struct err *e) ERR_CHECKED;

/* Writes y [m->to] of a user with the items item[n]. Returns 1, or 0 and zeros
 * if none of the items has a vector. room: [m->from + m->to]. Bytes do not
 * depend on the machine. */
int fold_map_row(const struct fold_map *m, const int32_t *item, int64_t n,
    double *room, float *y);

void fold_map_free(struct fold_map *m);

#endif
