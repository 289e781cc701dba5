#ifndef STAIR_BPR_ROWS_H
#define STAIR_BPR_ROWS_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * A batch of B triples over two matrices. The user of triple b is row u[b] of
 * a, its positive item is row i[b] of z, its negative item row i[B + b].
 *
 * If i is NULL, z has B rows, the differences z_p - z_n. In the formulas below
 * z_p is then the difference, and z_n is 0 and has no gradient.
 */
struct bpr_rows {
    int64_t batch;
    const struct mat *a, *z;
    const int32_t *u; /* [B] */
    const int32_t *i; /* [2 B] positives, then negatives; or NULL */
};

/*
 * Bayesian personalised ranking (lib/graph/bpr.h) on x_b = <a_u, z_p> - <a_u,
 * z_n>. *loss is the sum of softplus(-x_b), added in double for ascending b.
 * coef[b] is -w sigma(-x_b) / B, the derivative of w times the batch's mean
 * loss by x_b, for bpr_rows_backward. Inner products in double: the same bytes
 * for any thread count and instruction set. ERR_NUM names the first triple
 * whose loss is not finite.
 */
int bpr_rows_loss(const struct bpr_rows *t, double w, double *loss, float *coef,
    struct exec *exec, struct err *e) ERR_CHECKED;

/*
 * Gradients of the occurrences, with c = coef from above:
 *   da_b += c_b (z_p - z_n),   dz_b += c_b a_u,   dz_{B+b} -= c_b a_u
 *
 *   da  [B][d]    dz  [2 B][d], of differences [B][d]
 *
 * If the lists repeat rows, rows_scatter (rows.h) adds them up.
 */
void bpr_rows_backward(const struct bpr_rows *t, const float *coef,
    struct mat *da, struct mat *dz, struct exec *exec);

#endif
