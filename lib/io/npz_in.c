#include "lib/io/npz_in.h"

#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { STEP = 1 << 20, MAX_TEXT = 1 << 20 };

static struct entry *
current(const struct npz_in *z)
{
    return &z->state->entry[z->state->n - 1];
}

int
npz_in_open(struct npz_in *z, const char *path, struct err *e)
{
    *z = (struct npz_in){0};
    struct xin x;
    int rc = xin_open(&x, path, e);
    return rc ? rc : npz_in_start(z, &x, e);
}

int
npz_in_start(struct npz_in *z, struct xin *x, struct err *e)
{
    *z = (struct npz_in){.x = *x};
    *x = (struct xin){.fd = -1, .file_bytes = -1};
    z->state = mem_zero(1, sizeof *z->state, e);
    if (!z->state) {
        npz_in_close(z);
        return ERR_NOMEM;
    }
    const unsigned char *p;
    int64_t k = xin_peek(&z->x, &p, e);
    if (k == 0)
        k = err_set(
            e, ERR_FORMAT, "cannot read '%s': file is empty", z->x.name);
    else if (k > 0 && p[0] == 0x93)
        z->state->bare = 1;
    else if (k > 0 && (p[0] != 'P' || (k > 1 && p[1] != 'K')))
        k = err_set(e, ERR_OTHER, "cannot read '%s': not an npz or npy file",
            z->x.name);
    if (k < 0) {
        npz_in_close(z);
        return (int)k;
    }
    return 0;
}

/* Sizes and sum behind the data, in one of four layouts. */
static int
read_descriptor(struct npz_in *z, uint64_t packed, struct err *e)
{
    struct npz_in_state *s = z->state;
    struct entry *m = current(z);
    unsigned char d[24];
    int wide = s->zip64 || packed > UINT32_MAX || s->plain_bytes > UINT32_MAX;
    int rc = npz_in_raw(z, d, 4, e);
    if (rc)
        return rc;
    int sig = le32(d) == SIG_DESCRIPTOR ? 4 : 0;
    rc = npz_in_raw(z, d + 4, sig + (wide ? 16 : 8), e);
    if (rc)
        return rc;
    const unsigned char *p = d + sig;
    m->crc = le32(p);
    m->packed = wide ? le64(p + 4) : le32(p + 4);
    m->plain = wide ? le64(p + 12) : le32(p + 8);
    return 0;
}

/* Called with all payload consumed: sizes and CRC must agree with what the
 * headers say. */
static int
finish_member(struct npz_in *z, struct err *e)
{
    struct npz_in_state *s = z->state;
    if (s->bare) {
        s->open = 0;
        return 0;
    }
    struct entry *m = current(z);
    if (s->method == DEFLATED) {
        int rc = npz_in_drain(z, e);
        inflateEnd(&s->z);
        s->z_open = 0;
        if (rc)
            return rc;
    }
    uint64_t packed = z->x.offset - s->start;
    if (s->flags & FLAG_DESCRIPTOR) {
        int rc = read_descriptor(z, packed, e);
        if (rc)
            return rc;
    }
    if (m->crc != s->crc)
        return npz_in_bad(z, e, "CRC-32 mismatch, the data are damaged");
    if (m->packed != packed || m->plain != s->plain_bytes)
        return npz_in_bad(z, e, "size disagrees with its header");
    if (strcmp(m->name, "history.txt") != 0) {
        unsigned char crc[4] = {(unsigned char)m->crc,
            (unsigned char)(m->crc >> 8), (unsigned char)(m->crc >> 16),
            (unsigned char)(m->crc >> 24)};
        s->id = (uint32_t)crc32_z(s->id, (void *)m->name, strlen(m->name) + 1);
        s->id = (uint32_t)crc32_z(s->id, crc, 4);
    }
    s->open = 0;
    return 0;
}

static int
read_npy_header(struct npz_in *z, struct npy *h, struct err *e)
{
    struct npz_in_state *s = z->state;
    unsigned char m[12];
    int rc = npz_in_plain(z, m, 10, e);
    if (rc)
        return rc;
    if (memcmp(m, "\x93NUMPY", 6) != 0)
        return npz_in_bad(z, e, "not a npy array");
    if (m[6] < 1 || m[6] > 3 || m[7] != 0)
        return npz_in_bad(z, e, "unknown npy version %d.%d", m[6], m[7]);
    int64_t len = le16(m + 8);
    if (m[6] > 1) {
        rc = npz_in_plain(z, m + 10, 2, e);
        if (rc)
            return rc;
        len = le32(m + 8);
    }
    if (len > NPY_MAX_HEADER)
        return npz_in_bad(z, e, "npy header is over 64 KiB");
    char *dict = mem_new(len, 1, e);
    if (!dict)
        return ERR_NOMEM;
    rc = npz_in_plain(z, dict, len, e);
    if (!rc) {
        struct err why = {""};
        rc = npy_parse(h, dict, len, &why);
        if (rc)
            npz_in_bad(z, e, "%s", why.msg);
    }
    free(dict);
    if (rc)
        return rc;
    s->left = h->count * h->size;
    s->npy = *h;
    return 0;
}

