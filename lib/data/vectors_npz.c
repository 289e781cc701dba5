#include "lib/base/mem.h"
#include "lib/data/vectors_priv.h"
#include "lib/io/kind.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK = 1 << 20, MAX_ID_BYTES = 4 * IDS_MAX_LENGTH };

/* One UTF-32 element as UTF-8, trailing NULs dropped. Returns the length, or
 * -1 if it is not a character or too long. */
static int64_t
from_utf32(const unsigned char *p, int chars, char *out, int64_t cap)
{
    int64_t n = 0, end = 0;
    for (int i = 0; i < chars; i++, p += 4) {
        uint32_t c = (uint32_t)p[0] | (uint32_t)p[1] << 8 |
                     (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000) || n + 4 > cap)
            return -1;
        if (c < 0x80) {
            out[n++] = (char)c;
        } else if (c < 0x800) {
            out[n++] = (char)(0xC0 | c >> 6);
            out[n++] = (char)(0x80 | (c & 63));
        } else if (c < 0x10000) {
            out[n++] = (char)(0xE0 | c >> 12);
            out[n++] = (char)(0x80 | (c >> 6 & 63));
            out[n++] = (char)(0x80 | (c & 63));
        } else {
            out[n++] = (char)(0xF0 | c >> 18);
            out[n++] = (char)(0x80 | (c >> 12 & 63));
            out[n++] = (char)(0x80 | (c >> 6 & 63));
            out[n++] = (char)(0x80 | (c & 63));
        }
        if (c)
            end = n;
    }
    return end;
}

/* A little-endian integer of 1, 2, 4 or 8 bytes in decimal. */
static int64_t
from_int(const struct npy *h, const unsigned char *p, char *out, size_t cap)
{
    uint64_t v = 0;
    for (int i = 0; i < h->size; i++)
        v |= (uint64_t)p[i] << 8 * i;
    if (h->kind == 'i' && h->size < 8 && v >> (8 * h->size - 1))
        v |= ~(uint64_t)0 << 8 * h->size;
    if (h->kind == 'i')
        return snprintf(out, cap, "%" PRId64, (int64_t)v);
    return snprintf(out, cap, "%" PRIu64, v);
}

/* The open member `ids` of z, element by element. */
static int
take_ids(struct npz_in *z, const struct npy *h, struct vectors_rows *rows,
    struct err *e)
{
    int unicode = npy_is_unicode(h);
    if ((!strchr("Siu", h->kind) && !unicode) || h->ndim != 1)
        return err_set(e, ERR_FORMAT,
            "'%.400s': member 'ids' is not a list of strings or integers",
            z->x.name);
    if (h->size > 4 * MAX_ID_BYTES)
        return err_set(e, ERR_FORMAT,
            "'%.400s': member 'ids' holds strings of over %d bytes", z->x.name,
            MAX_ID_BYTES);
    unsigned char raw[4 * MAX_ID_BYTES];
    char text[4 * MAX_ID_BYTES + 32];
    rows->given = 1;
    for (int64_t r = 0; r < h->count; r++) {
        int rc = npz_in_read(z, raw, h->size, e);
        if (rc)
            return rc;
        const char *s = text;
        int64_t n;
        if (h->kind == 'S') {
            s = (const char *)raw;
            for (n = h->size; n > 0 && !raw[n - 1]; n--)
                ;
        } else if (unicode) {
            n = from_utf32(raw, h->size / 4, text, sizeof text);
        } else {
            n = from_int(h, raw, text, sizeof text);
        }
        const char *why =
            n < 0 ? "is not Unicode text" : ids_reason((struct text){s, n});
        if (why)
            return err_set(e, ERR_FORMAT,
                "'%.400s': member 'ids', element %" PRId64 ": the id %s",
                z->x.name, r, why);
        int64_t at = ids_add(&rows->ids, (struct text){s, n}, e);
        if (at < 0)
            return (int)at;
        if (at < r)
            return err_set(e, ERR_FORMAT,
                "'%.400s': member 'ids', element %" PRId64
                ": id '%.*s' is there twice",
                z->x.name, r, (int)n, s);
    }
    return 0;
}

