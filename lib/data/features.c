#include "lib/data/features.h"

#include "lib/base/mem.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int
features_init(struct features *f, struct ids *items, struct err *e)
{
    *f = (struct features){.items = *items};
    *items = (struct ids){0};
    int rc = ids_index(&f->items, "item", e);
    f->met = mem_zero(f->items.n, 1, e);
    f->missing.row = mem_new(f->items.n, 1, e);
    if (!rc && (!f->met || !f->missing.row))
        rc = ERR_NOMEM;
    if (!rc)
        memset(f->missing.row, 1, (size_t)f->items.n);
    f->missing.n = f->items.n;
    if (rc)
        features_free(f);
    return rc;
}

/* 1 if v is a vector, 0 if it says that there is none, or a negative code. */
static int
check(const struct features *f, const float *v, int64_t d, struct err *e)
{
    if (f->m.x && d != f->m.d)
        return err_set(e, ERR_SHAPE,
            "the vector has %" PRId64 " values, those before %" PRId64, d,
            f->m.d);
    int64_t bad = -1, nans = 0;
    for (int64_t j = d - 1; j >= 0; j--) {
        bad = isfinite(v[j]) ? bad : j;
        nans += isnan(v[j]);
    }
    if (bad >= 0 && nans < d)
        return err_set(e, ERR_NUM, "value %" PRId64 " is not finite", bad + 1);
    return nans < d;
}

static int
is_zero(const float *v, int64_t d)
{
    for (int64_t j = 0; j < d; j++)
        if (v[j] < 0 || v[j] > 0)
            return 0;
    return 1;
}

int
features_put_index(
    struct features *f, int64_t i, const float *v, int64_t d, struct err *e)
{
    int is = check(f, v, d, e);
    int rc = is < 0 ? is : 0;
    if (!rc && !f->m.x)
        rc = mat_init(&f->m, f->items.n, d, e);
    if (rc)
        return rc;
    if (f->met[i]) {
        struct text id = ids_get(&f->items, i);
        return err_set(
            e, ERR_FORMAT, "a second vector for item '%.*s'", (int)id.n, id.s);
    }
    f->met[i] = 1;
    int zero = is && is_zero(v, d);
    f->zeros += zero;
    if (!is || (zero && f->zeros_missing))
        return 0;
    memcpy(f->m.x + i * d, v, (size_t)d * sizeof *v);
    f->missing.row[i] = 0;
    f->missing.n--;
    return 0;
}

int
features_put(struct features *f, struct text id, const float *v, int64_t d,
    struct err *e)
{
    int64_t i = ids_find(&f->items, id);
    if (i >= 0)
        return features_put_index(f, i, v, d, e);
    f->unknown++;
    ids_show(&f->stranger, id);
    int is = check(f, v, d, e);
    return is < 0 ? is : 0;
}

int
features_ids_are_rows(const struct features *f)
{
    int same = 1;
    for (int64_t i = 0; i < f->items.n; i++) {
        int64_t v = ids_integer(ids_get(&f->items, i));
        if (v < 0)
            return -1;
        same &= v == i;
    }
    return same;
}

int
features_fill(struct features *f, const char *name, struct err *e)
{
    int64_t d = f->m.d, present = f->items.n - f->missing.n;
    char clause[IDS_CLAUSE];
    if (present == 0)
        return err_set(e, ERR_FORMAT,
            "no item of the dataset has a vector (%" PRId64
            " vectors are of unknown items%s%s)",
            f->unknown, f->unknown ? ": " : "",
            f->unknown ? ids_differ(clause, name, &f->stranger, &f->items)
                       : "");
    if (f->missing.n == 0)
        return 0;
    double *sum = mem_zero(d, sizeof *sum, e);
    if (!sum)
        return ERR_NOMEM;
    for (int64_t i = 0; i < f->m.n; i++)
        for (int64_t j = 0; !f->missing.row[i] && j < d; j++)
            sum[j] += (double)f->m.x[i * d + j];
    for (int64_t i = 0; i < f->m.n; i++)
        for (int64_t j = 0; f->missing.row[i] && j < d; j++)
            f->m.x[i * d + j] = (float)(sum[j] / (double)present);
    free(sum);
    return 0;
}

void
features_free(struct features *f)
{
    mat_free(&f->m);
    ids_free(&f->items);
    missing_free(&f->missing);
    free(f->met);
    *f = (struct features){0};
}
