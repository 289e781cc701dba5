#include "lib/models/model.h"

#include "lib/base/mem.h"
#include "lib/graph/layers.h"

int
model_mf(struct model *m, const struct model_opt *o, const struct csr *train,
    struct err *e)
{
    *m = (struct model){.name = "mf",
        .d = o->dim,
        .bands = 1,
        .sampling = SAMPLE_USERS,
        .rate = o->rate,
        .coupled = o->decay};
    m->coef = mem_new(m->d, sizeof *m->coef, e);
    int rc = m->coef ? model_random(m, train, 1e-4, o->seed, e) : ERR_NOMEM;
    if (rc)
        model_free(m);
    else
        layers_identity(m->coef, m->d, 0);
    return rc;
}
