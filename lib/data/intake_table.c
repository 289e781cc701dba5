#include "lib/data/ids.h"
#include "lib/data/intake_priv.h"
#include "lib/io/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

struct table {
    struct intake_run *r;
    int64_t at[INTAKE_SLOTS]; /* column of the slot, -1: not wanted */
    int64_t fields;           /* in every row; 0 before the first */
    int no_header;            /* the first row is data */
    int numbered;             /* a column was given by its number */
    char *header[2];          /* names of the user and the item column */
};

/* A column's name without RecBole's type, as in user_id:token. */
static struct text
bare(struct text name)
{
    static const char *const types[] = {
        ":token", ":float", ":token_seq", ":float_seq"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct text type = text_of(types[i]);
        struct text end = {name.s + name.n - type.n, type.n};
        if (name.n > type.n && text_same(end, type))
            return (struct text){name.s, name.n - type.n};
    }
    return name;
}

/* The column whose name is the best of those of the slot, or -1. */
static int64_t
find_name(const struct intake *k, const struct table_row *row, int slot)
{
    int64_t at = -1;
    int best = INT32_MAX;
    for (int64_t i = 0; i < row->n; i++) {
        int rank = intake_rank(k, slot, row->field[i]);
        if (rank < 0)
            rank = intake_rank(k, slot, bare(row->field[i]));
        if (rank >= 0 && rank < best) {
            best = rank;
            at = i;
        }
    }
    return at;
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

static int
no_column(
    const struct table *t, const struct table_row *row, int slot, struct err *e)
{
    const struct intake *k = t->r->k;
    const char *want = intake_asked(k, slot), *role = intake_role(slot);
    const char *name = t->r->x->name;
    char list[400];
    list_names(row, list, sizeof list);
    if (row->n == 1 && k->unsplit && !k->list)
        return err_set(e, ERR_FORMAT,
            "'%.400s' has one column: no comma, tab, ';', '|', '::' or blank "
            "stands in its first line (give the separator with --sep)",
            name);
    if (t->no_header && want)
        return err_set(e, ERR_FORMAT,
            "'%.400s' has no header to find column '%.60s' in: give its "
            "number",
            name, want);
    if (t->no_header)
        return err_set(e, ERR_FORMAT,
            "'%.400s' has no header: give the number of the %s column with "
            "--%s",
            name, role, role);
    if (want)
        return err_set(e, ERR_FORMAT,
            "'%.300s' has no column '%.60s': its columns are %s", name, want,
            list);
    return err_set(e, ERR_FORMAT,
        "'%.300s' has no %s column: its columns are %s (name one with --%s, "
        "or say --no-header)",
        name, role, list, role);
}

/* The column of a slot from its name, number or the usual names; -1: none. */
static int
find_column(
    struct table *t, const struct table_row *row, int slot, struct err *e)
{
    struct intake *k = t->r->k;
    const char *want = intake_asked(k, slot);
    t->at[slot] = t->no_header ? -1 : find_name(k, row, slot);
    int64_t number = want && t->at[slot] < 0 ? column_number(want) : 0;
    if (number > row->n)
        return err_set(e, ERR_FORMAT,
            "'%.400s' has no column %s: it has %" PRId64, t->r->x->name, want,
            row->n);
    if (number) {
        t->at[slot] = number - 1;
        t->numbered = 1;
    }
    int64_t place = k->list ? 0 : slot; /* without a header */
    if (!want && t->no_header && slot <= INTAKE_ITEM && place < row->n)
        t->at[slot] = place;
    return 0;
}

static int
find_role(struct table *t, const struct table_row *row, int role, struct err *e)
{
    struct intake *k = t->r->k;
    const char *want = k->column[role];
    if (k->need[role] == INTAKE_NEVER && !want && !k->absent[role]) {
        t->at[role] = -1;
        return 0;
    }
    int rc = find_column(t, row, role, e);
    if (rc)
        return rc;
    int there = t->at[role] >= 0;
    /* a column that was asked for must exist even if the split ignores it */
    if (role > INTAKE_ITEM)
        intake_settle(k, role, there);
    int by_file = role == INTAKE_LABEL && k->label_from != INTAKE_BY_COLUMN;
    if (!there && !by_file && (want || k->need[role] == INTAKE_MUST))
        return no_column(t, row, role, e);
    if (there && k->absent[role])
        return err_set(e, ERR_FORMAT,
            "'%.400s' has a %s column, the files before it have none",
            t->r->x->name, intake_role(role));
    if (k->need[role] == INTAKE_NEVER || by_file)
        t->at[role] = -1;
    return 0;
}

static int
find_condition(
    struct table *t, const struct table_row *row, int i, struct err *e)
{
    int slot = INTAKE_ROLES + i, rc = find_column(t, row, slot, e);
    if (!rc && t->at[slot] < 0)
        rc = no_column(t, row, slot, e);
    t->r->k->met[i] = 1;
    return rc;
}

static int
has_slot(const struct table *t, int64_t column)
{
    for (int slot = 0; slot < intake_slots(t->r->k); slot++)
        if (t->at[slot] == column)
            return 1;
    return 0;
}

/* Remembers what the header says, and which columns nobody reads. */
static int
keep_header(struct table *t, const struct table_row *row, struct err *e)
{
    struct intake *k = t->r->k;
    struct decimal v;
    for (int64_t i = 0; i < row->n; i++) {
        if (!has_slot(t, i))
            intake_ignored(k, bare(row->field[i]));
        if (t->numbered && !*k->numeric &&
            decimal_parse(row->field[i], &v) != DECIMAL_NONE)
            intake_show(row->field[i], k->numeric);
    }
    for (int role = INTAKE_USER; role <= INTAKE_ITEM; role++) {
        if (t->at[role] < 0)
            continue;
        t->header[role] = strdup(row->field[t->at[role]].s);
        if (!t->header[role])
            return err_set(e, ERR_NOMEM, "out of memory");
    }
    return 0;
}

/* The first row settles where the columns are. */
static int
first_row(struct table *t, const struct table_row *row, struct err *e)
{
    struct intake *k = t->r->k;
    if (row->bad)
        return err_set(e, ERR_FORMAT, "'%.400s', line %" PRId64 ": %s",
            t->r->x->name, row->line, row->bad);
    t->fields = row->n;
    if (k->list && row->n == 1 && find_name(k, row, INTAKE_ITEM) < 0)
        t->no_header = 1;
    for (int role = 0; role < INTAKE_ROLES; role++) {
        int rc = find_role(t, row, role, e);
        if (rc)
            return rc;
        for (int other = 0; other < role; other++)
            if (t->at[role] >= 0 && t->at[other] == t->at[role])
                return err_set(e, ERR_FORMAT,
                    "'%.400s': the %s and the %s column are the same, column "
                    "%" PRId64,
                    t->r->x->name, intake_role(other), intake_role(role),
                    t->at[role] + 1);
    }
    for (int i = 0; i < k->n_where; i++) {
        int rc = find_condition(t, row, i, e);
        if (rc)
            return rc;
    }
    if (!t->no_header)
        return keep_header(t, row, e);
    for (int role = INTAKE_USER; role <= INTAKE_ITEM; role++)
        if (t->at[role] >= 0)
            k->unsaid_header |=
                intake_usual(role, bare(row->field[t->at[role]]));
    return 0;
}

/* Whether a column is called so, in capitals or not, or behind the mark at the
 * beginning of a file. */
static int
is_name(const char *name, struct text t)
{
    if (t.n > 3 && memcmp(t.s, "\xEF\xBB\xBF", 3) == 0)
        t = (struct text){t.s + 3, t.n - 3};
    return (int64_t)strlen(name) == t.n &&
           strncasecmp(name, t.s, (size_t)t.n) == 0;
}

/* Files that were put together have the header of each. Returns 1 if the row is
 * one; ERR_FORMAT if its columns stand in another order. */
static int
repeats_header(const struct table *t, const struct table_row *row,
    const struct text *value, struct err *e)
{
    const char *user = t->header[INTAKE_USER], *item = t->header[INTAKE_ITEM];
    if (!item || (user && is_name(user, value[INTAKE_ITEM]) &&
                     is_name(item, value[INTAKE_USER])))
        return !item ? 0
                     : err_set(e, ERR_FORMAT,
                           "'%.400s', line %" PRId64
                           " is a header with the columns in another order: "
                           "give what follows as a file of its own",
                           t->r->x->name, row->line);
    return is_name(item, value[INTAKE_ITEM]) &&
           (!user || is_name(user, value[INTAKE_USER]));
}

/* The line by which Excel is told the separator: "sep=;". */
static int
names_separator(const struct table_row *row)
{
    struct text first = row->field[0];
    return first.n >= 4 && first.n <= 5 && memcmp(first.s, "sep=", 4) == 0 &&
           (row->n == 1 || (row->n == 2 && row->field[1].n == 0));
}

static int
on_row(void *ctx, const struct table_row *row, struct err *e)
{
    struct table *t = ctx;
    struct intake *k = t->r->k;
    if (t->fields == 0) {
        if (!row->bad && names_separator(row))
            return 0;
        int rc = first_row(t, row, e);
        if (rc || !t->no_header)
            return rc;
    }
    if (row->bad)
        return intake_bad(t->r, row->line, e, "%s", row->bad);
    if (row->n != t->fields)
        return intake_bad(t->r, row->line, e,
            "the row has %" PRId64 " field%s, the %s has %" PRId64, row->n,
            row->n == 1 ? "" : "s", t->no_header ? "first row" : "header",
            t->fields);
    struct text value[INTAKE_SLOTS];
    for (int slot = 0; slot < intake_slots(k); slot++)
        value[slot] =
            t->at[slot] < 0 ? (struct text){"", 0} : row->field[t->at[slot]];
    int again = repeats_header(t, row, value, e);
    if (again < 0)
        return again;
    if (again) {
        if (k->headers++ == 0)
            k->header_line = row->line;
        return 0;
    }
    int yes, rc = intake_meets(t->r, row->line, value, &yes, e);
    return rc || !yes ? rc : intake_take(t->r, row->line, value, e);
}

int
intake_table(struct intake_run *r, struct err *e)
{
    struct table t = {.r = r, .no_header = r->k->no_header};
    const struct intake *k = r->k;
    const char *sep = k->sep ? k->sep : k->format == INTAKE_CSV ? "," : "\t";
    int rc = table_read(r->x, sep, !k->no_quotes, on_row, &t, e);
    free(t.header[INTAKE_USER]);
    free(t.header[INTAKE_ITEM]);
    return rc;
}