/* A local header, its signature consumed, becomes the newest entry. */
static int
read_local(struct npz_in *z, struct err *e)
{
    struct npz_in_state *s = z->state;
    uint64_t offset = z->x.offset - 4;
    unsigned char b[26];
    int rc = npz_in_raw(z, b, sizeof b, e);
    if (rc)
        return rc;
    if (s->n == NPZ_MEMBERS)
        return npz_in_bad(z, e, "more than %d members", NPZ_MEMBERS);
    struct entry *grown = realloc(s->entry, (size_t)(s->n + 1) * sizeof *grown);
    if (!grown)
        return err_set(e, ERR_NOMEM, "out of memory");
    s->entry = grown;
    struct entry m = {.crc = le32(b + 10),
        .method = le16(b + 4),
        .packed = le32(b + 14),
        .plain = le32(b + 18),
        .offset = offset};
    s->flags = (int)le16(b + 2);
    s->method = (int)m.method;
    s->zip64 = 0;
    rc = npz_in_name(z, m.name, le16(b + 22), e);
    if (rc)
        return rc;
    uint64_t *v[] = {&m.plain, &m.packed};
    rc = npz_in_extra(z, le16(b + 24), v, 2, &s->zip64, e);
    if (rc)
        return rc;
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->entry[i].name, m.name) == 0)
            return npz_in_bad(z, e, "two members are named '%s'", m.name);
    s->entry[s->n++] = m;
    s->sized = !(s->flags & FLAG_DESCRIPTOR);
    s->start = z->x.offset;
    s->plain_bytes = 0;
    s->crc = 0;
    s->npy = (struct npy){0};
    s->open = 1;
    return 0;
}

/* What cannot be read can be skipped, if its length is known. */
static int
measure_unread(struct npz_in *z, const struct npy *h, struct err *e)
{
    struct npz_in_state *s = z->state;
    uint64_t plain = current(z)->plain;
    if (!s->sized)
        return h->opaque ? npz_in_bad(
                               z, e, "%s, and its length is not stated", h->why)
                         : 0;
    if (plain > INT64_MAX || plain < s->plain_bytes)
        return npz_in_bad(z, e, "its npy header and its size disagree");
    s->left = (int64_t)(plain - s->plain_bytes);
    return 0;
}

static int
open_member(struct npz_in *z, struct npz_head *h, struct err *e)
{
    struct npz_in_state *s = z->state;
    int rc = read_local(z, e);
    if (rc)
        return rc;
    const struct entry *m = current(z);
    if (s->flags & FLAG_ENCRYPTED)
        return npz_in_bad(z, e, "is encrypted");
    if (s->method != STORED && s->method != DEFLATED)
        return npz_in_bad(z, e, "unknown compression method %d", s->method);
    if (s->method == DEFLATED) {
        s->z = (z_stream){0};
        s->deflate_ended = 0;
        if (inflateInit2(&s->z, -15) != Z_OK)
            return err_set(e, ERR_NOMEM, "out of memory");
        s->z_open = 1;
    }
    size_t len = strlen(m->name);
    h->text = len < 5 || strcmp(m->name + len - 4, ".npy") != 0;
    memcpy(h->name, m->name, NPZ_NAME);
    if (h->text) {
        if (!s->sized)
            return npz_in_bad(z, e, "is no array and its size is not stated");
        if (m->plain > INT64_MAX)
            return npz_in_bad(z, e, "size out of range");
        s->left = (int64_t)m->plain;
    } else {
        h->name[len - 4] = 0;
        rc = read_npy_header(z, &h->npy, e);
        if (!rc && h->npy.kind == '?')
            rc = measure_unread(z, &h->npy, e);
        if (rc)
            return rc;
        if (s->sized && m->plain != s->plain_bytes + (uint64_t)s->left)
            return npz_in_bad(z, e, "its npy header and its size disagree");
    }
    h->bytes = s->left;
    h->offset =
        s->method == STORED && z->x.file_bytes >= 0 ? (int64_t)z->x.offset : -1;
    return 0;
}

