#include "lib/la/missing.h"

#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int
missing_set(struct missing *m, const char *name, const struct npy *h,
    const void *data, int64_t rows, struct err *e)
{
    *m = (struct missing){0};
    if (!strchr("iu", h->kind) || h->ndim != 1)
        return err_set(e, ERR_FORMAT,
            "'%s': member 'missing' is not a list of row numbers", name);
    if (h->count >= rows)
        return err_set(e, ERR_FORMAT,
            "'%s': member 'missing' leaves none of the %" PRId64 " rows", name,
            rows);
    if (h->count == 0)
        return 0;
    m->row = mem_zero(rows, 1, e);
    if (!m->row)
        return ERR_NOMEM;
    for (int64_t last = -1; m->n < h->count; m->n++) {
        int64_t row = npz_value_int(h, data, m->n);
        if (row <= last || row >= rows) {
            missing_free(m);
            return err_set(e, ERR_FORMAT,
                "'%s': member 'missing': %" PRId64 " is no row of %" PRId64
                ", or not above the one before",
                name, row, rows);
        }
        m->row[last = row] = 1;
    }
    return 0;
}

int
missing_late(const char *name, struct err *e)
{
    return err_set(e, ERR_FORMAT,
        "'%s': member 'missing' comes after 'x', whose rows it says something "
        "about: np.savez(file, missing=.., x=..)",
        name);
}

void
missing_free(struct missing *m)
{
    free(m->row);
    *m = (struct missing){0};
}

void
missing_clear(
    const struct missing *m, int64_t first, int64_t n, int64_t d, float *x)
{
    for (int64_t i = 0; i < n && m->row; i++)
        if (m->row[first + i])
            memset(x + i * d, 0, (size_t)d * sizeof *x);
}

void
missing_drop(const struct missing *m, struct mat *x)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < x->n; i++)
        if (!missing_at(m, i)) {
            memmove(x->x + kept * x->d, x->x + i * x->d,
                (size_t)x->d * sizeof *x->x);
            kept++;
        }
    x->n = kept;
}

void
missing_put(struct npz_out *z, const struct missing *m, int64_t rows)
{
    struct err e;
    int32_t *list = mem_new(m->n, sizeof *list, &e);
    int64_t n = 0;
    for (int64_t i = 0; i < rows && m->n && list; i++)
        if (m->row[i])
            list[n++] = (int32_t)i;
    if (!list)
        xout_fail(&z->x, ERR_NOMEM, "%s", e.msg);
    else if (n)
        npz_out_list(z, "missing", 'i', 4, n, list);
    free(list);
}
