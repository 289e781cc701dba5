#ifndef STAIR_RITZ_H
#define STAIR_RITZ_H

#include "lib/base/arena.h"
#include "lib/whiten/eig.h"

enum { RITZ_MOST = 8 }; /* blocks of a Krylov space */

/*
 * A block of approximate eigenvectors x, and what eig_largest does to it. All
 * matrices are row-major; sums are taken in an order that depends on sizes
 * alone.
 */
struct ritz {
    const struct eig_op *op;
    struct exec *exec;
    int64_t b;        /* columns */
    int64_t kept;     /* of x that are Ritz vectors; the others are random */
    int64_t products; /* so far */
    double *x, *y;    /* [n][b] orthonormal; A x */
    double *value;    /* [b] Ritz values, descending */
    double *residual; /* [b] |A x - value x| */
    double lowest;    /* the smallest Ritz value of the last space */
    double *p, *q;    /* scratch, as large as x and y */
    double *v, *w;    /* [n][room b] Krylov space of x, orthonormal; A v */
    int64_t room;     /* blocks that v and w have room for: 1 or RITZ_MOST */
    int64_t m, last;  /* columns of the space, 0: there is none; columns of its
                         last block */
    uint32_t drawn;
    struct arena arena; /* of all but v and w */
};

/* x is random, or not set if it has as many columns as A. ritz_free after
 * failure too. */
int ritz_init(struct ritz *r, const struct eig_op *op, int64_t b,
    struct exec *exec, struct err *e) ERR_CHECKED;
void ritz_free(struct ritz *r);

/*
 * Replaces x, any vectors, by the Ritz vectors of their Krylov space of so many
 * blocks, and sets y, value and residual for them. Each block costs a product
 * and orthogonalisation. A space that is there already (m > 0) is made larger.
 * last is 0 if the space turned out to be invariant under A. Directions that x
 * has lost are drawn at random, with a residual of infinity.
 */
int ritz_krylov(struct ritz *r, int64_t blocks, struct err *e) ERR_CHECKED;

/* Where x has as many columns as A: forms A, and x becomes all of its
 * eigenvectors, by LAPACK; sets y, value and residual. */
int ritz_whole(struct ritz *r, struct err *e) ERR_CHECKED;

/* Sets y, value and residual anew, by a product with the present x. */
int ritz_measure(struct ritz *r, struct err *e) ERR_CHECKED;

/* value = x^T y and residual = |y - value x| of the k unit columns of x. */
void ritz_residuals(int64_t n, int64_t k, const double *x, const double *y,
    double *value, double *residual);

/* The largest residual relative to its value; NaN if one is NaN. */
double ritz_worst(int64_t k, const double *value, const double *residual);

#endif
