#include "lib/rank/ranker.h"

#include "lib/data/identity.h"
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

/* The ids that the file itself holds, if they are lists as we write them. */
static int
note_ids(struct npz *z, struct hist *h, struct err *e)
{
    static const char *const name[] = {"user_ids", "item_ids"};
    struct identity id = {0};
    for (int k = 0; k < 2; k++) {
        const struct npz_array *a = npz_find(z, name[k]);
        struct ids s;
        if (!a || a->npy.kind != 'S' || a->npy.ndim != 1)
            continue;
        int rc = dataset_take_ids(z, name[k], &s, e);
        if (!rc) {
            id.digest[k] = identity_ids(&s);
            id.known |= 1u << k;
        }
        ids_free(&s);
        if (rc)
            return rc;
    }
    identity_note(h, &id);
    return 0;
}

int
ranker_read(const char *path, struct ranker *r, struct hist *h, struct err *e)
{
    static const char *const wanted[] = {"user", "item", "format", "shape",
        "indptr", "indices", "data", "user_ids", "item_ids", NULL};
    *r = (struct ranker){0};
    struct npz z;
    int rc = npz_load(&z, path, wanted, e);
    if (rc)
        return rc;
    int vectors = npz_find(&z, "user") || npz_find(&z, "item");
    rc = !vectors && npz_find(&z, "format") ? store_take_csr(&z, &r->graph, e)
                                            : take_vectors(&z, r, e);
    if (!rc && h)
        rc = hist_input(h, "model", z.path, z.history, z.id, e);
    if (!rc && h)
        rc = note_ids(&z, h, e);
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
