#include "lib/io/table.h"

#include "lib/base/mem.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 12 };

struct state {
    struct csv_parser csv;
    char delim;
    int quotes;
    table_row_fn *f;
    void *ctx;
    struct err *e;
    int rc; /* of the first failure; nothing is delivered afterwards */
    char *text;
    int64_t len, text_cap;
    int64_t *at; /* where field i starts in text */
    int64_t n, at_cap;
    struct table_field *field;
    int64_t field_cap;
    int64_t line, row_line, row_bytes;
    int cr;   /* the last row ended in CR, which was counted as a line */
    int last; /* byte before the present chunk */
    int skip; /* malformed: drop everything up to the next line */
    int nul;  /* there is a NUL byte in the present block */
    int bom;  /* bytes of a byte order mark matched so far, 3: decided */
};

static int
no_space(unsigned char c)
{
    (void)c;
    return 0;
}

static void
deliver(struct state *s, const char *bad)
{
    struct table_row row = {.line = s->row_line, .bad = bad};
    if (!bad) {
        s->rc = mem_grow(
            (void **)&s->field, &s->field_cap, s->n, sizeof *s->field, s->e);
        if (s->rc)
            return;
        for (int64_t i = 0; i < s->n; i++) {
            int64_t end = i + 1 < s->n ? s->at[i + 1] : s->len;
            s->field[i].s = s->text + s->at[i];
            s->field[i].n = end - s->at[i] - 1;
        }
        row.field = s->field;
        row.n = s->n;
    }
    s->n = s->len = s->row_bytes = 0;
    s->rc = s->f(s->ctx, &row, s->e);
}

static void
on_field(void *p, size_t n, void *ctx)
{
    struct state *s = ctx;
    s->cr = 0;
    if (s->rc)
        return;
    int64_t need = s->len + (int64_t)n + 1;
    if (need > s->text_cap)
        s->rc = mem_grow((void **)&s->text, &s->text_cap, need, 1, s->e);
    if (!s->rc && s->n == s->at_cap)
        s->rc = mem_grow(
            (void **)&s->at, &s->at_cap, s->n + 1, sizeof *s->at, s->e);
    if (s->rc)
        return;
    memcpy(s->text + s->len, p, n);
    s->text[s->len + (int64_t)n] = 0;
    s->at[s->n++] = s->len;
    s->len += (int64_t)n + 1;
}

static void
on_row(int c, void *ctx)
{
    struct state *s = ctx;
    if (!s->rc)
        deliver(s, NULL);
    s->cr = c == CSV_CR;
    s->line += s->cr;
    s->row_line = s->line;
}

static int
start_csv(struct state *s)
{
    if (csv_init(&s->csv, CSV_STRICT | CSV_STRICT_FINI))
        return err_set(s->e, ERR_NOMEM, "out of memory");
    csv_set_delim(&s->csv, (unsigned char)s->delim);
    csv_set_space_func(&s->csv, no_space);
    csv_set_blk_size(&s->csv, BLOCK);
    /* libcsv has no way to say "no quotes"; NUL never reaches it (feed) */
    if (!s->quotes)
        csv_set_quote(&s->csv, 0);
    return 0;
}

/* The present row is malformed: report it and start afresh after its line. */
static int
malformed(struct state *s, const char *why)
{
    deliver(s, why);
    csv_free(&s->csv);
    s->skip = 1;
    int rc = start_csv(s);
    return s->rc ? s->rc : rc;
}

/* A chunk lies within one line: it has no LF but perhaps as its last byte. */
static int
feed(struct state *s, const unsigned char *p, int64_t n)
{
    int ends = p[n - 1] == '\n';
    int before = n > 1 ? p[n - 2] : s->last;
    s->last = p[n - 1];
    if (!s->skip) {
        if (s->csv.pstate == 0) { /* between rows */
            s->row_line = s->line;
            s->row_bytes = 0;
        }
        s->row_bytes += n;
        /* libcsv grows its field by a constant: make that geometric */
        if (s->row_bytes > BLOCK)
            csv_set_blk_size(&s->csv, (size_t)s->row_bytes);
        int rc = 0;
        if (s->row_bytes > TABLE_ROW_MAX)
            rc = malformed(
                s, "the row is longer than 16 MiB (an unclosed quote?)");
        else if (s->nul && memchr(p, 0, (size_t)n))
            rc = malformed(s, "NUL byte in the row");
        else if (csv_parse(&s->csv, p, (size_t)n, on_field, on_row, s) !=
                     (size_t)n &&
                 !s->rc)
            rc = csv_error(&s->csv) == CSV_EPARSE
                     ? malformed(s,
                           "a quote inside an unquoted field, or text after a "
                           "closing quote")
                     : err_set(s->e, ERR_NOMEM, "out of memory");
        if (rc || s->rc)
            return s->rc ? s->rc : rc;
    }
    if (ends) {
        s->line += !(s->cr && before == '\r');
        s->skip = 0;
        s->cr = 0;
    }
    return 0;
}

static const unsigned char mark[] = {0xEF, 0xBB, 0xBF};

/* Drops a byte order mark, which may arrive in pieces; what only looked like
 * one is fed. Returns how many bytes of p are dealt with. */
static int64_t
skip_bom(struct state *s, const unsigned char *p, int64_t n)
{
    int64_t k = 0;
    while (k < n && s->bom < 3) {
        if (p[k] == mark[s->bom]) {
            s->bom++;
            k++;
            continue;
        }
        int met = s->bom;
        s->bom = 3;
        if (met)
            s->rc = feed(s, mark, met);
    }
    return k;
}

int
table_read(struct xin *x, char delim, int quotes, table_row_fn *f, void *ctx,
    struct err *e)
{
    struct state s = {.delim = delim,
        .quotes = quotes,
        .f = f,
        .ctx = ctx,
        .e = e,
        .line = 1,
        .row_line = 1};
    int rc = start_csv(&s);
    while (!rc) {
        const unsigned char *p;
        int64_t n = xin_peek(x, &p, e);
        if (n <= 0) {
            rc = (int)n;
            break;
        }
        int64_t k = s.bom < 3 ? skip_bom(&s, p, n) : 0;
        rc = s.rc;
        s.nul = memchr(p, 0, (size_t)n) != NULL;
        while (k < n && !rc) {
            const unsigned char *nl = memchr(p + k, '\n', (size_t)(n - k));
            int64_t end = nl ? nl + 1 - p : n;
            rc = feed(&s, p + k, end - k);
            k = end;
        }
        xin_take(x, n);
    }
    if (!rc && s.bom && s.bom < 3) {
        int met = s.bom;
        s.bom = 3;
        rc = feed(&s, mark, met);
    }
    if (!rc && !s.skip && csv_fini(&s.csv, on_field, on_row, &s)) {
        if (!s.rc)
            deliver(&s, "a quote is not closed before the end of the file");
    }
    if (!rc)
        rc = s.rc;
    csv_free(&s.csv);
    free(s.text);
    free(s.at);
    free(s.field);
    return rc;
}
