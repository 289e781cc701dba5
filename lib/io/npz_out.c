#include "lib/io/npz.h"

#include "lib/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "arrays are written as they lie in memory, which must be little-endian");

enum { PAD_FIELD = 0xD935, DOS_DATE = 33 /* 1980-01-01 */ };

struct entry {
    char name[NPZ_NAME];
    uint32_t crc;
    uint64_t bytes, offset;
};

struct npz_out_state {
    struct entry *entry;
    int n;
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

int
npz_out_open(struct npz_out *z, const char *path, struct err *e)
{
    *z = (struct npz_out){0};
    z->state = mem_zero(1, sizeof *z->state, e);
    if (!z->state)
        return ERR_NOMEM;
    int rc = xout_open(&z->x, path, XOUT_BINARY, e);
    if (rc) {
        free(z->state);
        z->state = NULL;
    }
    return rc;
}

static uint32_t
clip(uint64_t v)
{
    return v >= UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/* Local header; an extra field pads so that the bytes after `inner` more bytes
 * of npy header lie at a multiple of 64. */
static int
write_local(struct npz_out *z, struct entry *m, int64_t inner, struct err *e)
{
    unsigned char b[30 + NPZ_NAME + 20 + 4 + 64];
    size_t nlen = strlen(m->name);
    int zip64 = m->bytes >= UINT32_MAX;
    uint64_t end =
        m->offset + 30 + nlen + (zip64 ? 20 : 0) + 4 + (uint64_t)inner;
    uint32_t pad = (uint32_t)((64 - end % 64) % 64);
    unsigned char *p = b;
    p = put32(p, 0x04034b50);
    p = put16(p, zip64 ? 45 : 20);
    p = put16(p, 0);
    p = put16(p, 0);
    p = put16(p, 0);
    p = put16(p, DOS_DATE);
    p = put32(p, m->crc);
    p = put32(p, zip64 ? UINT32_MAX : (uint32_t)m->bytes);
    p = put32(p, zip64 ? UINT32_MAX : (uint32_t)m->bytes);
    p = put16(p, (uint32_t)nlen);
    p = put16(p, (zip64 ? 20 : 0) + 4 + pad);
    memcpy(p, m->name, nlen);
    p += nlen;
    if (zip64) {
        p = put16(p, 1);
        p = put16(p, 16);
        p = put64(p, m->bytes);
        p = put64(p, m->bytes);
    }
    p = put16(p, PAD_FIELD);
    p = put16(p, pad);
    memset(p, 0, pad);
    p += pad;
    return xout_write(&z->x, b, p - b, e);
}

/* What a reader would not take. */
static int
check_member(const struct npz_out_state *s, const char *name, struct err *e)
{
    if (strlen(name) >= NPZ_NAME)
        return err_set(e, ERR_RANGE, "member name '%s' is too long", name);
    if (s->n == NPZ_MEMBERS)
        return err_set(e, ERR_RANGE,
            "member '%s' is one too many: a file holds at most %d", name,
            NPZ_MEMBERS);
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->entry[i].name, name) == 0)
            return err_set(e, ERR_RANGE, "two members are named '%s'", name);
    return 0;
}

/* Begins a member: its local header, and the nhead bytes of data that stand
 * before the ndata that are still to be written. */
static int
begin(struct npz_out *z, const char *name, uint32_t crc, const void *head,
    int64_t nhead, int64_t ndata, struct err *e)
{
    struct npz_out_state *s = z->state;
    int rc = check_member(s, name, e);
    if (rc)
        return rc;
    struct entry *grown = realloc(s->entry, (size_t)(s->n + 1) * sizeof *grown);
    if (!grown)
        return err_set(e, ERR_NOMEM, "out of memory");
    s->entry = grown;
    struct entry *m = &s->entry[s->n++];
    *m = (struct entry){
        .crc = crc, .offset = z->x.offset, .bytes = (uint64_t)(nhead + ndata)};
    memcpy(m->name, name, strlen(name) + 1);
    rc = write_local(z, m, nhead, e);
    return rc ? rc : xout_write(&z->x, head, nhead, e);
}

static int
add(struct npz_out *z, const char *name, const void *head, int64_t nhead,
    const void *data, int64_t ndata, struct err *e)
{
    uint32_t crc = (uint32_t)crc32_z(0, head, (size_t)nhead);
    crc = (uint32_t)crc32_z(crc, data, (size_t)ndata);
    int rc = begin(z, name, crc, head, nhead, ndata, e);
    return rc ? rc : xout_write(&z->x, data, ndata, e);
}

int
npz_out_text(
    struct npz_out *z, const char *name, const char *text, struct err *e)
{
    return add(z, name, "", 0, text, (int64_t)strlen(text), e);
}

int
npz_out_string(
    struct npz_out *z, const char *name, const char *s, struct err *e)
{
    struct npy h = npy_make('S', (int)strlen(s), 0, NULL);
    return npz_out_array(z, name, &h, s, e);
}

