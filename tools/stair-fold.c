/* A model for today's users and items from yesterday's, without training. */
#include "lib/base/mem.h"
#include "lib/data/identity.h"
#include "lib/fold/fold_model.h"
#include "lib/la/blas.h"
#include "lib/la/store.h"
#include "lib/rank/metrics.h"
#include "lib/rank/ranker.h"
#include "tools/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct fold_args {
    const char *data, *items, *before, *model;
    double boost;
    int all_users;
};

struct input {
    struct dataset data, before;
    struct csr graph;
    struct ranker model;
    struct seen seen;      /* of before */
    struct fold_rows rows; /* of the model, whoever says it */
};

static const char summary[] =
    "Writes a model for the users and items of the dataset from one that was\n"
    "trained earlier. Rows are found by id. Users who are new or have other\n"
    "train items than in training get vectors from their items, items that "
    "were\n"
    "not trained from their neighbours in the item graph. MODEL has vectors "
    "of\n"
    "users and items, or is a blend with such parts.";

static const char examples[] =
    "  stair-fold --data today.npz --items items.npz -o today-model.npz "
    "model.npz\n"
    "  stair-fold -v --data today.npz --items items.npz --boost 1.3 -o "
    "today-model.npz model.npz";

static void
check_args(struct cli *io, struct fold_args *a)
{
    if (!a->data)
        cli_usage(io, "option '--data' is missing (see --help)");
    a->model = io->n_args ? io->arg[0] : "-";
    const char *in[] = {a->data, a->items, a->before, a->model};
    cli_one_stdin(io, in, 4);
}

static void
read_graph(struct cli *io, const struct fold_args *a, struct input *in)
{
    die_if(store_read_csr(a->items, &in->graph, &io->hist, "items",
               "an item graph: see stair-knn(1)", &io->err),
        io);
    cli_belong(io, IDENTITY_ITEMS);
    if (in->graph.rows != in->data.n_items ||
        in->graph.cols != in->data.n_items)
        cli_die(io,
            "'%s' is a graph of %" PRId64 " x %" PRId64
            ", but '%s' has %" PRId64 " items",
            ranker_shown(a->items), in->graph.rows, in->graph.cols,
            ranker_shown(a->data), in->data.n_items);
}

/* A model that says nothing of its rows has those of --before, or, where the
 * numbers fit, those of the dataset. */
static void
find_rows(struct cli *io, const struct fold_args *a, struct input *in,
    const struct ranker_part *vectors)
{
    struct ranker *m = &in->model;
    int64_t users = vectors->user.n, items = vectors->item.n;
    in->rows = (struct fold_rows){&m->user_ids, &m->item_ids, &m->seen};
    if (a->before) {
        const struct hist_file *f = io->hist.file + io->hist.n;
        if (identity_same(&f[-2], &f[-1], IDENTITY_ALL, &io->err))
            cli_foreign(io);
        die_if(seen_of(&in->seen, &in->before, &io->err), io);
        in->rows = (struct fold_rows){
            &in->before.user_ids, &in->before.item_ids, &in->seen};
    } else if (!m->user_ids.n && !m->item_ids.n && users == in->data.n_users &&
               items == in->data.n_items)
        in->rows = (struct fold_rows){
            &in->data.user_ids, &in->data.item_ids, &m->seen};
    if (in->rows.user_ids->n == users && in->rows.item_ids->n == items)
        return;
    if (a->before)
        cli_die(io,
            "'%s' has %" PRId64 " users and %" PRId64
            " items, but '%s' has %" PRId64 " users and %" PRId64 " items",
            ranker_shown(a->model), users, items, ranker_shown(a->before),
            in->before.n_users, in->before.n_items);
    cli_die(io,
        "'%s' has no ids of its users and items; name the dataset that it was "
        "trained on by --before",
        ranker_shown(a->model));
}

/* The first part with vectors, or NULL. */
static const struct ranker_part *
find_vectors(const struct ranker *m)
{
    for (int p = 0; p < m->parts; p++)
        if (m->part[p].item.x)
            return &m->part[p];
    return NULL;
}

