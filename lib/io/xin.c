#include "lib/io/xio.h"

#include "lib/base/mem.h"
#include "lib/base/ranks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { BUF = 1 << 18 };

/* Bytes of which those from pos on are still to be taken. */
struct span {
    unsigned char *buf;
    int64_t pos, len;
};

struct xin_state {
    struct span raw;   /* bytes from the descriptor */
    struct span plain; /* decoded ones, gzip only */
    int gz, in_member;
    z_stream z;
};

static int64_t
read_some(struct xin *x, void *buf, int64_t n, struct err *e)
{
    struct {
        int64_t n;
        int error;
    } got = {0};
    if (ranks_mine() == 0) {
        do
            got.n = read(x->fd, buf, (size_t)(n < 1 << 30 ? n : 1 << 30));
        while (got.n < 0 && errno == EINTR);
        got.error = errno;
    }
    ranks_share(&got, sizeof got);
    if (got.n < 0)
        return err_set(
            e, ERR_IO, "cannot read '%s': %s", x->name, strerror(got.error));
    ranks_share(buf, got.n);
    return got.n;
}

/* Reads behind the raw bytes that are there. Returns how many are added. */
static int64_t
more_raw(struct xin *x, struct err *e)
{
    struct span *raw = &x->state->raw;
    int64_t r = read_some(x, raw->buf + raw->len, BUF - raw->len, e);
    raw->len += r > 0 ? r : 0;
    return r;
}

/* What rank 0 found when it opened the file. */
struct opened {
    int fd, error, directory, regular;
    int64_t size;
};

static struct opened
open_file(const char *path, int std)
{
    struct opened o = {.fd = -1};
    struct stat st;
    if (ranks_mine() == 0) {
        o.fd = std ? 0 : open(path, O_RDONLY | O_CLOEXEC);
        if (o.fd < 0 || fstat(o.fd, &st)) {
            o.error = errno;
        } else {
            o.directory = S_ISDIR(st.st_mode);
            o.regular = S_ISREG(st.st_mode);
            o.size = st.st_size;
        }
    }
    ranks_share(&o, sizeof o);
    return o;
}

int
xin_open(struct xin *x, const char *path, struct err *e)
{
    *x = (struct xin){.fd = -1, .file_bytes = -1};
    int std = strcmp(path, "-") == 0;
    x->name = strdup(std ? "<stdin>" : path);
    x->state = mem_zero(1, sizeof *x->state, e);
    if (!x->name || !x->state) {
        xin_close(x);
        return err_set(e, ERR_NOMEM, "out of memory");
    }
    struct xin_state *s = x->state;
    struct opened o = open_file(path, std);
    x->fd = o.fd;
    int rc = 0;
    if (o.error) {
        rc = err_set(
            e, ERR_IO, "cannot open '%s': %s", x->name, strerror(o.error));
    } else if (o.directory) {
        rc = err_set(e, ERR_IO, "cannot read '%s': is a directory", x->name);
    } else if (!(s->raw.buf = mem_new(BUF, 1, e))) {
        rc = ERR_NOMEM;
    } else {
        /* Two bytes tell gzip; a pipe may deliver them one at a time. */
        int64_t r = 1;
        while (s->raw.len < 2 && r > 0)
            r = more_raw(x, e);
        rc = r < 0 ? (int)r : 0;
    }
    if (!rc && s->raw.len >= 2 && memcmp(s->raw.buf, "\x1f\x8b", 2) == 0) {
        s->gz = s->in_member = 1;
        s->plain.buf = mem_new(BUF, 1, e);
        if (!s->plain.buf)
            rc = ERR_NOMEM;
        else if (inflateInit2(&s->z, 15 + 16) != Z_OK) {
            s->gz = 0;
            rc = err_set(e, ERR_NOMEM, "out of memory");
        }
    } else if (!rc && o.regular) {
        x->file_bytes = o.size;
    }
    if (rc)
        xin_close(x);
    return rc;
}

/* Decodes behind the plain bytes that are there until some are added or the
 * last gzip member ends. Returns how many are added. */
