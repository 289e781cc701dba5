#ifndef STAIR_BPR_ROWS_H
#define STAIR_BPR_ROWS_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * A batch of B triples over two matrices: user b is row u[b] of a, its positive
 * row i[b] and its negative row i[B + b] of z. A list that is NULL means that
 * the rows are gathered already: row b of a, rows b and B + b of z.
 * Where i is NULL and z has B rows, these are differences z_p - z_n: read z_p
 * below as the difference and z_n as 0, without a gradient.
 */
struct bpr_rows {
    int64_t batch;
    const struct mat *a, *z;
    const int32_t *u; /* [B] */
    const int32_t *i; /* [2 B] positives, then negatives */
};

/*
 * Bayesian personalised ranking (lib/graph/bpr.h) on x_b = <a_u, z_p> - <a_u,
 * z_n>: *loss gets the sum of softplus(-x_b), b ascending in double; coef[b],
 * [B], gets w dL/ds+_b = -w sigma(-x_b) / B for the adjoint of w times the
 * batch's mean loss. Inner products in double: the same bytes for any thread
 * count and instruction set. ERR_NUM names the first triple whose loss is not
 * finite.
 */
int bpr_rows_loss(const struct bpr_rows *t, double w, double *loss, float *coef,
    struct exec *exec, struct err *e) ERR_CHECKED;

/*
 * Gradients of the occurrences, with c = coef from above:
 *   da_b += c_b (z_p - z_n),   dz_b += c_b a_u,   dz_{B+b} -= c_b a_u
 *
 *   da  [B][d]    dz  [2 B][d], of differences [B][d]
 *
 * Scatter them (rows.h) if the lists repeat rows.
 *
 * Either may be NULL.
 */
void bpr_rows_backward(const struct bpr_rows *t, const float *coef,
    struct mat *da, struct mat *dz, struct exec *exec);

#endif
