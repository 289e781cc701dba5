#include "lib/models/model.h"

#include "lib/base/mem.h"
#include "lib/graph/layers.h"

int
model_jgcf(struct model *m, const struct model_opt *o, const struct csr *train,
    struct err *e)
{
    *m = (struct model){.name = "jgcf",
        .d = o->dim,
        .layers = (int)o->layers,
        .bands = 2,
        .mid = o->mid,
        .sampling = SAMPLE_USERS,
        .rate = o->rate,
        .penalty = o->decay};
    m->coef = mem_new((o->layers + 1) * m->d, sizeof *m->coef, e);
    int rc = m->coef ? model_random(m, train, 1e-4, o->seed, e) : ERR_NOMEM;
    if (rc)
        model_free(m);
    else
        layers_jacobi(
            m->coef, m->d, m->layers, o->jacobi_a, o->jacobi_b, o->scale);
    return rc;
}
