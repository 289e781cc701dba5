#include "lib/rec/factors.h"

#include "lib/io/npz.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *
factors_shown(const char *path)
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

int
factors_read(const char *path, struct factors *f, struct err *e)
{
    static const char *const wanted[] = {"user", "item", NULL};
    *f = (struct factors){0};
    struct npz z;
    int rc = npz_load(&z, path, wanted, e);
    if (rc)
        return rc;
    rc = take(&z, "user", &f->user, e);
    if (!rc)
        rc = take(&z, "item", &f->item, e);
    if (!rc && f->user.d != f->item.d)
        rc = err_set(e, ERR_SHAPE,
            "'%s': user vectors have %" PRId64
            " columns and item vectors %" PRId64,
            z.path, f->user.d, f->item.d);
    npz_free(&z);
    if (rc)
        factors_free(f);
    return rc;
}

int
factors_check(const struct factors *f, const char *path,
    const struct dataset *d, const char *data, struct err *e)
{
    if (f->user.n == d->n_users && f->item.n == d->n_items)
        return 0;
    return err_set(e, ERR_SHAPE,
        "'%s' has %" PRId64 " users and %" PRId64
        " items, but '%s' has %" PRId64 " users and %" PRId64 " items",
        factors_shown(path), f->user.n, f->item.n, factors_shown(data),
        d->n_users, d->n_items);
}

void
factors_free(struct factors *f)
{
    mat_free(&f->user);
    mat_free(&f->item);
}
