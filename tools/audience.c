#include "tools/audience.h"

#include "lib/base/mem.h"
#include "lib/data/intake.h"
#include "lib/io/foreign.h"
#include "lib/io/table.h"

#include <inttypes.h>
#include <stdlib.h>

struct pair {
    int32_t user, item;
};

struct reader {
    struct dataset *to;
    const struct dataset *d;
    const char *name;
    struct pair *pair;
    int64_t n, cap, rows, unknown;
    struct ids_shown stranger; /* an id that is no item */
};

static int
add(struct reader *r, int64_t user, int64_t item, struct err *e)
{
    void *pair = r->pair;
    int rc = mem_grow(&pair, &r->cap, r->n + 1, sizeof *r->pair, e);
    r->pair = pair;
    if (!rc)
        r->pair[r->n++] = (struct pair){(int32_t)user, (int32_t)item};
    return rc;
}

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
    if (row->bad)
        return err_set(e, ERR_FORMAT, "'%s' line %" PRId64 ": %s", r->name,
            row->line, row->bad);
    if (row->n < 2)
        return err_set(e, ERR_FORMAT,
            "'%s' line %" PRId64 ": a tab between user and item is missing",
            r->name, row->line);
    if (!r->rows++ && is_header(r, row))
        return 0;
    const char *why = ids_reason(row->field[0]);
    if (why)
        return err_set(e, ERR_FORMAT, "'%s' line %" PRId64 ": the user id %s",
            r->name, row->line, why);
    int64_t user = ids_add(&r->to->user_ids, row->field[0], e);
    if (user < 0)
        return (int)user;
    int64_t item = ids_find(&r->d->item_ids, row->field[1]);
    if (item >= 0)
        return add(r, user, item, e);
    r->unknown++;
    ids_show(&r->stranger, row->field[1]);
    return 0;
}

static int
ascending(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->user != y->user)
        return x->user < y->user ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

/* Each pair once. */
static int
make_train(struct reader *r, struct err *e)
{
    struct csr *a = &r->to->train;
    int rc = csr_init(a, r->to->n_users, r->to->n_items, r->n, 0, e);
    if (rc)
        return rc;
    if (r->n)
        qsort(r->pair, (size_t)r->n, sizeof *r->pair, ascending);
    int64_t k = 0;
    a->nnz = 0;
    for (int64_t u = 0; u < a->rows; u++) {
        for (; k < r->n && r->pair[k].user == u; k++)
            if (!k || ascending(&r->pair[k - 1], &r->pair[k]) != 0)
                a->indices[a->nnz++] = r->pair[k].item;
        a->indptr[u + 1] = a->nnz;
    }
    return 0;
}

/* The rows of a that these users have. */
static int
copy_rows(struct csr *to, const struct csr *from, const int64_t *row,
    int64_t rows, struct err *e)
{
    int64_t n = 0;
    for (int64_t u = 0; u < rows; u++)
        if (row[u] >= 0)
            n += from->indptr[row[u] + 1] - from->indptr[row[u]];
    int rc = csr_init(to, rows, from->cols, n, 0, e);
    n = 0;
    for (int64_t u = 0; u < rows && !rc; u++) {
        int64_t k = row[u] < 0 ? 0 : from->indptr[row[u]];
        for (; row[u] >= 0 && k < from->indptr[row[u] + 1]; k++)
            to->indices[n++] = from->indices[k];
        to->indptr[u + 1] = n;
    }
    return rc;
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
            rc = add(r, u, train->indices[k], e);
    }
    if (!rc)
        rc = make_train(r, e);
    if (!rc)
        rc = copy_rows(&a->valid, &r->d->valid, row, a->n_users, e);
    if (!rc)
        rc = copy_rows(&a->test, &r->d->test, row, a->n_users, e);
    free(row);
    return rc;
}

void
audience_read(
    struct cli *io, struct dataset *a, struct dataset *d, const char *path)
{
    struct xin x;
    *a = (struct dataset){.n_items = d->n_items, .item_ids = d->item_ids};
    die_if(ids_index(&d->user_ids, "user", &io->err), io);
    die_if(ids_index(&d->item_ids, "item", &io->err), io);
    a->item_ids = d->item_ids;
    struct reader r = {.to = a, .d = d};
    die_if(xin_open(&x, path, &io->err), io);
    r.name = x.name;
    int rc = foreign_check(&x, io->tool, &io->err);
    if (!rc)
        rc = table_read(&x, "\t", 0, add_row, &r, &io->err);
    a->n_users = a->user_ids.n;
    if (!rc && r.unknown)
        cli_note(io, "'%s': passed over %" PRId64 " rows of unknown items",
            x.name, r.unknown);
    if (!rc && r.unknown && !r.n)
        cli_note(io, "none is left: %s",
            ids_differ(
                (char[IDS_CLAUSE]){0}, x.name, &r.stranger, &d->item_ids));
    if (!rc && !a->n_users)
        cli_note(io, "'%s' has no user, and so there are no lists", x.name);
    xin_close(&x);
    if (!rc)
        rc = join(&r, &io->err);
    free(r.pair);
    die_if(rc, io);
}

void
audience_free(struct dataset *a)
{
    a->item_ids = (struct ids){0};
    dataset_free(a);
}
