/* Interactions in the formats people have, turned into a dataset. */
#include "lib/base/mem.h"
#include "lib/data/identity.h"
#include "lib/data/intake.h"
#include "lib/data/interactions.h"
#include "tools/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The options, but for those that the intake has itself. */
struct ingest_opt {
    const char *format, *sep, *ids, *ids_from, *catalogue, *split, *repeat;
    struct cli_list where;
    int64_t core, seed;
};

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
    if (strpbrk(o->sep, "\r\n") || (!k->no_quotes && strchr(o->sep, '"')))
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
            k->column[INTAKE_LABEL] ? INTAKE_MUST : INTAKE_MAYBE;
        return split_parse(split, "ratio", e);
    }
    int rc = split_parse(split, o->split, e);
    if (rc)
        return rc;
    if (split->kind == SPLIT_LABEL)
        k->need[INTAKE_LABEL] = INTAKE_MUST;
    else if (split->kind == SPLIT_TIME || split->kind == SPLIT_TIME_GLOBAL ||
             (split->kind == SPLIT_LAST && k->column[INTAKE_TIME]))
        k->need[INTAKE_TIME] = INTAKE_MUST;
    else if (split->kind == SPLIT_LAST)
        k->need[INTAKE_TIME] = INTAKE_MAYBE;
    return 0;
}

/* The options as what the library is told. Conditions go to where
 * [CLI_LIST_MAX], to be freed one by one. ERR_RANGE: an option is wrong. */
