#ifndef STAIR_EIG_H
#define STAIR_EIG_H

#include "lib/base/err.h"
#include "lib/base/exec.h"

#include <stdint.h>

/*
 * The d largest (algebraically) eigenvalues of a symmetric matrix that is known
 * by its products alone, with eigenvectors: block Lanczos with full
 * reorthogonalisation and thick restart (Wu, Simon, "Thick-restart Lanczos
 * method", SIAM J. Matrix Anal. Appl. 22, 2000), blocks of d vectors, so that
 * eigenvalues of multiplicity up to d are found with all their vectors. Small
 * problems are formed and solved by LAPACK.
 */

/* y = A x; x and y are [n][m] row-major. Deterministic, any m >= 1. Returns 0
 * or a negative code with a sentence in e. */
typedef int eig_apply(
    void *ctx, int64_t m, const double *x, double *y, struct err *e);

struct eig_opt {
    int64_t d;        /* 1 .. n */
    double tol;       /* of |A v - w v| / |w| for each of the d pairs */
    int64_t max_iter; /* products with a block, at least 1 */
    struct exec *exec;
};

struct eig {
    int64_t n, d;
    double *value;   /* [d], descending */
    double *vector;  /* [n][d], orthonormal columns */
    double residual; /* the largest |A v - w v| / |w|, from a product with A */
    int64_t products;
};

/*
 * The start is drawn from rng (RNG_EIGEN, seed 0): bytes depend on the operator
 * alone, not on threads. Memory: about 10 d vectors of length n. Residuals are
 * measured on a new product of A with the final vectors. ERR_NUM if any of the
 * d is above tol after max_iter products; one below 1e-14 of the largest value
 * is as good as it gets and passes, so that of values that small r->residual
 * may still be above tol: look. On failure r is empty.
 */
int eig_largest(int64_t n, eig_apply *apply, void *ctx,
    const struct eig_opt *opt, struct eig *r, struct err *e) ERR_CHECKED;
void eig_free(struct eig *r);

#endif
