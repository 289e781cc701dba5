/*
 * LightGCN (He et al., SIGIR 2020): H = 1/(L+1) sum_{l<=L} A^l E. Adam; the
 * weight decay is a penalty on the batch's parameters.
 */
#include "lib/graph/layers.h"
#include "lib/models/system.h"

static int
make(struct model *m, const struct system_args *o, struct err *e)
{
    struct poly *p = &m->poly;
    int rc = poly_start(p, o, e);
    if (rc)
        return rc;
    p->penalty = system_real(o, "weight-decay");
    layers_uniform(p->coef, p->d, p->layers);
    return 0;
}

static const struct system_param params[] = {SYSTEM_LAYERS(3, 0, 16),
    SYSTEM_DIM, SYSTEM_RATE(1e-3),
    SYSTEM_DECAY(1e-3, "weight decay, of the batch's parameters in the loss"),
    SYSTEM_TRAINING(2048, 500, 5, 0)};

const struct system lightgcn_system = {.name = "lightgcn",
    .line = "H = 1/(L+1) sum_l A^l E",
    .kind = MODEL_POLY,
    .param = params,
    .make = make};
