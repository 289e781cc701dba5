#include "lib/data/intake.h"

#include "lib/data/intake_priv.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const user_names[] = {
    "user", "userID", "user_id", "userId", "uid", "reviewerID", NULL};
static const char *const item_names[] = {"item", "itemID", "item_id", "itemId",
    "iid", "parent_asin", "asin", "movieId", NULL};
static const char *const time_names[] = {
    "timestamp", "time", "unixReviewTime", NULL};
static const char *const label_names[] = {"x_label", NULL};
const char *const *const intake_names[INTAKE_ROLES] = {
    user_names, item_names, time_names, label_names};
const char *const intake_role[INTAKE_ROLES] = {"user", "item", "time", "label"};

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
    int rc = err_set(to, ERR_FORMAT, "'%.400s', line %" PRId64 ": %s",
        r->x->name, line, why);
    if (!k->skip_bad)
        return rc;
    k->bad++;
    return 0;
}

/* The whole text as a finite number. */
static int
number(struct text t, double *v)
{
    char buf[64], *end;
    if (t.n < 1 || t.n >= (int64_t)sizeof buf)
        return 0;
    memcpy(buf, t.s, (size_t)t.n);
    buf[t.n] = 0;
    if (strspn(buf, "0123456789+-.eE") != (size_t)t.n)
        return 0;
    *v = strtod(buf, &end);
    return end == buf + t.n && isfinite(*v);
}

int
intake_row(struct intake_run *r, int64_t line,
    const struct text value[INTAKE_ROLES], struct err *e)
{
    struct intake *k = r->k;
    char shown[INTAKE_SHOWN];
    for (int role = INTAKE_USER; role <= INTAKE_ITEM; role++) {
        const char *why = ids_reason(value[role]);
        if (why)
            return intake_bad(
                r, line, e, "the %s id %s", intake_role[role], why);
    }
    double time = 0, part = 0;
    if (k->need[INTAKE_TIME] && !number(value[INTAKE_TIME], &time))
        return intake_bad(r, line, e, "time '%s' is not a number",
            intake_show(value[INTAKE_TIME], shown));
    if (k->need[INTAKE_LABEL]) {
        const struct text l = value[INTAKE_LABEL];
        if (!number(l, &part))
            return intake_bad(r, line, e, "label '%s' is not a number",
                intake_show(l, shown));
        if (part < 0 || part > 2 || part > floor(part))
            return intake_bad(r, line, e,
                "label '%s' is not 0 (train), 1 (valid) or 2 (test)",
                intake_show(l, shown));
    }
    unsigned char label = (unsigned char)part;
    k->rows++;
    return interactions_add(r->a, value[INTAKE_USER], value[INTAKE_ITEM],
        k->need[INTAKE_TIME] ? &time : NULL,
        k->need[INTAKE_LABEL] ? &label : NULL, e);
}

static int
ends_in(const char *path, size_t n, const char *ext)
{
    size_t k = strlen(ext);
    return n > k && memcmp(path + n - k, ext, k) == 0;
}

/* An object whose first value is a list is user -> [items]. */
static enum intake_format
sniff_json(const unsigned char *p, int64_t n)
{
    int64_t i = 0, in_string = 0;
    while (i < n && p[i] != '{')
        i++;
    for (i++; i < n; i++) {
        if (p[i] == '\\')
            i++;
        else if (p[i] == '"')
            in_string = !in_string;
        else if (p[i] == ':' && !in_string)
            break;
    }
    for (i++; i < n; i++)
        if (!strchr(" \t\r\n", p[i]))
            return p[i] == '[' ? INTAKE_SPLIT : INTAKE_JSONL;
    return INTAKE_JSONL;
}

static int
sniff(struct intake *k, const char *path, struct xin *x, struct err *e)
{
    size_t n = strlen(path);
    if (ends_in(path, n, ".gz"))
        n -= 3;
    const unsigned char *p;
    int64_t got = xin_peek_more(x, 1 << 16, &p, e);
    if (got < 0)
        return (int)got;
    if (ends_in(path, n, ".csv")) {
        k->format = INTAKE_CSV;
    } else if (ends_in(path, n, ".tsv")) {
        k->format = INTAKE_TSV;
    } else if (ends_in(path, n, ".inter")) {
        k->format = INTAKE_INTER;
    } else if (ends_in(path, n, ".jsonl")) {
        k->format = INTAKE_JSONL;
    } else {
        int64_t i = 0;
        while (i < got && p[i] && strchr(" \t\r\n", p[i]))
            i++;
        if (i < got && p[i] == '{') {
            k->format = sniff_json(p, got);
        } else {
            const unsigned char *nl = got ? memchr(p, '\n', (size_t)got) : NULL;
            size_t line = (size_t)(nl ? nl - p : got);
            k->format = line && memchr(p, '\t', line) ? INTAKE_TSV : INTAKE_CSV;
        }
    }
    return 0;
}

int
intake_file(struct intake *k, const char *path, struct interactions *a,
    struct hist *h, struct err *e)
{
    struct xin x;
    int rc = xin_open(&x, path, e);
    if (rc)
        return rc;
    x.sum = 1;
    struct intake_run r = {.k = k, .a = a, .x = &x};
    if (k->format == INTAKE_AUTO)
        rc = sniff(k, path, &x, e);
    if (!rc)
        rc = k->format == INTAKE_JSONL   ? intake_jsonl(&r, e)
             : k->format == INTAKE_SPLIT ? intake_split(&r, e)
                                         : intake_table(&r, e);
    k->file++;
    if (!rc)
        rc = hist_input(h, "interactions", x.name, NULL, x.crc, e);
    xin_close(&x);
    return rc;
}

int
intake_end(const struct intake *k, struct interactions *a, struct err *e)
{
    if (k->rows)
        return interactions_flush(a, e);
    if (k->bad)
        return err_set(e, ERR_FORMAT,
            "all %" PRId64 " rows are malformed, the first: %.900s", k->bad,
            k->what.msg);
    return err_set(e, ERR_FORMAT, "there are no rows in the input");
}
