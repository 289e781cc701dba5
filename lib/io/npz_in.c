#include "lib/io/npz.h"

#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    SIG_LOCAL = 0x04034b50,
    SIG_DESCRIPTOR = 0x08074b50,
    SIG_CENTRAL = 0x02014b50,
    SIG_END64 = 0x06064b50,
    SIG_LOCATOR64 = 0x07064b50,
    SIG_END = 0x06054b50,
    FLAG_ENCRYPTED = 1,
    FLAG_DESCRIPTOR = 8,
    STORED = 0,
    DEFLATED = 8
};

struct entry {
    char name[NPZ_NAME]; /* as stored, with .npy */
    uint32_t crc;
    uint64_t packed, plain, offset;
    int listed; /* met in the central directory */
};

struct npz_in_state {
    int bare; /* a .npy: 1 before its only member, 2 after */
    struct entry *entry;
    int n;
    int open; /* inside a member */
    int flags, method, zip64, sized;
    uint64_t start;       /* input offset of the member's data */
    uint64_t plain_bytes; /* produced so far, npy header included */
    int64_t left;         /* payload bytes not yet handed out */
    uint32_t crc;         /* over plain bytes so far */
    int deflate_ended;
    z_stream z;
    int z_open;
    uint32_t id;
};

static uint32_t
le16(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t
le32(const unsigned char *p)
{
    return le16(p) | le16(p + 2) << 16;
}

static uint64_t
le64(const unsigned char *p)
{
    return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static struct entry *
current(const struct npz_in *z)
{
    return &z->state->entry[z->state->n - 1];
}

/* Every message names the file, the member where there is one, the cause. */
static int
bad(struct npz_in *z, struct err *e, const char *why)
{
    struct npz_in_state *s = z->state;
    if (s->open && s->n)
        return err_set(e, ERR_FORMAT, "cannot read '%s': member '%s': %s",
            z->x.name, current(z)->name, why);
    return err_set(e, ERR_FORMAT, "cannot read '%s': %s at byte %" PRIu64,
        z->x.name, why, z->x.offset);
}

static int
exact(struct npz_in *z, void *buf, int64_t n, struct err *e)
{
    int64_t r = xin_read(&z->x, buf, n, e);
    if (r < 0)
        return (int)r;
    return r < n ? bad(z, e, "unexpected end of file") : 0;
}

int
npz_in_open(struct npz_in *z, const char *path, struct err *e)
{
    *z = (struct npz_in){0};
    int rc = xin_open(&z->x, path, e);
    if (rc)
        return rc;
    z->state = mem_zero(1, sizeof *z->state, e);
    if (!z->state) {
        npz_in_close(z);
        return ERR_NOMEM;
    }
    const unsigned char *p;
    int64_t k = xin_peek(&z->x, &p, e);
    if (k == 0)
        k = err_set(e, ERR_FORMAT, "cannot read '%s': file is empty",
            z->x.name);
    else if (k > 0 && p[0] == 0x93)
        z->state->bare = 1;
    else if (k > 0 && p[0] != 'P')
        k = err_set(e, ERR_FORMAT, "cannot read '%s': not an npz or npy file",
            z->x.name);
    if (k < 0) {
        npz_in_close(z);
        return (int)k;
    }
    return 0;
}

/* n decoded bytes of the member. */
static int
plain(struct npz_in *z, void *buf, int64_t n, struct err *e)
{
    struct npz_in_state *s = z->state;
    unsigned char *out = buf;
    if (s->bare || s->method == STORED) {
        int rc = exact(z, buf, n, e);
        if (rc)
            return rc;
    } else {
        int64_t done = 0;
        while (done < n) {
            const unsigned char *p;
            int64_t k = xin_peek(&z->x, &p, e);
            if (k < 0)
                return (int)k;
            if (k == 0)
                return bad(z, e, "unexpected end of file");
            if (s->deflate_ended)
                return bad(z, e, "deflated data end early");
            int64_t want = n - done < 1 << 30 ? n - done : 1 << 30;
            s->z.next_in = (unsigned char *)(uintptr_t)p;
            s->z.avail_in = (uInt)k;
            s->z.next_out = out + done;
            s->z.avail_out = (uInt)want;
            int rc = inflate(&s->z, Z_NO_FLUSH);
            xin_take(&z->x, k - s->z.avail_in);
            done += want - s->z.avail_out;
            if (rc == Z_STREAM_END)
                s->deflate_ended = 1;
            else if (rc != Z_OK && rc != Z_BUF_ERROR)
                return bad(z, e, "damaged deflate stream");
        }
    }
    s->crc = (uint32_t)crc32_z(s->crc, buf, (size_t)n);
    s->plain_bytes += (uint64_t)n;
    return 0;
}

/* A deflate stream may still owe its end marker after the last plain byte. */
static int
drain_deflate(struct npz_in *z, struct err *e)
{
    struct npz_in_state *s = z->state;
    while (!s->deflate_ended) {
        unsigned char extra;
        const unsigned char *p;
        int64_t k = xin_peek(&z->x, &p, e);
        if (k < 0)
            return (int)k;
        if (k == 0)
            return bad(z, e, "unexpected end of file");
        s->z.next_in = (unsigned char *)(uintptr_t)p;
        s->z.avail_in = (uInt)k;
        s->z.next_out = &extra;
        s->z.avail_out = 1;
        int rc = inflate(&s->z, Z_NO_FLUSH);
        xin_take(&z->x, k - s->z.avail_in);
        if (s->z.avail_out == 0)
            return bad(z, e, "more data than its header says");
        if (rc == Z_STREAM_END)
            s->deflate_ended = 1;
        else if (rc != Z_OK)
            return bad(z, e, "damaged deflate stream");
    }
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
        int rc = drain_deflate(z, e);
        inflateEnd(&s->z);
        s->z_open = 0;
        if (rc)
            return rc;
    }
    uint64_t packed = z->x.offset - s->start;
    if (s->flags & FLAG_DESCRIPTOR) {
        unsigned char d[24];
        int wide = s->zip64 || packed > UINT32_MAX ||
            s->plain_bytes > UINT32_MAX;
        int rc = exact(z, d, 4, e);
        if (rc)
            return rc;
        int sig = le32(d) == SIG_DESCRIPTOR;
        int rest = (sig ? 4 : 0) + (wide ? 16 : 8);
        rc = exact(z, d + 4, rest, e);
        if (rc)
            return rc;
        const unsigned char *p = d + (sig ? 4 : 0);
        m->crc = le32(p);
        m->packed = wide ? le64(p + 4) : le32(p + 4);
        m->plain = wide ? le64(p + 12) : le32(p + 8);
    }
    if (m->crc != s->crc)
        return bad(z, e, "CRC-32 mismatch, the data are damaged");
    if (m->packed != packed || m->plain != s->plain_bytes)
        return bad(z, e, "size disagrees with its header");
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
    int rc = plain(z, m, 10, e);
    if (rc)
        return rc;
    if (memcmp(m, "\x93NUMPY", 6) != 0)
        return bad(z, e, "not a npy array");
    if (m[6] < 1 || m[6] > 3)
        return bad(z, e, "unknown npy version");
    int64_t len = le16(m + 8);
    if (m[6] > 1) {
        rc = plain(z, m + 10, 2, e);
        if (rc)
            return rc;
        len = le32(m + 8);
    }
    if (len > NPY_MAX_HEADER)
        return bad(z, e, "npy header is over 64 KiB");
    char *dict = mem_new(len, 1, e);
    if (!dict)
        return ERR_NOMEM;
    rc = plain(z, dict, len, e);
    if (!rc) {
        struct err why = {""};
        rc = npy_parse(h, dict, len, &why);
        if (rc)
            bad(z, e, why.msg);
    }
    free(dict);
    if (rc)
        return rc;
    s->left = h->count * h->size;
    return 0;
}

/* ZIP64 sizes and offset hide behind 0xFFFFFFFF in an extra field. */
static int
parse_extra(struct npz_in *z, const unsigned char *x, int64_t n, uint64_t *v[],
    int nv, int *zip64, struct err *e)
{
    while (n >= 4) {
        int64_t id = le16(x), len = le16(x + 2);
        if (len > n - 4)
            return bad(z, e, "damaged extra field");
        if (id == 1) {
            const unsigned char *p = x + 4;
            int64_t have = len;
            *zip64 = 1;
            for (int i = 0; i < nv; i++)
                if (*v[i] == UINT32_MAX && have >= 8) {
                    *v[i] = le64(p);
                    p += 8;
                    have -= 8;
                }
        }
        x += 4 + len;
        n -= 4 + len;
    }
    return 0;
}

static int
read_name(struct npz_in *z, char *name, int64_t n, struct err *e)
{
    if (n < 1 || n >= NPZ_NAME)
        return bad(z, e, "member name is empty or too long");
    int rc = exact(z, name, n, e);
    if (rc)
        return rc;
    name[n] = 0;
    if (memchr(name, 0, (size_t)n) || name[0] == '/' || strchr(name, '\\') ||
        strstr(name, ".."))
        return bad(z, e, "member name looks like a path outside the archive");
    return 0;
}

static int
read_extra(struct npz_in *z, int64_t n, uint64_t *v[], int nv, int *zip64,
    struct err *e)
{
    unsigned char *x = mem_new(n, 1, e);
    if (!x)
        return ERR_NOMEM;
    int rc = exact(z, x, n, e);
    if (!rc)
        rc = parse_extra(z, x, n, v, nv, zip64, e);
    free(x);
    return rc;
}

static int
open_member(struct npz_in *z, struct npz_head *h, struct err *e)
{
    struct npz_in_state *s = z->state;
    uint64_t offset = z->x.offset - 4;
    unsigned char b[26];
    int rc = exact(z, b, sizeof b, e);
    if (rc)
        return rc;
    if (s->n == NPZ_MEMBERS)
        return bad(z, e, "too many members");
    struct entry *grown = realloc(s->entry, (size_t)(s->n + 1) * sizeof *grown);
    if (!grown)
        return err_set(e, ERR_NOMEM, "out of memory");
    s->entry = grown;
    struct entry m = {.crc = le32(b + 10),
        .packed = le32(b + 14),
        .plain = le32(b + 18),
        .offset = offset};
    s->flags = (int)le16(b + 2);
    s->method = (int)le16(b + 4);
    s->zip64 = 0;
    rc = read_name(z, m.name, le16(b + 22), e);
    if (rc)
        return rc;
    uint64_t *v[] = {&m.plain, &m.packed};
    rc = read_extra(z, le16(b + 24), v, 2, &s->zip64, e);
    if (rc)
        return rc;
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->entry[i].name, m.name) == 0)
            return bad(z, e, "two members have the same name");
    s->entry[s->n++] = m;
    s->open = 1;
    s->start = z->x.offset;
    s->plain_bytes = 0;
    s->crc = 0;
    if (s->flags & FLAG_ENCRYPTED)
        return bad(z, e, "is encrypted");
    if (s->method != STORED && s->method != DEFLATED)
        return bad(z, e, "unknown compression method");
    if (s->method == DEFLATED) {
        s->z = (z_stream){0};
        s->deflate_ended = 0;
        if (inflateInit2(&s->z, -15) != Z_OK)
            return err_set(e, ERR_NOMEM, "out of memory");
        s->z_open = 1;
    }
    size_t len = strlen(m.name);
    h->text = len < 4 || strcmp(m.name + len - 4, ".npy") != 0;
    memcpy(h->name, m.name, NPZ_NAME);
    s->sized = !(s->flags & FLAG_DESCRIPTOR);
    if (h->text) {
        if (!s->sized)
            return bad(z, e, "is no array and its size is not stated");
        if (m.plain > INT64_MAX)
            return bad(z, e, "size out of range");
        h->text_bytes = s->left = (int64_t)m.plain;
        return 0;
    }
    h->name[len - 4] = 0;
    rc = read_npy_header(z, &h->npy, e);
    if (rc)
        return rc;
    if (h->npy.kind == '?' && s->sized && m.plain <= INT64_MAX)
        s->left = (int64_t)(m.plain - s->plain_bytes); /* to be skipped */
    if (s->sized && m.plain != s->plain_bytes + (uint64_t)s->left)
        return bad(z, e, "its npy header and its size disagree");
    return 0;
}

