#include "lib/io/npz.h"

#include "lib/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "arrays are written as they lie in memory, which must be little-endian");

enum { PAD_FIELD = 0xD935, DOS_DATE = 33 /* 1980-01-01 */ };

struct npz_entry {
    char name[NPZ_NAME];
    uint32_t crc;
    uint64_t bytes, offset;
};

static unsigned char *
put16(unsigned char *p, uint32_t v)
{
    *p++ = (unsigned char)v;
    *p++ = (unsigned char)(v >> 8);
    return p;
}

static unsigned char *
put32(unsigned char *p, uint32_t v)
{
    return put16(put16(p, v & 0xFFFF), v >> 16);
}

static unsigned char *
put64(unsigned char *p, uint64_t v)
{
    return put32(put32(p, (uint32_t)v), (uint32_t)(v >> 32));
}

void
npz_out_open(struct npz_out *z, const char *path, const char *history)
{
    *z = (struct npz_out){0};
    int rc = xout_open(&z->x, path, XOUT_BINARY, NULL);
    if (!rc && history)
        npz_out_text(z, "history.txt", history);
}

static uint32_t
clip(uint64_t v)
{
    return v >= UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/* What the header of a member and its entry in the directory have in common;
 * zip64 and extra are the bytes of their extra fields: of ZIP64's, of all. */
static unsigned char *
put_member(unsigned char *p, const struct npz_entry *m, int zip64, size_t extra)
{
    p = put16(p, zip64 ? 45 : 20);
    p = put16(p, 0);
    p = put16(p, 0);
    p = put16(p, 0);
    p = put16(p, DOS_DATE);
    p = put32(p, m->crc);
    p = put32(p, clip(m->bytes));
    p = put32(p, clip(m->bytes));
    p = put16(p, (uint32_t)strlen(m->name));
    return put16(p, (uint32_t)extra);
}

/* The name, and ZIP64's extra field of so many bytes. */
static unsigned char *
put_name(unsigned char *p, const struct npz_entry *m, uint32_t zip64)
{
    size_t n = strlen(m->name);
    memcpy(p, m->name, n);
    p += n;
    return zip64 ? put16(put16(p, 1), zip64) : p;
}

/* Local header; an extra field pads so that the bytes after `inner` more bytes
 * of npy header lie at a multiple of 64. */
static void
write_local(struct npz_out *z, const struct npz_entry *m, int64_t inner)
{
    unsigned char b[30 + NPZ_NAME + 20 + 4 + 64], *p = b;
    int big = m->bytes >= UINT32_MAX;
    size_t extra = (big ? 20 : 0) + 4;
    uint64_t end = m->offset + 30 + strlen(m->name) + extra + (uint64_t)inner;
    uint32_t pad = (uint32_t)((64 - end % 64) % 64);
    p = put32(p, 0x04034b50);
    p = put_member(p, m, big, extra + pad);
    p = put_name(p, m, big ? 16 : 0);
    if (big)
        p = put64(put64(p, m->bytes), m->bytes);
    p = put16(p, PAD_FIELD);
    p = put16(p, pad);
    memset(p, 0, pad);
    xout_write(&z->x, b, p + pad - b);
}

/* A new entry, or NULL if no reader would take it. */
static struct npz_entry *
add_entry(struct npz_out *z, const char *name)
{
    if (strlen(name) >= NPZ_NAME)
        xout_fail(&z->x, ERR_RANGE, "member name '%s' is too long", name);
    if (z->n == NPZ_MEMBERS)
        xout_fail(&z->x, ERR_RANGE,
            "member '%s' is one too many: a file holds at most %d", name,
            NPZ_MEMBERS);
    for (int i = 0; i < z->n; i++)
        if (strcmp(z->entry[i].name, name) == 0)
            xout_fail(&z->x, ERR_RANGE, "two members are named '%s'", name);
    if (z->x.rc)
        return NULL;
    struct npz_entry *grown =
        realloc(z->entry, (size_t)(z->n + 1) * sizeof *grown);
    if (!grown) {
        xout_fail(&z->x, ERR_NOMEM, "out of memory");
        return NULL;
    }
    z->entry = grown;
    struct npz_entry *m = &z->entry[z->n++];
    *m = (struct npz_entry){.offset = z->x.offset};
    memcpy(m->name, name, strlen(name) + 1);
    return m;
}

/* Begins a member: its local header, and the nhead bytes of data that stand
 * before the ndata that are still to be written. */
static void
begin(struct npz_out *z, const char *name, uint32_t crc, const void *head,
    int64_t nhead, int64_t ndata)
{
    struct npz_entry *m = add_entry(z, name);
    if (!m)
        return;
    m->crc = crc;
    m->bytes = (uint64_t)(nhead + ndata);
    write_local(z, m, nhead);
    xout_write(&z->x, head, nhead);
}

static void
add(struct npz_out *z, const char *name, const void *head, int64_t nhead,
    const void *data, int64_t ndata)
{
    uint32_t crc = (uint32_t)crc32_z(0, head, (size_t)nhead);
    crc = (uint32_t)crc32_z(crc, data, (size_t)ndata);
    begin(z, name, crc, head, nhead, ndata);
    xout_write(&z->x, data, ndata);
}

void
npz_out_text(struct npz_out *z, const char *name, const char *text)
{
    add(z, name, "", 0, text, (int64_t)strlen(text));
}

void
npz_out_string(struct npz_out *z, const char *name, const char *s)
{
    struct npy h = npy_make('S', (int)strlen(s), 0, NULL);
    npz_out_array(z, name, &h, s);
}

static const char *
array_name(struct npz_out *z, const char *name, char full[NPZ_NAME])
{
    if (snprintf(full, NPZ_NAME, "%s.npy", name) >= NPZ_NAME)
        xout_fail(&z->x, ERR_RANGE, "member name '%s' is too long", name);
    return full;
}

void
npz_out_array(
    struct npz_out *z, const char *name, const struct npy *h, const void *data)
{
    char full[NPZ_NAME], head[NPY_EMIT];
    int64_t bytes = h->count * h->size;
    add(z, array_name(z, name, full), head, npy_emit(h, head, 0),
        bytes ? data : "", bytes);
}

void
npz_out_list(struct npz_out *z, const char *name, char kind, int size,
    int64_t n, const void *data)
{
    struct npy h = npy_make(kind, size, 1, &n);
    npz_out_array(z, name, &h, data);
}

/* One pass over the rows: into crc, or if that is NULL to the file. */
static void
pass(struct npz_out *z, const struct npy *h, int64_t rows, npz_fill *fill,
    void *ctx, uint32_t *crc, void *buf)
{
    int64_t all = h->shape[0], row = all ? h->count / all * h->size : 0;
    for (int64_t first = 0; first < all && !z->x.rc; first += rows) {
        struct err e = {""};
        int64_t n = all - first < rows ? all - first : rows;
        int rc = fill(ctx, first, n, buf, &e);
        if (rc)
            xout_fail(&z->x, rc, "%s", e.msg);
        else if (crc)
            *crc = (uint32_t)crc32_z(*crc, buf, (size_t)(n * row));
        else
            xout_write(&z->x, buf, n * row);
    }
}

int
npz_out_rows(struct npz_out *z, const char *name, const struct npy *h,
    int64_t rows, npz_fill *fill, void *ctx, struct err *e)
{
    char full[NPZ_NAME], head[NPY_EMIT];
    int n = npy_emit(h, head, 0);
    int64_t all = h->shape[0], most = rows < all ? rows : all;
    void *buf = mem_new(most, (size_t)(all ? h->count / all * h->size : 0), e);
    if (!buf)
        return ERR_NOMEM;
    uint32_t crc = (uint32_t)crc32_z(0, (void *)head, (size_t)n);
    pass(z, h, rows, fill, ctx, &crc, buf);
    begin(z, array_name(z, name, full), crc, head, n, h->count * h->size);
    pass(z, h, rows, fill, ctx, NULL, buf);
    free(buf);
    return xout_check(&z->x, e);
}

static void
write_directory(struct npz_out *z)
{
    uint64_t start = z->x.offset;
    for (int i = 0; i < z->n; i++) {
        const struct npz_entry *m = &z->entry[i];
        unsigned char b[46 + NPZ_NAME + 28], *p = b;
        int big = m->bytes >= UINT32_MAX, far = m->offset >= UINT32_MAX;
        uint32_t zip64 = (big ? 16u : 0u) + (far ? 8u : 0u);
        p = put32(p, 0x02014b50);
        p = put16(p, zip64 ? 45 : 20);
        p = put_member(p, m, zip64 > 0, zip64 ? zip64 + 4 : 0);
        p = put16(p, 0);
        p = put16(p, 0);
        p = put16(p, 0);
        p = put32(p, 0);
        p = put32(p, clip(m->offset));
        p = put_name(p, m, zip64);
        if (big)
            p = put64(put64(p, m->bytes), m->bytes);
        if (far)
            p = put64(p, m->offset);
        xout_write(&z->x, b, p - b);
    }
    uint64_t end = z->x.offset;
    unsigned char b[56 + 20 + 22], *p = b;
    if (end >= UINT32_MAX) {
        p = put32(p, 0x06064b50);
        p = put64(p, 44);
        p = put16(p, 45);
        p = put16(p, 45);
        p = put32(p, 0);
        p = put32(p, 0);
        p = put64(p, (uint64_t)z->n);
        p = put64(p, (uint64_t)z->n);
        p = put64(p, end - start);
        p = put64(p, start);
        p = put32(p, 0x07064b50);
        p = put32(p, 0);
        p = put64(p, end);
        p = put32(p, 1);
    }
    p = put32(p, 0x06054b50);
    p = put16(p, 0);
    p = put16(p, 0);
    p = put16(p, (uint32_t)z->n);
    p = put16(p, (uint32_t)z->n);
    p = put32(p, clip(end - start));
    p = put32(p, clip(start));
    p = put16(p, 0);
    xout_write(&z->x, b, p - b);
}

int
npz_out_commit(struct npz_out *z, struct err *e)
{
    write_directory(z);
    int rc = xout_commit(&z->x, e);
    npz_out_abort(z);
    return rc;
}

void
npz_out_abort(struct npz_out *z)
{
    xout_abort(&z->x);
    free(z->entry);
    z->entry = NULL;
}
