#include "lib/data/where.h"

#include "lib/base/mem.h"
#include "lib/data/when.h"

#include <stdlib.h>

static const char *
blanks(const char *p)
{
    return p + strspn(p, " \t");
}

/* The operator at p and its length, or 0. */
static int
operator_at(const char *p, enum where_op *op)
{
    static const struct {
        const char *text;
        enum where_op op;
    } ops[] = {{"!=", WHERE_NE}, {"<=", WHERE_LE}, {">=", WHERE_GE},
        {"==", WHERE_EQ}, {"=", WHERE_EQ}, {"<", WHERE_LT}, {">", WHERE_GT}};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        size_t n = strlen(ops[i].text);
        if (strncmp(p, ops[i].text, n) == 0) {
            *op = ops[i].op;
            return (int)n;
        }
    }
    return 0;
}

/* Copies what stands in quotes at *p to *to, terminated; both move behind it.
 * 0 if it is not closed. */
static int
unquote(const char **p, char **to)
{
    char quote = *(*p)++;
    for (; **p; (*p)++) {
        if (**p == quote && *++*p != quote) {
            *(*to)++ = 0;
            return 1;
        }
        *(*to)++ = **p;
    }
    return 0;
}

/* Copies what stands at *p before end, blanks at its end dropped. */
static void
copy_bare(const char **p, const char *end, char **to)
{
    const char *last = end;
    while (last > *p && strchr(" \t", last[-1]))
        last--;
    size_t n = (size_t)(last - *p);
    memcpy(*to, *p, n);
    *to += n;
    *(*to)++ = 0;
    *p = end;
}

static int
wrong(const char *expression, const char *why, struct err *e)
{
    return err_set(e, ERR_RANGE,
        "'%s' is not COLUMN OP VALUE, as in 'rating>=4': %s", expression, why);
}

static int
is_order(enum where_op op)
{
    return op != WHERE_EQ && op != WHERE_NE;
}

static int
parse(struct where *w, const char *expression, struct err *e)
{
    enum where_op ignored;
    const char *p = blanks(expression);
    char *to = w->own;
    w->column = to;
    if (*p == '"' || *p == '\'') {
        if (!unquote(&p, &to))
            return wrong(expression, "a quote is not closed", e);
        p = blanks(p);
    } else {
        const char *end = p;
        while (*end && !operator_at(end, &ignored))
            end++;
        copy_bare(&p, end, &to);
    }
    if (!*w->column)
        return wrong(expression, "the column is missing", e);
    int n = operator_at(p, &w->op);
    if (!n)
        return wrong(expression, "there is none of = != < <= > >=", e);
    p = blanks(p + n);
    char *value = to;
    if (*p && strchr("=<>", *p))
        return wrong(expression, "the operator is none of = != < <= > >=", e);
    if (*p == '"' || *p == '\'') {
        w->quoted = 1;
        if (!unquote(&p, &to))
            return wrong(expression, "a quote is not closed", e);
        if (*blanks(p))
            return wrong(expression, "there is text after the value", e);
        w->value = text_of(value);
        return w->value.n || !is_order(w->op)
                   ? 0
                   : wrong(expression, "the value is empty", e);
    }
    copy_bare(&p, p + strlen(p), &to);
    w->value = text_of(value);
    if (!w->value.n && is_order(w->op))
        return wrong(expression, "the value is empty", e);
    switch (when_parse(w->value, &w->number)) {
    case WHEN_LARGE:
        return wrong(expression, "the number is too large", e);
    case WHEN_NUMBER:
        w->type = WHERE_NUMBER;
        break;
    case WHEN_LOCAL:
    case WHEN_ZONED:
        w->type = WHERE_DATE;
        break;
    case WHEN_NONE:
        break;
    }
    return 0;
}

int
where_parse(struct where *w, const char *expression, struct err *e)
{
    *w = (struct where){.type = WHERE_TEXT};
    /* the copy has at most two terminators that the expression has not */
    w->own = mem_new((int64_t)strlen(expression) + 2, 1, e);
    if (!w->own)
        return ERR_NOMEM;
    int rc = parse(w, expression, e);
    if (rc)
        where_free(w);
    return rc;
}

/* Below, at or above the condition's value: -1, 0 or 1; 2 if neither. */
static int
compare(const struct where *w, struct text value)
{
    struct decimal v;
    if (w->type == WHERE_TEXT) {
        if (is_order(w->op) && !w->quoted && when_parse(value, &v) != WHEN_NONE)
            return 2;
        int64_t n = value.n < w->value.n ? value.n : w->value.n;
        int c = n ? memcmp(value.s, w->value.s, (size_t)n) : 0;
        if (c == 0)
            return (value.n > w->value.n) - (value.n < w->value.n);
        return c < 0 ? -1 : 1;
    }
    enum when kind = when_parse(value, &v);
    int number = kind == WHEN_NUMBER || kind == WHEN_LARGE;
    int date = kind == WHEN_LOCAL || kind == WHEN_ZONED;
    if (w->type == WHERE_NUMBER ? !number : !date)
        return 2;
    return decimal_compare(v, w->number);
}

int
where_holds(const struct where *w, struct text value)
{
    int order = is_order(w->op);
    if (order && value.n == 0)
        return 0;
    int c = value.n || w->type == WHERE_TEXT ? compare(w, value) : 2;
    if (order && c == 2)
        return -1;
    switch (w->op) {
    case WHERE_EQ:
        return c == 0;
    case WHERE_NE:
        return c != 0;
    case WHERE_LT:
        return c < 0;
    case WHERE_LE:
        return c <= 0;
    case WHERE_GT:
        return c > 0;
    case WHERE_GE:
        break;
    }
    return c >= 0;
}

void
where_free(struct where *w)
{
    free(w->own);
    *w = (struct where){.type = WHERE_TEXT};
}
