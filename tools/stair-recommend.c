/* The best items for each user, with the original ids. */
#include "lib/base/mem.h"
#include "lib/data/identity.h"
#include "lib/data/titles.h"
#include "lib/io/foreign.h"
#include "lib/io/table.h"
#include "lib/rank/rank.h"
#include "lib/rank/ranker.h"
#include "tools/cli.h"
#include "tools/recommend_offer.h"
#include "tools/recommend_print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct recommend_args {
    const char *data, *model, *users, *titles;
    int64_t number, explain;
    int keep_seen, skip_unknown, json;
    struct recommend_offer offer;
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
    const struct recommend_offer *o = &a->offer;
    const char *in[] = {
        a->data, a->model, a->users, a->titles, o->only, o->exclude, o->pairs};
    cli_one_stdin(io, in, 7);
    recommend_offer_check(io, &a->offer);
    if (a->skip_unknown && !a->users)
        cli_usage(io, "option '--skip-unknown' needs '--users'");
}

/* Indices of the users that are wanted, in the order of the file. */
struct wanted {
    const struct dataset *data;
    const char *name;
    int64_t *user;
    int64_t n, cap, skipped;
    int skip_unknown;
};

/* Users and items are easily taken for each other, and the ids of two exports
 * for the same. */
static int
unknown(const struct wanted *w, const struct table_row *row, struct err *e)
{
    const struct ids *users = &w->data->user_ids, *items = &w->data->item_ids;
    for (int64_t i = 0; i < items->n; i++)
        if (text_same(ids_get(items, i), row->field[0]))
            return err_set(e, ERR_FORMAT,
                "'%s' line %" PRId64 ": '%.255s' is an item, not a user",
                w->name, row->line, row->field[0].s);
    struct text first = users->n ? ids_get(users, 0) : text_of("");
    return err_set(e, ERR_FORMAT,
        "'%s' line %" PRId64
        ": unknown user '%.255s' (the first of the dataset is '%.*s')",
        w->name, row->line, row->field[0].s, (int)first.n, first.s);
}

static int
want(void *ctx, const struct table_row *row, struct err *e)
{
    struct wanted *w = ctx;
    if (row->bad)
        return err_set(e, ERR_FORMAT, "'%s' line %" PRId64 ": %s", w->name,
            row->line, row->bad);
    int64_t u = ids_find(&w->data->user_ids, row->field[0]);
    if (u < 0 && w->skip_unknown) {
        w->skipped++;
        return 0;
    }
    if (u < 0)
        return unknown(w, row, e);
    void *user = w->user;
    int rc = mem_grow(&user, &w->cap, w->n + 1, sizeof *w->user, e);
    w->user = user;
    if (!rc)
        w->user[w->n++] = u;
    return rc;
}

static int
read_wanted(struct wanted *w, const struct recommend_args *a, struct dataset *d,
    struct err *e)
{
    struct xin x;
    int rc = ids_index(&d->user_ids, "user", e);
    if (rc)
        return err_prefix(e, rc, "'%s'", ranker_shown(a->data));
    w->data = d;
    rc = xin_open(&x, a->users, e);
    if (rc)
        return rc;
    w->name = x.name;
    rc = foreign_check(&x, "stair-recommend", e);
    if (!rc)
        rc = table_read(&x, "\t", 0, want, w, e);
    xin_close(&x);
    return rc;
}

struct lists {
    struct cli *io;
    struct recommend_print p;
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
        rc = recommend_print(&l->p, l->users ? l->users[first + i] : first + i,
            id + i * l->p.k, score + i * l->p.k, &l->io->err);
    cli_progress(
        l->io, "%" PRId64 " of %" PRId64 " users", first + n, l->n_users);
    return rc;
}

static int
recommend(struct cli *io, const struct recommend_args *a,
    const struct dataset *d, const struct scorer *s, const struct wanted *w,
    const struct titles *t)
{
    struct lists l = {.io = io, .n_users = a->users ? w->n : d->n_users};
    l.p = (struct recommend_print){.json = a->json,
        .user_ids = &d->user_ids,
        .item_ids = &d->item_ids,
        .titles = a->titles ? t : NULL,
        .scorer = s,
        .explain = (int)a->explain};
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
        o.users = w->n ? w->user : &none;
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
    return rc ? rc : xout_commit(&l.p.x, &io->err);
}