static int
read_directory(struct npz_in *z, struct err *e)
{
    struct npz_in_state *s = z->state;
    int listed = 0;
    unsigned char b[56];
    /* the signature of the first entry is consumed */
    for (;;) {
        int rc = exact(z, b, 42, e);
        if (rc)
            return rc;
        struct entry m = {.crc = le32(b + 12),
            .packed = le32(b + 16),
            .plain = le32(b + 20),
            .offset = le32(b + 38)};
        rc = read_name(z, m.name, le16(b + 24), e);
        if (rc)
            return rc;
        uint64_t *v[] = {&m.plain, &m.packed, &m.offset};
        int zip64 = 0;
        rc = read_extra(z, le16(b + 26), v, 3, &zip64, e);
        if (!rc)
            rc = read_extra(z, le16(b + 28), NULL, 0, &zip64, e);
        if (rc)
            return rc;
        struct entry *seen = NULL;
        for (int i = 0; i < s->n; i++)
            if (strcmp(s->entry[i].name, m.name) == 0)
                seen = &s->entry[i];
        if (!seen || seen->listed || seen->crc != m.crc ||
            seen->packed != m.packed || seen->plain != m.plain ||
            seen->offset != m.offset)
            return bad(z, e, "directory disagrees with the members");
        seen->listed = 1;
        listed++;
        rc = exact(z, b, 4, e);
        if (rc)
            return rc;
        if (le32(b) != SIG_CENTRAL)
            break;
    }
    if (listed != s->n)
        return bad(z, e, "directory lacks a member");
    return (int)le32(b);
}

