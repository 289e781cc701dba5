#include "lib/rank/ranker.h"

#include "lib/base/mem.h"
#include "lib/data/identity.h"
#include "lib/io/kind.h"
#include "lib/io/npz.h"
#include "lib/la/store.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Members of a part; with a prefix, if the model is a blend. */
static const char *const words[] = {"format", "shape", "indptr", "indices",
    "data", "name", "user", "item", "user_param", "item_param"};
enum {
    WORDS = sizeof words / sizeof *words,
    MATS = WORDS - RANKER_MATS, /* where the matrices begin */
    PARAMS = MATS + 2
};

/* What is read of a file. */
struct wanted {
    char name[SCORER_PARTS * WORDS][NPZ_NAME];
    const char *list[SCORER_PARTS * WORDS + WORDS + 6];
};

static void
prefix_of(char prefix[16], int part)
{
    snprintf(prefix, 16, "part%d_", part + 1);
}

static struct wanted *
want(int params, struct err *e)
{
    struct wanted *w = mem_zero(1, sizeof *w, e);
    if (!w)
        return NULL;
    int n = 0, words_wanted = params ? WORDS : PARAMS;
    for (int k = 0; k < words_wanted; k++)
        w->list[n++] = words[k];
    for (int p = 0; p < SCORER_PARTS; p++)
        for (int k = 0; k < words_wanted; k++) {
            char prefix[16], *name = w->name[p * WORDS + k];
            prefix_of(prefix, p);
            snprintf(name, NPZ_NAME, "%s%s", prefix, words[k]);
            w->list[n++] = name;
        }
    w->list[n++] = "user_ids";
    w->list[n++] = "item_ids";
    w->list[n++] = "blend";
    if (params) {
        w->list[n++] = "user_train";
        w->list[n++] = "item_train";
    }
    return w;
}

const char *
ranker_shown(const char *path)
{
    return strcmp(path, "-") == 0 ? "<stdin>" : path;
}

/* A member that was wanted, or NULL. */
static const struct npz_array *
find(const struct npz *z, const char *prefix, const char *word)
{
    char name[NPZ_NAME];
    snprintf(name, sizeof name, "%s%s", prefix, word);
    const struct npz_array *a = npz_find(z, name);
    return a && a->data ? a : NULL;
}

static int
take(struct npz *z, const char *prefix, const char *word, struct mat *m,
    struct err *e)
{
    struct npy shape;
    char name[NPZ_NAME], what[4096];
    snprintf(name, sizeof name, "%s%s", prefix, word);
    int rc = npz_take_f32(z, name, 2, &m->x, &shape, e);
    if (rc)
        return rc;
    m->n = shape.shape[0];
    m->d = shape.shape[1];
    snprintf(what, sizeof what, "%.3500s' member '%s", z->path, name);
    return mat_check_finite(m, what, e);
}

static int
take_vectors(
    struct npz *z, const char *prefix, struct ranker_part *r, struct err *e)
{
    int params = find(z, prefix, "user_param") && find(z, prefix, "item_param");
    int rc = 0;
    for (int k = 0; k < (params ? RANKER_MATS : 2) && !rc; k++) {
        const char *word = words[MATS + k];
        rc = take(z, prefix, word, &r->mat[k], e);
        if (!rc && k == 1 && r->user.d != r->item.d)
            rc = err_set(e, ERR_SHAPE,
                "'%s': user vectors have %" PRId64
                " columns and item vectors %" PRId64,
                z->path, r->user.d, r->item.d);
        /* parameters are of the users and items that the vectors are of */
        if (!rc && r->mat[k].n != r->mat[k % 2].n)
            rc = err_set(e, ERR_SHAPE,
                "'%s': member '%s%s' has %" PRId64 " rows, not %" PRId64,
                z->path, prefix, word, r->mat[k].n, r->mat[k % 2].n);
    }
    return rc;
}