static int
open_bare(struct npz_in *z, struct npz_head *h, struct err *e)
{
    z->state->bare = 2;
    strcpy(h->name, "x");
    int rc = read_npy_header(z, &h->npy, e);
    if (rc)
        return rc;
    if (h->npy.opaque)
        return npz_in_bad(z, e, "%s is not supported", h->npy.why);
    z->state->open = 1;
    h->bytes = z->state->left;
    h->offset = z->x.file_bytes >= 0 ? (int64_t)z->x.offset : -1;
    return 0;
}

/* The open member's payload, read to its end. */
static int
skip_rest(struct npz_in *z, struct err *e)
{
    struct npz_in_state *s = z->state;
    while (s->open && s->left > 0) {
        char skip[16384];
        int64_t cap = sizeof skip, k = s->left < cap ? s->left : cap;
        int rc = npz_in_read(z, skip, k, e);
        if (rc)
            return rc;
    }
    return s->open ? finish_member(z, e) : 0;
}

int
npz_in_next(struct npz_in *z, struct npz_head *h, struct err *e)
{
    struct npz_in_state *s = z->state;
    memset(h, 0, sizeof *h);
    int rc = skip_rest(z, e);
    if (rc)
        return rc;
    if (s->bare == 1) {
        rc = open_bare(z, h, e);
        return rc ? rc : 1;
    }
    if (s->bare) {
        s->id = s->crc;
        const unsigned char *p;
        int64_t k = xin_peek(&z->x, &p, e);
        if (k < 0)
            return (int)k;
        return k ? npz_in_bad(z, e, "data after the end of the array") : 0;
    }
    unsigned char b[4];
    rc = npz_in_raw(z, b, sizeof b, e);
    if (rc)
        return rc;
    uint32_t sig = le32(b);
    if (sig == SIG_LOCAL) {
        rc = open_member(z, h, e);
        return rc ? rc : 1;
    }
    if (sig == SIG_CENTRAL)
        return npz_in_tail(z, sig, e);
    if (sig != SIG_END && sig != SIG_END64)
        return npz_in_bad(z, e, "neither a member nor the directory");
    if (s->n)
        return npz_in_bad(z, e, "directory is missing");
    return npz_in_tail(z, sig, e);
}

int
npz_in_read(struct npz_in *z, void *buf, int64_t n, struct err *e)
{
    struct npz_in_state *s = z->state;
    if (!s->open || n > s->left)
        return npz_in_bad(z, e, "more data wanted than there are");
    int rc = npz_in_plain(z, buf, n, e);
    if (rc)
        return rc;
    if (s->npy.swap)
        npy_swap(buf, n, s->npy.swap);
    s->left -= n;
    return s->left == 0 ? finish_member(z, e) : 0;
}

int
npz_in_take(struct npz_in *in, int64_t n, int extra, void **out, struct err *e)
{
    const struct npy h = in->state->npy; /* gone after the last byte */
    char *p = NULL;
    int64_t done = 0, cap = 0;
    if (in->x.file_bytes >= 0 && n <= in->x.file_bytes) {
        cap = n + extra + 1;
        p = mem_new(cap, 1, e);
        if (!p)
            return ERR_NOMEM;
    }
    do {
        int64_t k = n - done;
        if (done + k >= cap && k > STEP && k > done)
            k = done > STEP ? done : STEP;
        int rc = mem_grow(&p, &cap, done + k + extra + 1, 1, e);
        if (!rc)
            rc = npz_in_read(in, p + done, k, e);
        if (rc) {
            free(p);
            return rc;
        }
        done += k;
    } while (done < n);
    memset(p + n, 0, (size_t)extra + 1);
    *out = p;
    if (!h.fortran || n == 0)
        return 0;
    *out = mem_new(n + extra, 1, e);
    if (*out) {
        npy_reorder(&h, p, *out);
        memset((char *)*out + n, 0, (size_t)extra);
    }
    free(p);
    return *out ? 0 : ERR_NOMEM;
}

int
npz_in_text(
    struct npz_in *z, const struct npz_head *h, char **text, struct err *e)
{
    *text = NULL;
    if (h->bytes > MAX_TEXT)
        return err_set(e, ERR_FORMAT,
            "cannot read '%s': member '%s' is over 1 MiB", z->x.name, h->name);
    return npz_in_take(z, h->bytes, 1, (void **)text, e);
}

uint32_t
npz_in_id(const struct npz_in *z)
{
    return z->state->id;
}

uint32_t
npz_in_crc(const struct npz_in *z)
{
    return z->state->crc;
}

void
npz_in_close(struct npz_in *z)
{
    if (z->state) {
        if (z->state->z_open)
            inflateEnd(&z->state->z);
        free(z->state->entry);
        free(z->state);
    }
    if (z->x.name)
        xin_close(&z->x);
    *z = (struct npz_in){0};
}
