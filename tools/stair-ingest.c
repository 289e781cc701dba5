/* Interactions in the formats people have, turned into a dataset. */
#include "lib/data/identity.h"
#include "lib/data/intake.h"
#include "lib/data/interactions.h"
#include "tools/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ingest_opt {
    const char *format, *sep, *ids, *split, *repeat;
    const char *column[INTAKE_ROLES];
    struct cli_list where;
    int no_header, no_quotes, skip_bad;
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

static int
plan(const struct ingest_opt *o, struct intake *k, struct where *where,
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

/* Of repeated rows the earliest counts where there are times. */
static enum interactions_repeat
repeat_rule(const struct ingest_opt *o, const struct interactions *a)
{
    static const char *const rules[] = {"first", "last", "earliest", "latest"};
    if (o->repeat)
        return (enum interactions_repeat)index_of(o->repeat, rules);
    return a->time ? INTERACTIONS_EARLIEST : INTERACTIONS_FIRST;
}

static void
say(void *io, const char *sentence)
{
    cli_note(io, "%s", sentence);
}

static void
read_files(struct cli *io, struct intake *in, struct interactions *a)
{
    static char *standard_input[] = {"-"};
    char **file = io->n_args ? io->arg : standard_input;
    const int n = io->n_args ? io->n_args : 1;
    cli_one_stdin(io, (const char *const *)file, n);
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
    const struct split_opt *split, const int by_value[2])
{
    static const char *const names[] = {[SPLIT_RATIO] = "ratio",
        [SPLIT_TIME] = "time",
        [SPLIT_TIME_GLOBAL] = "time-global",
        [SPLIT_LAST] = "leave-one-out",
        [SPLIT_LABEL] = "label"};
    static const char *const order[] = {"first appearance", "integer id"};
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
        names[split->kind], how, order[by_value[0]], order[by_value[1]]);
}

int
main(int argc, char **argv)
{
    struct ingest_opt o = {.format = "auto", .ids = "auto", .seed = 1};
    struct cli io;
    const struct cli_option options[] = {
        {.name = "format",
            .arg = "auto|csv|tsv|inter|jsonl|json-split",
            .type = CLI_CHOICE,
            .to = &o.format,
            .changes = 1,
            .help = "what the files are; auto looks at name and content"},
        {.name = "user",
            .arg = "COL",
            .type = CLI_TEXT,
            .to = &o.column[INTAKE_USER],
            .changes = 1,
            .help = "column of the user id, by name or number from 1"},
        {.name = "item",
            .arg = "COL",
            .type = CLI_TEXT,
            .to = &o.column[INTAKE_ITEM],
            .changes = 1,
            .help = "column of the item id"},
        {.name = "time",
            .arg = "COL",
            .type = CLI_TEXT,
            .to = &o.column[INTAKE_TIME],
            .changes = 1,
            .help = "column of the time, a number or an ISO 8601 date"},
        {.name = "label",
            .arg = "COL",
            .type = CLI_TEXT,
            .to = &o.column[INTAKE_LABEL],
            .changes = 1,
            .help = "column that says 0 train, 1 valid, 2 test"},
        {.name = "where",
            .arg = "CONDITION",
            .type = CLI_LIST,
            .to = &o.where,
            .changes = 1,
            .help = "only rows with COLUMN OP VALUE, as in 'rating>=4' or "
                    "event=purchase; OP is one of = != < <= > >=; again: all "
                    "of them"},
        {.name = "sep",
            .arg = "STRING",
            .type = CLI_TEXT,
            .to = &o.sep,
            .changes = 1,
            .help = "what separates the fields of a table, as in '::'; by "
                    "default it is found"},
        {.name = "no-header",
            .type = CLI_FLAG,
            .to = &o.no_header,
            .changes = 1,
            .help = "the first row of a table is data"},
        {.name = "no-quotes",
            .type = CLI_FLAG,
            .to = &o.no_quotes,
            .changes = 1,
            .help = "in tables a quote is an ordinary character"},
        {.name = "skip-bad",
            .type = CLI_FLAG,
            .to = &o.skip_bad,
            .changes = 1,
            .help = "count malformed rows and go on, do not fail"},
        {.name = "repeat",
            .arg = "first|last|earliest|latest",
            .type = CLI_CHOICE,
            .to = &o.repeat,
            .changes = 1,
            .help = "which row of a user and an item counts; default: "
                    "earliest if times are read, else first"},
        {.name = "core",
            .arg = "K",
            .type = CLI_INT,
            .to = &o.core,
            .min = 0,
            .max = 1e9,
            .changes = 1,
            .help = "keep the K-core: all users and items with K or more"},
        {.name = "split",
            .arg = "RULE",
            .type = CLI_TEXT,
            .to = &o.split,
            .changes = 1,
            .help = "ratio, time, time-global (all :8:1:1), "
                    "leave-one-out or label; default: label if there is "
                    "one, else ratio"},
        {.name = "ids",
            .arg = "auto|appearance|integer",
            .type = CLI_CHOICE,
            .to = &o.ids,
            .changes = 1,
            .help = "give indices by first appearance or by the value of "
                    "integer ids; auto: by value where ids are 0..n-1"},
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

    struct intake in = {0};
    struct where where[CLI_LIST_MAX];
    struct split_opt split = {0};
    struct interactions a = {0};
    usage_if(plan(&o, &in, where, &split, &io.err), &io);
    read_files(&io, &in, &a);

    int64_t dropped, crossed, rounds;
    die_if(interactions_dedupe(
               &a, repeat_rule(&o, &a), &dropped, &crossed, &io.err),
        &io);
    cli_note(&io,
        "read %" PRId64 " rows, dropped %" PRId64 " duplicates: %" PRId64
        " users, %" PRId64 " items",
        in.rows, dropped, a.users.n, a.items.n);
    if (crossed)
        cli_note(&io,
            "%" PRId64 " of the dropped rows had another label than the one "
            "that counts",
            crossed);
    intake_notes(&in, say, &io);
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

    static const char *const orders[] = {"auto", "appearance", "integer"};
    struct dataset d;
    int by_value[2];
    die_if(interactions_dataset(&a, (enum ids_order)index_of(o.ids, orders),
               &split, &d, by_value, &io.err),
        &io);
    report_rules(&io, &in, &split, by_value);
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
