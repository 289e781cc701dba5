#include "lib/base/mem.h"
#include "lib/data/vectors_priv.h"
#include "lib/io/kind.h"
#include "lib/la/store.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 20, MAX_HISTORY = 1 << 24 };

/* A named file can be read twice: its ids may then come after its vectors. */
static int
ids_beforehand(const char *path, struct vectors_rows *rows, struct err *e)
{
    if (strcmp(path, "-") == 0 || !xin_is_file(path))
        return 0;
    struct npz_in z;
    int rc = npz_in_open(&z, path, e);
    if (rc)
        return rc;
    struct npz_head h;
    while ((rc = npz_in_next(&z, &h, e)) == 1)
        if (!h.text && strcmp(h.name, "ids") == 0)
            break;
    if (rc == 1)
        rc = vectors_member_ids(&z, &h.npy, rows, e);
    npz_in_close(&z);
    return rc;
}

static int
check_shape(const struct npz_in *z, const char *member, const struct npy *h,
    const struct vectors_rows *rows, const struct features *f, struct err *e)
{
    const char *name = z->x.name;
    if (h->kind == '?')
        return err_set(e, ERR_FORMAT,
            "cannot read '%.400s': member '%s': %s is not supported", name,
            member, h->why);
    if (!strchr("fiub", h->kind) || h->ndim != 2)
        return err_set(e, ERR_FORMAT,
            "'%.400s': member '%s' is not a matrix of numbers", name, member);
    int64_t n = h->shape[0], d = h->shape[1];
    if (d < 1 || d > VECTORS_MAX_D)
        return err_set(e, ERR_SHAPE,
            "'%.400s': the vectors have %" PRId64 " values, not 1 to %d", name,
            d, VECTORS_MAX_D);
    return vectors_fit(rows, n, name, f, e);
}

static int
put_row(const struct vectors_rows *rows, int64_t r, const float *v, int64_t d,
    struct features *f, struct err *e)
{
    if (!rows->given)
        return features_put_index(f, r, v, d, e);
    return features_put(f, ids_get(&rows->ids, r), v, d, e);
}

/* list holds the member `missing`, or is NULL if there is none. The rows that
 * it names have no vector. */
static int
take_x(struct npz_in *z, const struct npz_head *head,
    const struct vectors_rows *rows, const struct npy *lh, const void *list,
    struct features *f, struct err *e)
{
    const struct npy *h = &head->npy;
    struct missing missing = {0};
    int rc = check_shape(z, head->name, h, rows, f, e);
    if (!rc && list)
        rc = missing_set(&missing, z->x.name, lh, list, h->shape[0], e);
    if (rc)
        return rc;
    int64_t n = h->shape[0], d = h->shape[1], bytes = d * h->size;
    int64_t step = BLOCK / bytes > 1 ? BLOCK / bytes : 1;
    void *raw = NULL; /* a few rows, or all that do not come one by one */
    float *v = mem_new(step * d, sizeof *v, e);
    rc = v ? 0 : ERR_NOMEM;
    if (!rc && h->fortran)
        rc = npz_in_take(z, n * bytes, 0, &raw, e);
    else if (!rc && !(raw = mem_new(step * bytes, 1, e)))
        rc = ERR_NOMEM;
    for (int64_t r = 0; r < n && !rc; r += step) {
        int64_t k = n - r < step ? n - r : step;
        if (!h->fortran)
            rc = npz_in_read(z, raw, k * bytes, e);
        if (rc)
            break;
        npz_to_f32(h, (char *)raw + (h->fortran ? r * bytes : 0), k * d, v);
        for (int64_t i = 0; i < k && !rc; i++) {
            for (int64_t j = 0; j < d && missing_at(&missing, r + i); j++)
                v[i * d + j] = NAN;
            rc = put_row(rows, r + i, v + i * d, d, f, e);
            if (rc)
                rc = err_prefix(
                    e, rc, "'%.400s', row %" PRId64, z->x.name, r + i);
        }
    }
    missing_free(&missing);
    free(raw);
    free(v);
    return rc;
}

