#ifndef STAIR_EIG_H
#define STAIR_EIG_H

#include "lib/base/err.h"
#include "lib/base/exec.h"

#include <stdint.h>

/*
 * The d largest (algebraically) eigenvalues of a symmetric matrix A that is
 * known by its products alone, with eigenvectors. A block of somewhat more than
 * d vectors is improved until the d best satisfy the tolerance: where products
 * are cheap by a Chebyshev polynomial of A (Zhou, Saad, Tiago, Chelikowsky, "
 * Self-consistent-field calculations using Chebyshev-filtered subspace
 * iteration", J. Comput. Phys. 219, 2006), else by a block Krylov space of A
 * that starts from it. Eigenvalues of multiplicity up to d are found with all
 * their vectors. Small problems are formed and solved by LAPACK.
 */

/* y = A x; x and y are [n][m] row-major, m >= 1. Deterministic. Returns 0 or a
 * negative code with a sentence in e. */
typedef int eig_apply(
    void *ctx, int64_t m, const double *x, double *y, struct err *e);

struct eig_op {
    int64_t n;
    eig_apply *apply;
    void *ctx;
    /* Columns of each call: 8, and calls come from several threads at once and
     * must succeed; or 0, and a call gets the whole block. */
    int64_t panel;
    int cheap; /* a product costs less than orthogonalising its block */
};

struct eig_opt {
    int64_t d;        /* 1 .. n */
    double tol;       /* of |A v - w v| / |w| for each of the d pairs */
    int64_t max_iter; /* products with a block, at least 1 */
    struct exec *exec;
    const double *start; /* [n][d] approximate eigenvectors, or NULL */
    int rough; /* 1: products are inexact; ends when they bring no more
                  progress, and success does not mean convergence */
};

struct eig {
    int64_t n, d;
    double *value;   /* [d], descending */
    double *vector;  /* [n][d], orthonormal columns */
    double residual; /* the largest |A v - w v| / |w|, by products of A */
    int64_t products;
};

/*
 * Start vectors that start does not give are drawn from rng (RNG_EIGEN, seed
 * 0): bytes depend on operator and options alone, not on threads. Memory: about
 * 6 d vectors of length n, 20 d where products are not cheap. ERR_NUM if the
 * residual of any of the d is above tol after max_iter products or is not a
 * number. A residual below 1e-14 of the largest value always passes, since it
 * cannot become smaller. So r->residual can be above tol if some value is that
 * small, and the caller should look at it. On failure r is empty.
 */
int eig_largest(const struct eig_op *op, const struct eig_opt *opt,
    struct eig *r, struct err *e) ERR_CHECKED;
void eig_free(struct eig *r);

#endif
