#include "lib/data/vectors_priv.h"
#include "lib/io/npz.h"
#include "lib/io/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_ID_BYTES = 4 * IDS_MAX_LENGTH };

struct id_list {
    const char *name; /* of the file */
    struct ids *ids;
    const char *column; /* whose fields they are; NULL: a line is an id */
    int64_t at;         /* its place, -1 before the header */
};

static int
find_column(struct id_list *l, const struct table_row *row, struct err *e)
{
    for (int64_t i = 0; i < row->n; i++)
        if (strcmp(row->field[i].s, l->column) == 0) {
            l->at = i;
            return 0;
        }
    int64_t number = ids_integer(text_of(l->column));
    if (number > 0 && number <= row->n) {
        l->at = number - 1;
        return 0;
    }
    char all[200] = "";
    for (int64_t i = 0; i < row->n && strlen(all) < 150; i++)
        snprintf(
            all + strlen(all), 48, "%s%.40s", i ? ", " : "", row->field[i].s);
    return err_set(e, ERR_FORMAT, "no column is called '%.60s' (there are: %s)",
        l->column, all);
}

/* Another id. ERR_FORMAT if it cannot be one or is there already; the sentence
 * lacks the place. */
static int
add_id(struct ids *ids, struct text id, struct err *e)
{
    const char *why = ids_reason(id);
    if (why)
        return err_set(e, ERR_FORMAT, "the id %s", why);
    int64_t before = ids->n, at = ids_add(ids, id, e);
    if (at < 0)
        return (int)at;
    return at < before ? err_set(e, ERR_FORMAT, "id '%.*s' is there twice",
                             (int)id.n, id.s)
                       : 0;
}

static int
take_id(struct id_list *l, const struct table_row *row, struct err *e)
{
    if (row->bad)
        return err_set(e, ERR_FORMAT, "%s", row->bad);
    if (l->column && l->at < 0)
        return find_column(l, row, e);
    if (l->at >= row->n)
        return err_set(e, ERR_FORMAT,
            "the row has %" PRId64 " fields, not %" PRId64 " or more", row->n,
            l->at + 1);
    return add_id(l->ids, row->field[l->column ? l->at : 0], e);
}

static int
on_row(void *ctx, const struct table_row *row, struct err *e)
{
    struct id_list *l = ctx;
    int rc = take_id(l, row, e);
    return rc ? err_prefix(e, rc, "'%.400s', line %" PRId64, l->name, row->line)
              : 0;
}

/* A line is an id whatever is in it, so that its separator is one that no text
 * contains; that of a table is in its header. */
static int
read_table(struct xin *x, struct id_list *l, struct err *e)
{
    const char *sep = "\x1f";
    int rc = l->column ? vectors_separator(x, 1, &sep, e) : 0;
    return rc ? rc : table_read(x, sep, l->column != NULL, on_row, l, e);
}

int
vectors_ids(
    const char *spec, struct vectors_rows *rows, struct hist *h, struct err *e)
{
    char *path = strdup(spec);
    if (!path)
        return err_set(e, ERR_NOMEM, "out of memory");
    char *colon = access(spec, F_OK) ? strrchr(path, ':') : NULL;
    if (colon)
        *colon = 0;
    struct xin x;
    int rc = xin_open(&x, path, e);
    if (!rc) {
        struct id_list l = {.name = x.name, .ids = &rows->ids, .at = -1};
        x.sum = 1;
        l.column = colon ? colon + 1 : NULL;
        rows->given = 1;
        rc = read_table(&x, &l, e);
        if (!rc)
            rc = hist_input(h, "ids", x.name, NULL, x.crc, e);
        xin_close(&x);
    }
    free(path);
    return rc;
}

int
vectors_fit(const struct vectors_rows *rows, int64_t n, const char *name,
    const struct features *f, struct err *e)
{
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
        n += text_put_utf8(out + n, c);
        if (c)
            end = n;
    }
    return end;
}

/* Element by element. */
int
vectors_member_ids(struct npz_in *z, const struct npy *h,
    struct vectors_rows *rows, struct err *e)
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
            int64_t v = npz_value_int(h, raw, 0);
            n = snprintf(
                text, sizeof text, h->kind == 'i' ? "%" PRId64 : "%" PRIu64, v);
        }
        rc = n < 0 ? err_set(e, ERR_FORMAT, "the id is not Unicode text")
                   : add_id(&rows->ids, (struct text){s, n}, e);
        if (rc)
            return err_prefix(e, rc, "'%.400s': member 'ids', element %" PRId64,
                z->x.name, r);
    }
    return 0;
}
