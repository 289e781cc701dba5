#include "lib/data/intake_priv.h"
#include "lib/io/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct table {
    struct intake_run *r;
    int64_t at[INTAKE_ROLES]; /* column of the role, -1: not wanted */
    int64_t fields;           /* in every row; 0 before the first */
};

/* The length of a column name without RecBole's type, as in user_id:token. */
static int64_t
bare_length(struct text f)
{
    static const char *const types[] = {
        ":token", ":float", ":token_seq", ":float_seq"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        int64_t k = (int64_t)strlen(types[i]);
        if (f.n > k && memcmp(f.s + f.n - k, types[i], (size_t)k) == 0)
            return f.n - k;
    }
    return f.n;
}

static int64_t
find_name(const struct table_row *row, const char *name)
{
    int64_t n = (int64_t)strlen(name);
    for (int64_t i = 0; i < row->n; i++) {
        struct text f = row->field[i];
        if ((f.n == n || bare_length(f) == n) &&
            memcmp(f.s, name, (size_t)n) == 0)
            return i;
    }
    return -1;
}

/* A column number from 1, else 0. */
static int64_t
column_number(const char *text)
{
    int64_t v = ids_integer(text_of(text));
    return v > 0 ? v : 0;
}

/* "'a', 'b', 'c'", cut after a while. */
static void
list_names(const struct table_row *row, char *buf, size_t cap)
{
    size_t len = 0;
    char shown[INTAKE_SHOWN];
    for (int64_t i = 0; i < row->n; i++) {
        if (len + INTAKE_SHOWN + 8 > cap) {
            snprintf(buf + len, cap - len, ", ..");
            return;
        }
        len += (size_t)snprintf(buf + len, cap - len, "%s'%s'", i ? ", " : "",
            intake_show(row->field[i], shown));
    }
}

/* The column of one role from its name, number or the usual names. */
static int
find_role(struct table *t, const struct table_row *row, int role, struct err *e)
{
    struct intake *k = t->r->k;
    const char *want = k->column[role];
    int64_t at = -1;
    t->at[role] = -1;
    if (k->need[role] == INTAKE_NEVER && !want)
        return 0;
    if (want) {
        if (!k->no_header)
            at = find_name(row, want);
        int64_t number = at < 0 ? column_number(want) : 0;
        if (number > row->n)
            return err_set(e, ERR_FORMAT,
                "'%.400s' has no column %s: it has %" PRId64, t->r->x->name,
                want, row->n);
        if (number)
            at = number - 1;
    } else if (k->no_header) {
        at = role == INTAKE_USER ? 0 : role == INTAKE_ITEM ? 1 : -1;
        if (at >= row->n)
            return err_set(e, ERR_FORMAT,
                "'%.400s' has no %s column: it has only one column",
                t->r->x->name, intake_role[role]);
    } else {
        for (const char *const *p = intake_names[role]; *p && at < 0; p++)
            at = find_name(row, *p);
    }
    /* a column that was asked for must exist even if the split ignores it */
    if (at < 0 && (want || k->need[role] == INTAKE_MUST)) {
        char names[400];
        list_names(row, names, sizeof names);
        if (k->no_header && want)
            return err_set(e, ERR_FORMAT,
                "'%.400s' has no header to find column '%.60s' in: give its "
                "number",
                t->r->x->name, want);
        if (k->no_header)
            return err_set(e, ERR_FORMAT,
                "'%.400s' has no header: give the number of the %s column "
                "with --%s",
                t->r->x->name, intake_role[role], intake_role[role]);
        if (want)
            return err_set(e, ERR_FORMAT,
                "'%.300s' has no column '%.60s': its columns are %s",
                t->r->x->name, want, names);
        return err_set(e, ERR_FORMAT,
            "'%.300s' has no %s column: its columns are %s (name one with "
            "--%s, or say --no-header)",
            t->r->x->name, intake_role[role], names, intake_role[role]);
    }
    if (k->need[role] == INTAKE_NEVER)
        return 0;
    t->at[role] = at;
    k->need[role] = at < 0 ? INTAKE_NEVER : INTAKE_MUST;
    return 0;
}

/* The first row settles where the columns are. */
static int
first_row(struct table *t, const struct table_row *row, struct err *e)
{
    if (row->bad)
        return err_set(e, ERR_FORMAT, "'%.400s', line %" PRId64 ": %s",
            t->r->x->name, row->line, row->bad);
    t->fields = row->n;
    for (int role = 0; role < INTAKE_ROLES; role++) {
        int rc = find_role(t, row, role, e);
        if (rc)
            return rc;
        for (int other = 0; other < role; other++)
            if (t->at[role] >= 0 && t->at[other] == t->at[role])
                return err_set(e, ERR_FORMAT,
                    "'%.400s': the %s and the %s column are the same, column "
                    "%" PRId64,
                    t->r->x->name, intake_role[other], intake_role[role],
                    t->at[role] + 1);
    }
    return 0;
}

static int
on_row(void *ctx, const struct table_row *row, struct err *e)
{
    struct table *t = ctx;
    struct intake *k = t->r->k;
    if (t->fields == 0) {
        int rc = first_row(t, row, e);
        if (rc || !k->no_header)
            return rc;
    }
    if (row->bad)
        return intake_bad(t->r, row->line, e, "%s", row->bad);
    if (row->n != t->fields)
        return intake_bad(t->r, row->line, e,
            "the row has %" PRId64 " field%s, the %s has %" PRId64, row->n,
            row->n == 1 ? "" : "s", k->no_header ? "first row" : "header",
            t->fields);
    struct text value[INTAKE_ROLES] = {{0}};
    for (int role = 0; role < INTAKE_ROLES; role++)
        if (t->at[role] >= 0)
            value[role] = row->field[t->at[role]];
    return intake_row(t->r, row->line, value, e);
}

int
intake_table(struct intake_run *r, struct err *e)
{
    struct table t = {.r = r};
    const char *sep = r->k->format == INTAKE_CSV ? "," : "\t";
    return table_read(r->x, sep, !r->k->no_quotes, on_row, &t, e);
}