int
main(int argc, char **argv)
{
    struct recommend_args a = {.number = 20};
    struct cli io = {.tool = "stair-recommend",
        .operands = "--data FILE [MODEL]",
        .summary = summary,
        .examples = examples,
        .max_args = 1};
    const struct cli_option table[] = {CLI_DATA(&a.data),
        {.letter = 'n',
            .name = "number",
            .arg = "N",
            .type = CLI_INT,
            .to = &a.number,
            .min = 1,
            .max = 1e9,
            .help = "items per user"},
        {.name = "users",
            .arg = "FILE",
            .type = CLI_TEXT,
            .to = &a.users,
            .help = "only the users whose ids stand in FILE, one a line"},
        {.name = "skip-unknown",
            .type = CLI_FLAG,
            .to = &a.skip_unknown,
            .help = "pass over ids in --users that the dataset lacks"},
        {.name = "keep-seen",
            .type = CLI_FLAG,
            .to = &a.keep_seen,
            .help = "rank also what the user has"},
        {.name = "titles",
            .arg = "FILE",
            .type = CLI_TEXT,
            .to = &a.titles,
            .help = "add the titles in FILE: id, tab, title"},
        {.name = "only",
            .arg = "FILE",
            .type = CLI_TEXT,
            .to = &a.offer.only,
            .help = "recommend only the items whose ids stand in FILE"},
        {.name = "exclude",
            .arg = "FILE",
            .type = CLI_TEXT,
            .to = &a.offer.exclude,
            .help = "recommend none of the items whose ids stand in FILE"},
        {.name = "exclude-pairs",
            .arg = "FILE",
            .type = CLI_TEXT,
            .to = &a.offer.pairs,
            .help = "leave out the user, tab, item pairs in FILE"},
        {.name = "cap",
            .arg = "N:FILE",
            .type = CLI_TEXT,
            .to = &a.offer.cap,
            .help = "at most N items of a group: FILE has item, tab, group"},
        {.name = "cold",
            .arg = "K",
            .type = CLI_INT,
            .to = &a.offer.cold,
            .min = 1,
            .max = 1e9,
            .help = "keep K places for items without train interactions"},
        {.name = "explain",
            .arg = "K",
            .type = CLI_INT,
            .to = &a.explain,
            .min = 1,
            .max = RECOMMEND_EXPLAIN,
            .help = "name the K past items that add most to each score"},
        {.name = "json",
            .type = CLI_FLAG,
            .to = &a.json,
            .help = "print one JSON object per user"},
        CLI_FOREIGN(&io), CLI_OUTPUT(&io), CLI_THREADS(&io), CLI_END};
    io.table = table;
    cli_parse(&io, argc, argv);
    check_args(&io, &a);

    struct dataset d;
    struct ranker r;
    struct scorer s;
    struct wanted w = {.skip_unknown = a.skip_unknown};
    struct titles t = {0};
    die_if(dataset_read(a.data, &d, &io.hist, &io.err), &io);
    die_if(ranker_read(a.model, &r, &io.hist, &io.err), &io);
    die_if(ranker_scorer(&r, a.model, &d, a.data, &s, &io.err), &io);
    /* a graph serves any user; a model of all data is the best one to use */
    cli_belong(&io, ranker_has_users(&r) ? IDENTITY_USERS | IDENTITY_ITEMS
                                         : IDENTITY_ITEMS);
    if (a.explain && !s.graph)
        cli_die(&io,
            "'%s' is no graph of items, and --explain explains the scores of "
            "such graphs alone",
            ranker_shown(a.model));
    ranker_need_history(&r, &s, &d.train);
    recommend_offer_read(&io, &a.offer, &d);
    if (a.users)
        die_if(read_wanted(&w, &a, &d, &io.err), &io);
    if (a.titles)
        die_if(titles_read(&t, a.titles, &d.item_ids, &io.err), &io);
    if (a.titles && !t.found)
        cli_note(&io, "'%s' has no title of an item of '%s': %s",
            ranker_shown(a.titles), ranker_shown(a.data),
            ids_differ((char[IDS_CLAUSE]){0}, ranker_shown(a.titles),
                &t.stranger, &d.item_ids));
    die_if(recommend(&io, &a, &d, &s, &w, &t), &io);
    if (w.skipped)
        cli_note(&io, "skipped %" PRId64 " unknown users", w.skipped);
    free(w.user);
    titles_free(&t);
    recommend_offer_free(&a.offer);
    ranker_free(&r);
    dataset_free(&d);
    return cli_finish(&io);
}
