/* Ranks all items for every user and measures the lists. */
#include "lib/data/identity.h"
#include "lib/io/jsonout.h"
#include "lib/rank/eval.h"
#include "lib/rank/ranker.h"
#include "tools/cli.h"
#include "tools/eval_print.h"
#include "tools/eval_segments.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SEGMENTS = 2 /* files: of users and of items */ };

struct eval_args {
    const char *data, *model, *split, *mask, *top, *per_user;
    struct cli_list segments;
    int json, strata, cold, mmssl;
    int64_t cuts[METRICS_CUTS];
    int n_cuts;
};

static const char summary[] =
    "Ranks all items for every user by the inner product of the model's "
    "`user`\n"
    "and `item` vectors, leaves out what the user is known to have, and "
    "compares\n"
    "the lists with the held-out items. MODEL is any .npz with those two "
    "members,"
    "\nor a sparse graph of items: the rows of a user's train items add up.";

static const char examples[] =
    "  stair-eval --data data.npz model.npz\n"
    "  stair-eval --data data.npz --split valid --top 5,20 --json <model.npz";

/* MMSSL's NDCG, the last one, is for comparisons with its authors' figures. */
static int
kinds(const struct eval_args *a)
{
    return a->mmssl ? METRICS_KINDS : METRICS_MMSSL_NDCG;
}

/* "10,20" into a->cuts. */
static void
parse_top(struct cli *io, struct eval_args *a)
{
    const char *p = a->top;
    for (;;) {
        char *end;
        errno = 0;
        long long k = strtoll(p, &end, 10);
        int good = *p >= '0' && *p <= '9' && !errno && k >= 1 &&
                   a->n_cuts < METRICS_CUTS && (*end == ',' || !*end) &&
                   (!a->n_cuts || k > a->cuts[a->n_cuts - 1]);
        if (!good)
            cli_usage(io,
                "option '--top': '%s' is not 1 to %d ascending numbers, as in "
                "10,20",
                a->top, METRICS_CUTS);
        a->cuts[a->n_cuts++] = k;
        if (!*end)
            return;
        p = end + 1;
    }
}

static void
check_args(struct cli *io, struct eval_args *a)
{
    if (!a->data)
        cli_usage(io, "option '--data' is missing (see --help)");
    a->model = io->n_args ? io->arg[0] : "-";
    const char *in[MAX_SEGMENTS + 2] = {a->data, a->model};
    if (a->segments.n > MAX_SEGMENTS)
        cli_usage(
            io, "option '--segments' takes one file of users and one of items");
    for (int side, i = 0; i < a->segments.n; i++)
        in[i + 2] = eval_segments_file(a->segments.item[i], &side);
    cli_one_stdin(io, in, a->segments.n + 2);
    parse_top(io, a);
    if (strcmp(a->split, "valid") == 0 && a->mask &&
        strcmp(a->mask, "train,valid") == 0)
        cli_usage(io,
            "option '--mask': the valid items are evaluated, they cannot be "
            "left out");
    if (!a->mask)
        a->mask = strcmp(a->split, "valid") == 0 ? "train" : "train,valid";
    if (a->per_user && strcmp(a->per_user, "-") == 0 &&
        strcmp(io->out, "-") == 0)
        cli_usage(io,
            "metrics and per-user metrics cannot both go to standard output");
    cli_second_output(io, "per-user", a->per_user);
}

/* The table of single users. */
struct table {
    struct xout x;
    const struct eval_args *args;
    const struct dataset *data;
    const struct csr *target;
};

/* What is not ranked, as a number: see scores.h. */
static int
masks(const struct eval_args *a)
{
    return strcmp(a->mask, "none") == 0 ? 0 : 1 + (strchr(a->mask, ',') != 0);
}

static void
table_open(struct cli *io, struct table *t, const struct eval_args *a)
{
    int rc = ids_check_table(&t->data->user_ids, "user", &io->err);
    if (rc)
        err_prefix(&io->err, rc, "'%s'", ranker_shown(a->data));
    die_if(rc, io);
    die_if(xout_open(&t->x, a->per_user, XOUT_TEXT, &io->err), io);
    xout_printf(&t->x, "user\ttargets");
    for (int m = 0; m < kinds(a); m++)
        for (int c = 0; c < a->n_cuts; c++)
            xout_printf(&t->x, "\t%s@%" PRId64, metrics_names[m], a->cuts[c]);
    xout_printf(&t->x, "\tdigest\n");
}

static int
table_row(void *ctx, const struct metrics_user *u, struct err *e)
{
    struct table *t = ctx;
    char number[JSONOUT_NUMBER];
    struct text id = ids_get(&t->data->user_ids, u->user);
    xout_printf(&t->x, "%.*s\t%" PRId64, (int)id.n, id.s, u->n_target);
    for (int m = 0; m < kinds(t->args); m++)
        for (int c = 0; c < t->args->n_cuts; c++)
            xout_printf(&t->x, "\t%s", jsonout_double(number, u->value[m][c]));
    xout_printf(&t->x, "\t%" PRIu32 "\n",
        identity_user(t->data, t->target, u->user, masks(t->args)));
    return xout_check(&t->x, e);
}