static int
read_end(struct npz_in *z, int sig, struct err *e)
{
    struct npz_in_state *s = z->state;
    unsigned char b[56];
    int rc;
    if (sig == SIG_END64) {
        rc = exact(z, b, 8, e);
        if (rc)
            return rc;
        uint64_t left = le64(b);
        if (left < 44 || left > 1 << 16)
            return bad(z, e, "damaged end record");
        while (left) { /* its numbers repeat what was checked already */
            int64_t k = left < sizeof b ? (int64_t)left : (int64_t)sizeof b;
            rc = exact(z, b, k, e);
            if (rc)
                return rc;
            left -= (uint64_t)k;
        }
        rc = exact(z, b, 24, e);
        if (rc)
            return rc;
        if (le32(b) != SIG_LOCATOR64)
            return bad(z, e, "damaged end record");
        sig = (int)le32(b + 20);
    }
    if (sig != SIG_END)
        return bad(z, e, "damaged end record");
    rc = exact(z, b, 18, e);
    if (rc)
        return rc;
    uint32_t count = le16(b + 6);
    if (count != UINT16_MAX && count != (uint32_t)s->n)
        return bad(z, e, "end record lists another number of members");
    for (int64_t left = le16(b + 16); left > 0; left--) {
        rc = exact(z, b, 1, e);
        if (rc)
            return rc;
    }
    return 0;
}

