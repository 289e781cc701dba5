#ifndef STAIR_MODEL_H
#define STAIR_MODEL_H

#include "lib/base/err.h"
#include "lib/graph/sample.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * A system of the linear family, as a table:
 *   H[:,j] = sum_{l <= layers} coef_lj A~^l E[:,j]     score <H_u, H_i>
 * trained by BPR with Adam(W), whose direction on items may be smoothed over
 * an item graph by a second table of the same form.
 */
struct model {
    const char *name;
    int64_t d;
    int layers;       /* of the user-item graph */
    float *coef;      /* [layers + 1][d] */
    int bands;        /* 1; 2: output vectors are [H | mid E - H], 2 d wide */
    double mid;       /* weight of E in the second band */
    int item_layers;  /* of the item graph */
    float *item_coef; /* [item_layers + 1][d]; NULL: no smoothing */
    enum sample_kind sampling;
    double rate;      /* learning rate */
    double decoupled; /* AdamW: theta *= 1 - rate * decoupled, each step */
    double coupled;   /* Adam: gradient += coupled * theta */
    double penalty;   /* loss += penalty / (2 B) sum over the batch's three rows
                         per triple of their parameters' squared norm */
    struct mat user, item; /* initial parameters, U x d and I x d */
};

/* What the command line can say; a model takes what concerns it. */
struct model_opt {
    double gamma;
    int64_t layers, dim;
    double rate, decay;
    uint64_t seed;
    double jacobi_a, jacobi_b, scale, mid; /* JGCF */
    int no_mi, no_fsc, no_bsc;             /* STAIR without one of its parts */
};

/*
 * STAIR: modality initialisation (items from init, borrowed; users the mean of
 * their train items), forward stepwise convolution, AdamW, items' direction
 * smoothed by backward stepwise convolution. Its parts can be left out: random
 * initialisation, uniform layer weights, plain AdamW on items.
 *   train  U x I     init  I x d, finite (unused without initialisation)
 */
int model_stair(struct model *m, const struct model_opt *o,
    const struct csr *train, const struct mat *init, struct err *e) ERR_CHECKED;

/*
 * MF-BPR: no propagation, parameters N(0, 1e-4), Adam with coupled weight
 * decay on all rows, users drawn uniformly.
 */
int model_mf(struct model *m, const struct model_opt *o,
    const struct csr *train, struct err *e) ERR_CHECKED;

/*
 * LightGCN: uniform layer weights, parameters N(0, 1e-4), Adam, the decay as
 * penalty on the batch's parameters, users drawn uniformly.
 */
int model_lightgcn(struct model *m, const struct model_opt *o,
    const struct csr *train, struct err *e) ERR_CHECKED;

/*
 * JGCF: as LightGCN, with a low band sum_l theta_l P_l(A~) E / (L + 1), P_l the
 * Jacobi polynomials with parameters (a, b), theta_l = g^(l+1),
 * g = s tanh(min(1/s, 1)), and a mid band w E minus the low one.
 */
int model_jgcf(struct model *m, const struct model_opt *o,
    const struct csr *train, struct err *e) ERR_CHECKED;

/* Popularity: user vector 1, item vector its train degree; d = 1, layers 0.
 * Not trained. */
int model_popularity(
    struct model *m, const struct csr *train, struct err *e) ERR_CHECKED;

/* Parameters normal with standard deviation sd, one stream for users and one
 * for items. For the models' own use. */
int model_random(struct model *m, const struct csr *train, double sd,
    uint64_t seed, struct err *e) ERR_CHECKED;

void model_free(struct model *m);

#endif
