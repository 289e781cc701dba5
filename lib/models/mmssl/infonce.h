#ifndef STAIR_INFONCE_H
#define STAIR_INFONCE_H

#include "lib/base/arena.h"
#include "lib/base/exec.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * Contrastive loss between two views of B rows, one direction, with the
 * negatives of both views (InfoNCE as in MMSSL, WWW 2023). With u, v the rows
 * of z1, z2 at length 1:
 *
 *   E_ab = exp(<u_a, v_b> / tau),   Q_ab = exp(<u_a, u_b> / tau)
 *   r_a = E_aa / (sum_b E_ab + sum_{b != a} Q_ab)
 *   L = w mean_a -log(r_a + 1e-8)
 */
struct infonce {
    struct mat u, v;   /* B x d */
    struct mat du, dv; /* B x d */
    struct mat e, q;   /* B x B */
    float *nu, *nv;    /* [B] lengths */
    double *loss;      /* [B] */
};

/* Room for b rows of d columns in an arena. */
struct infonce infonce_in(struct arena *p, int64_t b, int64_t d);

/*
 * Returns L; adds its gradients.
 *
 *   z1, z2    [B][d], B at most as promised     d1, d2  [B][d]
 *   tau > 0; below .03 the exponentials may overflow
 *
 * exp and log are fmath.h's, sums over b in double; inner products are BLAS's
 * in fixed blocks: the same bytes for any thread count.
 */
double infonce_loss(struct infonce *s, const struct mat *z1,
    const struct mat *z2, double tau, double w, struct mat *d1, struct mat *d2,
    struct exec *exec);

#endif
