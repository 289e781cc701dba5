#include "lib/io/table.h"

#include "lib/base/mem.h"
#include "lib/io/foreign.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 18 };

struct reader {
    struct xin *x;
    const char *sep;
    int64_t sep_n;
    int quotes;
    unsigned char stop[256]; /* what ends a field without quotes, or NUL */
    char *buf;               /* unread are buf[at..len), then a line end */
    int64_t at, len, cap;
    int ended;    /* all of x is in buf */
    int64_t line; /* in which at lies, from 1 */
    /* of the row at at */
    struct text *field;
    int64_t n, field_cap;
    int doubled;     /* it has doubled quotes */
    int64_t next;    /* where it ends, or how far it was looked at */
    int64_t lines;   /* line ends in it */
    const char *bad; /* why it is malformed */
};

/* More bytes behind the unread ones, which move to the front: at least as many
 * again, so that a long row is not looked at byte by byte. */
static int
fill(struct reader *r, struct err *e)
{
    memmove(r->buf, r->buf + r->at, (size_t)(r->len - r->at));
    r->len -= r->at;
    r->at = 0;
    int64_t want = 2 * r->len;
    int rc = mem_grow(&r->buf, &r->cap, want + 2, 1, e);
    while (!rc && !r->ended && (r->len == 0 || r->len < want)) {
        const unsigned char *p;
        int64_t n = xin_peek(r->x, &p, e);
        if (n <= 0) {
            r->ended = n == 0;
            rc = (int)n;
            continue;
        }
        if (n > r->cap - 1 - r->len)
            n = r->cap - 1 - r->len;
        memcpy(r->buf + r->len, p, (size_t)n);
        xin_take(r->x, n);
        r->len += n;
    }
    r->buf[r->len] = '\n';
    return rc;
}

/* The length of the line end at p; 0 if it is a CR whose LF may be still to
 * come. */
static int
line_end(const struct reader *r, const char *p)
{
    if (*p == '\n')
        return 1;
    if (p + 1 == r->buf + r->len)
        return r->ended;
    return 1 + (p[1] == '\n');
}

static int64_t
count_lines(const char *p, const char *end)
{
    int64_t n = 0;
    for (; p < end; p++)
        n += *p == '\n' || (*p == '\r' && p[1] != '\n');
    return n;
}

static int
is_sep(const struct reader *r, const char *p)
{
    return *p == r->sep[0] &&
           (r->sep_n == 1 || (r->buf + r->len - p >= r->sep_n &&
                                 memcmp(p, r->sep, (size_t)r->sep_n) == 0));
}

/* Where the field without quotes that starts at p ends. */
static const char *
plain_end(const struct reader *r, const char *p)
{
    for (;; p++) {
        while (!r->stop[(unsigned char)*p])
            p++;
        if (*p != r->sep[0] || is_sep(r, p))
            return p;
    }
}

/* The closing quote of the field whose opening one is before p, or NULL. */
static const char *
quoted_end(struct reader *r, const char *p)
{
    const char *end = r->buf + r->len;
    for (; (p = memchr(p, '"', (size_t)(end - p))); p += 2) {
        if (p[1] != '"')
            return p;
        r->doubled = 1;
    }
    return NULL;
}

static int
add_field(struct reader *r, const char *from, const char *end, struct err *e)
{
    if (r->n == r->field_cap) {
        int rc =
            mem_grow(&r->field, &r->field_cap, r->n + 1, sizeof *r->field, e);
        if (rc)
            return rc;
    }
    r->field[r->n++] = (struct text){from, end - from};
    return 0;
}

/* What became of a row: complete, not complete in the buffer, or malformed. */
enum { DONE, CUT, BAD };

static int
bad(struct reader *r, const char *why)
{
    r->bad = why;
    return BAD;
}

/* Takes the field that starts at *p, which moves behind it. */
static int
scan_field(struct reader *r, const char **p, struct err *e)
{
    const char *from = *p, *end;
    if (!r->quotes || *from != '"') {
        end = *p = plain_end(r, from);
    } else {
        end = quoted_end(r, ++from);
        /* the byte after the quote says whether it closes */
        if (!end || (end + 1 == r->buf + r->len && !r->ended)) {
            r->next = r->len;
            return r->ended ? bad(r, "a quote is not closed before the end of "
                                     "the file")
                            : CUT;
        }
        if (memchr(from, 0, (size_t)(end - from)))
            return bad(r, "NUL byte in the row");
        r->lines += count_lines(from, end);
        *p = end + 1;
    }
    return add_field(r, from, end, e);
}

