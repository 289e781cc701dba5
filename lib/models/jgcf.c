/*
 * JGCF (Guo et al., KDD 2023): vectors of two bands, [Low | w E - Low].
 *
 *   Low = 1/(L+1) sum_{l<=L} g^(l+1) P_l(A) E,  g = s tanh(min(1/s, 1))
 *
 * P_l are the Jacobi polynomials with the parameters a and b. Adam; the weight
 * decay is a penalty on the batch's parameters.
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
    p->bands = 2;
    p->mid = system_real(o, "mid");
    p->penalty = system_real(o, "weight-decay");
    layers_jacobi(p->coef, p->d, p->layers, system_real(o, "jacobi-a"),
        system_real(o, "jacobi-b"), system_real(o, "scale"));
    return 0;
}

static const struct system_param params[] = {
    SYSTEM_LAYERS(3, 0, LAYERS_JACOBI_MAX), SYSTEM_DIM, SYSTEM_RATE(1e-3),
    SYSTEM_DECAY(1e-3, "weight decay, of the batch's parameters in the loss"),
    {"jacobi-a", "A", SYSTEM_ABOVE, 1, -1, 100,
        "first parameter of the polynomials"},
    {"jacobi-b", "B", SYSTEM_ABOVE, 1, -1, 100,
        "second parameter of the polynomials"},
    {"scale", "S", SYSTEM_ABOVE, 3, 0, 1e6, "s of the polynomials' weights"},
    {"mid", "W", SYSTEM_REAL, 0.1, 0, 1e6,
        "weight of the parameters in the mid band"},
    SYSTEM_TRAINING(2048, 500, 5, 0)};

const struct system jgcf_system = {.name = "jgcf",
    .line = "H = [P(A) E | w E - P(A) E], P of Jacobi polynomials",
    .kind = MODEL_POLY,
    .param = params,
    .make = make};