static int64_t
more_plain(struct xin *x, struct err *e)
{
    struct xin_state *s = x->state;
    struct span *raw = &s->raw, *plain = &s->plain;
    int64_t before = plain->len;
    while (plain->len == before) {
        if (raw->pos == raw->len) {
            raw->pos = raw->len = 0;
            int64_t r = more_raw(x, e);
            if (r < 0)
                return r;
            if (r == 0) {
                if (s->in_member)
                    return err_set(e, ERR_FORMAT,
                        "cannot read '%s': gzip stream ends early", x->name);
                return 0;
            }
        }
        if (!s->in_member) {
            /* archivers and block devices pad with NUL bytes */
            while (raw->pos < raw->len && !raw->buf[raw->pos])
                raw->pos++;
            if (raw->pos == raw->len)
                continue;
            inflateReset(&s->z);
            s->in_member = 1;
        }
        s->z.next_in = raw->buf + raw->pos;
        s->z.avail_in = (uInt)(raw->len - raw->pos);
        s->z.next_out = plain->buf + plain->len;
        s->z.avail_out = (uInt)(BUF - plain->len);
        int rc = inflate(&s->z, Z_NO_FLUSH);
        raw->pos = raw->len - s->z.avail_in;
        plain->len = BUF - s->z.avail_out;
        if (rc == Z_STREAM_END)
            s->in_member = 0;
        else if (rc == Z_MEM_ERROR)
            return err_set(e, ERR_NOMEM, "out of memory");
        else if (rc != Z_OK && rc != Z_BUF_ERROR)
            return err_set(e, ERR_FORMAT,
                "cannot read '%s': damaged gzip stream: %s", x->name,
                s->z.msg ? s->z.msg : "bad header");
    }
    return plain->len - before;
}

/* What is delivered from, and more of it. */
static struct span *
ready(struct xin *x)
{
    return x->state->gz ? &x->state->plain : &x->state->raw;
}

static int64_t
more(struct xin *x, struct err *e)
{
    return x->state->gz ? more_plain(x, e) : more_raw(x, e);
}

int64_t
xin_peek(struct xin *x, const unsigned char **p, struct err *e)
{
    struct span *s = ready(x);
    if (s->pos == s->len) {
        s->pos = s->len = 0;
        int64_t r = more(x, e);
        if (r <= 0)
            return r;
    }
    *p = s->buf + s->pos;
    return s->len - s->pos;
}

int64_t
xin_peek_more(
    struct xin *x, int64_t want, const unsigned char **p, struct err *e)
{
    struct span *s = ready(x);
    int64_t r = 1;
    memmove(s->buf, s->buf + s->pos, (size_t)(s->len - s->pos));
    s->len -= s->pos;
    s->pos = 0;
    while (s->len < want && r > 0)
        r = more(x, e);
    *p = s->buf;
    return r < 0 ? r : s->len;
}

int
xin_skip_mark(struct xin *x, struct err *e)
{
    const unsigned char *p;
    int64_t n = xin_peek_more(x, 3, &p, e);
    if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0)
        xin_take(x, 3);
    return n < 0 ? (int)n : 0;
}

static void
count(struct xin *x, const void *p, int64_t n)
{
    x->offset += (uint64_t)n;
    if (x->sum)
        x->crc = (uint32_t)crc32_z(x->crc, p, (size_t)n);
}

void
xin_take(struct xin *x, int64_t k)
{
    struct span *s = ready(x);
    count(x, s->buf + s->pos, k);
    s->pos += k;
}

int64_t
xin_read(struct xin *x, void *buf, int64_t n, struct err *e)
{
    struct xin_state *s = x->state;
    unsigned char *out = buf;
    int64_t done = 0;
    while (done < n) {
        /* Large plain reads go straight to the caller's memory. */
        if (!s->gz && s->raw.pos == s->raw.len && n - done >= BUF) {
            int64_t r = read_some(x, out + done, n - done, e);
            if (r < 0)
                return r;
            if (r == 0)
                break;
            count(x, out + done, r);
            done += r;
            continue;
        }
        const unsigned char *p;
        int64_t k = xin_peek(x, &p, e);
        if (k < 0)
            return k;
        if (k == 0)
            break;
        if (k > n - done)
            k = n - done;
        memcpy(out + done, p, (size_t)k);
        xin_take(x, k);
        done += k;
    }
    return done;
}

void
xin_close(struct xin *x)
{
    struct xin_state *s = x->state;
    if (s) {
        if (s->gz)
            inflateEnd(&s->z);
        free(s->raw.buf);
        free(s->plain.buf);
        free(s);
    }
    if (x->fd > 0 && ranks_mine() == 0)
        close(x->fd);
    free(x->name);
    *x = (struct xin){.fd = -1, .file_bytes = -1};
}

int
xin_exists(const char *path)
{
    int there = !access(path, F_OK);
    ranks_share(&there, sizeof there);
    return there;
}

int
xin_is_file(const char *path)
{
    struct stat st;
    int file = !stat(path, &st) && S_ISREG(st.st_mode);
    ranks_share(&file, sizeof file);
    return file;
}
