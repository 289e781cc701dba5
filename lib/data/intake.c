#include "lib/data/intake.h"

#include "lib/data/intake_priv.h"
#include "lib/data/interactions.h"
#include "lib/data/when.h"
#include "lib/io/foreign.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* The usual names, best first. */
static const char *const user_names[] = {"user", "userID", "user_id", "userId",
    "uid", "reviewerID", "customer_id", "customerId", "visitorid", "visitor_id",
    NULL};
static const char *const item_names[] = {"item", "itemID", "item_id", "itemId",
    "iid", "parent_asin", "asin", "movieId", "itemid", "product_id",
    "productId", "sku", NULL};
static const char *const time_names[] = {"timestamp", "time", "unixReviewTime",
    "created_at", "createdAt", "datetime", "date", "event_time", "order_date",
    "ts", NULL};
static const char *const label_names[] = {"x_label", NULL};
static const char *const *const names[INTAKE_ROLES] = {
    user_names, item_names, time_names, label_names};

static const char *const rating_names[] = {
    "rating", "ratings", "stars", "score", "overall", NULL};
static const char *const event_names[] = {"event", "event_type", "eventType",
    "action", "action_type", "behavior", "behavior_type", "interaction", NULL};

const char *
intake_role(int slot)
{
    static const char *const role[] = {"user", "item", "time", "label"};
    return slot < INTAKE_ROLES ? role[slot] : "condition";
}

const char *
intake_asked(const struct intake *k, int slot)
{
    return slot < INTAKE_ROLES ? k->column[slot]
                               : k->where[slot - INTAKE_ROLES].column;
}

static int
place(const char *const *list, struct text name)
{
    for (int i = 0; list[i]; i++)
        if (text_same(text_of(list[i]), name))
            return i;
    return -1;
}

int
intake_rank(const struct intake *k, int slot, struct text name)
{
    const char *asked = intake_asked(k, slot);
    if (asked)
        return text_same(text_of(asked), name) ? 0 : -1;
    return place(names[slot], name);
}

int
intake_usual(int role, struct text name)
{
    return place(names[role], name) >= 0;
}

void
intake_ignored(struct intake *k, struct text name)
{
    if (!*k->ignored[0] && place(rating_names, name) >= 0)
        intake_show(name, k->ignored[0]);
    if (!*k->ignored[1] && place(event_names, name) >= 0)
        intake_show(name, k->ignored[1]);
}

const char *
intake_show(struct text t, char buf[INTAKE_SHOWN])
{
    const char *s = t.s;
    int64_t n = t.n, k = n < INTAKE_SHOWN - 4 ? n : INTAKE_SHOWN - 4;
    /* not in the middle of a UTF-8 character */
    while (k < n && k > 0 && ((unsigned char)s[k] & 0xC0) == 0x80)
        k--;
    for (int64_t i = 0; i < k; i++)
        buf[i] = (unsigned char)s[i] < ' ' || s[i] == 127 ? '?' : s[i];
    strcpy(buf + k, k < n ? "..." : "");
    return buf;
}

