/* The best items for each user, with the original ids. */
#include "lib/data/identity.h"
#include "lib/fold/fold_model.h"
#include "lib/la/blas.h"
#include "lib/rank/ranker.h"
#include "tools/audience.h"
#include "tools/cli.h"
#include "tools/list_print.h"
#include "tools/offer.h"
#include "tools/wanted.h"

#include <inttypes.h>

struct recommend_args {
    const char *data, *model, *users, *history, *titles;
    int64_t number, explain;
    int keep_seen, skip_unknown, json;
    struct offer offer;
};

static const char summary[] =
    "Prints for every user, or for those in --users, the items of largest "
    "inner\n"
    "product of the model's `user` and `item` vectors, without those the user\n"
    "has in the dataset. MODEL is any .npz with those two members, or a "
    "sparse\n"
    "graph of items: the rows of a user's train items add up. Lines hold "
    "user,\n"
    "rank, item and score.";

static const char examples[] =
    "  stair-recommend --data data.npz -n 10 model.npz >top.tsv\n"
    "  echo A1HK2FQW6KXQB2 | stair-recommend --data data.npz --users - "
    "model.npz";

static void
check_args(struct cli *io, struct recommend_args *a)
{
    if (!a->data)
        cli_usage(io, "option '--data' is missing (see --help)");
    a->model = io->n_args ? io->arg[0] : "-";
    const char *in[] = {a->data, a->model, a->users, a->titles, a->history};
    offer_check(io, &a->offer, in, 5);
    if (a->history && a->users)
        cli_usage(io, "options '--history' and '--users' do not go together");
    if (a->skip_unknown && !a->users)
        cli_usage(io, "option '--skip-unknown' needs '--users'");
}

/* Users of a history are served by the map from items to users; its parts also
 * explain the scores of vectors. */
static void
use_map(struct cli *io, const struct recommend_args *a, const struct dataset *d,
    const struct dataset *whom, struct ranker_part *r, struct fold_map *map)
{
    struct exec *exec = cli_exec(io);
    die_if(fold_model_map(map, r, &d->train, exec, &io->err), io);
    if (a->history)
        die_if(fold_model_serve(r, map, &whom->train, exec, &io->err), io);
}

/* map: [SCORER_PARTS] */
static void
use_maps(struct cli *io, const struct recommend_args *a,
    const struct dataset *d, const struct dataset *whom, struct ranker *r,
    struct fold_map *map)
{
    if (!ranker_has_users(r))
        return;
    die_if(blas_reserve((int)io->threads, &io->err), io);
    for (int p = 0; p < r->parts; p++)
        if (!r->part[p].graph.indptr)
            use_map(io, a, d, whom, &r->part[p], &map[p]);
}

int
main(int argc, char **argv)
{
    struct recommend_args a = {.number = 20};
    struct cli io = {.tool = "stair-recommend",
        .ranks = 1,
        .operands = "--data FILE [MODEL]",
        .summary = summary,
        .examples = examples,
        .max_args = 1};
    const struct cli_option table[] = {CLI_DATA(&a.data),
        cli_letter(
            'n', cli_int("number", "N", &a.number, 1, 1e9, "items per user")),
        cli_file("users", &a.users,
            "only the users whose ids stand in FILE, one a line"),
        cli_flag("skip-unknown", &a.skip_unknown,
            "pass over ids in --users that the dataset lacks"),
        cli_file("history", &a.history,
            "serve the users in FILE by what they have there: user, tab, item"),
        cli_flag("keep-seen", &a.keep_seen, "rank also what the user has"),
        cli_file("titles", &a.titles, "add the titles in FILE: id, tab, title"),
        OFFER_OPTIONS(&a.offer, "recommend", "user, tab, item"),
        cli_int("explain", "K", &a.explain, 1, LIST_PRINT_REASONS,
            "name the K past items that add most to each score"),
        cli_flag("json", &a.json, "print one JSON object per user"),
        CLI_FOREIGN(&io), CLI_OUTPUT(&io), CLI_THREADS(&io), CLI_END};
    io.table = table;
    cli_parse(&io, argc, argv);
    check_args(&io, &a);

    struct dataset d, audience, *whom = a.history ? &audience : &d;
    struct ranker r;
    struct fold_map map[SCORER_PARTS] = {{0}};
    struct scorer s;
    struct wanted w = {.ids = &d.user_ids,
        .other = &d.item_ids,
        .what = "user",
        .not = "an item, not a user",
        .of = "the dataset",
        .path = a.data,
        .skip_unknown = a.skip_unknown};
    struct offer_ids ids = {"user", &whom->user_ids, &d.item_ids};
    die_if(dataset_read(a.data, &d, &io.hist, &io.err), &io);
    int mapped = a.history || a.explain;
    die_if(ranker_read(a.model, "model", mapped, &r, &io.hist, &io.err), &io);
    die_if(ranker_scorer(&r, a.model, &d, a.data, &s, &io.err), &io);
    /* a graph serves any user; a model of all data is the best one to use */
    cli_belong(&io, ranker_has_users(&r) ? IDENTITY_USERS | IDENTITY_ITEMS
                                         : IDENTITY_ITEMS);
    if (a.history)
        audience_read(&io, &audience, &d, a.history);
    if (mapped)
        use_maps(&io, &a, &d, whom, &r, map);
    if (a.history)
        die_if(ranker_scorer(&r, a.model, whom, a.data, &s, &io.err), &io);
    ranker_need_history(&r, &s, &whom->train);
    offer_read(&io, &a.offer, &ids, &d.train);
    if (offer_is_empty(&a.offer))
        cli_die(&io, "no item is left to recommend");
    if (a.users)
        wanted_read(&io, &w, a.users);
    struct list_print lists = {.k = a.number,
        .ids = &ids,
        .path = a.data,
        .what = "items",
        .offer = &a.offer,
        .wanted = a.users ? &w : NULL,
        .titles = a.titles,
        .json = a.json,
        .explain = (int)a.explain,
        .map = map};
    struct rank_opt o = {.mask = {&whom->train, &whom->valid, &whom->test}};
    if (a.keep_seen)
        o = (struct rank_opt){0};
    list_print(&io, &lists, &s, &o);
    if (w.skipped)
        cli_note(&io, "skipped %" PRId64 " unknown users", w.skipped);
    wanted_free(&w);
    offer_free(&a.offer);
    for (int p = 0; p < SCORER_PARTS; p++)
        fold_map_free(&map[p]);
    ranker_free(&r);
    if (a.history)
        audience_free(&audience);
    dataset_free(&d);
    return cli_finish(&io);
}