static int
is_graph_member(const char *name)
{
    static const char *const names[] = {
        "format", "shape", "indptr", "indices", "data"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return 1;
    return 0;
}

static int
ids_late(const char *name, const char *what, struct err *e)
{
    return err_set(e, ERR_FORMAT,
        "'%.400s': member 'ids' comes after %s, which a pipe cannot go back "
        "to: give the file by name or use --ids",
        name, what);
}

/* What an archive has shown so far. */
struct archive {
    struct npz_in z;
    const struct vectors_opt *o;
    struct vectors_rows *rows;
    struct features *f;
    struct vectors_result *r;
    int known; /* ids, from elsewhere */
    int met;   /* the vectors */
    unsigned seen;
    char names[200];    /* of the members so far, for messages */
    struct npy missing; /* the member of that name, and its data or NULL */
    void *list;
    char *history;
};

/* The rest of the file, of which the first member of a CSR matrix is open. */
static int
take_graph(struct archive *a, const struct npz_head *head, struct err *e)
{
    static const char *const wanted[] = {
        "format", "shape", "indptr", "indices", "data", NULL};
    struct npz z;
    struct csr graph = {0};
    int rc = npz_load_rest(&z, &a->z, head, wanted, e);
    if (rc)
        return rc;
    if (!a->rows->given && npz_find(&z, "ids"))
        rc = ids_late(z.path, "the graph", e);
    if (!rc)
        rc = store_take_csr(&z, "", &graph, e);
    if (!rc)
        rc = vectors_align(&graph, z.path, a->rows, a->f, a->r, e);
    if (!a->history) {
        a->history = z.history;
        z.history = NULL;
    }
    csr_free(&graph);
    npz_free(&z);
    a->met = 1;
    return rc;
}

/* One member. 1: it was the last, else 0 or a negative code. */
static int
take_member(struct archive *a, const struct npz_head *head, struct err *e)
{
    const char *wanted = a->o->member ? a->o->member : "x";
    if (head->text) {
        if (strcmp(head->name, "history.txt") != 0 || a->history ||
            head->bytes > MAX_HISTORY)
            return 0;
        return npz_in_take(&a->z, head->bytes, 1, (void **)&a->history, e);
    }
    kind_see(&a->seen, head->name);
    size_t used = strlen(a->names);
    if (used < 120)
        snprintf(a->names + used, sizeof a->names - used, "%s%.60s",
            used ? ", " : "", head->name);
    if (strcmp(head->name, wanted) == 0) {
        a->met = 1;
        return take_x(&a->z, head, a->rows, &a->missing, a->list, a->f, e);
    }
    if (strcmp(head->name, "missing") == 0) {
        a->missing = head->npy;
        return a->met ? missing_late(a->z.x.name, e)
                      : npz_in_take(&a->z, head->bytes, 0, &a->list, e);
    }
    if (strcmp(head->name, "ids") == 0 && !a->known)
        return a->met ? ids_late(a->z.x.name, "'x'", e)
                      : vectors_member_ids(&a->z, &head->npy, a->rows, e);
    if (!a->met && !a->o->member && is_graph_member(head->name)) {
        int rc = take_graph(a, head, e);
        return rc ? rc : 1;
    }
    return 0;
}

int
vectors_npz(struct xin *x, const char *path, const struct vectors_opt *o,
    struct vectors_rows *rows, struct features *f, struct vectors_result *r,
    struct hist *h, struct err *e)
{
    int rc = rows->given ? 0 : ids_beforehand(path, rows, e);
    if (rc) {
        xin_close(x);
        return rc;
    }
    struct archive a = {.o = o, .rows = rows, .f = f, .r = r};
    a.known = rows->given;
    rc = npz_in_start(&a.z, x, e);
    if (rc)
        return rc;
    struct npz_head head;
    while ((rc = npz_in_next(&a.z, &head, e)) == 1)
        if ((rc = take_member(&a, &head, e)))
            break;
    if (rc == 0 && !a.met && o->member)
        rc = err_set(e, ERR_FORMAT, "'%.400s' has no member '%.200s'",
            a.z.x.name, o->member);
    else if (rc == 0 && !a.met && kind_of(a.seen) == KIND_OTHER && *a.names)
        rc = err_set(e, ERR_FORMAT,
            "'%.400s' has no member 'x': say with --member which one holds the "
            "vectors (there are: %s)",
            a.z.x.name, a.names);
    else if (rc == 0 && !a.met)
        rc = kind_not(a.z.x.name, kind_of(a.seen), "x",
            "item vectors: see stair-features(1)", e);
    if (rc >= 0)
        rc = hist_input(
            h, "features", a.z.x.name, a.history, npz_in_id(&a.z), e);
    free(a.list);
    free(a.history);
    npz_in_close(&a.z);
    return rc;
}