int
intake_bad(
    struct intake_run *r, int64_t line, struct err *e, const char *fmt, ...)
{
    char why[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    struct intake *k = r->k;
    struct err *to = !k->skip_bad ? e : k->bad == 0 ? &k->what : NULL;
    /* Where no row is good, the row is not what is wrong. */
    int helps = !k->skip_bad && k->rows > 0;
    int rc =
        err_set(to, ERR_FORMAT, "'%.400s', line %" PRId64 ": %s%s", r->x->name,
            line, why, helps ? "; --skip-bad passes over such rows" : "");
    if (!k->skip_bad)
        return rc;
    k->bad++;
    return 0;
}

void
intake_settle(struct intake *k, int role, int there)
{
    if (k->settled[role] || k->need[role] == INTAKE_NEVER)
        return;
    int by_file = role == INTAKE_LABEL && k->part >= 0;
    k->settled[role] = 1;
    k->absent[role] = !there && (by_file || k->need[role] == INTAKE_MAYBE);
    if (there && role == INTAKE_LABEL)
        k->label_from = INTAKE_BY_COLUMN;
    if (there || by_file)
        k->need[role] = INTAKE_MUST;
    else if (k->need[role] == INTAKE_MAYBE)
        k->need[role] = INTAKE_NEVER;
}

/* "number 4", "text '4,5'" */
static const char *
other(const struct where *w, char buf[INTAKE_SHOWN + 16])
{
    static const char *const kind[] = {"text", "number", "date"};
    const char *quote = w->type == WHERE_TEXT ? "'" : "";
    char shown[INTAKE_SHOWN];
    snprintf(buf, INTAKE_SHOWN + 16, "%s %s%s%s", kind[w->type], quote,
        intake_show(w->value, shown), quote);
    return buf;
}

int
intake_meets(struct intake_run *r, int64_t line,
    const struct text value[INTAKE_SLOTS], int *yes, struct err *e)
{
    struct intake *k = r->k;
    char shown[2][INTAKE_SHOWN + 16];
    *yes = 0;
    for (int i = 0; i < k->n_where; i++) {
        const struct where *w = &k->where[i];
        const struct text v = value[INTAKE_ROLES + i];
        int holds = where_holds(w, v);
        k->left += holds == 0;
        if (holds < 0)
            return intake_bad(r, line, e,
                "%.60s '%s' cannot be compared with the %s", w->column,
                intake_show(v, shown[0]), other(w, shown[1]));
        if (holds == 0)
            return 0;
    }
    *yes = 1;
    return 0;
}

/* All times of a file are numbers, or all are dates. Returns why t does not
 * fit, or NULL. */
static const char *
read_time(struct intake *k, struct text t, struct decimal *v)
{
    enum when kind = when_parse(t, v);
    if (kind == WHEN_NONE)
        return "is neither a number nor a date like 2024-03-01 or "
               "2024-03-01T10:30:00Z";
    if (kind == WHEN_LARGE)
        return "is too large a number";
    int dates = k->local || k->zoned;
    if (kind == WHEN_NUMBER ? dates : k->numbers)
        return dates ? "is a number, but those before are dates"
                     : "is a date, but those before are numbers";
    k->numbers |= kind == WHEN_NUMBER;
    k->local |= kind == WHEN_LOCAL;
    k->zoned |= kind == WHEN_ZONED;
    return NULL;
}

/* Returns why t is no label, or NULL. */
static const char *
read_label(struct text t, unsigned char *label)
{
    struct decimal v;
    if (decimal_parse(t, &v) == DECIMAL_NONE)
        return "is not a number";
    if (v.whole < 0 || v.whole > 2 || v.frac)
        return "is not 0 (train), 1 (valid) or 2 (test)";
    *label = (unsigned char)v.whole;
    return NULL;
}

int
intake_take(struct intake_run *r, int64_t line,
    const struct text value[INTAKE_SLOTS], struct err *e)
{
    struct intake *k = r->k;
    for (int role = INTAKE_USER; role <= INTAKE_ITEM; role++) {
        const char *why = k->need[role] ? ids_reason(value[role]) : NULL;
        if (why)
            return intake_bad(
                r, line, e, "the %s id %s", intake_role(role), why);
    }
    struct decimal time;
    unsigned char label = (unsigned char)k->part;
    const struct intake_row row = {value[INTAKE_USER], value[INTAKE_ITEM],
        k->need[INTAKE_TIME] ? &time : NULL,
        k->need[INTAKE_LABEL] ? &label : NULL};
    const char *why = NULL;
    int role = INTAKE_TIME;
    if (row.time)
        why = read_time(k, value[role], &time);
    if (!why && row.label && k->label_from == INTAKE_BY_COLUMN) {
        role = INTAKE_LABEL;
        why = read_label(value[role], &label);
    }
    char shown[INTAKE_SHOWN];
    if (why)
        return intake_bad(r, line, e, "%s '%s' %s", intake_role(role),
            intake_show(value[role], shown), why);
    k->rows++;
    return k->take(k->ctx, &row, e);
}

int
intake_begin(struct intake *k, char *const *path, int n, struct err *e)
{
    int said[3] = {0}, first = -1, silent = -1;
    k->n_files = n;
    for (int i = 0; i < n; i++) {
        int part = intake_part(path[i]);
        if (part < 0)
            silent = i;
        else if (said[part]++ == 0 && first < 0)
            first = i;
    }
    if (k->need[INTAKE_LABEL] == INTAKE_NEVER || !said[0] ||
        !(said[1] || said[2]))
        return 0;
    if (silent >= 0)
        return err_set(e, ERR_FORMAT,
            "the name of '%.300s' says which part of a split it is, that of "
            "'%.300s' does not: rename it, or give --split",
            path[first], path[silent]);
    k->label_from = INTAKE_BY_NAME;
    return 0;
}

int
intake_file(struct intake *k, const char *path, const char *role,
    struct hist *h, struct err *e)
{
    struct xin x;
    int rc = xin_open(&x, path, e);
    if (rc)
        return rc;
    x.sum = 1;
    k->part = k->label_from == INTAKE_BY_NAME ? intake_part(path) : -1;
    struct intake_run r = {.k = k, .x = &x};
    rc = foreign_check(&x, "stair-ingest", e);
    if (!rc)
        rc = xin_skip_mark(&x, e);
    if (!rc && k->format == INTAKE_AUTO)
        rc = intake_sniff(k, path, &x, e);
    else if (!rc && k->sniffed)
        rc = intake_same_kind(k, path, &x, e);
    if (!rc)
        rc = k->format == INTAKE_JSONL   ? intake_jsonl(&r, e)
             : k->format == INTAKE_SPLIT ? intake_split(&r, e)
                                         : intake_table(&r, e);
    k->file++;
    if (!rc)
        rc = hist_input(h, role, x.name, NULL, x.crc, e);
    xin_close(&x);
    return rc;
}

int
intake_end(const struct intake *k, struct err *e)
{
    int read = k->rows || k->left || k->bad;
    for (int i = 0; i < k->n_where && read; i++)
        if (!k->met[i])
            return err_set(e, ERR_FORMAT,
                "no record has the key '%.200s' of --where",
                k->where[i].column);
    if (k->rows)
        return 0;
    if (k->left)
        return err_set(e, ERR_FORMAT,
            "no row meets --where: %" PRId64 " rows do not", k->left);
    if (k->bad)
        return err_set(e, ERR_FORMAT,
            "all %" PRId64 " rows are malformed, the first: %.900s", k->bad,
            k->what.msg);
    return err_set(e, ERR_FORMAT, "there are no rows in the input");
}

int
intake_append(void *ctx, const struct intake_row *row, struct err *e)
{
    return interactions_add(
        ctx, row->user, row->item, row->time, row->label, e);
}
