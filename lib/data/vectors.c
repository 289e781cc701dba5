#include "lib/data/vectors.h"

#include "lib/base/mem.h"
#include "lib/data/vectors_priv.h"
#include "lib/io/table.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ASIN = 10, AMAZON_D = 4096 };

static int
read_amazon(struct xin *x, struct features *f, struct err *e)
{
    enum { RECORD = ASIN + 4 * AMAZON_D };
    unsigned char *rec = mem_new(RECORD, 1, e);
    float *v = mem_new(AMAZON_D, sizeof *v, e);
    struct ids seen = {0};
    int rc = rec && v ? 0 : ERR_NOMEM;
    for (int64_t n = 1; !rc; n++) {
        int64_t got = xin_read(x, rec, RECORD, e);
        if (got <= 0) {
            rc = (int)got;
            break;
        }
        struct text id = {(char *)rec, ASIN};
        const char *why = ids_reason(id);
        if (got < RECORD) {
            rc = err_set(e, ERR_FORMAT, "'%.400s' ends inside record %" PRId64,
                x->name, n);
        } else if (why) {
            rc = err_set(e, ERR_FORMAT,
                "'%.400s', record %" PRId64
                ": the id %s (not an Amazon feature file?)",
                x->name, n, why);
        } else {
            memcpy(v, rec + ASIN, 4 * AMAZON_D);
            int64_t at = ids_add(&seen, id, e);
            rc = at < 0       ? (int)at
                 : at < n - 1 ? err_set(e, ERR_FORMAT,
                                    "a second vector for id '%.10s'", rec)
                              : features_put(f, id, v, AMAZON_D, e);
            if (rc)
                rc = err_prefix(e, rc, "'%.400s', record %" PRId64, x->name, n);
        }
    }
    ids_free(&seen);
    free(rec);
    free(v);
    return rc;
}

struct lines {
    struct xin *x;
    struct features *f;
    struct ids seen;
    float *v;
    int64_t cap, fields;
};

static int
parse_float(const struct text *t, float *v)
{
    char *end;
    if (t->n == 0 || strspn(t->s, "0123456789+-.eE") != (size_t)t->n)
        return 0;
    *v = strtof(t->s, &end);
    return end == t->s + t->n;
}

/* A first row in which nothing but perhaps the id is a number, or whose id has
 * the name of an id column, is a header, unless it begins with an item's id. */
static int
is_header(const struct features *f, const struct table_row *row)
{
    static const char *const names[] = {
        "", "id", "ids", "item", "itemID", "item_id", "asin"};
    if (ids_find(&f->items, row->field[0]) >= 0)
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(row->field[0].s, names[i]) == 0)
            return 1;
    float v;
    for (int64_t i = 1; i < row->n; i++)
        if (parse_float(&row->field[i], &v))
            return 0;
    return 1;
}

static int
put_row(struct lines *l, const struct table_row *row, struct err *e)
{
    if (row->bad)
        return err_set(e, ERR_FORMAT, "%s", row->bad);
    if (row->n < 2)
        return err_set(e, ERR_FORMAT, "the row has no values");
    if (row->n - 1 > VECTORS_MAX_D)
        return err_set(e, ERR_FORMAT, "more than %d values", VECTORS_MAX_D);
    if (!l->fields) {
        l->fields = row->n;
        if (is_header(l->f, row))
            return 0;
    }
    if (row->n != l->fields)
        return err_set(e, ERR_SHAPE,
            "the row has %" PRId64 " values, the first %" PRId64, row->n - 1,
            l->fields - 1);
    struct text id = row->field[0];
    const char *why = ids_reason(id);
    if (why)
        return err_set(e, ERR_FORMAT, "the id %s", why);
    int64_t before = l->seen.n, at = ids_add(&l->seen, id, e);
    if (at < 0)
        return (int)at;
    if (at < before)
        return err_set(e, ERR_FORMAT, "a second vector for id '%s'", id.s);
    int rc = mem_grow((void **)&l->v, &l->cap, row->n, sizeof *l->v, e);
    if (rc)
        return rc;
    for (int64_t i = 1; i < row->n; i++) {
        const struct text *t = &row->field[i];
        if (!parse_float(t, &l->v[i - 1]))
            return err_set(e, ERR_FORMAT,
                "value %" PRId64 ", '%.40s', is not a finite number", i, t->s);
    }
    return features_put(l->f, id, l->v, row->n - 1, e);
}

static int
on_row(void *ctx, const struct table_row *row, struct err *e)
{
    struct lines *l = ctx;
    int rc = put_row(l, row, e);
    return rc ? err_prefix(
                    e, rc, "'%.400s', line %" PRId64, l->x->name, row->line)
              : 0;
}

