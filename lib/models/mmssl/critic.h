#ifndef STAIR_CRITIC_H
#define STAIR_CRITIC_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/mat.h"
#include "lib/models/mmssl/realrows.h"
#include "lib/models/mmssl/simrows.h"

#include <stdint.h>

/*
 * The critic of a Wasserstein game over rows of I similarities (MMSSL, WWW
 * 2023, with the gradient penalty of Gulrajani et al., NIPS 2017), as released:
 *
 *   Z1 = X W1, U1 = M1 o BN1(Z1);  Z2 = U1 W2, U2 = M2 o BN2(Z2);
 *   D(X) = 100 sigma(U2 w3 + b3)
 *
 * h1 = floor(I/4) and h2 = floor(I/8) units, activations the identity, batch
 * normalisation by each call's own M rows (batchnorm.h), masks M1, M2 of
 * dropout .31 and .5 always on, fresh in each call. The first two layers have
 * no biases: normalisation would remove them. Its loss
 *
 *   L = mean D(Xf) - mean D(Xr) + .3 mean_n (||dD/dX(X~_n)|| - 1)^2
 *
 * for fakes Xf = [S_1; S_2; ..], the similarities of B users by each of several
 * modalities (simrows.h), reals Xr = [Y; Y; ..] as often (realrows.h), and X~ =
 * a Xr + (1 - a) Xf, a uniform for each row. Adam with betas .5 and .9.
 *
 * No M x I matrix is formed: first layers are products of factors (simrows.h)
 * or linear in such, and the penalty needs the I x h1 weights only through
 * their Gram matrix. Equal to the plain evaluation but for rounding.
 *
 * The same bytes for any thread count; they depend on the BLAS library and
 * processor.
 */
struct critic_at {  /* the tensors in a flat array of critic.size floats */
    struct mat w1;  /* I x h1 */
    struct mat w2;  /* h1 x h2 */
    float *w3;      /* [h2] */
    float *g1, *c1; /* [h1] gain and shift */
    float *g2, *c2; /* [h2] */
    float *b3;      /* [1] */
};

/* One call's activations and their gradients; see critic_pass.c. */
struct critic_layers {
    struct mat xh[2], u[2], d[2], ay[2], az[2]; /* M x h1, M x h2 */
    uint8_t *keep[2];
    float *r[2], *rb[2];
    float *s, *a3; /* [M] sigma(z3) and its slope, times 100 */
    float *z3;     /* [M] gradient of z3 */
    float *norm;   /* [M] lengths of the input's gradient */
};

struct critic {
    int64_t items, users, rows, h[2]; /* I, B, M, widths */
    int modals;                       /* M = modals B */
    int64_t size;
    float *theta, *m, *v, *grad; /* [size], borrowed */
    double rate;
    uint64_t seed;
    struct exec *exec;
    struct mat zf, zr;  /* Xf W1, M x h1, and Y W1, B x h1 */
    struct mat df, dr;  /* their gradients */
    struct mat gram, p; /* h1 x h1 */
    struct critic_layers l;
};

/* A modality's rows, chosen by simrows_set, and where the generator's gradients
 * of their operands are added. */
struct critic_fake {
    struct simrows s;
    struct mat *dq, *dk;
};

/* The parts of a step's loss. */
struct critic_losses {
    double fake, real; /* mean D */
    double penalty;    /* .3 mean (norm - 1)^2 */
    double norm;       /* mean of the norms */
};

/*
 * Weights of a critic for `items` items, and bytes that it and its moments and
 * gradients need for batches of up to `batch` users and so many modalities.
 * ERR_RANGE if items < 8 or the sizes overflow.
 */
int critic_bytes(int64_t items, int64_t batch, int modals, int64_t *size,
    int64_t *bytes, struct err *e) ERR_CHECKED;

/* The caller's memory for the weights, [size] each; zeros at the start. */
struct critic_store {
    float *theta, *m, *v, *grad;
};

/*
 * Weights normal with standard deviation sqrt(2 / inputs), gains 1, the rest 0;
 * random numbers from (seed, tensor), three tensors from `tensor` upwards.
 * Other memory is the arena's, p. ERR_NOMEM says how much is needed.
 */
int critic_init(struct critic *c, struct arena *p, int64_t items, int64_t batch,
    int modals, double rate, uint64_t seed, uint32_t tensor, struct exec *exec,
    const struct critic_store *store, struct err *e) ERR_CHECKED;
int critic_no_memory(int64_t items, int64_t batch, int modals, struct err *e);

/* The next calls are for b users, at most as many as promised. */
void critic_batch(struct critic *c, int64_t b);

/* The tensors of c->theta, or of m, v, grad. */
struct critic_at critic_at(const struct critic *c, float *flat);

/*
 * The gradient of L by every weight to c->grad, and L's parts.
 *
 *   fake  [modals], B users each
 *   real  the same users' rows
 *   t     the step's number, for masks and interpolates
 */
void critic_gradient(struct critic *c, struct critic_fake *fake,
    struct realrows *real, uint32_t t, struct critic_losses *losses);

/* critic_gradient, then Adam's step t, counted from 1. */
void critic_step(struct critic *c, struct critic_fake *fake,
    struct realrows *real, uint32_t t, struct critic_losses *losses);

/*
 * The generator's view: w times -mean D(Xf) is returned, its gradient by the
 * operands of each fake is added to its dq and dk. Masks of their own at step
 * t.
 */
double critic_generator(
    struct critic *c, struct critic_fake *fake, double w, uint32_t t);

#endif
