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
    f->have = mem_zero(f->items.n, 1, e);
    if (!rc && !f->have)
        rc = ERR_NOMEM;
    if (rc)
        features_free(f);
    return rc;
}

static int
check(const struct features *f, const float *v, int64_t d, struct err *e)
{
    if (f->m.x && d != f->m.d)
        return err_set(e, ERR_SHAPE,
            "the vector has %" PRId64 " values, those before %" PRId64, d,
            f->m.d);
    for (int64_t j = 0; j < d; j++)
        if (!isfinite(v[j]))
            return err_set(
                e, ERR_NUM, "value %" PRId64 " is not finite", j + 1);
    return 0;
}

int
features_put_index(
    struct features *f, int64_t i, const float *v, int64_t d, struct err *e)
{
    int rc = check(f, v, d, e);
    if (!rc && !f->m.x)
        rc = mat_init(&f->m, f->items.n, d, e);
    if (rc)
        return rc;
    if (f->have[i]) {
        struct text id = ids_get(&f->items, i);
        return err_set(
            e, ERR_FORMAT, "a second vector for item '%.*s'", (int)id.n, id.s);
    }
    memcpy(f->m.x + i * d, v, (size_t)d * sizeof *v);
    f->have[i] = 1;
    f->present++;
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
    return check(f, v, d, e);
}

int
features_ids_mislead(const struct features *f)
{
    int differ = 0;
    for (int64_t i = 0; i < f->items.n; i++) {
        int64_t v = ids_integer(ids_get(&f->items, i));
        if (v < 0)
            return 0;
        differ |= v != i;
    }
    return differ;
}

int
features_fill(struct features *f, struct err *e)
{
    if (f->present == 0)
        return err_set(e, ERR_FORMAT,
            "no item of the dataset has a vector (%" PRId64
            " vectors are of unknown items)",
            f->unknown);
    if (f->present == f->m.n)
        return 0;
    int64_t d = f->m.d;
    double *sum = mem_zero(d, sizeof *sum, e);
    if (!sum)
        return ERR_NOMEM;
    for (int64_t i = 0; i < f->m.n; i++)
        for (int64_t j = 0; f->have[i] && j < d; j++)
            sum[j] += (double)f->m.x[i * d + j];
    for (int64_t i = 0; i < f->m.n; i++)
        for (int64_t j = 0; !f->have[i] && j < d; j++)
            f->m.x[i * d + j] = (float)(sum[j] / (double)f->present);
    free(sum);
    return 0;
}

void
features_free(struct features *f)
{
    mat_free(&f->m);
    ids_free(&f->items);
    free(f->have);
    *f = (struct features){0};
}
