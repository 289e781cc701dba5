#include "lib/io/npz.h"

#include "lib/base/mem.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int
is_wanted(const char *const *wanted, const char *name)
{
    if (!wanted)
        return 1;
    for (; *wanted; wanted++)
        if (strcmp(*wanted, name) == 0)
            return 1;
    return 0;
}

static int
load_member(struct npz *z, struct npz_in *in, const struct npz_head *h,
    const char *const *wanted, struct err *e)
{
    if (h->text) {
        if (strcmp(h->name, "history.txt") != 0)
            return 0;
        return npz_in_text(in, h, &z->history, e);
    }
    struct npz_array *grown =
        realloc(z->array, (size_t)(z->n + 1) * sizeof *grown);
    if (!grown)
        return err_set(e, ERR_NOMEM, "out of memory");
    z->array = grown;
    struct npz_array *a = &z->array[z->n++];
    *a = (struct npz_array){.npy = h->npy};
    memcpy(a->name, h->name, sizeof a->name);
    if (!is_wanted(wanted, h->name))
        return 0;
    if (h->npy.kind == '?' && !(wanted && npy_is_unicode(&h->npy))) {
        if (!wanted)
            return 0;
        return err_set(e, ERR_FORMAT,
            "cannot read '%s': member '%s': %s is not supported", z->path,
            h->name, h->npy.why);
    }
    return npz_in_take(in, h->npy.count * h->npy.size, 0, &a->data, e);
}

int
npz_load_rest(struct npz *z, struct npz_in *in, const struct npz_head *first,
    const char *const *wanted, struct err *e)
{
    *z = (struct npz){0};
    int rc = 0;
    z->path = strdup(in->x.name);
    if (!z->path)
        rc = err_set(e, ERR_NOMEM, "out of memory");
    if (!rc && first)
        rc = load_member(z, in, first, wanted, e);
    while (!rc) {
        struct npz_head h;
        rc = npz_in_next(in, &h, e);
        if (rc <= 0)
            break;
        rc = load_member(z, in, &h, wanted, e);
    }
    if (!rc)
        z->id = npz_in_id(in);
    else
        npz_free(z);
    return rc;
}

int
npz_load(
    struct npz *z, const char *path, const char *const *wanted, struct err *e)
{
    *z = (struct npz){0};
    struct npz_in in;
    int rc = npz_in_open(&in, path, e);
    if (rc)
        return rc;
    rc = npz_load_rest(z, &in, NULL, wanted, e);
    npz_in_close(&in);
    return rc;
}

void
npz_free(struct npz *z)
{
    for (int i = 0; i < z->n; i++)
        free(z->array[i].data);
    free(z->array);
    free(z->history);
    free(z->path);
    *z = (struct npz){0};
}

struct npz_array *
npz_find(const struct npz *z, const char *name)
{
    for (int i = 0; i < z->n; i++)
        if (strcmp(z->array[i].name, name) == 0)
            return &z->array[i];
    return NULL;
}

