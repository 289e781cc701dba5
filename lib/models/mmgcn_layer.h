#ifndef STAIR_MMGCN_LAYER_H
#define STAIR_MMGCN_LAYER_H

#include "lib/base/err.h"
#include "lib/la/mat.h"
#include "lib/models/net.h"
#include "lib/nn/reach.h"

#include <stdint.h>

/*
 * One layer of MMGCN (ACM MM 2019) for one modality, from width p to d, with
 * Ar = D^-1 A the mean over neighbours and lrelu of slope .01:
 *
 *   H  = lrelu(Ar (X A^T + 1 a^T))
 *   T  = lrelu(X B^T + 1 b^T)
 *   X' = lrelu(H C^T + 1 c^T + T + E)
 *
 * Only the wanted rows of X' are made, from the rows of X that they need. A is
 * applied before the mean or after it, whichever has fewer rows; users and
 * items choose separately.
 */
struct mmgcn_layer {
    int a, b, c; /* tensors p x p, d x p, d x p; each one's bias follows it */
    struct mat h, t, out; /* of the last forward pass, as many rows as fit */
    struct mat mean[2];   /* Ar X where A is applied after it */
};

/* What the layers of all modalities share while gradients are computed. */
struct mmgcn_scratch {
    struct mat dh;   /* nodes x widest p */
    struct mat side; /* min(users, items) x widest p */
};

/* Adds the tensors, named after the modality and the number, XN weights and
 * zero biases, and takes memory for all nodes from m's arena. */
void mmgcn_layer_init(struct mmgcn_layer *l, struct net *m,
    const char *modality, int number, int64_t p);

/* Fills l->out (r->n rows) from x (r->from rows). ERR_NOMEM. */
int mmgcn_layer_forward(struct mmgcn_layer *l, struct net *m,
    const struct reach *r, const struct mat *x, struct mmgcn_scratch *s,
    struct err *e) ERR_CHECKED;

/*
 * Its adjoint: adds the parameters' and embeddings' gradients. d_out [r->n][d]
 * is overwritten. *dx becomes a view of the gradient of x in l->h; its items'
 * rows are not computed if users_only.
 */
int mmgcn_layer_backward(struct mmgcn_layer *l, struct net *m,
    const struct reach *r, const struct mat *x, struct mat *d_out,
    int users_only, struct mat *dx, struct mmgcn_scratch *s,
    struct err *e) ERR_CHECKED;

#endif