static int
plan(const struct ingest_opt *o, struct intake *k, struct where *where,
    struct split_opt *split, struct err *e)
{
    static const char *const formats[] = {
        "auto", "csv", "tsv", "inter", "jsonl", "json-split"};
    k->format = (enum intake_format)index_of(o->format, formats);
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

/* Which of repeated rows counts: the earliest where there are times. */
static enum interactions_repeat
repeat_rule(const struct ingest_opt *o, const struct interactions *a)
{
    static const char *const rules[] = {"first", "last", "earliest", "latest"};
    if (o->repeat)
        return (enum interactions_repeat)index_of(o->repeat, rules);
    return a->time ? INTERACTIONS_EARLIEST : INTERACTIONS_FIRST;
}

static enum ids_order
order_of(const struct ingest_opt *o)
{
    static const char *const orders[] = {"auto", "appearance", "integer"};
    return (enum ids_order)index_of(o->ids, orders);
}

static void
say(void *io, const char *sentence)
{
    cli_note(io, "%s", sentence);
}

/* Standard input can be read once. */
static void
check_stdin(struct cli *io, const struct ingest_opt *o)
{
    const char *other[2] = {o->ids_from, o->catalogue};
    int n = io->n_args == 0;
    for (int i = 0; i < io->n_args; i++)
        n += strcmp(io->arg[i], "-") == 0;
    for (int i = 0; i < 2; i++)
        n += other[i] &&
             (strcmp(other[i], "-") == 0 || strncmp(other[i], "-:", 2) == 0);
    if (n > 1)
        cli_usage(io, "only one input can be standard input");
}

static void
read_old_ids(struct cli *io, const char *path, struct interactions *a)
{
    struct ids users, items;
    die_if(dataset_read_ids(path, &users, &items, &io->hist, &io->err), io);
    if (interactions_start(a, &users, &items, &io->err))
        cli_die(io, "'%s': %s", path, io->err.msg);
}

static void
read_files(struct cli *io, struct intake *in, struct interactions *a)
{
    static char *standard_input[] = {"-"};
    char **file = io->n_args ? io->arg : standard_input;
    const int n = io->n_args ? io->n_args : 1;
    in->take = intake_append;
    in->ctx = a;
    die_if(intake_begin(in, file, n, &io->err), io);
    for (int i = 0; i < n; i++)
        die_if(
            intake_file(in, file[i], "interactions", &io->hist, &io->err), io);
    if (in->bad)
        cli_note(io, "skipped %" PRId64 " malformed rows, the first: %s",
            in->bad, in->what.msg);
    die_if(intake_end(in, &io->err), io);
    die_if(interactions_flush(a, &io->err), io);
    if (in->left)
        cli_note(io, "--where left out %" PRId64 " rows", in->left);
}

/* Items to keep, and how many were listed more than once. */
struct listing {
    struct interactions *a;
    int64_t repeated;
};

static int
list_item(void *ctx, const struct intake_row *row, struct err *e)
{
    struct listing *l = ctx;
    int rc = interactions_list(l->a, row->item, e);
    l->repeated += rc == 1;
    return rc < 0 ? rc : 0;
}

/* FILE or FILE:COLUMN; what is there as a whole is a file. */
static char *
catalogue_path(struct cli *io, const char *operand, const char **column)
{
    char *path = strdup(operand), *colon = path ? strrchr(path, ':') : NULL;
    if (!path)
        cli_die(io, "out of memory");
    if (colon && colon > path && colon[1] && access(operand, F_OK)) {
        *colon = 0;
        *column = colon + 1;
    }
    return path;
}

static void
read_catalogue(struct cli *io, const char *operand, const struct intake *in,
    struct interactions *a)
{
    struct listing l = {.a = a};
    struct intake k = {.list = 1,
        .no_header = in->no_header,
        .no_quotes = in->no_quotes,
        .skip_bad = in->skip_bad,
        .take = list_item,
        .ctx = &l};
    k.need[INTAKE_ITEM] = INTAKE_MUST;
    char *path = catalogue_path(io, operand, &k.column[INTAKE_ITEM]);
    const int64_t before = a->items.n;
    die_if(intake_begin(&k, &path, 1, &io->err), io);
    die_if(intake_file(&k, path, "catalogue", &io->hist, &io->err), io);
    if (k.bad)
        cli_note(io,
            "skipped %" PRId64 " malformed rows of the catalogue, the first: "
            "%s",
            k.bad, k.what.msg);
    if (k.rows == 0)
        cli_die(io, "'%s' lists no items", path);
    cli_note(io,
        "the catalogue lists %" PRId64 " items, %" PRId64
        " of them new; %" PRId64 " were repeated",
        a->n_listed, a->items.n - before, l.repeated);
    if (before && a->items.n - before == a->n_listed) {
        struct ids_shown one = {""};
        ids_show(&one, ids_get(&a->items, before));
        cli_note(io, "nobody bought any of them: %s",
            ids_differ((char[IDS_CLAUSE]){0}, path, &one, &a->items));
    }
    free(path);
}

/* How many of the first n columns (rows 0: of users) have no interaction. */
static int64_t
count_idle(const struct dataset *d, int items, int64_t n, struct err *e)
{
    const struct csr *part[] = {&d->train, &d->valid, &d->test};
    unsigned char *seen = mem_zero(items ? d->n_items : d->n_users, 1, e);
    if (!seen)
        return ERR_NOMEM;
    for (int p = 0; p < 3; p++)
        for (int64_t u = 0; u < d->n_users; u++)
            for (int64_t k = part[p]->indptr[u]; k < part[p]->indptr[u + 1];
                 k++)
                seen[items ? part[p]->indices[k] : u] = 1;
    int64_t idle = 0;
    for (int64_t i = 0; i < n; i++)
        idle += !seen[i];
    free(seen);
    return idle;
}

static void
report_old(
    struct cli *io, const struct interactions *a, const struct dataset *d)
{
    int64_t users = count_idle(d, 0, a->old_users, &io->err);
    int64_t items = count_idle(d, 1, a->old_items, &io->err);
    if (users < 0 || items < 0)
        cli_die(io, "%s", io->err.msg);
    cli_note(io,
        "kept the numbers of %" PRId64 " users and %" PRId64 " items, of which "
        "%" PRId64 " and %" PRId64 " have no interactions; %" PRId64
        " users and %" PRId64 " items are new",
        a->old_users, a->old_items, users, items, d->n_users - a->old_users,
        d->n_items - a->old_items);
}

static void
report_parts(struct cli *io, const struct dataset *d)
{
    if (d->train.nnz == 0)
        cli_note(io, "nothing is left for training");
    if (d->valid.nnz + d->test.nnz == 0)
        cli_note(io,
            "no interaction is held out: a model of these data cannot be "
            "evaluated");
    cli_note(io,
        "%" PRId64 " users, %" PRId64 " items; %" PRId64 " train, %" PRId64
        " valid, %" PRId64 " test",
        d->n_users, d->n_items, d->train.nnz, d->valid.nnz, d->test.nnz);
}

/* What was decided for the user, so that it is never a guess. */
static void
report_rules(struct cli *io, const struct intake *in,
    const struct interactions *a, const struct split_opt *split,
    const int by_value[2])
{
    int users = by_value[0] ? 1 : a->old_users ? 2 : 0;
    int items = by_value[1] ? 1 : a->old_items ? 2 : 0;
    static const char *const order[] = {
        "first appearance", "integer id", "their old numbers first"};
    char how[80] = "";
    if (split->kind == SPLIT_LAST)
        snprintf(how, sizeof how, " by %s",
            in->need[INTAKE_TIME] ? "time" : "file order");
    else if (split->kind == SPLIT_LABEL && in->label_from != INTAKE_BY_COLUMN)
        snprintf(how, sizeof how, " by %s",
            in->label_from == INTAKE_BY_NAME
                ? "the names of the files"
                : "the order of the files: train, valid (if three), test");
    else if (split->kind != SPLIT_LABEL)
        snprintf(how, sizeof how, ":%" PRId64 ":%" PRId64 ":%" PRId64,
            split->ratio[0], split->ratio[1], split->ratio[2]);
    cli_note(io, "split %s%s; users indexed by %s, items by %s",
        split_name(split->kind), how, order[users], order[items]);
}

int
main(int argc, char **argv)
{
    struct ingest_opt o = {.format = "auto", .ids = "auto", .seed = 1};
    struct intake in = {0};
    struct cli io;
    const struct cli_option options[] = {
        cli_changing(cli_choice("format", "auto|csv|tsv|inter|jsonl|json-split",
            &o.format, "what the files are; auto looks at name and content")),
        cli_changing(cli_text("user", "COL", &in.column[INTAKE_USER],
            "column of the user id, by name or number from 1")),
        cli_changing(cli_text(
            "item", "COL", &in.column[INTAKE_ITEM], "column of the item id")),
        cli_changing(cli_text("time", "COL", &in.column[INTAKE_TIME],
            "column of the time, a number or an ISO 8601 date")),
        cli_changing(cli_text("label", "COL", &in.column[INTAKE_LABEL],
            "column that says 0 train, 1 valid, 2 test")),
        cli_changing(cli_texts("where", "CONDITION", &o.where,
            "only rows with COLUMN OP VALUE, as in 'rating>=4' or "
            "event=purchase; OP is one of = != < <= > >=; again: all of them")),
        cli_changing(cli_text("sep", "STRING", &o.sep,
            "what separates the fields of a table, as in '::'; by default it "
            "is found")),
        cli_changing(cli_flag(
            "no-header", &in.no_header, "the first row of a table is data")),
        cli_changing(cli_flag("no-quotes", &in.no_quotes,
            "in tables a quote is an ordinary character")),
        cli_changing(cli_flag("skip-bad", &in.skip_bad,
            "count malformed rows and go on, do not fail")),
        cli_changing(
            cli_choice("repeat", "first|last|earliest|latest", &o.repeat,
                "which row of a user and an item counts; default: earliest if "
                "times are read, else first")),
        cli_changing(cli_int("core", "K", &o.core, 0, 1e9,
            "keep the K-core: all users and items with K or more")),
        cli_changing(cli_text("split", "RULE", &o.split,
            "ratio, time, time-global, hash, cold-items (all :8:1:1), "
            "leave-one-out or label; default: label if there is one, else "
            "ratio")),
        cli_changing(cli_choice("ids", "auto|appearance|integer", &o.ids,
            "give indices by first appearance or by the value of integer ids; "
            "auto: by value where ids are 0..n-1")),
        cli_file("ids-from", &o.ids_from,
            "users and items keep the indices that they have in this dataset; "
            "new ones come behind them"),
        cli_text("catalogue", "FILE[:COLUMN]", &o.catalogue,
            "a table or list of items to keep even if nobody has them"),
        CLI_SEED(&o.seed), CLI_OUTPUT(&io), CLI_END};
    io = (struct cli){.tool = "stair-ingest",
        .operands = "[FILE...]",
        .summary = "Reads interactions (CSV, TSV, .inter, JSON lines, "
                   "user -> [items] JSON), drops\nduplicates, takes the "
                   "k-core, splits, and writes a dataset.",
        .examples = "  stair-ingest --core 5 -o data.npz ratings.csv.gz\n"
                    "  stair-ingest --split time --time timestamp "
                    "events.tsv >data.npz\n"
                    "  stair-ingest -o data.npz train.json valid.json "
                    "test.json",
        .table = options,
        .max_args = -1};
    cli_parse(&io, argc, argv);

    struct where where[CLI_LIST_MAX];
    struct split_opt split = {0};
    struct interactions a = {0};
    usage_if(plan(&o, &in, where, &split, &io.err), &io);
    check_stdin(&io, &o);
    if (o.ids_from)
        read_old_ids(&io, o.ids_from, &a);
    read_files(&io, &in, &a);

    int64_t rounds;
    struct interactions_counts count;
    die_if(interactions_dedupe(&a, repeat_rule(&o, &a), &count, &io.err), &io);
    cli_note(&io,
        "read %" PRId64 " rows, dropped %" PRId64 " duplicates: %" PRId64
        " users, %" PRId64 " items",
        in.rows, count.dropped, count.users, count.items);
    if (count.crossed)
        cli_note(&io,
            "%" PRId64 " of the dropped rows had another label than the row "
            "that was kept",
            count.crossed);
    intake_notes(&in, say, &io);
    if (in.column[INTAKE_TIME] && !in.need[INTAKE_TIME])
        cli_note(&io,
            "column '%s' is not read: neither --split nor --repeat needs times "
            "here",
            in.column[INTAKE_TIME]);
    intake_id_notes(&a.users, "user", say, &io);
    intake_id_notes(&a.items, "item", say, &io);
    if (o.core > 1) {
        int64_t before = a.n;
        die_if(interactions_core(&a, o.core, &rounds, &io.err), &io);
        cli_note(&io,
            "%" PRId64 "-core: %" PRId64 " rounds left %" PRId64 " of %" PRId64
            " interactions",
            o.core, rounds, a.n, before);
    }
    if (in.need[INTAKE_LABEL])
        split.kind = SPLIT_LABEL;

    if (o.catalogue)
        read_catalogue(&io, o.catalogue, &in, &a);
    struct dataset d;
    int by_value[2];
    die_if(
        interactions_dataset(&a, order_of(&o), &split, &d, by_value, &io.err),
        &io);
    report_rules(&io, &in, &a, &split, by_value);
    if (o.ids_from)
        report_old(&io, &a, &d);
    interactions_free(&a);
    struct identity id = identity_of(&d);
    identity_print(&id, io.hist.belongs);
    char *history = cli_history(&io);
    die_if(dataset_write(io.out, &d, history, &io.err), &io);
    report_parts(&io, &d);
    for (int i = 0; i < o.where.n; i++)
        where_free(&where[i]);
    free(history);
    dataset_free(&d);
    return cli_finish(&io);
}
