#include "tools/ingest_plan.h"

#include <string.h>

/* The words of an option in the order of an enum. */
static int
index_of(const char *word, const char *const *words)
{
    int i = 0;
    while (strcmp(words[i], word) != 0)
        i++;
    return i;
}

/* A separator as it is typed: \t is a tab. */
static int
plan_sep(const struct ingest_opt *o, struct intake *k, struct err *e)
{
    if (!o->sep)
        return 0;
    if (strcmp(o->format, "auto") != 0 && strcmp(o->format, "csv") != 0)
        return err_set(e, ERR_RANGE,
            "option '--sep': '--format %s' has a separator of its own or none",
            o->format);
    if (strpbrk(o->sep, "\r\n") || (!o->no_quotes && strchr(o->sep, '"')))
        return err_set(e, ERR_RANGE,
            "option '--sep': no quote or line end can separate fields");
    k->sep = strcmp(o->sep, "\\t") == 0 ? "\t" : o->sep;
    return 0;
}

static int
plan_where(const struct cli_list *list, struct intake *k, struct where *w,
    struct err *e)
{
    for (int i = 0; i < list->n; i++) {
        int rc = where_parse(&w[i], list->item[i], e);
        if (rc)
            return err_prefix(e, rc, "option '--where'");
    }
    k->where = w;
    k->n_where = list->n;
    return 0;
}

/* What the split needs to be read. */
static int
plan_split(const struct ingest_opt *o, struct intake *k,
    struct split_opt *split, struct err *e)
{
    split->seed = (uint64_t)o->seed;
    if (!o->split) {
        k->need[INTAKE_LABEL] =
            o->column[INTAKE_LABEL] ? INTAKE_MUST : INTAKE_MAYBE;
        return split_parse(split, "ratio", e);
    }
    int rc = split_parse(split, o->split, e);
    if (rc)
        return rc;
    if (split->kind == SPLIT_LABEL)
        k->need[INTAKE_LABEL] = INTAKE_MUST;
    else if (split->kind == SPLIT_TIME || split->kind == SPLIT_TIME_GLOBAL ||
             (split->kind == SPLIT_LAST && o->column[INTAKE_TIME]))
        k->need[INTAKE_TIME] = INTAKE_MUST;
    else if (split->kind == SPLIT_LAST)
        k->need[INTAKE_TIME] = INTAKE_MAYBE;
    return 0;
}

int
ingest_plan(const struct ingest_opt *o, struct intake *k, struct where *where,
    struct split_opt *split, struct err *e)
{
    static const char *const formats[] = {
        "auto", "csv", "tsv", "inter", "jsonl", "json-split"};
    k->format = (enum intake_format)index_of(o->format, formats);
    k->no_header = o->no_header;
    k->no_quotes = o->no_quotes;
    k->skip_bad = o->skip_bad;
    for (int role = 0; role < INTAKE_ROLES; role++)
        k->column[role] = o->column[role];
    k->need[INTAKE_USER] = k->need[INTAKE_ITEM] = INTAKE_MUST;
    int rc = plan_split(o, k, split, e);
    if (!rc)
        rc = plan_sep(o, k, e);
    if (!rc)
        rc = plan_where(&o->where, k, where, e);
    if (o->repeat && (strcmp(o->repeat, "earliest") == 0 ||
                         strcmp(o->repeat, "latest") == 0))
        k->need[INTAKE_TIME] = INTAKE_MUST;
    return rc;
}

enum interactions_repeat
ingest_plan_repeat(const struct ingest_opt *o, const struct interactions *a)
{
    static const char *const rules[] = {"first", "last", "earliest", "latest"};
    if (o->repeat)
        return (enum interactions_repeat)index_of(o->repeat, rules);
    return a->time ? INTERACTIONS_EARLIEST : INTERACTIONS_FIRST;
}

enum ids_order
ingest_plan_order(const struct ingest_opt *o)
{
    static const char *const orders[] = {"auto", "appearance", "integer"};
    return (enum ids_order)index_of(o->ids, orders);
}
