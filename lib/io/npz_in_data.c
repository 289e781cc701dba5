#include "lib/io/npz_in.h"

#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
npz_in_bad(struct npz_in *z, struct err *e, const char *fmt, ...)
{
    struct npz_in_state *s = z->state;
    char why[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    if (s->open && s->n)
        return err_set(e, ERR_FORMAT, "cannot read '%s': member '%s': %s",
            z->x.name, s->entry[s->n - 1].name, why);
    return err_set(e, ERR_FORMAT, "cannot read '%s': %s at byte %" PRIu64,
        z->x.name, why, z->x.offset);
}

int
npz_in_raw(struct npz_in *z, void *buf, int64_t n, struct err *e)
{
    int64_t r = xin_read(&z->x, buf, n, e);
    if (r < 0)
        return (int)r;
    return r < n ? npz_in_bad(z, e, "unexpected end of file") : 0;
}

int
npz_in_drop(struct npz_in *z, int64_t n, struct err *e)
{
    unsigned char b[512];
    int rc = 0;
    while (n > 0 && !rc) {
        int64_t k = n < (int64_t)sizeof b ? n : (int64_t)sizeof b;
        rc = npz_in_raw(z, b, k, e);
        n -= k;
    }
    return rc;
}

/* One step of inflation into out; *got bytes were produced. */
static int
inflate_some(struct npz_in *z, unsigned char *out, int64_t cap, int64_t *got,
    struct err *e)
{
    struct npz_in_state *s = z->state;
    const unsigned char *p;
    int64_t k = xin_peek(&z->x, &p, e);
    if (k < 0)
        return (int)k;
    if (k == 0)
        return npz_in_bad(z, e, "unexpected end of file");
    s->z.next_in = (unsigned char *)(uintptr_t)p;
    s->z.avail_in = (uInt)k;
    s->z.next_out = out;
    s->z.avail_out = (uInt)cap;
    int rc = inflate(&s->z, Z_NO_FLUSH);
    xin_take(&z->x, k - s->z.avail_in);
    *got = cap - s->z.avail_out;
    if (rc == Z_MEM_ERROR)
        return err_set(e, ERR_NOMEM, "out of memory");
    if (rc == Z_STREAM_END)
        s->deflate_ended = 1;
    else if (rc != Z_OK && rc != Z_BUF_ERROR)
        return npz_in_bad(z, e, "damaged deflate stream");
    return 0;
}

int
npz_in_plain(struct npz_in *z, void *buf, int64_t n, struct err *e)
{
    struct npz_in_state *s = z->state;
    if (n == 0)
        return 0;
    if (s->bare || s->method == STORED) {
        int rc = npz_in_raw(z, buf, n, e);
        if (rc)
            return rc;
    } else {
        int64_t done = 0;
        while (done < n) {
            if (s->deflate_ended)
                return npz_in_bad(z, e, "deflated data end early");
            int64_t want = n - done < 1 << 30 ? n - done : 1 << 30, got = 0;
            int rc =
                inflate_some(z, (unsigned char *)buf + done, want, &got, e);
            if (rc)
                return rc;
            done += got;
        }
    }
    s->crc = (uint32_t)crc32_z(s->crc, buf, (size_t)n);
    s->plain_bytes += (uint64_t)n;
    return 0;
}

int
npz_in_drain(struct npz_in *z, struct err *e)
{
    while (!z->state->deflate_ended) {
        unsigned char extra;
        int64_t got = 0;
        int rc = inflate_some(z, &extra, 1, &got, e);
        if (rc)
            return rc;
        if (got)
            return npz_in_bad(z, e, "more data than its header says");
    }
    return 0;
}

/* Absolute, or with a part that leads upwards. */
static int
leads_out(const char *name)
{
    if (name[0] == '/' || strchr(name, '\\'))
        return 1;
    for (const char *p = name; p; p = strchr(p, '/')) {
        p += *p == '/';
        if (p[0] == '.' && p[1] == '.' && (p[2] == '/' || p[2] == 0))
            return 1;
    }
    return 0;
}

int
npz_in_name(struct npz_in *z, char *name, int64_t n, struct err *e)
{
    if (n < 1 || n >= NPZ_NAME)
        return npz_in_bad(z, e, "member name is empty or too long");
    int rc = npz_in_raw(z, name, n, e);
    if (rc)
        return rc;
    name[n] = 0;
    for (int64_t i = 0; i < n; i++)
        if ((unsigned char)name[i] < 32 || name[i] == 127)
            return npz_in_bad(z, e, "member name holds a control character");
    if (leads_out(name))
        return npz_in_bad(z, e,
            "member name '%s' looks like a path outside the archive", name);
    return 0;
}

static int
parse_extra(struct npz_in *z, const unsigned char *x, int64_t n, uint64_t *v[],
    int nv, int *zip64, struct err *e)
{
    while (n >= 4) {
        int64_t id = le16(x), len = le16(x + 2);
        if (len > n - 4)
            return npz_in_bad(z, e, "damaged extra field");
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

int
npz_in_extra(struct npz_in *z, int64_t n, uint64_t *v[], int nv, int *zip64,
    struct err *e)
{
    unsigned char *x = mem_new(n, 1, e);
    if (!x)
        return ERR_NOMEM;
    int rc = npz_in_raw(z, x, n, e);
    if (!rc)
        rc = parse_extra(z, x, n, v, nv, zip64, e);
    free(x);
    return rc;
}
