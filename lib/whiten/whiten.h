#ifndef STAIR_WHITEN_H
#define STAIR_WHITEN_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/source.h"

#include <stdint.h>

/*
 * Modality initialisation: the first d left singular vectors of the centred
 * feature matrix, F - 1 mean = Q Sigma V^T, scaled by sqrt(n / d), so that
 * columns have mean 0 and mean square 1 / d. The singular values are dropped.
 * Rows that are missing count neither in the means nor in n; they are 0 in F
 * and in the result.
 */
struct whiten_opt {
    int64_t d;
    double tol;       /* largest relative residual of a singular triplet */
    int64_t max_iter; /* block products of the eigenvalue solver */
    struct exec *exec;
    int64_t gram_max; /* the largest Gram matrix that is formed; beyond it every
                         product is a pass over the features. 0: 1024, or 16 d
                         if that is more */
};

struct whiten_info {
    double residual; /* worst of the d, measured */
    int64_t products;
    int64_t missing; /* rows of zeros: missing, or without a similarity */
    /* The entry of a dense operand that is over a million times the root mean
     * square of all others, and so most likely damaged; row -1: none is. */
    int64_t row, column;
    float value;
};

/*
 * q [n][d] becomes the scaled left singular vectors of the dense operand s, of
 * which no row has been read; source_end is called. Column order: singular
 * values descending. Sign: the entry of largest magnitude in a column is
 * positive (the first such row). The scale of F does not matter. ERR_RANGE if d
 * is not below n, is above the number of columns or above the rank (singular
 * values up to 1e-6 of the largest count as 0); ERR_NUM if tol is not reached.
 * Bytes do not depend on threads.
 */
int whiten_dense(struct source *s, const struct whiten_opt *opt, double *q,
    struct whiten_info *info, struct err *e) ERR_CHECKED;

/*
 * whiten_dense for similarities a: the eigenvectors of J K J for its d largest
 * eigenvalues, J = I - 1 1^T / n. K is symmetric; its entry (i, j) is the
 * larger of a_ij and a_ji, or the one that is stored, or 0. If a were the full
 * matrix of inner products of rows, these would be the left singular vectors
 * exactly. Items of which K stores nothing are missing.
 */
int whiten_sparse(const struct source *s, const struct whiten_opt *opt,
    double *q, struct whiten_info *info, struct err *e) ERR_CHECKED;

#endif
