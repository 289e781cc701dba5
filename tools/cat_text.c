#include "tools/cat_text.h"

#include "lib/io/jsonout.h"

#include <inttypes.h>
#include <string.h>

static void
put_number(struct xout *x, const struct npy *h, const void *p, int64_t i)
{
    char number[JSONOUT_NUMBER];
    double v = npz_value(h, p, i);
    if (h->kind == 'f' && h->size == 2)
        xout_printf(x, "%.9g", v);
    else if (h->kind == 'f')
        xout_printf(x, "%s",
            h->size == 8 ? jsonout_double(number, v)
                         : jsonout_float(number, (float)v));
    else if (h->kind == 'u')
        xout_printf(x, "%" PRIu64, (uint64_t)npz_value_int(h, p, i));
    else
        xout_printf(x, "%" PRId64, npz_value_int(h, p, i));
}

/* An id becomes one field of a line; what would break the line is refused. */
static void
put_id(struct xout *x, struct text id, const char *what, int64_t i)
{
    for (int64_t k = 0; k < id.n; k++)
        if (id.s[k] == '\t' || id.s[k] == '\n' || id.s[k] == '\r')
            xout_fail(x, ERR_FORMAT,
                "%s %" PRId64 " holds a tab or a line break: use -f npy", what,
                i);
    xout_write(x, id.s, id.n);
}

void
cat_text_array(struct xout *x, const struct npz_array *a)
{
    const struct npy *h = &a->npy;
    int64_t width = h->ndim > 1 ? h->shape[h->ndim - 1] : 1;
    for (int64_t i = 0; i < h->count && !x->rc; i++) {
        const char *s = (char *)a->data + i * h->size;
        struct text id = {s, (int64_t)strnlen(s, (size_t)h->size)};
        if (h->kind == 'S')
            put_id(x, id, a->name, i);
        else
            put_number(x, h, a->data, i);
        xout_write(x, (i + 1) % width ? "\t" : "\n", 1);
    }
}

void
cat_text_npy(struct xout *x, const struct npz_array *a)
{
    char head[NPY_EMIT];
    xout_write(x, head, npy_emit(&a->npy, head, 0));
    xout_write(x, a->data, a->npy.count * a->npy.size);
}

void
cat_text_mtx(struct xout *x, const struct npz_array *a)
{
    const struct npy *h = &a->npy;
    int64_t n = h->shape[0], d = h->shape[1];
    if (h->ndim != 2 || !strchr("fiub", h->kind)) {
        xout_fail(
            x, ERR_SHAPE, "member '%s' is not a matrix of numbers", a->name);
        return;
    }
    xout_printf(x,
        "%%%%MatrixMarket matrix array %s general\n%" PRId64 " %" PRId64 "\n",
        h->kind == 'f' ? "real" : "integer", n, d);
    for (int64_t j = 0; j < d; j++)
        for (int64_t i = 0; i < n && !x->rc; i++) {
            put_number(x, h, a->data, i * d + j);
            xout_write(x, "\n", 1);
        }
}

void
cat_text_csr(struct xout *x, const struct csr *a, int mtx)
{
    char number[JSONOUT_NUMBER];
    if (mtx)
        xout_printf(x,
            "%%%%MatrixMarket matrix coordinate %s general\n%" PRId64
            " %" PRId64 " %" PRId64 "\n",
            a->data ? "real" : "pattern", a->rows, a->cols, a->nnz);
    const char *sep = mtx ? " " : "\t";
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t k = a->indptr[i]; k < a->indptr[i + 1] && !x->rc; k++) {
            xout_printf(x, "%" PRId64 "%s%" PRId64, i + mtx, sep,
                (int64_t)a->indices[k] + mtx);
            if (a->data)
                xout_printf(x, "%s%s", sep, jsonout_float(number, a->data[k]));
            xout_write(x, "\n", 1);
        }
}

void
cat_text_dataset(struct xout *x, const struct dataset *d, int only)
{
    const struct csr *part[] = {&d->train, &d->valid, &d->test};
    for (int64_t u = 0; u < d->n_users; u++)
        for (int p = 0; p < 3; p++) {
            const struct csr *a = part[p];
            if (only >= 0 && p != only)
                continue;
            for (int64_t k = a->indptr[u]; k < a->indptr[u + 1] && !x->rc;
                 k++) {
                int64_t i = a->indices[k];
                put_id(x, ids_get(&d->user_ids, u), "user id", u);
                xout_write(x, "\t", 1);
                put_id(x, ids_get(&d->item_ids, i), "item id", i);
                xout_printf(x, "\t%d\n", p);
            }
        }
}
