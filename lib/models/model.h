#ifndef STAIR_MODEL_H
#define STAIR_MODEL_H

#include "lib/base/err.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"
#include "lib/rec/sample.h"

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
    int item_layers;  /* of the item graph */
    float *item_coef; /* [item_layers + 1][d]; NULL: no smoothing */
    enum sample_kind sampling;
    double rate;      /* learning rate */
    double decoupled; /* AdamW: theta *= 1 - rate * decoupled, each step */
    double coupled;   /* Adam: gradient += coupled * theta */
    struct mat user, item; /* initial parameters, U x d and I x d */
};

/* What the command line can say; a model takes what concerns it. */
struct model_opt {
    double gamma;
    int64_t layers;
    double rate, decay;
};

/*
 * STAIR: modality initialisation (items from init, borrowed; users the mean of
 * their train items), forward stepwise convolution, AdamW, items' direction
 * smoothed by backward stepwise convolution.
 *   train  U x I     init  I x d, finite
 */
int model_stair(struct model *m, const struct model_opt *o,
    const struct csr *train, const struct mat *init, struct err *e)
    ERR_CHECKED;

/* Popularity: user vector 1, item vector its train degree; d = 1, layers 0.
 * Not trained. */
int model_popularity(struct model *m, const struct csr *train, struct err *e)
    ERR_CHECKED;

void model_free(struct model *m);

#endif
