/* The items that are most similar to each item, with the original ids. */
#include "lib/data/identity.h"
#include "lib/rank/similar.h"
#include "tools/cli.h"
#include "tools/list_print.h"
#include "tools/offer.h"
#include "tools/wanted.h"

#include <inttypes.h>

struct similar_args {
    const char *data, *model, *items, *titles;
    struct cli_list item;
    int64_t number;
    int inner, skip_unknown, json;
    struct offer offer;
};

static const char summary[] =
    "Prints for every item, or for those that are named, the items that are "
    "most\n"
    "similar to it: of largest cosine between the model's `item` vectors, or "
    "of\n"
    "largest value in its row of a graph of items. MODEL is any .npz with the\n"
    "members `user` and `item`, a sparse graph of items, or a blend. Lines "
    "hold\n"
    "item, rank, similar item and score.";

static const char examples[] =
    "  stair-similar -n 10 model.npz >similar.tsv\n"
    "  stair-similar --data data.npz --items stock.txt --titles items.tsv "
    "items.npz";

static void
check_args(struct cli *io, struct similar_args *a)
{
    a->model = io->n_args ? io->arg[0] : "-";
    const char *in[] = {a->data, a->model, a->items, a->titles};
    offer_check(io, &a->offer, in, 4);
    if (a->items && a->item.n)
        cli_usage(io, "options '--item' and '--items' exclude each other");
    if (a->skip_unknown && !a->items)
        cli_usage(io, "option '--skip-unknown' needs '--items'");
    if (a->offer.cold && !a->data)
        cli_usage(io,
            "option '--cold' needs '--data', which says what nobody bought");
}

/* The ids of the items, from the dataset or else from the model. */
static struct ids *
ids_of(struct cli *io, const struct similar_args *a, struct ranker *r,
    struct dataset *d)
{
    int64_t n = similar_items(r, a->model, &io->err);
    die_if((int)(n < 0 ? n : 0), io);
    struct ids *ids = a->data ? &d->item_ids : &r->item_ids;
    if (!a->data && !r->item_ids.at)
        cli_die(io, "'%s' has no item_ids: name the dataset with --data",
            ranker_shown(a->model));
    if (a->data && n != ids->n)
        cli_die(io, "'%s' has %" PRId64 " items, but '%s' has %" PRId64,
            ranker_shown(a->model), n, ranker_shown(a->data), ids->n);
    if (n != ids->n)
        cli_die(io, "'%s' has %" PRId64 " items, but %" PRId64 " item_ids",
            ranker_shown(a->model), n, ids->n);
    return ids;
}

int
main(int argc, char **argv)
{
    struct similar_args a = {.number = 20};
    struct cli io = {.tool = "stair-similar",
        .ranks = 1,
        .operands = "[MODEL]",
        .summary = summary,
        .examples = examples,
        .max_args = 1};
    const struct cli_option table[] = {CLI_DATA(&a.data),
        cli_letter('n', cli_int("number", "N", &a.number, 1, 1e9,
                            "similar items per item")),
        cli_texts("item", "ID", &a.item, "only this item; may be repeated"),
        cli_file("items", &a.items,
            "only the items whose ids stand in FILE, one a line"),
        cli_flag("skip-unknown", &a.skip_unknown,
            "pass over unknown ids in --items"),
        cli_flag(
            "inner", &a.inner, "inner products of vectors instead of cosines"),
        cli_file("titles", &a.titles, "add the titles in FILE: id, tab, title"),
        OFFER_OPTIONS(&a.offer, "list", "item, tab, similar item"),
        cli_flag("json", &a.json, "print one JSON object per item"),
        CLI_FOREIGN(&io), CLI_OUTPUT(&io), CLI_THREADS(&io), CLI_END};
    io.table = table;
    cli_parse(&io, argc, argv);
    check_args(&io, &a);

    struct dataset d = {0};
    struct ranker r;
    struct scorer s;
    struct similar m = {0};
    if (a.data)
        die_if(dataset_read(a.data, &d, &io.hist, &io.err), &io);
    die_if(ranker_read(a.model, "model", 0, &r, &io.hist, &io.err), &io);
    cli_belong(&io, IDENTITY_ITEMS);
    struct ids *ids = ids_of(&io, &a, &r, &d);
    struct offer_ids offer_ids = {"item", ids, ids};
    struct wanted w = {.ids = ids,
        .other = a.data ? &d.user_ids : NULL,
        .what = "item",
        .not = "a user, not an item",
        .of = a.data ? "the dataset" : "the model",
        .path = a.data ? a.data : a.model,
        .skip_unknown = a.skip_unknown};
    if (a.items)
        wanted_read(&io, &w, a.items);
    else if (a.item.n)
        wanted_list(&io, &w, "item", &a.item);
    offer_read(&io, &a.offer, &offer_ids, a.data ? &d.train : NULL);
    if (offer_is_empty(&a.offer))
        cli_die(&io, "no item is left to list");
    if (a.inner && !r.blend && r.part[0].graph.indptr)
        cli_die(&io,
            "'%s' is a graph of items, whose values are the scores: --inner "
            "is for vectors",
            ranker_shown(a.model));
    die_if(similar_scorer(&m, &r, a.model, !a.inner, &s, &io.err), &io);
    struct list_print lists = {.k = a.number,
        .ids = &offer_ids,
        .path = w.path,
        .what = "similar",
        .offer = &a.offer,
        .wanted = a.items || a.item.n ? &w : NULL,
        .titles = a.titles,
        .json = a.json};
    struct rank_opt o = {.mask = {&m.self}, .nonzero = 1};
    list_print(&io, &lists, &s, &o);
    if (lists.empty)
        cli_note(&io, "nothing is similar to %" PRId64 " of %" PRId64 " items",
            lists.empty, lists.wanted ? w.n : s.n_items);
    if (w.skipped)
        cli_note(&io, "skipped %" PRId64 " unknown items", w.skipped);
    wanted_free(&w);
    offer_free(&a.offer);
    similar_free(&m);
    ranker_free(&r);
    dataset_free(&d);
    return cli_finish(&io);
}