static int
take_part(
    struct npz *z, const char *prefix, struct ranker_part *r, struct err *e)
{
    const struct npz_array *name = find(z, prefix, "name");
    if (name && name->npy.kind == 'S' && name->npy.count == 1) {
        r->name = strndup(name->data, (size_t)name->npy.size);
        if (!r->name)
            return err_set(e, ERR_NOMEM, "out of memory");
    }
    int vectors = find(z, prefix, "user") || find(z, prefix, "item");
    return !vectors && find(z, prefix, "format")
               ? store_take_csr(z, prefix, &r->graph, e)
               : take_vectors(z, prefix, r, e);
}

static int
take_model(struct npz *z, struct ranker *r, struct err *e)
{
    r->parts = 1;
    r->part[0].weight = 1;
    return take_part(z, "", &r->part[0], e);
}

static int
take_blend(struct npz *z, struct ranker *r, struct err *e)
{
    const struct npz_array *a = npz_find(z, "blend");
    int64_t parts = a->npy.ndim == 1 && a->npy.kind == 'f' ? a->npy.count : 0;
    if (parts < 1 || parts > SCORER_PARTS)
        return err_set(e, ERR_FORMAT,
            "'%s': member 'blend' is not 1 to %d weights", z->path,
            SCORER_PARTS);
    r->blend = 1;
    r->parts = (int)parts;
    int rc = 0;
    for (int p = 0; p < parts && !rc; p++) {
        char prefix[16];
        double weight = r->part[p].weight = npz_value(&a->npy, a->data, p);
        if (!(weight > 0 && isfinite(weight)))
            return err_set(e, ERR_RANGE,
                "'%s': the weight of part %d is %g, not above 0", z->path,
                p + 1, weight);
        prefix_of(prefix, p);
        rc = take_part(z, prefix, &r->part[p], e);
    }
    return rc;
}

/* The ids that the file itself holds, if they are lists as we write them: n is
 * 0 where there are none. */
static int
take_ids(struct npz *z, const char *name, struct ids *s, struct err *e)
{
    const struct npz_array *a = npz_find(z, name);
    *s = (struct ids){0};
    if (!a || a->npy.kind != 'S' || a->npy.ndim != 1)
        return 0;
    return dataset_take_ids(z, name, s, e);
}

static int
take_rows(struct npz *z, struct ranker *r, struct err *e)
{
    int rc = take_ids(z, "user_ids", &r->user_ids, e);
    if (!rc)
        rc = take_ids(z, "item_ids", &r->item_ids, e);
    return rc ? rc : seen_take(z, &r->seen, r->user_ids.n, r->item_ids.n, e);
}

static void
note_rows(const struct ranker *r, struct hist *h)
{
    struct identity id = {0};
    if (r->user_ids.at) {
        id.digest[0] = identity_ids(&r->user_ids);
        id.known |= IDENTITY_USERS;
    }
    if (r->item_ids.at) {
        id.digest[1] = identity_ids(&r->item_ids);
        id.known |= IDENTITY_ITEMS;
    }
    identity_note(h, &id);
}

static const char a_model[] = "a model: see stair-train(1)";

int
ranker_read(const char *path, const char *role, int params, struct ranker *r,
    struct hist *h, struct err *e)
{
    *r = (struct ranker){0};
    struct wanted *w = want(params, e);
    if (!w)
        return ERR_NOMEM;
    struct npz z;
    int rc = kind_load(&z, path, w->list, a_model, e);
    free(w);
    if (rc)
        return rc;
    int user = npz_find(&z, "user") != NULL,
        item = npz_find(&z, "item") != NULL;
    if (npz_find(&z, "blend"))
        rc = take_blend(&z, r, e);
    else if (user != item || (!user && !npz_find(&z, "format")))
        rc = kind_refuse(&z, user ? "item" : "user", a_model, e);
    else
        rc = take_model(&z, r, e);
    if (!rc && h)
        rc = hist_input(h, role, z.path, z.history, z.id, e);
    if (!rc)
        rc = take_rows(&z, r, e);
    if (!rc && h)
        note_rows(r, h);
    npz_free(&z);
    if (rc)
        ranker_free(r);
    return rc;
}

