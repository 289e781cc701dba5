#include "lib/data/seen.h"

#include "lib/base/arena.h"
#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdlib.h>

/* FNV-1a, then the finaliser of MurmurHash3, so that sums of digests of similar
 * ids differ. */
static uint64_t
digest(struct text id)
{
    uint64_t h = text_fnv(text_fnv_start, id);
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdU;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53U;
    return h ^ h >> 33;
}

static uint64_t *
digests(const struct ids *ids, struct arena *memory)
{
    uint64_t *x = arena_new(memory, ids->n, sizeof *x);
    for (int64_t i = 0; x && i < ids->n; i++)
        x[i] = digest(ids_get(ids, i));
    return x;
}

/* A sum is 0 for no interactions alone. */
static void
finish(int64_t *x, int64_t n, const int64_t *count)
{
    for (int64_t i = 0; i < n; i++) {
        x[i] &= INT64_MAX;
        if (count[i] && !x[i])
            x[i] = 1;
    }
}

static void
add(int64_t *to, uint64_t what)
{
    *to = (int64_t)((uint64_t)*to + what);
}

int
seen_of(struct seen *s, const struct dataset *d, struct err *e)
{
    const struct csr *a = &d->train;
    int64_t rows = a->rows, cols = a->cols;
    struct arena tmp = {0};
    uint64_t *user = digests(&d->user_ids, &tmp);
    uint64_t *item = digests(&d->item_ids, &tmp);
    int64_t *count = arena_zero(&tmp, rows + cols, sizeof *count);
    int rc = arena_check(&tmp, e);
    *s = (struct seen){0};
    if (!rc) {
        s->user = mem_zero(rows, sizeof *s->user, e);
        s->item = mem_zero(cols, sizeof *s->item, e);
        rc = s->user && s->item ? 0 : ERR_NOMEM;
    }
    for (int64_t u = 0; u < rows && !rc; u++)
        for (int64_t k = a->indptr[u]; k < a->indptr[u + 1]; k++) {
            int32_t i = a->indices[k];
            add(&s->user[u], item[i]);
            add(&s->item[i], user[u]);
            count[u]++;
            count[rows + i]++;
        }
    if (!rc) {
        finish(s->user, rows, count);
        finish(s->item, cols, count + rows);
    } else {
        seen_free(s);
    }
    arena_free(&tmp);
    return rc;
}

static void
put(struct npz_out *z, const char *name, const int64_t *x, int64_t n)
{
    if (x)
        npz_out_list(z, name, 'i', 8, n, x);
}

void
seen_put(struct npz_out *z, const struct seen *s, int64_t users, int64_t items)
{
    put(z, "user_train", s->user, users);
    put(z, "item_train", s->item, items);
}

static int
take(struct npz *z, const char *name, int64_t n, int64_t **x, struct err *e)
{
    struct npy h;
    const struct npz_array *a = npz_find(z, name);
    if (!a || !a->data)
        return 0;
    int rc = npz_take_i64(z, name, 1, x, &h, e);
    if (rc || h.count == n)
        return rc;
    return err_set(e, ERR_SHAPE,
        "'%s': member '%s' has %" PRId64 " entries, not %" PRId64, z->path,
        name, h.count, n);
}

int
seen_take(
    struct npz *z, struct seen *s, int64_t users, int64_t items, struct err *e)
{
    *s = (struct seen){0};
    int rc = take(z, "user_train", users, &s->user, e);
    if (!rc)
        rc = take(z, "item_train", items, &s->item, e);
    if (rc)
        seen_free(s);
    return rc;
}

void
seen_free(struct seen *s)
{
    free(s->user);
    free(s->item);
    *s = (struct seen){0};
}
