#include "lib/models/model.h"

#include "lib/base/mem.h"
#include "lib/graph/layers.h"

int
model_popularity(struct model *m, const struct csr *train, struct err *e)
{
    *m = (struct model){.name = "popularity", .d = 1, .bands = 1};
    m->coef = mem_new(1, sizeof *m->coef, e);
    int rc = m->coef ? 0 : ERR_NOMEM;
    if (!rc)
        rc = mat_init(&m->user, train->rows, 1, e);
    if (!rc)
        rc = mat_init(&m->item, train->cols, 1, e);
    if (rc) {
        model_free(m);
        return rc;
    }
    layers_identity(m->coef, 1, 0);
    for (int64_t u = 0; u < train->rows; u++)
        m->user.x[u] = 1.0f;
    for (int64_t i = 0; i < train->cols; i++)
        m->item.x[i] = 0.0f;
    for (int64_t k = 0; k < train->nnz; k++)
        m->item.x[train->indices[k]] += 1.0f;
    return 0;
}
