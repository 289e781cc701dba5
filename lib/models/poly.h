#ifndef STAIR_POLY_H
#define STAIR_POLY_H

#include "lib/base/err.h"
#include "lib/graph/sample.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"
#include "lib/nn/adam.h"

#include <stdint.h>

struct system_args;

/*
 * A model that is a polynomial of the user-item graph, as a table:
 *   H[:,j] = sum_{l <= layers} coef_lj A~^l E[:,j]     score <H_u, H_i>
 * It is trained by BPR with Adam(W). The direction on items may be smoothed
 * over an item graph by a second table of the same form.
 */
struct poly {
    const char *name;
    int64_t d;
    int layers;       /* of the user-item graph */
    float *coef;      /* [layers + 1][d] */
    int bands;        /* 1; 2: output vectors are [H | mid E - H], 2 d wide */
    double mid;       /* weight of E in the second band */
    int item_layers;  /* of the item graph */
    float *item_coef; /* [item_layers + 1][d]; NULL: no smoothing */
    struct csr items; /* I x I: the item graph, if the model makes its own of
                         the one that it reads; else rows is 0 */
    enum sample_kind sampling;
    int64_t negatives; /* of each positive, at least 1 */
    struct adam_opt adam;
    double penalty; /* loss += penalty / (2 B) sum over the batch's three rows
                       per triple of their parameters' squared norm */
    struct mat user, item; /* initial parameters, U x d and I x d */
};

/*
 * What MF-BPR, LightGCN and JGCF share: width, layers and learning rate from o,
 * users drawn uniformly, normal parameters with standard deviation 1e-4. coef
 * is allocated but not set. ERR_NOMEM; the caller frees p after an error, too.
 */
int poly_start(
    struct poly *p, const struct system_args *o, struct err *e) ERR_CHECKED;

/* Normal parameters with standard deviation sd, one stream for users and one
 * for items. ERR_NOMEM. */
int poly_random(struct poly *p, const struct csr *train, double sd,
    uint64_t seed, struct err *e) ERR_CHECKED;

void poly_free(struct poly *p);

#endif