/* A named file can be read twice: its ids may then come after its vectors. */
static int
ids_beforehand(const char *path, struct vectors_rows *rows, struct err *e)
{
    struct stat st;
    if (strcmp(path, "-") == 0 || stat(path, &st) || !S_ISREG(st.st_mode))
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
        rc = take_ids(&z, &h.npy, rows, e);
    npz_in_close(&z);
    return rc;
}

static int
check_shape(const struct npz_in *z, const struct npy *h,
    const struct vectors_rows *rows, const struct features *f, struct err *e)
{
    const char *name = z->x.name;
    if (h->kind == '?')
        return err_set(e, ERR_FORMAT,
            "cannot read '%.400s': member 'x': %s is not supported", name,
            h->why);
    if (!strchr("fiub", h->kind) || h->ndim != 2)
        return err_set(e, ERR_FORMAT,
            "'%.400s': member 'x' is not a matrix of numbers", name);
    int64_t n = h->shape[0], d = h->shape[1];
    if (d < 1 || d > VECTORS_MAX_D)
        return err_set(e, ERR_SHAPE,
            "'%.400s': the vectors have %" PRId64 " values, not 1 to %d", name,
            d, VECTORS_MAX_D);
    if (rows->given && rows->ids.n != n)
        return err_set(e, ERR_SHAPE,
            "'%.400s' has %" PRId64 " rows, but there are %" PRId64 " ids",
            name, n, rows->ids.n);
    if (!rows->given && n != f->items.n)
        return err_set(e, ERR_SHAPE,
            "'%.400s' has %" PRId64 " rows, the dataset %" PRId64
            " items (say with --ids which rows are which)",
            name, n, f->items.n);
    return 0;
}

static int
put_row(const struct vectors_rows *rows, int64_t r, const float *v, int64_t d,
    struct features *f, struct err *e)
{
    if (!rows->given)
        return features_put_index(f, r, v, d, e);
    return features_put(f, ids_get(&rows->ids, r), v, d, e);
}

/* list holds the member `missing`, or NULL: a row that it names says that there
 * is no vector. */
static int
take_x(struct npz_in *z, const struct npy *h, const struct vectors_rows *rows,
    const struct npy *lh, const void *list, struct features *f, struct err *e)
{
    struct missing missing = {0};
    int rc = check_shape(z, h, rows, f, e);
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

enum { MAX_HISTORY = 1 << 24 };

int
vectors_npz(struct xin *x, const char *path, struct vectors_rows *rows,
    struct features *f, struct hist *h, struct err *e)
{
    int own = !rows->given, rc = own ? ids_beforehand(path, rows, e) : 0;
    if (rc) {
        xin_close(x);
        return rc;
    }
    int known = rows->given, met_x = 0;
    unsigned seen = 0;
    struct npz_in z;
    struct npz_head head;
    struct npy lh;
    void *list = NULL;
    char *history = NULL;
    rc = npz_in_start(&z, x, e);
    if (rc)
        return rc;
    while ((rc = npz_in_next(&z, &head, e)) == 1) {
        rc = 0;
        if (!head.text)
            kind_see(&seen, head.name);
        if (head.text && strcmp(head.name, "history.txt") == 0) {
            if (!history && head.bytes <= MAX_HISTORY)
                rc = npz_in_take(&z, head.bytes, 1, (void **)&history, e);
        } else if (!head.text && strcmp(head.name, "missing") == 0) {
            lh = head.npy;
            rc = met_x ? missing_late(z.x.name, e)
                       : npz_in_take(&z, head.bytes, 0, &list, e);
        } else if (!head.text && strcmp(head.name, "x") == 0) {
            met_x = 1;
            rc = take_x(&z, &head.npy, rows, &lh, list, f, e);
        } else if (!head.text && strcmp(head.name, "ids") == 0 && !known) {
            rc = met_x ? err_set(e, ERR_FORMAT,
                             "'%.400s': member 'ids' comes after 'x', which a "
                             "pipe "
                             "cannot go back to: give the file by name or use "
                             "--ids",
                             z.x.name)
                       : take_ids(&z, &head.npy, rows, e);
        }
        if (rc)
            break;
    }
    if (!rc && !met_x)
        rc = kind_not(z.x.name, kind_of(seen), "x",
            "item vectors: see stair-features(1)", e);
    if (!rc)
        rc = hist_input(h, "features", z.x.name, history, npz_in_id(&z), e);
    free(list);
    free(history);
    npz_in_close(&z);
    return rc;
}
