/*
 * MF-BPR (Rendle et al., UAI 2009): H = E, no propagation. Adam with coupled
 * weight decay on all rows.
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
    p->adam.coupled = system_real(o, "weight-decay");
    layers_identity(p->coef, p->d, p->layers);
    return 0;
}

static const struct system_param params[] = {SYSTEM_LAYERS(0, 0, 0), SYSTEM_DIM,
    SYSTEM_RATE(1e-3), SYSTEM_DECAY(1e-6, "weight decay, in the gradient"),
    SYSTEM_TRAINING(1024, 500, 5, 0)};

const struct system mf_system = {.name = "mf",
    .line = "matrix factorisation: H = E",
    .kind = MODEL_POLY,
    .param = params,
    .make = make};
