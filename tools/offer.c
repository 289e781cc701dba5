#include "tools/offer.h"

#include "lib/base/mem.h"
#include "lib/io/table.h"
#include "lib/la/pairs.h"
#include "lib/rank/ranker.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --cap is N:FILE: the file, and N. */
static const char *
split_cap(const char *text, int64_t *n)
{
    char *end;
    errno = 0;
    *n = strtoll(text, &end, 10);
    int good = *text >= '0' && *text <= '9' && !errno && *n >= 1 &&
               *end == ':' && end[1];
    return good ? end + 1 : NULL;
}

void
offer_check(
    struct cli *io, const struct offer *o, const char *const *input, int n)
{
    enum { OWN = 4, MOST = 12 };
    int64_t most;
    const char *groups = o->cap ? split_cap(o->cap, &most) : NULL;
    const char *in[MOST] = {o->only, o->exclude, o->pairs, groups};
    for (int i = 0; i < n && OWN + i < MOST; i++)
        in[OWN + i] = input[i];
    cli_one_stdin(io, in, MOST);
    if (o->cap && !groups)
        cli_usage(io,
            "option '--cap': '%s' is not a number of at least 1, a colon and a "
            "file, as in 2:brands.tsv",
            o->cap);
}

/* Rows of a file as indices into the dataset. */
struct reader {
    const struct offer_ids *ids;
    int columns;       /* 1: item; 2: user, item, or item, group */
    unsigned char *in; /* [items] 1: named in the file */
    int32_t *group;    /* [items] */
    struct ids groups;
    struct pairs pair;
    int64_t known, unknown;
    struct ids_shown stranger; /* an id that is not known */
    const struct ids *missing; /* where it would have to be, items or lists */
    int pairs;                 /* whose list, item */
};

static int
add_pair(struct reader *r, const struct table_row *row, struct err *e)
{
    int64_t u = ids_find(r->ids->lists, row->field[0]);
    int64_t i = ids_find(r->ids->items, row->field[1]);
    if (u < 0 || i < 0) {
        r->missing = u < 0 ? r->ids->lists : r->ids->items;
        ids_show(&r->stranger, row->field[u < 0 ? 0 : 1]);
        r->unknown++;
        return 0;
    }
    r->known++;
    return pairs_add(&r->pair, u, i, e);
}

static int
add_item(struct reader *r, const struct table_row *row, struct err *e)
{
    int64_t i = ids_find(r->ids->items, row->field[0]);
    if (i < 0) {
        r->missing = r->ids->items;
        ids_show(&r->stranger, row->field[0]);
        r->unknown++;
        return 0;
    }
    r->known++;
    if (!r->group) {
        r->in[i] = 1;
        return 0;
    }
    if (!row->field[1].n)
        return 0;
    int64_t g = ids_add(&r->groups, row->field[1], e);
    if (g < 0)
        return (int)g;
    if (r->group[i] >= 0 && r->group[i] != g)
        return err_set(e, ERR_FORMAT,
            "'%s' line %" PRId64 ": item '%.255s' is in another group already",
            row->file, row->line, row->field[0].s);
    r->group[i] = (int32_t)g;
    return 0;
}

static int
add_row(void *ctx, const struct table_row *row, struct err *e)
{
    struct reader *r = ctx;
    int rc = r->columns == 1 ? table_good(row, e)
                             : table_two(row, r->pairs ? r->ids->what : "item",
                                   r->pairs ? "item" : "group", e);
    if (rc)
        return rc;
    return r->pairs ? add_pair(r, row, e) : add_item(r, row, e);
}

static void
read_rows(struct cli *io, const char *path, struct reader *r)
{
    const char *name = ranker_shown(path);
    die_if(table_file(path, NULL, add_row, r, &io->err), io);
    int users = r->pairs && r->ids->lists != r->ids->items;
    if (r->unknown)
        cli_note(io, "'%s': passed over %" PRId64 " rows of unknown %s", name,
            r->unknown, users ? "users or items" : "items");
    if (r->unknown && !r->known && *r->stranger.s)
        cli_note(io, "none is left: %s",
            ids_differ((char[IDS_CLAUSE]){0}, name, &r->stranger, r->missing));
}

static unsigned char *
read_items(struct cli *io, const char *path, const struct offer_ids *ids)
{
    struct reader r = {.ids = ids, .columns = 1};
    r.in = mem_zero(ids->items->n, 1, &io->err);
    die_if(r.in ? 0 : ERR_NOMEM, io);
    read_rows(io, path, &r);
    return r.in;
}

static void
read_pairs(struct cli *io, struct offer *o, const struct offer_ids *ids)
{
    struct reader r = {.ids = ids, .columns = 2, .pairs = 1};
    read_rows(io, o->pairs, &r);
    die_if(
        pairs_csr(&r.pair, ids->lists->n, ids->items->n, &o->masked, &io->err),
        io);
    pairs_free(&r.pair);
}

static void
read_groups(struct cli *io, struct offer *o, const struct offer_ids *ids)
{
    int64_t most, n = ids->items->n;
    const char *path = split_cap(o->cap, &most);
    struct reader r = {.ids = ids, .columns = 2};
    r.group = o->group = mem_new(n, sizeof *r.group, &io->err);
    die_if(r.group ? 0 : ERR_NOMEM, io);
    for (int64_t i = 0; i < n; i++)
        r.group[i] = -1;
    read_rows(io, path, &r);
    die_if(rank_items_cap(&o->items, r.group, r.groups.n, most, &io->err), io);
    ids_free(&r.groups);
}

/* Where each item stands: first, second if it is cold and places are reserved
 * for such, or left out. */
static void
put_items(struct cli *io, struct offer *o, const struct offer_ids *ids,
    const struct csr *train)
{
    int64_t n = ids->items->n;
    unsigned char *only = o->only ? read_items(io, o->only, ids) : NULL;
    unsigned char *out = o->exclude ? read_items(io, o->exclude, ids) : NULL;
    unsigned char *shelf = mem_zero(n, 1, &io->err);
    int64_t *degree = train ? csr_column_counts(train, &io->err)
                            : mem_zero(n, sizeof *degree, &io->err);
    die_if(shelf && degree ? 0 : ERR_NOMEM, io);
    for (int64_t i = 0; i < n; i++)
        shelf[i] = (only && !only[i]) || (out && out[i]) ? RANK_LEFT_OUT
                   : o->cold && !degree[i]               ? RANK_SECOND
                                                         : RANK_FIRST;
    die_if(rank_items_init(&o->items, n, shelf, degree, &io->err), io);
    o->items.reserved = o->cold;
    if (o->cold && !o->items.count[1])
        cli_note(io, "all items%s have train interactions",
            only || out ? " that may be in lists" : "");
    free(only);
    free(out);
    free(shelf);
    free(degree);
}

void
offer_read(struct cli *io, struct offer *o, const struct offer_ids *ids,
    const struct csr *train)
{
    if (o->only || o->exclude || o->pairs || o->cap)
        die_if(ids_index(ids->items, "item", &io->err), io);
    if (o->pairs && ids->lists != ids->items)
        die_if(ids_index(ids->lists, ids->what, &io->err), io);
    put_items(io, o, ids, train);
    if (o->pairs)
        read_pairs(io, o, ids);
    if (o->cap)
        read_groups(io, o, ids);
}

int
offer_is_empty(const struct offer *o)
{
    return o->items.n && !(o->items.count[0] + o->items.count[1]);
}

void
offer_free(struct offer *o)
{
    rank_items_free(&o->items);
    csr_free(&o->masked);
    free(o->group);
    o->group = NULL;
}
