/* The best items for each user, with the original ids. */
#include "lib/base/mem.h"
#include "lib/data/identity.h"
#include "lib/data/titles.h"
#include "lib/fold/fold_model.h"
#include "lib/la/blas.h"
#include "lib/rank/rank.h"
#include "lib/rank/ranker.h"
#include "tools/audience.h"
#include "tools/cli.h"
#include "tools/list_print.h"
#include "tools/offer.h"
#include "tools/wanted.h"

#include <inttypes.h>
#include <stdlib.h>

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

struct lists {
    struct cli *io;
    struct list_print p;
    const int64_t *users; /* NULL: all */
    int64_t n_users;
};

static int
print(
    void *ctx, int64_t first, int64_t n, const int32_t *id, const float *score)
{
    struct lists *l = ctx;
    int rc = 0;
    for (int64_t i = 0; i < n && !rc; i++)
        rc = list_print(&l->p, l->users ? l->users[first + i] : first + i,
            id + i * l->p.k, score + i * l->p.k, &l->io->err);
    cli_progress(
        l->io, "%" PRId64 " of %" PRId64 " users", first + n, l->n_users);
    return rc;
}

static int
recommend(struct cli *io, const struct recommend_args *a,
    const struct dataset *d, const struct scorer *s, const struct fold_map *map,
    const struct wanted *w, const struct titles *t)
{
    struct lists l = {.io = io, .n_users = a->users ? w->n : d->n_users};
    l.p = (struct list_print){.json = a->json,
        .whose = "user",
        .what = "items",
        .ids = &d->user_ids,
        .item_ids = &d->item_ids,
        .titles = a->titles ? t : NULL,
        .scorer = s,
        .map = map,
        .explain = (int)a->explain};
    if (map && !(l.p.room = mem_new(map->from, sizeof *l.p.room, &io->err)))
        return ERR_NOMEM;
    struct rank_opt o = {
        .k = a->number, .exec = cli_exec(io), .items = &a->offer.items};
    if (o.k > d->n_items)
        o.k = d->n_items > 0 ? d->n_items : 1;
    l.p.k = o.k;
    if (!a->keep_seen) {
        o.mask[0] = &d->train;
        o.mask[1] = &d->valid;
        o.mask[2] = &d->test;
    }
    if (a->offer.pairs)
        o.mask[3] = &a->offer.masked;
    static const int64_t none = 0;
    if (a->users) {
        o.users = w->n ? w->at : &none;
        o.n_users = w->n;
    }
    l.users = o.users;
    int rc = a->json ? 0 : ids_check_table(&d->user_ids, "user", &io->err);
    if (!rc && !a->json)
        rc = ids_check_table(&d->item_ids, "item", &io->err);
    if (rc)
        return err_prefix(&io->err, rc, "'%s'", ranker_shown(a->data));
    rc = xout_open(&l.p.x, io->out, XOUT_TEXT, &io->err);
    if (!rc)
        rc = rank_run(s, &o, print, &l, &io->err);
    free(l.p.room);
    return rc ? rc : xout_commit(&l.p.x, &io->err);
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

/* Only a model that is no blend has parts of its scores that are explained. */
static void
use_maps(struct cli *io, const struct recommend_args *a,
    const struct dataset *d, const struct dataset *whom, struct ranker *r,
    struct fold_map *map)
{
    if (a->explain && r->parts > 1)
        cli_die(io,
            "'%s' is a blend, and --explain explains the scores of one model",
            ranker_shown(a->model));
    if (!ranker_has_users(r))
        return;
    die_if(blas_reserve((int)io->threads, &io->err), io);
    for (int p = 0; p < r->parts; p++)
        if (!r->part[p].graph.indptr) {
            fold_map_free(map);
            use_map(io, a, d, whom, &r->part[p], map);
        }
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
    struct fold_map map = {0};
    struct scorer s;
    struct wanted w = {.ids = &d.user_ids,
        .other = &d.item_ids,
        .what = "user",
        .not = "an item, not a user",
        .of = "the dataset",
        .path = a.data,
        .skip_unknown = a.skip_unknown};
    struct offer_ids ids = {"user", &whom->user_ids, &d.item_ids};
    struct titles t = {0};
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
        use_maps(&io, &a, &d, whom, &r, &map);
    if (a.history)
        die_if(ranker_scorer(&r, a.model, whom, a.data, &s, &io.err), &io);
    ranker_need_history(&r, &s, &whom->train);
    offer_read(&io, &a.offer, &ids, &d.train);
    if (offer_is_empty(&a.offer))
        cli_die(&io, "no item is left to recommend");
    if (a.users)
        wanted_read(&io, &w, a.users);
    if (a.titles)
        die_if(titles_read(&t, a.titles, &d.item_ids, &io.err), &io);
    if (a.titles && !t.found)
        cli_note(&io, "'%s' has no title of an item of '%s': %s",
            ranker_shown(a.titles), ranker_shown(a.data),
            ids_differ((char[IDS_CLAUSE]){0}, ranker_shown(a.titles),
                &t.stranger, &d.item_ids));
    die_if(
        recommend(&io, &a, whom, &s, a.explain && map.w ? &map : NULL, &w, &t),
        &io);
    if (w.skipped)
        cli_note(&io, "skipped %" PRId64 " unknown users", w.skipped);
    wanted_free(&w);
    titles_free(&t);
    offer_free(&a.offer);
    fold_map_free(&map);
    ranker_free(&r);
    if (a.history)
        audience_free(&audience);
    dataset_free(&d);
    return cli_finish(&io);
}