static int
part_scorer(const struct ranker_part *r, const char *path,
    const struct dataset *d, const char *data, struct scorer *s, struct err *e)
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

int
ranker_scorer(struct ranker *r, const char *path, const struct dataset *d,
    const char *data, struct scorer *s, struct err *e)
{
    for (int p = 0; p < r->parts; p++) {
        int rc =
            part_scorer(&r->part[p], path, d, data, &r->share[p].scorer, e);
        if (rc)
            return rc;
    }
    int rc = ranker_blend(r, r->share, s, e);
    return rc ? err_prefix(e, rc, "'%s'", ranker_shown(path)) : 0;
}

int
ranker_blend(const struct ranker *r, struct scorer_part *share,
    struct scorer *s, struct err *e)
{
    for (int p = 0; p < r->parts; p++)
        share[p].weight = r->part[p].weight;
    return scorer_blend(s, share, r->parts, e);
}

void
ranker_need_history(
    struct ranker *r, struct scorer *s, const struct csr *history)
{
    s->history = history;
    for (int p = 0; p < r->parts; p++)
        r->share[p].scorer.history = history;
}

int
ranker_has_users(const struct ranker *r)
{
    int has = 0;
    for (int p = 0; p < r->parts; p++)
        has |= !r->part[p].graph.indptr;
    return has;
}

static void
put_vectors(struct npz_out *z, const char *prefix, const struct ranker_part *r)
{
    char name[NPZ_NAME];
    for (int k = 0; k < RANKER_MATS; k++) {
        snprintf(name, sizeof name, "%s%s", prefix, words[MATS + k]);
        if (r->mat[k].x)
            store_put_mat(z, name, &r->mat[k]);
    }
}

/* Writes one part of a blend. */
static void
put_part(struct npz_out *z, const struct ranker_part *r, int part)
{
    char prefix[16], name[NPZ_NAME];
    prefix_of(prefix, part);
    if (r->graph.indptr) {
        store_put_csr(z, prefix, &r->graph, r->name);
        return;
    }
    snprintf(name, sizeof name, "%sname", prefix);
    if (r->name)
        npz_out_string(z, name, r->name);
    put_vectors(z, prefix, r);
}

static void
put_weights(struct npz_out *z, const struct ranker *r)
{
    double weight[SCORER_PARTS];
    for (int p = 0; p < r->parts; p++)
        weight[p] = r->part[p].weight;
    npz_out_list(z, "blend", 'f', 8, r->parts, weight);
}

int
ranker_write(const char *path, const struct ranker *r, const struct dataset *d,
    const struct seen *seen, const char *history, struct err *e)
{
    const char *name = r->blend ? "blend" : r->part[0].name;
    struct npz_out z;
    npz_out_open(&z, path, history);
    if (name)
        npz_out_string(&z, "name", name);
    if (r->blend)
        put_weights(&z, r);
    dataset_put_ids(&z, &d->user_ids, &d->item_ids);
    seen_put(&z, seen, d->n_users, d->n_items);
    for (int p = 0; p < r->parts; p++)
        if (r->blend)
            put_part(&z, &r->part[p], p);
        else
            put_vectors(&z, "", &r->part[p]);
    return npz_out_commit(&z, e);
}

void
ranker_free(struct ranker *r)
{
    for (int p = 0; p < r->parts; p++) {
        struct ranker_part *part = &r->part[p];
        free(part->name);
        for (int k = 0; k < RANKER_MATS; k++)
            mat_free(&part->mat[k]);
        csr_free(&part->graph);
    }
    ids_free(&r->user_ids);
    ids_free(&r->item_ids);
    seen_free(&r->seen);
    *r = (struct ranker){0};
}