/* The name of an array's member, and how it begins: so many bytes. */
static int
array_head(const char *name, const struct npy *h, char full[NPZ_NAME],
    char head[NPY_EMIT], struct err *e)
{
    if (snprintf(full, NPZ_NAME, "%s.npy", name) >= NPZ_NAME)
        return err_set(e, ERR_RANGE, "member name '%s' is too long", name);
    return npy_emit(h, head, 0);
}

int
npz_out_array(struct npz_out *z, const char *name, const struct npy *h,
    const void *data, struct err *e)
{
    char full[NPZ_NAME], head[NPY_EMIT];
    int n = array_head(name, h, full, head, e);
    int64_t bytes = h->count * h->size;
    return n < 0 ? n : add(z, full, head, n, bytes ? data : "", bytes, e);
}

/* One pass over the rows: into crc, or if that is NULL to the file. */
static int
pass(struct npz_out *z, const struct npy *h, int64_t rows, npz_fill *fill,
    void *ctx, uint32_t *crc, void *buf, struct err *e)
{
    int64_t all = h->shape[0], row = all ? h->count / all * h->size : 0;
    int rc = 0;
    for (int64_t first = 0; first < all && !rc; first += rows) {
        int64_t n = all - first < rows ? all - first : rows;
        rc = fill(ctx, first, n, buf, e);
        if (!rc && crc)
            *crc = (uint32_t)crc32_z(*crc, buf, (size_t)(n * row));
        else if (!rc)
            rc = xout_write(&z->x, buf, n * row, e);
    }
    return rc;
}

int
npz_out_rows(struct npz_out *z, const char *name, const struct npy *h,
    int64_t rows, npz_fill *fill, void *ctx, struct err *e)
{
    char full[NPZ_NAME], head[NPY_EMIT];
    int n = array_head(name, h, full, head, e);
    if (n < 0)
        return n;
    int64_t all = h->shape[0], most = rows < all ? rows : all;
    void *buf = mem_new(most, (size_t)(all ? h->count / all * h->size : 0), e);
    if (!buf)
        return ERR_NOMEM;
    uint32_t crc = (uint32_t)crc32_z(0, (void *)head, (size_t)n);
    int rc = pass(z, h, rows, fill, ctx, &crc, buf, e);
    if (!rc)
        rc = begin(z, full, crc, head, n, h->count * h->size, e);
    if (!rc)
        rc = pass(z, h, rows, fill, ctx, NULL, buf, e);
    free(buf);
    return rc;
}

static int
write_directory(struct npz_out *z, struct err *e)
{
    struct npz_out_state *s = z->state;
    uint64_t start = z->x.offset;
    for (int i = 0; i < s->n; i++) {
        const struct entry *m = &s->entry[i];
        unsigned char b[46 + NPZ_NAME + 28], *p = b;
        size_t nlen = strlen(m->name);
        int big = m->bytes >= UINT32_MAX, far = m->offset >= UINT32_MAX;
        uint32_t zip64 = (big ? 16u : 0u) + (far ? 8u : 0u);
        p = put32(p, 0x02014b50);
        p = put16(p, zip64 ? 45 : 20);
        p = put16(p, zip64 ? 45 : 20);
        p = put16(p, 0);
        p = put16(p, 0);
        p = put16(p, 0);
        p = put16(p, DOS_DATE);
        p = put32(p, m->crc);
        p = put32(p, clip(m->bytes));
        p = put32(p, clip(m->bytes));
        p = put16(p, (uint32_t)nlen);
        p = put16(p, zip64 ? zip64 + 4 : 0);
        p = put16(p, 0);
        p = put16(p, 0);
        p = put16(p, 0);
        p = put32(p, 0);
        p = put32(p, clip(m->offset));
        memcpy(p, m->name, nlen);
        p += nlen;
        if (zip64) {
            p = put16(p, 1);
            p = put16(p, zip64);
            if (big)
                p = put64(put64(p, m->bytes), m->bytes);
            if (far)
                p = put64(p, m->offset);
        }
        int rc = xout_write(&z->x, b, p - b, e);
        if (rc)
            return rc;
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
        p = put64(p, (uint64_t)s->n);
        p = put64(p, (uint64_t)s->n);
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
    p = put16(p, (uint32_t)s->n);
    p = put16(p, (uint32_t)s->n);
    p = put32(p, clip(end - start));
    p = put32(p, clip(start));
    p = put16(p, 0);
    return xout_write(&z->x, b, p - b, e);
}

int
npz_out_commit(struct npz_out *z, struct err *e)
{
    int rc = write_directory(z, e);
    if (!rc)
        rc = xout_commit(&z->x, e);
    npz_out_abort(z);
    return rc;
}

void
npz_out_abort(struct npz_out *z)
{
    if (!z->state)
        return;
    xout_abort(&z->x);
    free(z->state->entry);
    free(z->state);
    z->state = NULL;
}