static void
read_input(struct cli *io, const struct fold_args *a, struct input *in)
{
    die_if(dataset_read(a->data, &in->data, &io->hist, &io->err), io);
    if (a->items)
        read_graph(io, a, in);
    if (a->before)
        die_if(dataset_read(a->before, &in->before, &io->hist, &io->err), io);
    die_if(
        ranker_read(a->model, "model", 1, &in->model, &io->hist, &io->err), io);
    if (in->data.valid.nnz + in->data.test.nnz)
        cli_note_split(io, a->model);
    const struct ranker_part *vectors = find_vectors(&in->model);
    if (!vectors)
        cli_die(io,
            "'%s' ranks by a graph of items, which serves new users as it is; "
            "for new items make the graph anew from '%s'",
            ranker_shown(a->model), ranker_shown(a->data));
    find_rows(io, a, in, vectors);
}

static void
make_plan(struct cli *io, const struct fold_args *a, struct input *in,
    struct fold_plan *plan)
{
    die_if(fold_plan_make(plan, &in->rows, &in->data, 0, &io->err), io);
    if (!plan->known)
        cli_die(io, "'%s' has none of the %" PRId64 " items of '%s'",
            ranker_shown(a->model), in->data.n_items, ranker_shown(a->data));
    if (!plan->users[FOLD_USER_KEPT] && !plan->users[FOLD_USER_CHANGED])
        cli_die(io,
            "'%s' has no trained vector of any of the %" PRId64
            " users of '%s', so that nothing shows how vectors come from "
            "items; if it is a folded model, fold the one that was trained",
            ranker_shown(a->model), in->data.n_users, ranker_shown(a->data));
    cli_note(io,
        "users: %" PRId64 " are kept, %" PRId64 " have changed, %" PRId64
        " are new",
        plan->users[FOLD_USER_KEPT], plan->users[FOLD_USER_CHANGED],
        plan->users[FOLD_USER_NEW]);
    if (!in->rows.seen->user)
        cli_note(io,
            "'%s' does not say what it was trained on: all its users are kept, "
            "even if they changed (name its dataset by --before)",
            ranker_shown(a->model));
}

static void
say_items(
    struct cli *io, const struct fold_plan *plan, const struct fold_count *c)
{
    cli_note(io,
        "items: %" PRId64 " are kept, %" PRId64
        " have vectors from content, %" PRId64 " from their users",
        plan->items, c->near, c->mapped);
    if (c->none)
        cli_note(io,
            "%" PRId64
            " items have neither trained neighbours nor trained users: their "
            "vectors are 0",
            c->none);
    if (c->empty)
        cli_note(io,
            "%" PRId64 " new users have no items with vectors: theirs are 0",
            c->empty);
}

static void
fold_all(struct cli *io, struct input *in, const struct fold_plan *plan,
    const struct fold_opt *o, unsigned char *state)
{
    struct ranker *m = &in->model;
    struct fold_count count = {0};
    for (int p = 0; p < m->parts; p++) {
        struct ranker_part *r = &m->part[p];
        if (r->graph.indptr && r->graph.rows != in->rows.item_ids->n)
            cli_die(io,
                "part %d is a graph of %" PRId64
                " items, but the model has %" PRId64,
                p + 1, r->graph.rows, in->rows.item_ids->n);
        if (r->graph.indptr)
            die_if(fold_model_graph(r, plan, &io->err), io);
        else if (r->user.n != in->rows.user_ids->n ||
                 r->item.n != in->rows.item_ids->n)
            cli_die(io,
                "part %d has %" PRId64 " users and %" PRId64
                " items, but the model has %" PRId64 " and %" PRId64,
                p + 1, r->user.n, r->item.n, in->rows.user_ids->n,
                in->rows.item_ids->n);
        else
            die_if(fold_model(r, plan, o, state, &count, &io->err), io);
        if (r->graph.indptr && plan->known < in->data.n_items)
            cli_note(io,
                "part %d is a graph of items, in which new items have no "
                "entries: blend again with a graph from today's dataset",
                p + 1);
    }
    say_items(io, plan, &count);
}

struct price {
    const unsigned char *state;
    struct metrics m;
    int64_t near, places;
};

static int
add_list(void *ctx, const struct metrics_user *u, struct err *e)
{
    (void)e;
    struct price *p = ctx;
    for (int64_t r = 0; r < u->gain->n && u->list[r] >= 0; r++) {
        p->places++;
        p->near += p->state[u->list[r]] == FOLD_NEAR;
    }
    return 0;
}

