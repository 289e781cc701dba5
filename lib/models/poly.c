#include "lib/models/poly.h"

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/models/system.h"

#include <stdlib.h>

int
poly_random(struct poly *p, const struct csr *train, double sd, uint64_t seed,
    struct err *e)
{
    int rc = mat_init(&p->user, train->rows, p->d, e);
    if (!rc)
        rc = mat_init(&p->item, train->cols, p->d, e);
    if (rc)
        return rc;
    for (int64_t k = 0; k < train->rows * p->d; k++)
        p->user.x[k] =
            (float)(sd * rng_normal(seed, RNG_INIT, 0, (uint64_t)k, 0));
    for (int64_t k = 0; k < train->cols * p->d; k++)
        p->item.x[k] =
            (float)(sd * rng_normal(seed, RNG_INIT, 1, (uint64_t)k, 0));
    return 0;
}

int
poly_start(struct poly *p, const struct system_args *o, struct err *e)
{
    *p = (struct poly){.name = o->system->name,
        .d = system_int(o, "dim"),
        .layers = (int)system_int(o, "layers"),
        .bands = 1,
        .sampling = SAMPLE_USERS,
        .negatives = 1,
        .adam.rate = system_real(o, "lr")};
    p->coef = mem_new((p->layers + 1) * p->d, sizeof *p->coef, e);
    return p->coef ? poly_random(p, o->train, 1e-4, o->seed, e) : ERR_NOMEM;
}

void
poly_free(struct poly *p)
{
    free(p->coef);
    free(p->item_coef);
    mat_free(&p->user);
    mat_free(&p->item);
    csr_free(&p->items);
    *p = (struct poly){0};
}
