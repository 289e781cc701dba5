#include "lib/base/mem.h"
#include "lib/data/vectors_priv.h"
#include "lib/io/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct lines {
    struct vectors_sink *s;
    int blank;         /* fields are separated by blanks, one or more */
    int64_t fields;    /* of every row; 0 before the first */
    struct text *word; /* of a row that is separated by blanks */
    int64_t cap;
    /* A first row of two whole numbers may be word2vec's sizes, or an id and
     * its value: the next row tells. */
    int waiting;
    char first[IDS_MAX_LENGTH + 1];
    int64_t size;
};

/* A number, or a list of them, comes first in the text. */
static int
is_numeric(struct text t)
{
    float v;
    const char *p = t.s + strspn(t.s, " ");
    struct text word = {p, (int64_t)strcspn(p, " ,;")};
    return *p == '[' || vectors_number(word, &v);
}

/* A first row in which nothing but perhaps the id is numeric, or whose id has
 * the name of an id column, is a header, unless it begins with an item's id. */
static int
is_header(const struct features *f, const struct text *field, int64_t n)
{
    static const char *const names[] = {
        "", "id", "ids", "item", "itemID", "item_id", "asin"};
    if (ids_find(&f->items, field[0]) >= 0)
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(field[0].s, names[i]) == 0)
            return 1;
    for (int64_t i = 1; i < n; i++)
        if (is_numeric(field[i]))
            return 0;
    return 1;
}

/* "[0.5, 1]", "0.5 1": a vector in one field. The number of its values, or a
 * negative code. */
static int64_t
read_list(struct vectors_sink *s, struct text t, struct err *e)
{
    static const char between[] = " ,;\t\r\n";
    const char *p = t.s + strspn(t.s, " "), *end = t.s + t.n;
    while (end > p && end[-1] == ' ')
        end--;
    if (end - p > 1 && *p == '[' && end[-1] == ']') {
        p++;
        end--;
    }
    int64_t n = 0;
    for (p += strspn(p, between); p < end; p += strspn(p, between), n++) {
        int64_t k = (int64_t)strcspn(p, between);
        k = k < end - p ? k : end - p;
        int rc = vectors_room(s, n, e);
        if (rc)
            return rc;
        if (!vectors_number((struct text){p, k}, &s->v[n]))
            return err_set(e, ERR_FORMAT,
                "value %" PRId64 ", '%.*s', is not a finite number", n + 1,
                k < 40 ? (int)k : 40, p);
        p += k;
    }
    return n;
}

/* The values of a row, in fields of their own or all in one. */
static int64_t
read_values(
    struct vectors_sink *s, const struct text *field, int64_t n, struct err *e)
{
    if (n == 2 && strpbrk(field[1].s, "[ ") && is_numeric(field[1])) {
        int64_t d = read_list(s, field[1], e);
        return d == 0 ? err_set(e, ERR_FORMAT, "the row has no values") : d;
    }
    for (int64_t i = 1; i < n; i++) {
        int rc = vectors_room(s, i - 1, e);
        if (rc)
            return rc;
        if (!vectors_number(field[i], &s->v[i - 1]))
            return err_set(e, ERR_FORMAT,
                "value %" PRId64 ", '%.40s', is not a finite number", i,
                field[i].s);
    }
    return n - 1;
}

/* A whole number of at most nine digits, or -1. */
static int64_t
count_of(struct text t)
{
    int digits =
        t.n > 0 && t.n < 10 && (int64_t)strspn(t.s, "0123456789") >= t.n;
    return digits ? strtol(t.s, NULL, 10) : -1;
}

/* The row that waited is a vector of one value. */
static int
put_waiting(struct lines *l, struct err *e)
{
    l->waiting = 0;
    l->fields = 2;
    int rc = vectors_room(l->s, 0, e);
    if (rc)
        return rc;
    l->s->v[0] = (float)l->size;
    return vectors_put(l->s, text_of(l->first), 1, e);
}

/* 1: the row is a header; 2: it waits; 0: a vector. */
static int
look_at_first(struct lines *l, const struct text *field, int64_t n)
{
    int64_t size = n == 2 ? count_of(field[1]) : -1;
    if (l->blank && size >= 0 && count_of(field[0]) >= 0) {
        l->waiting = 1;
        l->size = size;
        memcpy(l->first, field[0].s, (size_t)field[0].n + 1);
        return 2;
    }
    l->fields = n;
    return is_header(l->s->f, field, n);
}

static int
put_row(struct lines *l, const struct text *field, int64_t n, struct err *e)
{
    if (n < 2)
        return err_set(e, ERR_FORMAT, "the row has no values");
    if (l->waiting && n > 2 && n - 1 == l->size) {
        l->waiting = 0;
        l->fields = n;
    } else if (l->waiting) {
        int rc = put_waiting(l, e);
        if (rc)
            return rc;
    }
    if (!l->fields && look_at_first(l, field, n))
        return 0;
    if (n != l->fields)
        return err_set(e, ERR_SHAPE,
            "the row has %" PRId64 " values, the first %" PRId64, n - 1,
            l->fields - 1);
    int64_t d = read_values(l->s, field, n, e);
    return d < 0 ? (int)d : vectors_put(l->s, field[0], d, e);
}

/* The fields of a row but the empty ones that several blanks make. */
static int
words(struct lines *l, const struct table_row *row, int64_t *n, struct err *e)
{
    int rc = mem_grow(&l->word, &l->cap, row->n, sizeof *l->word, e);
    *n = 0;
    for (int64_t i = 0; !rc && i < row->n; i++)
        if (row->field[i].n)
            l->word[(*n)++] = row->field[i];
    return rc;
}

static int
on_row(void *ctx, const struct table_row *row, struct err *e)
{
    struct lines *l = ctx;
    const struct text *field = row->field;
    int64_t n = row->n;
    int rc = row->bad ? err_set(e, ERR_FORMAT, "%s", row->bad) : 0;
    if (!rc && l->blank) {
        rc = words(l, row, &n, e);
        field = l->word;
    }
    if (!rc)
        rc = put_row(l, field, n, e);
    return rc ? err_prefix(
                    e, rc, "'%.400s', line %" PRId64, l->s->name, row->line)
              : 0;
}

int
vectors_text(
    struct xin *x, const char *sep, struct vectors_sink *s, struct err *e)
{
    struct lines l = {.s = s, .blank = *sep == ' '};
    int rc = table_read(x, sep, !l.blank, on_row, &l, e);
    if (!rc && l.waiting && (rc = put_waiting(&l, e)))
        rc = err_prefix(e, rc, "'%.400s'", s->name);
    free(l.word);
    return rc;
}