/* Everything that is measured. */
struct result {
    struct eval all, warm, cold;
    struct eval_groups group[2 + MAX_SEGMENTS];
    int groups;
};

static void
make_groups(struct cli *io, const struct eval_args *a, struct dataset *d,
    struct result *r)
{
    for (int items = 0; a->strata && items < 2; items++)
        die_if(eval_groups_degree(
                   &r->group[r->groups++], &d->train, items, &io->err),
            io);
    for (int i = 0; i < a->segments.n; i++) {
        struct eval_groups *g = &r->group[r->groups++];
        eval_segments_read(io, g, a->segments.item[i], d);
        if (i && g->of_items == g[-1].of_items)
            cli_die(io, "both files of --segments are about %s",
                g->of_items ? "items" : "users");
    }
}

static void
measure(struct cli *io, const struct eval_args *a, const struct dataset *d,
    const struct scorer *s, struct result *r)
{
    struct table t = {.args = a, .data = d};
    struct eval_opt o = {
        .train = &d->train, .group = r->group, .groups = r->groups};
    struct metrics_opt *lists = &o.lists;
    t.target = strcmp(a->split, "valid") == 0 ? &d->valid : &d->test;
    *lists = (struct metrics_opt){.target = t.target,
        .cuts = a->cuts,
        .n_cuts = a->n_cuts,
        .exec = cli_exec(io)};
    if (strcmp(a->mask, "none") != 0)
        lists->mask[0] = &d->train;
    if (strcmp(a->mask, "train,valid") == 0)
        lists->mask[1] = &d->valid;
    if (!t.target->nnz)
        cli_die(io, "'%s' holds no %s interactions", ranker_shown(a->data),
            a->split);
    if (a->per_user) {
        table_open(io, &t, a);
        lists->each = table_row;
        lists->ctx = &t;
    }
    die_if(eval_run(&r->all, s, &o, &io->err), io);
    if (a->cold) {
        die_if(eval_side(&r->warm, s, &o, 1, &io->err), io);
        die_if(eval_side(&r->cold, s, &o, 0, &io->err), io);
        if (!r->cold.all.users)
            cli_note(io, "all %s items have train interactions", a->split);
    }
    if (a->per_user)
        die_if(xout_commit(&t.x, &io->err), io);
}

int
main(int argc, char **argv)
{
    struct eval_args a = {.split = "test", .top = "10,20"};
    struct cli io = {.tool = "stair-eval",
        .ranks = 1,
        .operands = "--data FILE [MODEL]",
        .summary = summary,
        .examples = examples,
        .max_args = 1};
    const struct cli_option table[] = {CLI_DATA(&a.data),
        cli_choice(
            "split", "valid|test", &a.split, "the part that is compared with"),
        cli_choice("mask", "none|train|train,valid", &a.mask,
            "leave these items of the user out; the default is train for "
            "valid, train,valid for test"),
        cli_text("top", "K,...", &a.top, "lengths of the lists, ascending"),
        cli_flag("strata", &a.strata,
            "also by users' and by items' numbers of train interactions"),
        cli_texts("segments", "FILE", &a.segments,
            "also by your own segments of users or items: FILE has id, tab, "
            "segment"),
        cli_flag("cold", &a.cold,
            "also items with and without train interactions, each ranked among "
            "their like"),
        cli_flag("mmssl-ndcg", &a.mmssl,
            "also the NDCG that MMSSL's published code computes"),
        cli_file("per-user", &a.per_user, "write every user's metrics to FILE"),
        cli_flag("json", &a.json, "print one JSON object instead of lines"),
        CLI_FOREIGN(&io), CLI_OUTPUT(&io), CLI_THREADS(&io), CLI_END};
    io.table = table;
    cli_parse(&io, argc, argv);
    check_args(&io, &a);

    struct dataset d;
    struct ranker r;
    struct scorer s;
    struct result result = {.groups = 0};
    die_if(dataset_read(a.data, &d, &io.hist, &io.err), &io);
    die_if(ranker_read(a.model, "model", 0, &r, &io.hist, &io.err), &io);
    die_if(ranker_scorer(&r, a.model, &d, a.data, &s, &io.err), &io);
    cli_belong(&io, IDENTITY_ALL);
    make_groups(&io, &a, &d, &result);
    measure(&io, &a, &d, &s, &result);
    struct scores_about about = scores_about(&d,
        strcmp(a.split, "valid") == 0 ? SCORES_VALID : SCORES_TEST, masks(&a));
    struct eval_print p = {.kinds = kinds(&a),
        .all = &result.all,
        .warm = a.cold ? &result.warm : NULL,
        .cold = a.cold ? &result.cold : NULL,
        .group = result.group,
        .groups = result.groups,
        .split = a.split,
        .mask = a.mask,
        .about = &about};
    die_if(xout_open(&p.x, io.out, XOUT_TEXT, &io.err), &io);
    (a.json ? eval_print_json : eval_print_text)(&p);
    die_if(xout_commit(&p.x, &io.err), &io);
    for (int i = 0; i < result.groups; i++)
        eval_groups_free(&result.group[i]);
    ranker_free(&r);
    dataset_free(&d);
    return cli_finish(&io);
}