static struct price
measure(struct cli *io, const struct scorer *s, const struct dataset *d,
    const unsigned char *state, const struct rank_items *items)
{
    static const int64_t cut = 20;
    struct price p = {.state = state};
    struct metrics_opt o = {.target = &d->valid,
        .mask = {&d->train},
        .items = items,
        .cuts = &cut,
        .n_cuts = 1,
        .exec = cli_exec(io),
        .each = add_list,
        .ctx = &p};
    die_if(metrics_run(&p.m, s, &o, &io->err), io);
    return p;
}

/* Says what it costs to show the items whose vectors come from content: metrics
 * on valid with them and without, and the share of the lists' places that they
 * take. */
static void
say_price(struct cli *io, struct ranker *model, const struct dataset *d,
    const char *data, const unsigned char *state)
{
    struct scorer s;
    struct rank_items kept;
    if (!d->valid.nnz) {
        cli_detail(io, "'%s' holds no valid interactions to measure by",
            ranker_shown(data));
        return;
    }
    die_if(ranker_scorer(model, "model", d, data, &s, &io->err), io);
    unsigned char *shelf = mem_zero(d->n_items, 1, &io->err);
    die_if(shelf ? 0 : ERR_NOMEM, io);
    int64_t near = 0;
    for (int64_t i = 0; i < d->n_items; i++)
        if (state[i] == FOLD_NEAR) {
            shelf[i] = RANK_LEFT_OUT;
            near++;
        }
    die_if(rank_items_init(&kept, d->n_items, shelf, NULL, &io->err), io);
    struct price with = measure(io, &s, d, state, NULL);
    struct price without = measure(io, &s, d, state, &kept);
    cli_detail(io,
        "valid recall@20 %.4f, ndcg@20 %.4f; without the %" PRId64
        " items that have vectors from content %.4f, %.4f; they take %.1f %% "
        "of the places",
        with.m.value[METRICS_RECALL][0], with.m.value[METRICS_NDCG][0], near,
        without.m.value[METRICS_RECALL][0], without.m.value[METRICS_NDCG][0],
        with.places ? 100 * (double)with.near / (double)with.places : 0);
    rank_items_free(&kept);
    free(shelf);
}

static void
write_model(
    struct cli *io, const struct input *in, const struct fold_plan *plan)
{
    identity_inherit(&io->hist, IDENTITY_ALL);
    char *history = cli_history(io);
    die_if(ranker_write(
               io->out, &in->model, &in->data, &plan->seen, history, &io->err),
        io);
    free(history);
}

int
main(int argc, char **argv)
{
    struct fold_args a = {.boost = 1};
    struct cli io = {.tool = "stair-fold",
        .operands = "--data FILE [MODEL]",
        .summary = summary,
        .examples = examples,
        .max_args = 1};
    const struct cli_option table[] = {CLI_DATA(&a.data),
        cli_file(
            "items", &a.items, "graph of the dataset's items, by stair-knn"),
        cli_changing(cli_real("boost", "S", &a.boost, 0, 1000,
            "length of the vectors that come from content, as a multiple of "
            "the median: the chance of cold items")),
        cli_changing(cli_flag("all-users", &a.all_users,
            "give users who are kept vectors from their items, too")),
        cli_file("before", &a.before,
            "the dataset that the model was trained on, if it has no ids"),
        CLI_FOREIGN(&io), CLI_OUTPUT(&io), CLI_THREADS(&io), CLI_END};
    io.table = table;
    cli_parse(&io, argc, argv);
    check_args(&io, &a);
    die_if(blas_reserve((int)io.threads, &io.err), &io);

    struct input in = {0};
    struct fold_plan plan;
    read_input(&io, &a, &in);
    make_plan(&io, &a, &in, &plan);
    unsigned char *state = mem_new(in.data.n_items, 1, &io.err);
    die_if(state ? 0 : ERR_NOMEM, &io);
    struct fold_opt o = {.graph = a.items ? &in.graph : NULL,
        .boost = a.boost,
        .all_users = a.all_users,
        .exec = cli_exec(&io)};
    fold_all(&io, &in, &plan, &o, state);
    /* none of them has the vector of the training any more */
    for (int64_t u = 0; u < in.data.n_users && a.all_users; u++)
        plan.seen.user[u] = SEEN_FOLDED;
    if (io.verbose)
        say_price(&io, &in.model, &in.data, a.data, state);
    write_model(&io, &in, &plan);
    free(state);
    fold_plan_free(&plan);
    ranker_free(&in.model);
    seen_free(&in.seen);
    csr_free(&in.graph);
    dataset_free(&in.data);
    dataset_free(&in.before);
    return cli_finish(&io);
}
