#include "lib/data/dataset.h"

#include "lib/data/identity.h"
#include "lib/io/kind.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
dataset_take_ids(struct npz *z, const char *name, struct ids *s, struct err *e)
{
    struct npz_array *a = npz_find(z, name);
    *s = (struct ids){0};
    if (!a || !a->data)
        return err_set(e, ERR_FORMAT, "'%s' has no member '%s'", z->path, name);
    int64_t n = a->npy.count, width = a->npy.size;
    if (a->npy.kind != 'S' || a->npy.ndim != 1)
        return err_set(e, ERR_FORMAT,
            "'%s': member '%s' is not a list of byte strings", z->path, name);
    /* Width 0 would let a tiny file claim any number of ids. */
    if ((n && !width) || n > INT32_MAX)
        return err_set(e, ERR_FORMAT,
            "'%s': member '%s' has %" PRId64 " ids of %" PRId64 " bytes",
            z->path, name, n, width);
    char *bytes = a->data;
    a->data = NULL;
    int rc = ids_unpack(s, bytes, n, width, e);
    return rc ? err_prefix(e, rc, "'%s': member '%s'", z->path, name) : 0;
}

static int
take_part(struct npz *z, const char *part, int64_t users, int64_t items,
    struct csr *a, struct err *e)
{
    char name[32];
    struct npy hp, hi;
    *a = (struct csr){.rows = users, .cols = items};
    snprintf(name, sizeof name, "%s_indptr", part);
    int rc = npz_take_i64(z, name, 1, &a->indptr, &hp, e);
    if (rc)
        return rc;
    if (hp.count != users + 1)
        return err_set(e, ERR_SHAPE,
            "'%s': member '%s' has %" PRId64 " elements for %" PRId64 " users",
            z->path, name, hp.count, users);
    snprintf(name, sizeof name, "%s_indices", part);
    rc = npz_take_i32(z, name, 1, &a->indices, &hi, e);
    if (rc)
        return rc;
    a->nnz = hi.count;
    char what[4096];
    snprintf(what, sizeof what, "%.4000s' member '%s", z->path, name);
    return csr_check(a, what, e);
}

static int
check_disjoint(const struct csr *a, const struct csr *b, const char *names,
    const char *path, struct err *e)
{
    for (int64_t u = 0; u < a->rows; u++)
        for (int64_t k = a->indptr[u]; k < a->indptr[u + 1]; k++)
            if (csr_has(b, u, a->indices[k]))
                return err_set(e, ERR_FORMAT,
                    "'%s': user %" PRId64 " has item %" PRId32 " in both %s",
                    path, u, a->indices[k], names);
    return 0;
}

static const char *const members[] = {"train_indptr", "train_indices",
    "valid_indptr", "valid_indices", "test_indptr", "test_indices", "user_ids",
    "item_ids", NULL};
static const char a_dataset[] = "a dataset: see stair-ingest(1)";

int
dataset_take(struct npz *z, struct dataset *d, struct err *e)
{
    *d = (struct dataset){0};
    for (const char *const *m = members; *m; m++)
        if (!npz_find(z, *m))
            return kind_refuse(z, *m, a_dataset, e);
    int rc = dataset_take_ids(z, "user_ids", &d->user_ids, e);
    if (!rc)
        rc = dataset_take_ids(z, "item_ids", &d->item_ids, e);
    d->n_users = d->user_ids.n;
    d->n_items = d->item_ids.n;
    static const char *const name[] = {"train", "valid", "test"};
    struct csr *part[] = {&d->train, &d->valid, &d->test};
    for (int p = 0; p < 3 && !rc; p++)
        rc = take_part(z, name[p], d->n_users, d->n_items, part[p], e);
    if (!rc)
        rc =
            check_disjoint(&d->valid, &d->train, "train and valid", z->path, e);
    if (!rc)
        rc = check_disjoint(&d->test, &d->train, "train and test", z->path, e);
    if (!rc)
        rc = check_disjoint(&d->test, &d->valid, "valid and test", z->path, e);
    if (rc)
        dataset_free(d);
    return rc;
}

int
dataset_read(const char *path, struct dataset *d, struct hist *h, struct err *e)
{
    *d = (struct dataset){0};
    struct npz z;
    int rc = kind_load(&z, path, members, a_dataset, e);
    if (rc)
        return rc;
    rc = dataset_take(&z, d, e);
    if (!rc && h) {
        struct identity id = identity_of(d);
        rc = hist_input(h, "data", z.path, z.history, z.id, e);
        if (!rc)
            identity_note(h, &id);
    }
    npz_free(&z);
    if (rc)
        dataset_free(d);
    return rc;
}

int
dataset_read_ids(const char *path, struct ids *users, struct ids *items,
    struct hist *h, struct err *e)
{
    static const char *const both[] = {"user_ids", "item_ids", NULL};
    struct npz z;
    *users = *items = (struct ids){0};
    int rc = kind_load(&z, path, both, a_dataset, e);
    if (rc)
        return rc;
    if (!npz_find(&z, "user_ids") || !npz_find(&z, "item_ids"))
        rc = kind_refuse(&z, "user_ids", a_dataset, e);
    if (!rc)
        rc = dataset_take_ids(&z, "user_ids", users, e);
    if (!rc)
        rc = dataset_take_ids(&z, "item_ids", items, e);
    if (!rc)
        rc = hist_input(h, "ids", z.path, NULL, z.id, e);
    npz_free(&z);
    if (rc) {
        ids_free(users);
        ids_free(items);
    }
    return rc;
}

static void
put_part(struct npz_out *z, const char *part, const struct csr *a)
{
    char name[32];
    snprintf(name, sizeof name, "%s_indptr", part);
    npz_out_list(z, name, 'i', 8, a->rows + 1, a->indptr);
    snprintf(name, sizeof name, "%s_indices", part);
    npz_out_list(z, name, 'i', 4, a->nnz, a->indices);
}

static void
put_ids(struct npz_out *z, const char *name, const struct ids *s)
{
    int64_t width;
    struct err e;
    char *bytes = ids_pack(s, &width, &e);
    if (bytes)
        npz_out_list(z, name, 'S', (int)width, s->n, bytes);
    else
        xout_fail(&z->x, ERR_NOMEM, "%s", e.msg);
    free(bytes);
}

void
dataset_put_ids(
    struct npz_out *z, const struct ids *users, const struct ids *items)
{
    if (users)
        put_ids(z, "user_ids", users);
    put_ids(z, "item_ids", items);
}

int
dataset_write(const char *path, const struct dataset *d, const char *history,
    struct err *e)
{
    struct npz_out z;
    npz_out_open(&z, path, history);
    put_part(&z, "train", &d->train);
    put_part(&z, "valid", &d->valid);
    put_part(&z, "test", &d->test);
    dataset_put_ids(&z, &d->user_ids, &d->item_ids);
    return npz_out_commit(&z, e);
}

void
dataset_free(struct dataset *d)
{
    csr_free(&d->train);
    csr_free(&d->valid);
    csr_free(&d->test);
    ids_free(&d->user_ids);
    ids_free(&d->item_ids);
    *d = (struct dataset){0};
}
