#ifndef STAIR_SIMROWS_H
#define STAIR_SIMROWS_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * The similarities of a batch of B users to all I items, the ones they know
 * left out, each row of length 1 (MMSSL, WWW 2023, the generator's output):
 *
 *   S = rownorm((Q K^T) o (1 - R_b))       rownorm: x / max(||x||, 1e-12)
 *
 * S is of rank d less a few entries and is not stored: its products with an
 * I x h matrix, and their adjoints, cost O((B + I) d h + nnz(R_b) h). A row
 * that is 0 throughout stays 0 and has no gradient.
 *
 * The same bytes for any thread count; they depend on the BLAS library and
 * processor.
 */

/* The items that the batch's users know: their rows of train, one after
 * another.
 */
struct simrows_known {
    int64_t users;
    int64_t *start; /* [users + 1] */
    int32_t *item;
    int64_t user_cap, item_cap;
};

/* users [n], rows of train. ERR_NOMEM. */
int simrows_known_set(struct simrows_known *k, const struct csr *train,
    const int32_t *users, int64_t n, struct err *e) ERR_CHECKED;
void simrows_known_free(struct simrows_known *k);

struct simrows {
    const struct simrows_known *known;
    const struct mat *q; /* B x d */
    const struct mat *k; /* I x d */
    float *inverse;      /* [B] 1 / length of the row, 0 for a row of zeros */
    float *raw;          /* <q_b, k_i> at the known entries */
    struct mat kw;       /* d x h: K^T W of the last simrows_times */
    struct mat qz;       /* d x h, */
    struct mat sk, zk;   /* B x d, */
    struct mat dd;       /* d x d: scratch */
    float *coef;         /* one per known entry: scratch */
    float *dot;          /* [B]: scratch */
    int64_t raw_cap, coef_cap;
};

/* Room for b rows, d columns, and products with h columns in an arena;
 * simrows_free frees what simrows_set takes beside. */
struct simrows simrows_in(struct arena *p, int64_t b, int64_t d, int64_t h);
void simrows_free(struct simrows *s);

/* Chooses the operands, borrowed until the next call, and writes S, B x I,
 * to dense. ERR_NOMEM. */
int simrows_set(struct simrows *s, const struct simrows_known *known,
    const struct mat *q, const struct mat *k, struct mat *dense,
    struct exec *exec, struct err *e) ERR_CHECKED;

/* Z = S W.   w  I x h   z  B x h */
void simrows_times(
    struct simrows *s, const struct mat *w, struct mat *z, struct exec *exec);

/* The weights' gradient: dW += S^T dZ. */
void simrows_weights(
    struct simrows *s, const struct mat *dz, struct mat *dw, struct exec *exec);

/*
 * The operands' gradients of Z = S W, W constant, with w and z of the last
 * simrows_times:
 *   bar(S) = dZ W^T,   through rownorm and mask,   dQ += .. K,   dK += ..^T Q
 */
void simrows_backward(struct simrows *s, const struct mat *w,
    const struct mat *z, const struct mat *dz, struct mat *dq, struct mat *dk,
    struct exec *exec);

#endif