static int
read_lines(struct xin *x, const char *sep, struct features *f, struct err *e)
{
    struct lines l = {.x = x, .f = f};
    int rc = table_read(x, sep, 1, on_row, &l, e);
    ids_free(&l.seen);
    free(l.v);
    return rc;
}

struct id_list {
    struct xin *x;
    struct ids *ids;
};

static int
on_id(void *ctx, const struct table_row *row, struct err *e)
{
    struct id_list *l = ctx;
    const char *why = row->bad;
    if (!why && row->n == 1)
        why = ids_reason(row->field[0]);
    if (why)
        return err_set(e, ERR_FORMAT, "'%.400s', line %" PRId64 ": %s%s",
            l->x->name, row->line, row->bad ? "" : "the id ", why);
    int64_t before = l->ids->n;
    int64_t at = ids_add(l->ids, row->field[0], e);
    if (at < 0)
        return (int)at;
    if (at < before)
        return err_set(e, ERR_FORMAT,
            "'%.400s', line %" PRId64 ": id '%s' is there twice", l->x->name,
            row->line, row->field[0].s);
    return 0;
}

static int
read_ids(
    const char *path, struct vectors_rows *rows, struct hist *h, struct err *e)
{
    struct xin x;
    int rc = xin_open(&x, path, e);
    if (rc)
        return rc;
    x.sum = 1;
    struct id_list l = {&x, &rows->ids};
    rows->given = 1;
    /* a line is an id whatever is in it, so the delimiter is one that no text
     * contains */
    rc = table_read(&x, "\x1f", 0, on_id, &l, e);
    if (!rc)
        rc = hist_input(h, "ids", x.name, NULL, x.crc, e);
    xin_close(&x);
    return rc;
}

static int
ends_in(const char *path, size_t n, const char *ext)
{
    size_t k = strlen(ext);
    return n > k && memcmp(path + n - k, ext, k) == 0;
}

static int
sniff(
    const char *path, struct xin *x, enum vectors_format *format, struct err *e)
{
    size_t n = strlen(path);
    if (ends_in(path, n, ".gz"))
        n -= 3;
    const unsigned char *p;
    int64_t got = xin_peek_more(x, 1 << 16, &p, e);
    if (got < 0)
        return (int)got;
    if (got == 0)
        return err_set(e, ERR_FORMAT, "'%.400s' is empty", x->name);
    const unsigned char *nl = memchr(p, '\n', (size_t)got);
    size_t line = (size_t)(nl ? nl - p : got);
    if (p[0] == 0x93 || (got > 3 && memcmp(p, "PK\3\4", 4) == 0))
        *format = VECTORS_NPZ;
    else if (ends_in(path, n, ".b"))
        *format = VECTORS_AMAZON;
    else if (ends_in(path, n, ".npy") || ends_in(path, n, ".npz"))
        *format = VECTORS_NPZ; /* which says what is wrong */
    else if (memchr(p, 0, (size_t)got))
        return err_set(e, ERR_FORMAT,
            "'%.400s' is neither .npy, .npz nor text (see --format)", x->name);
    else
        *format = memchr(p, '\t', line) ? VECTORS_TSV : VECTORS_CSV;
    return 0;
}

int
vectors_read(const char *path, enum vectors_format format, const char *ids_path,
    struct features *f, int *by_id, struct hist *h, struct err *e)
{
    *by_id = 1;
    struct xin x;
    int rc = xin_open(&x, path, e);
    if (rc)
        return rc;
    x.sum = 1;
    if (format == VECTORS_AUTO)
        rc = sniff(path, &x, &format, e);
    struct vectors_rows rows = {0};
    if (!rc && ids_path && format != VECTORS_NPZ)
        rc = err_set(e, ERR_FORMAT,
            "'%.400s' holds its own ids: --ids is for .npy and .npz", x.name);
    if (!rc && ids_path)
        rc = read_ids(ids_path, &rows, h, e);
    if (rc) {
        xin_close(&x);
    } else if (format == VECTORS_NPZ) {
        rc = vectors_npz(&x, path, &rows, f, h, e);
        *by_id = rows.given;
    } else {
        rc = format == VECTORS_AMAZON
                 ? read_amazon(&x, f, e)
                 : read_lines(&x, format == VECTORS_CSV ? "," : "\t", f, e);
        if (!rc)
            rc = hist_input(h, "features", x.name, NULL, x.crc, e);
        xin_close(&x);
    }
    ids_free(&rows.ids);
    return rc;
}