/* Finds the fields of the row at r->at and its end. */
static int
scan(struct reader *r, struct err *e)
{
    const char *p = r->buf + r->at, *end = r->buf + r->len;
    r->n = r->lines = r->doubled = 0;
    r->next = r->at;
    for (;;) {
        int rc = scan_field(r, &p, e);
        if (rc)
            return rc;
        if (p == end || (!r->ended && end - p < r->sep_n && *p == *r->sep)) {
            r->next = r->len;
            return r->ended ? DONE : CUT;
        }
        if (*p == '\n' || *p == '\r') {
            int k = line_end(r, p);
            r->next = p + k - r->buf;
            r->lines++;
            return k ? DONE : CUT;
        }
        if (*p == 0)
            return bad(r, "NUL byte in the row");
        if (!is_sep(r, p))
            return bad(r, "a quote inside an unquoted field, or text after a "
                          "closing quote");
        p += r->sep_n;
    }
}

/* Doubled quotes become one. */
static void
collapse(struct text *f)
{
    char *s = (char *)f->s, *end = s + f->n, *to = memchr(s, '"', (size_t)f->n);
    if (!to)
        return;
    for (char *p = to; p < end; p++) {
        *to++ = *p;
        p += *p == '"';
    }
    f->n = to - s;
}

static int
deliver(struct reader *r, table_row_fn *f, void *ctx, struct err *e)
{
    struct table_row row = {
        .field = r->field, .n = r->n, .file = r->x->name, .line = r->line};
    for (int64_t i = 0; i < r->n; i++) {
        if (r->doubled)
            collapse(&r->field[i]);
        ((char *)r->field[i].s)[r->field[i].n] = 0;
    }
    r->at = r->next;
    r->line += r->lines;
    return f(ctx, &row, e);
}

/* Drops what is left of the line at r->at. */
static int
skip_line(struct reader *r, struct err *e)
{
    int k = 0;
    while (!k) {
        while (r->buf[r->at] != '\n' && r->buf[r->at] != '\r')
            r->at++;
        if (r->at < r->len)
            k = line_end(r, r->buf + r->at);
        else if (r->ended)
            return 0;
        int rc = k ? 0 : fill(r, e);
        if (rc)
            return rc;
    }
    r->at += k;
    r->line++;
    return 0;
}

static int
deliver_bad(struct reader *r, table_row_fn *f, void *ctx, struct err *e)
{
    struct table_row row = {.file = r->x->name, .line = r->line, .bad = r->bad};
    int rc = f(ctx, &row, e);
    return rc ? rc : skip_line(r, e);
}

static int
read_rows(struct reader *r, table_row_fn *f, void *ctx, struct err *e)
{
    int rc = xin_skip_mark(r->x, e);
    while (!rc && !(r->ended && r->at == r->len)) {
        if (r->at == r->len) {
            rc = fill(r, e);
            continue;
        }
        if (r->buf[r->at] == '\n' || r->buf[r->at] == '\r') {
            rc = skip_line(r, e);
            continue;
        }
        rc = scan(r, e);
        if (rc >= 0 && r->next - r->at > TABLE_ROW_MAX)
            rc = bad(r, "the row is longer than 16 MiB (an unclosed quote?)");
        if (rc == DONE)
            rc = deliver(r, f, ctx, e);
        else if (rc == CUT)
            rc = fill(r, e);
        else if (rc == BAD)
            rc = deliver_bad(r, f, ctx, e);
    }
    return rc;
}

int
table_read(struct xin *x, const char *sep, int quotes, table_row_fn *f,
    void *ctx, struct err *e)
{
    struct reader r = {.x = x,
        .sep = sep,
        .sep_n = (int64_t)strlen(sep),
        .quotes = quotes,
        .line = 1};
    r.stop[0] = r.stop['\n'] = r.stop['\r'] = r.stop[(unsigned char)*sep] = 1;
    if (quotes)
        r.stop['"'] = 1;
    int rc = mem_grow(&r.buf, &r.cap, BLOCK, 1, e);
    if (!rc)
        rc = read_rows(&r, f, ctx, e);
    free(r.buf);
    free(r.field);
    return rc;
}

int
table_file(const char *path, const char *tool, table_row_fn *f, void *ctx,
    struct err *e)
{
    struct xin x;
    int rc = xin_open(&x, path, e);
    if (rc)
        return rc;
    if (tool)
        rc = foreign_check(&x, tool, e);
    if (!rc)
        rc = table_read(&x, "\t", 0, f, ctx, e);
    xin_close(&x);
    return rc;
}

int
table_good(const struct table_row *row, struct err *e)
{
    if (!row->bad)
        return 0;
    return err_set(e, ERR_FORMAT, "'%s' line %" PRId64 ": %s", row->file,
        row->line, row->bad);
}

int
table_two(const struct table_row *row, const char *one, const char *other,
    struct err *e)
{
    int rc = table_good(row, e);
    if (rc || row->n >= 2)
        return rc;
    return err_set(e, ERR_FORMAT,
        "'%s' line %" PRId64 ": a tab between %s and %s is missing", row->file,
        row->line, one, other);
}