static float
half(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exp = h >> 10 & 31,
             frac = h & 1023;
    if (exp == 0) {
        float v = (float)frac * 0x1p-24f;
        return sign ? -v : v;
    }
    uint32_t bits =
        sign | frac << 13 | (exp == 31 ? 255u << 23 : (exp + 112) << 23);
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

int64_t
npz_value_int(const struct npy *h, const void *src, int64_t i)
{
    uint64_t v = 0;
    int unused = 64 - 8 * h->size;
    memcpy(&v, (const char *)src + i * h->size, (size_t)h->size);
    return h->kind == 'i' ? (int64_t)(v << unused) >> unused : (int64_t)v;
}

double
npz_value(const struct npy *h, const void *src, int64_t i)
{
    const char *p = (const char *)src + i * h->size;
    uint16_t f2;
    float f4;
    double f8;
    switch (h->kind << 4 | h->size) {
    case 'f' << 4 | 2:
        memcpy(&f2, p, sizeof f2);
        return (double)half(f2);
    case 'f' << 4 | 4:
        memcpy(&f4, p, sizeof f4);
        return (double)f4;
    case 'f' << 4 | 8:
        memcpy(&f8, p, sizeof f8);
        return f8;
    }
    if (!strchr("iub", h->kind))
        return (double)NAN;
    int64_t v = npz_value_int(h, src, i);
    return h->kind == 'u' ? (double)(uint64_t)v : (double)v;
}

void
npz_to_f32(const struct npy *h, const void *src, int64_t n, float *dst)
{
    if (h->kind == 'f' && h->size == 4) {
        memcpy(dst, src, (size_t)n * sizeof *dst);
        return;
    }
    if (h->kind == 'f' && h->size == 2) {
        const char *p = src;
        for (int64_t i = 0; i < n; i++) {
            uint16_t v;
            memcpy(&v, p + 2 * i, 2);
            dst[i] = half(v);
        }
        return;
    }
    for (int64_t i = 0; i < n; i++)
        dst[i] = (float)npz_value(h, src, i);
}

/* The member of numbers of that name. */
static int
need(struct npz *z, const char *name, int ndim, struct npz_array **array,
    struct err *e)
{
    struct npz_array *a = *array = npz_find(z, name);
    if (!a || !a->data)
        return err_set(e, ERR_FORMAT, "'%s' has no member '%s'", z->path, name);
    if (a->npy.kind == '?')
        return err_set(e, ERR_FORMAT,
            "cannot read '%s': member '%s': %s is not supported", z->path, name,
            a->npy.why);
    if (!strchr("fiub", a->npy.kind))
        return err_set(
            e, ERR_FORMAT, "'%s': member '%s' is not numeric", z->path, name);
    if (ndim >= 0 && a->npy.ndim != ndim)
        return err_set(e, ERR_SHAPE,
            "'%s': member '%s' has %d dimensions, not %d", z->path, name,
            a->npy.ndim, ndim);
    return 0;
}

int
npz_take_f32(struct npz *z, const char *name, int ndim, float **out,
    struct npy *shape, struct err *e)
{
    struct npz_array *a;
    int rc = need(z, name, ndim, &a, e);
    if (rc)
        return rc;
    if (shape)
        *shape = a->npy;
    if (a->npy.kind == 'f' && a->npy.size == 4) {
        *out = a->data;
        a->data = NULL;
        return 0;
    }
    float *p = mem_new(a->npy.count, sizeof *p, e);
    if (!p)
        return ERR_NOMEM;
    npz_to_f32(&a->npy, a->data, a->npy.count, p);
    free(a->data);
    a->data = NULL;
    *out = p;
    return 0;
}

/* Integers of at most 8 bytes; floats are refused, they are no counts. */
static int
take_int(struct npz *z, const char *name, int ndim, int size, void **out,
    struct npy *shape, struct err *e)
{
    struct npz_array *a;
    int rc = need(z, name, ndim, &a, e);
    if (rc)
        return rc;
    const struct npy *h = &a->npy;
    if (h->kind == 'f')
        return err_set(
            e, ERR_FORMAT, "'%s': member '%s' is not integer", z->path, name);
    if (shape)
        *shape = *h;
    if (h->kind == 'i' && h->size == size) {
        *out = a->data;
        a->data = NULL;
        return 0;
    }
    void *p = mem_new(h->count, (size_t)size, e);
    if (!p)
        return ERR_NOMEM;
    for (int64_t i = 0; i < h->count; i++) {
        int64_t v = npz_value_int(h, a->data, i);
        int fits = h->kind != 'u' || v >= 0;
        if (size == 4) {
            fits = fits && v >= INT32_MIN && v <= INT32_MAX;
            ((int32_t *)p)[i] = (int32_t)v;
        } else {
            ((int64_t *)p)[i] = v;
        }
        if (!fits) {
            free(p);
            return err_set(e, ERR_RANGE,
                "'%s': member '%s': element %" PRId64
                " does not fit in %d bits",
                z->path, name, i, 8 * size);
        }
    }
    free(a->data);
    a->data = NULL;
    *out = p;
    return 0;
}

int
npz_take_i64(struct npz *z, const char *name, int ndim, int64_t **out,
    struct npy *shape, struct err *e)
{
    return take_int(z, name, ndim, 8, (void **)out, shape, e);
}

int
npz_take_i32(struct npz *z, const char *name, int ndim, int32_t **out,
    struct npy *shape, struct err *e)
{
    return take_int(z, name, ndim, 4, (void **)out, shape, e);
}
