#include "lib/models/model.h"

#include "lib/base/mem.h"
#include "lib/graph/layers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* E_u = mean of E_i over the user's train items; 0 for a user without any. */
static int
mean_of_items(const struct csr *train, const struct mat *item, struct mat *user,
    struct err *e)
{
    int64_t d = item->d;
    int rc = mat_init(user, train->rows, d, e);
    double *sum = mem_new(d, sizeof *sum, e);
    if (rc || !sum) {
        free(sum);
        return ERR_NOMEM;
    }
    for (int64_t u = 0; u < train->rows; u++) {
        int64_t from = train->indptr[u], to = train->indptr[u + 1];
        memset(sum, 0, (size_t)d * sizeof *sum);
        for (int64_t k = from; k < to; k++)
            for (int64_t j = 0; j < d; j++)
                sum[j] += (double)item->x[train->indices[k] * d + j];
        for (int64_t j = 0; j < d; j++)
            user->x[u * d + j] =
                to > from ? (float)(sum[j] / (double)(to - from)) : 0.0f;
    }
    free(sum);
    return 0;
}

/* Items start as init, users as the mean of theirs. */
static int
start_from(struct model *m, const struct csr *train, const struct mat *init,
    struct err *e)
{
    int rc = mat_init(&m->item, init->n, init->d, e);
    if (rc)
        return rc;
    memcpy(m->item.x, init->x, (size_t)(init->n * init->d) * sizeof *init->x);
    return mean_of_items(train, &m->item, &m->user, e);
}

int
model_stair(struct model *m, const struct model_opt *o, const struct csr *train,
    const struct mat *init, struct err *e)
{
    *m = (struct model){.name = "stair",
        .d = o->no_mi ? o->dim : init->d,
        .layers = (int)o->layers,
        .bands = 1,
        .item_layers = (int)o->layers,
        .sampling = SAMPLE_PAIRS,
        .rate = o->rate,
        .decoupled = o->decay};
    if (!o->no_mi && init->n != train->cols)
        return err_set(e, ERR_SHAPE,
            "initial vectors are for %" PRId64 " items, but the dataset has "
            "%" PRId64,
            init->n, train->cols);
    m->coef = mem_new((o->layers + 1) * m->d, sizeof *m->coef, e);
    m->item_coef = mem_new((o->layers + 1) * m->d, sizeof *m->coef, e);
    int rc = m->coef && m->item_coef ? 0 : ERR_NOMEM;
    if (!rc)
        rc = o->no_mi ? model_random(m, train, 1e-4, o->seed, e)
                      : start_from(m, train, init, e);
    if (rc) {
        model_free(m);
        return rc;
    }
    if (o->no_fsc)
        layers_uniform(m->coef, m->d, m->layers);
    else
        layers_forward(m->coef, m->d, m->layers, o->gamma);
    layers_backward(m->item_coef, m->d, m->item_layers, o->gamma);
    if (o->no_bsc) {
        free(m->item_coef);
        m->item_coef = NULL;
    }
    return 0;
}
