#include "tools/audience.h"

#include "lib/base/mem.h"
#include "lib/data/intake.h"
#include "lib/io/table.h"
#include "lib/la/pairs.h"
#include "lib/rank/ranker.h"

#include <inttypes.h>
#include <stdlib.h>

struct reader {
    struct dataset *to;
    const struct dataset *d;
    struct pairs pairs;
    int64_t rows, unknown;
    struct ids_shown stranger; /* an id that is no item */
};

/* Names of columns, which are no user and no item of the dataset. */
static int
is_header(const struct reader *r, const struct table_row *row)
{
    return intake_usual(INTAKE_USER, row->field[0]) &&
           intake_usual(INTAKE_ITEM, row->field[1]) &&
           ids_find(&r->d->user_ids, row->field[0]) < 0 &&
           ids_find(&r->d->item_ids, row->field[1]) < 0;
}

/* A user without any item that is known has an empty history, and a list. */
static int
add_row(void *ctx, const struct table_row *row, struct err *e)
{
    struct reader *r = ctx;
    int rc = table_two(row, "user", "item", e);
    if (rc)
        return rc;
    if (!r->rows++ && is_header(r, row))
        return 0;
    const char *why = ids_reason(row->field[0]);
    if (why)
        return err_set(e, ERR_FORMAT, "'%s' line %" PRId64 ": the user id %s",
            row->file, row->line, why);
    int64_t user = ids_add(&r->to->user_ids, row->field[0], e);
    if (user < 0)
        return (int)user;
    int64_t item = ids_find(&r->d->item_ids, row->field[1]);
    if (item >= 0)
        return pairs_add(&r->pairs, user, item, e);
    r->unknown++;
    ids_show(&r->stranger, row->field[1]);
    return 0;
}

static int
join(struct reader *r, struct err *e)
{
    struct dataset *a = r->to;
    int64_t *row = mem_new(a->n_users, sizeof *row, e);
    int rc = row ? 0 : ERR_NOMEM;
    for (int64_t u = 0; u < a->n_users && !rc; u++) {
        const struct csr *train = &r->d->train;
        row[u] = ids_find(&r->d->user_ids, ids_get(&a->user_ids, u));
        int64_t k = row[u] < 0 ? 0 : train->indptr[row[u]];
        for (; row[u] >= 0 && k < train->indptr[row[u] + 1] && !rc; k++)
            rc = pairs_add(&r->pairs, u, train->indices[k], e);
    }
    if (!rc)
        rc = pairs_csr(&r->pairs, a->n_users, a->n_items, &a->train, e);
    if (!rc)
        rc = csr_select(
            &r->d->valid, row, a->n_users, NULL, a->n_items, &a->valid, e);
    if (!rc)
        rc = csr_select(
            &r->d->test, row, a->n_users, NULL, a->n_items, &a->test, e);
    free(row);
    return rc;
}

void
audience_read(
    struct cli *io, struct dataset *a, struct dataset *d, const char *path)
{
    const char *name = ranker_shown(path);
    *a = (struct dataset){.n_items = d->n_items, .item_ids = d->item_ids};
    die_if(ids_index(&d->user_ids, "user", &io->err), io);
    die_if(ids_index(&d->item_ids, "item", &io->err), io);
    a->item_ids = d->item_ids;
    struct reader r = {.to = a, .d = d};
    die_if(table_file(path, io->tool, add_row, &r, &io->err), io);
    a->n_users = a->user_ids.n;
    if (r.unknown)
        cli_note(io, "'%s': passed over %" PRId64 " rows of unknown items",
            name, r.unknown);
    if (r.unknown && !r.pairs.n)
        cli_note(io, "none is left: %s",
            ids_differ((char[IDS_CLAUSE]){0}, name, &r.stranger, &d->item_ids));
    if (!a->n_users)
        cli_note(io, "'%s' has no user, and so there are no lists", name);
    die_if(join(&r, &io->err), io);
    pairs_free(&r.pairs);
}

void
audience_free(struct dataset *a)
{
    a->item_ids = (struct ids){0};
    dataset_free(a);
}
