#include "lib/rank/ranker.h"

#include "lib/io/npz.h"
#include "lib/la/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *
ranker_shown(const char *path)
{
    return strcmp(path, "-") == 0 ? "<stdin>" : path;
}

static int
take(struct npz *z, const char *name, struct mat *m, struct err *e)
{
    struct npy shape;
    int rc = npz_take_f32(z, name, 2, &m->x, &shape, e);
    if (rc)
        return rc;
    m->n = shape.shape[0];
    m->d = shape.shape[1];
    char what[4096];
    snprintf(what, sizeof what, "%.4000s' member '%s", z->path, name);
    return mat_check_finite(m, what, e);
}

static int
take_vectors(struct npz *z, struct ranker *r, struct err *e)
{
    int rc = take(z, "user", &r->user, e);
    if (!rc)
        rc = take(z, "item", &r->item, e);
    if (!rc && r->user.d != r->item.d)
        rc = err_set(e, ERR_SHAPE,
            "'%s': user vectors have %" PRId64
            " columns and item vectors %" PRId64,
            z->path, r->user.d, r->item.d);
    return rc;
}

int
ranker_read(const char *path, struct ranker *r, struct err *e)
{
    static const char *const wanted[] = {
        "user", "item", "format", "shape", "indptr", "indices", "data", NULL};
    *r = (struct ranker){0};
    struct npz z;
    int rc = npz_load(&z, path, wanted, e);
    if (rc)
        return rc;
    int vectors = npz_find(&z, "user") || npz_find(&z, "item");
    rc = !vectors && npz_find(&z, "format") ? store_take_csr(&z, &r->graph, e)
                                            : take_vectors(&z, r, e);
    npz_free(&z);
    if (rc)
        ranker_free(r);
    return rc;
}

int
ranker_scorer(const struct ranker *r, const char *path, const struct dataset *d,
    const char *data, struct scorer *s, struct err *e)
{
    int rc;
    if (r->graph.indptr) {
        if (r->graph.rows != d->n_items || r->graph.cols != d->n_items)
            return err_set(e, ERR_SHAPE,
                "'%s' is a graph of %" PRId64 " x %" PRId64
                ", but '%s' has %" PRId64 " items",
                ranker_shown(path), r->graph.rows, r->graph.cols,
                ranker_shown(data), d->n_items);
        rc = scorer_graph(s, &d->train, &r->graph, e);
    } else {
        if (r->user.n != d->n_users || r->item.n != d->n_items)
            return err_set(e, ERR_SHAPE,
                "'%s' has %" PRId64 " users and %" PRId64
                " items, but '%s' has %" PRId64 " users and %" PRId64 " items",
                ranker_shown(path), r->user.n, r->item.n, ranker_shown(data),
                d->n_users, d->n_items);
        rc = scorer_dense(s, &r->user, &r->item, e);
    }
    return rc ? err_prefix(e, rc, "'%s'", ranker_shown(path)) : 0;
}

void
ranker_free(struct ranker *r)
{
    mat_free(&r->user);
    mat_free(&r->item);
    csr_free(&r->graph);
}
