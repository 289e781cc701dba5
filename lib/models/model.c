#include "lib/models/model.h"

#include "lib/base/rng.h"

#include <stdlib.h>

int
model_random(struct model *m, const struct csr *train, double sd, uint64_t seed,
    struct err *e)
{
    int rc = mat_init(&m->user, train->rows, m->d, e);
    if (!rc)
        rc = mat_init(&m->item, train->cols, m->d, e);
    if (rc)
        return rc;
    for (int64_t k = 0; k < train->rows * m->d; k++)
        m->user.x[k] =
            (float)(sd * rng_normal(seed, RNG_INIT, 0, (uint64_t)k, 0));
    for (int64_t k = 0; k < train->cols * m->d; k++)
        m->item.x[k] =
            (float)(sd * rng_normal(seed, RNG_INIT, 1, (uint64_t)k, 0));
    return 0;
}

void
model_free(struct model *m)
{
    free(m->coef);
    free(m->item_coef);
    mat_free(&m->user);
    mat_free(&m->item);
    *m = (struct model){0};
}