static int
expect_end(struct npz_in *z, struct err *e)
{
    const unsigned char *p;
    int64_t k = xin_peek(&z->x, &p, e);
    if (k < 0)
        return (int)k;
    return k ? bad(z, e, "data after the end of the file") : 0;
}

int
npz_in_next(struct npz_in *z, struct npz_head *h, struct err *e)
{
    struct npz_in_state *s = z->state;
    memset(h, 0, sizeof *h);
    while (s->open && s->left > 0) {
        char skip[4096];
        int64_t k = s->left < (int64_t)sizeof skip ? s->left
                                                   : (int64_t)sizeof skip;
        int rc = npz_in_read(z, skip, k, e);
        if (rc)
            return rc;
    }
    if (s->open) {
        int rc = finish_member(z, e);
        if (rc)
            return rc;
    }
    if (s->bare == 1) {
        s->bare = 2;
        strcpy(h->name, "x");
        int rc = read_npy_header(z, &h->npy, e);
        if (rc)
            return rc;
        s->open = 1;
        return 1;
    }
    if (s->bare) {
        s->id = s->crc;
        return expect_end(z, e);
    }
    unsigned char b[4];
    int rc = exact(z, b, 4, e);
    if (rc)
        return rc;
    int sig = (int)le32(b);
    if (sig == SIG_LOCAL) {
        rc = open_member(z, h, e);
        return rc ? rc : 1;
    }
    if (sig == SIG_CENTRAL) {
        sig = read_directory(z, e);
        if (sig < 0)
            return sig;
    } else if (sig != SIG_END && sig != SIG_END64) {
        return bad(z, e, "not an npz member");
    } else if (s->n) {
        return bad(z, e, "directory is missing");
    }
    rc = read_end(z, sig, e);
    return rc ? rc : expect_end(z, e);
}

int
npz_in_read(struct npz_in *z, void *buf, int64_t n, struct err *e)
{
    struct npz_in_state *s = z->state;
    if (!s->open || n > s->left)
        return bad(z, e, "more data wanted than there are");
    int rc = plain(z, buf, n, e);
    if (rc)
        return rc;
    s->left -= n;
    return s->left == 0 ? finish_member(z, e) : 0;
}

uint32_t
npz_in_id(const struct npz_in *z)
{
    return z->state->id;
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
