/* Popularity: a user's vector is 1, an item's the number of its train users. */
#include "lib/models/system.h"

static int
make(struct model *m, const struct system_args *o, struct err *e)
{
    const struct csr *train = o->train;
    struct mat *user = &m->fixed[0], *item = &m->fixed[1];
    int rc = mat_init(user, train->rows, 1, e);
    if (!rc)
        rc = mat_init(item, train->cols, 1, e);
    if (rc)
        return rc;
    for (int64_t u = 0; u < train->rows; u++)
        user->x[u] = 1.0f;
    for (int64_t i = 0; i < train->cols; i++)
        item->x[i] = 0.0f;
    for (int64_t k = 0; k < train->nnz; k++)
        item->x[train->indices[k]] += 1.0f;
    return 0;
}

static const struct system_param params[] = {{.name = NULL}};

const struct system popularity_system = {.name = "popularity",
    .line = "n_i, the number of an item's users; not trained",
    .kind = MODEL_FIXED,
    .param = params,
    .make = make};
