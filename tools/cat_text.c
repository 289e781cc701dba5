#include "tools/cat_text.h"

#include "lib/io/jsonout.h"

#include <inttypes.h>
#include <string.h>

static int
put_number(struct xout *x, const struct npy *h, const void *p, int64_t i,
    struct err *e)
{
    char number[JSONOUT_NUMBER];
    double v = npz_value(h, p, i);
    if (h->kind == 'f' && h->size == 2)
        return xout_printf(x, e, "%.9g", v);
    if (h->kind == 'f')
        return xout_printf(x, e, "%s",
            h->size == 8 ? jsonout_double(number, v)
                         : jsonout_float(number, (float)v));
    if (h->kind == 'u')
        return xout_printf(x, e, "%" PRIu64, (uint64_t)npz_value_int(h, p, i));
    return xout_printf(x, e, "%" PRId64, npz_value_int(h, p, i));
}

/* An id becomes one field of a line; what would break the line is refused. */
static int
put_id(
    struct xout *x, struct text id, const char *what, int64_t i, struct err *e)
{
    for (int64_t k = 0; k < id.n; k++)
        if (id.s[k] == '\t' || id.s[k] == '\n' || id.s[k] == '\r')
            return err_set(e, ERR_FORMAT,
                "%s %" PRId64 " holds a tab or a line break: use -f npy", what,
                i);
    return xout_write(x, id.s, id.n, e);
}

int
cat_text_array(struct xout *x, const struct npz_array *a, struct err *e)
{
    const struct npy *h = &a->npy;
    int64_t width = h->ndim ? h->shape[h->ndim - 1] : 1;
    if (h->ndim < 2)
        width = 1;
    for (int64_t i = 0; i < h->count; i++) {
        const char *s = (char *)a->data + i * h->size;
        int rc =
            h->kind == 'S'
                ? put_id(x,
                      (struct text){s, (int64_t)strnlen(s, (size_t)h->size)},
                      a->name, i, e)
                : put_number(x, h, a->data, i, e);
        if (!rc)
            rc = xout_write(x, (i + 1) % width ? "\t" : "\n", 1, e);
        if (rc)
            return rc;
    }
    return 0;
}

int
cat_text_npy(struct xout *x, const struct npz_array *a, struct err *e)
{
    char head[NPY_EMIT];
    int n = npy_emit(&a->npy, head, 0);
    int rc = xout_write(x, head, n, e);
    return rc ? rc : xout_write(x, a->data, a->npy.count * a->npy.size, e);
}

int
cat_text_mtx(struct xout *x, const struct npz_array *a, struct err *e)
{
    const struct npy *h = &a->npy;
    if (h->ndim != 2 || !strchr("fiub", h->kind))
        return err_set(
            e, ERR_SHAPE, "member '%s' is not a matrix of numbers", a->name);
    int64_t n = h->shape[0], d = h->shape[1];
    int rc = xout_printf(x, e,
        "%%%%MatrixMarket matrix array %s general\n%" PRId64 " %" PRId64 "\n",
        h->kind == 'f' ? "real" : "integer", n, d);
    for (int64_t j = 0; j < d && !rc; j++)
        for (int64_t i = 0; i < n && !rc; i++) {
            rc = put_number(x, h, a->data, i * d + j, e);
            if (!rc)
                rc = xout_write(x, "\n", 1, e);
        }
    return rc;
}

int
cat_text_csr(struct xout *x, const struct csr *a, int mtx, struct err *e)
{
    char number[JSONOUT_NUMBER];
    int rc = 0;
    if (mtx)
        rc = xout_printf(x, e,
            "%%%%MatrixMarket matrix coordinate %s general\n%" PRId64
            " %" PRId64 " %" PRId64 "\n",
            a->data ? "real" : "pattern", a->rows, a->cols, a->nnz);
    const char *sep = mtx ? " " : "\t";
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t k = a->indptr[i]; k < a->indptr[i + 1] && !rc; k++) {
            rc = xout_printf(x, e, "%" PRId64 "%s%" PRId64, i + mtx, sep,
                (int64_t)a->indices[k] + mtx);
            if (!rc && a->data)
                rc = xout_printf(
                    x, e, "%s%s", sep, jsonout_float(number, a->data[k]));
            if (!rc)
                rc = xout_write(x, "\n", 1, e);
        }
    return rc;
}

int
cat_text_dataset(
    struct xout *x, const struct dataset *d, int only, struct err *e)
{
    const struct csr *part[] = {&d->train, &d->valid, &d->test};
    int rc = 0;
    for (int64_t u = 0; u < d->n_users; u++)
        for (int p = 0; p < 3; p++) {
            const struct csr *a = part[p];
            if (only >= 0 && p != only)
                continue;
            for (int64_t k = a->indptr[u]; k < a->indptr[u + 1] && !rc; k++) {
                int64_t i = a->indices[k];
                rc = put_id(x, ids_get(&d->user_ids, u), "user id", u, e);
                if (!rc)
                    rc = xout_write(x, "\t", 1, e);
                if (!rc)
                    rc = put_id(x, ids_get(&d->item_ids, i), "item id", i, e);
                if (!rc)
                    rc = xout_printf(x, e, "\t%d\n", p);
            }
        }
    return rc;
}
