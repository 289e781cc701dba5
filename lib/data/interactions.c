#include "lib/data/interactions.h"

#include "lib/base/arena.h"
#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Rows whose ids are copied here until there are enough to look up. */
struct interactions_batch {
    int n;
    int64_t used; /* of text */
    struct text user[IDS_BATCH], item[IDS_BATCH];
    char text[2 * IDS_BATCH * IDS_MAX_LENGTH];
};

int
interactions_flush(struct interactions *a, struct err *e)
{
    struct interactions_batch *b = a->batch;
    if (!b || b->n == 0)
        return 0;
    int64_t all = a->n + b->n;
    int rc = mem_grow(&a->user, &a->user_cap, all, sizeof *a->user, e);
    if (!rc)
        rc = mem_grow(&a->item, &a->item_cap, all, sizeof *a->item, e);
    if (!rc)
        rc = ids_add_all(&a->users, b->user, b->n, a->user + a->n, e);
    if (!rc)
        rc = ids_add_all(&a->items, b->item, b->n, a->item + a->n, e);
    if (!rc)
        a->n = all;
    b->n = 0;
    b->used = 0;
    return rc;
}

int
interactions_start(
    struct interactions *a, struct ids *users, struct ids *items, struct err *e)
{
    a->users = *users;
    a->items = *items;
    *users = *items = (struct ids){0};
    a->old_users = a->users.n;
    a->old_items = a->items.n;
    int rc = ids_index(&a->users, "user", e);
    return rc ? rc : ids_index(&a->items, "item", e);
}

int
interactions_list(struct interactions *a, struct text item, struct err *e)
{
    int64_t i = ids_add(&a->items, item, e), before = a->is_listed_cap;
    if (i < 0)
        return (int)i;
    int rc = mem_grow(&a->is_listed, &a->is_listed_cap, i + 1, 1, e);
    if (!rc)
        rc = mem_grow(
            &a->listed, &a->listed_cap, a->n_listed + 1, sizeof *a->listed, e);
    if (rc)
        return rc;
    memset(a->is_listed + before, 0, (size_t)(a->is_listed_cap - before));
    if (a->is_listed[i])
        return 1;
    a->is_listed[i] = 1;
    a->listed[a->n_listed++] = (int32_t)i;
    return 0;
}

static struct text
keep_text(struct interactions_batch *b, struct text id)
{
    char *to = b->text + b->used;
    memcpy(to, id.s, (size_t)id.n);
    b->used += id.n;
    return (struct text){to, id.n};
}

int
interactions_add(struct interactions *a, struct text user, struct text item,
    const struct decimal *time, const unsigned char *label, struct err *e)
{
    if (!a->batch)
        a->batch = mem_zero(1, sizeof *a->batch, e);
    struct interactions_batch *b = a->batch;
    if (!b)
        return ERR_NOMEM;
    int64_t at = a->n + b->n;
    int rc = 0;
    if (time)
        rc = mem_grow(&a->time, &a->time_cap, at + 1, sizeof *time, e);
    if (!rc && label)
        rc = mem_grow(&a->label, &a->label_cap, at + 1, 1, e);
    if (rc)
        return rc;
    if (time)
        a->time[at] = *time;
    if (label)
        a->label[at] = *label;
    b->user[b->n] = keep_text(b, user);
    b->item[b->n] = keep_text(b, item);
    return ++b->n == IDS_BATCH ? interactions_flush(a, e) : 0;
}

/* Keeps the rows with keep[r], in order. */
static void
compact(struct interactions *a, const unsigned char *keep)
{
    int64_t w = 0;
    for (int64_t r = 0; r < a->n; r++) {
        if (!keep[r])
            continue;
        a->user[w] = a->user[r];
        a->item[w] = a->item[r];
        if (a->time)
            a->time[w] = a->time[r];
        if (a->label)
            a->label[w] = a->label[r];
        w++;
    }
    a->n = w;
}

/* Whether row r is kept instead of the earlier row q of the same pair. */
static int
is_better(const struct interactions *a, enum interactions_repeat rule,
    int64_t r, int64_t q)
{
    switch (rule) {
    case INTERACTIONS_FIRST:
        break;
    case INTERACTIONS_LAST:
        return 1;
    case INTERACTIONS_EARLIEST:
        return decimal_compare(a->time[r], a->time[q]) < 0;
    case INTERACTIONS_LATEST:
        return decimal_compare(a->time[r], a->time[q]) > 0;
    }
    return 0;
}

int
interactions_dedupe(struct interactions *a, enum interactions_repeat rule,
    struct interactions_counts *count, struct err *e)
{
    struct arena tmp = {0};
    int64_t *start = arena_zero(&tmp, a->users.n + 1, sizeof *start);
    int64_t *row = arena_new(&tmp, a->n, sizeof *row);
    int64_t *kept = arena_new(&tmp, a->items.n, sizeof *kept);
    int32_t *seen = arena_zero(&tmp, a->items.n, sizeof *seen);
    unsigned char *keep = arena_zero(&tmp, a->n, 1);
    int rc = arena_check(&tmp, e);
    *count = (struct interactions_counts){0};
    if (!rc)
        split_by_user(a->user, a->n, a->users.n, start, row);
    for (int64_t k = 0; k < a->n && !rc; k++) {
        /* kept[i] is the row of item i if seen[i] is the present user + 1 */
        int64_t r = row[k];
        int32_t u = a->user[r] + 1, i = a->item[r];
        int again = seen[i] == u;
        count->users += k == 0 || a->user[row[k - 1]] != a->user[r];
        count->items += seen[i] == 0;
        count->dropped += again;
        count->crossed += again && a->label && a->label[r] != a->label[kept[i]];
        if (again && !is_better(a, rule, r, kept[i]))
            continue;
        if (again)
            keep[kept[i]] = 0;
        seen[i] = u;
        kept[i] = r;
        keep[r] = 1;
    }
    if (!rc && count->dropped)
        compact(a, keep);
    arena_free(&tmp);
    return rc;
}

/* Marks the rows whose user and item have k or more; returns how many others
 * there are. The degrees are scratch. */
static int64_t
mark_core(const struct interactions *a, int64_t k, int64_t *user_degree,
    int64_t *item_degree, unsigned char *keep)
{
    int64_t dropped = 0;
    memset(user_degree, 0, (size_t)a->users.n * sizeof *user_degree);
    memset(item_degree, 0, (size_t)a->items.n * sizeof *item_degree);
    for (int64_t r = 0; r < a->n; r++) {
        user_degree[a->user[r]]++;
        item_degree[a->item[r]]++;
    }
    for (int64_t r = 0; r < a->n; r++) {
        keep[r] = user_degree[a->user[r]] >= k && item_degree[a->item[r]] >= k;
        dropped += !keep[r];
    }
    return dropped;
}

int
interactions_core(
    struct interactions *a, int64_t k, int64_t *rounds, struct err *e)
{
    int64_t *du = mem_new(a->users.n, sizeof *du, e);
    int64_t *di = mem_new(a->items.n, sizeof *di, e);
    unsigned char *keep = mem_new(a->n, 1, e);
    int rc = du && di && keep ? 0 : ERR_NOMEM;
    *rounds = 0;
    while (!rc && mark_core(a, k, du, di, keep)) {
        compact(a, keep);
        ++*rounds;
    }
    if (!rc && a->n == 0)
        rc = err_set(e, ERR_RANGE,
            "the %" PRId64 "-core is empty: nothing is left after %" PRId64
            " rounds",
            k, *rounds);
    free(du);
    free(di);
    free(keep);
    return rc;
}

static int
compare_items(const void *x, const void *y)
{
    int32_t a = *(const int32_t *)x, b = *(const int32_t *)y;
    return (a > b) - (a < b);
}

static void
sort_items(int32_t *item, int64_t n)
{
    if (n > 32) {
        qsort(item, (size_t)n, sizeof *item, compare_items);
        return;
    }
    for (int64_t i = 1; i < n; i++) {
        int32_t x = item[i];
        int64_t j = i;
        for (; j > 0 && item[j - 1] > x; j--)
            item[j] = item[j - 1];
        item[j] = x;
    }
}

/* The rows of each part as CSR, items ascending per user. */
static int
build_parts(const struct interactions *a, const unsigned char *part,
    struct dataset *d, struct err *e)
{
    struct csr *to[3] = {&d->train, &d->valid, &d->test};
    int64_t users = d->n_users, nnz[3] = {0};
    for (int64_t r = 0; r < a->n; r++)
        nnz[part[r]]++;
    for (int p = 0; p < 3; p++) {
        int rc = csr_init(to[p], users, d->n_items, nnz[p], 0, e);
        if (rc)
            return rc;
        memset(to[p]->indptr, 0, (size_t)(users + 1) * sizeof *to[p]->indptr);
    }
    for (int64_t r = 0; r < a->n; r++)
        to[part[r]]->indptr[a->user[r] + 1]++;
    for (int p = 0; p < 3; p++)
        for (int64_t u = 0; u < users; u++)
            to[p]->indptr[u + 1] += to[p]->indptr[u];
    /* Each row is filled from its back, so that indptr[u + 1] moves down to the
     * row's start. It is shifted into place below. */
    for (int64_t r = 0; r < a->n; r++) {
        struct csr *c = to[part[r]];
        c->indices[--c->indptr[a->user[r] + 1]] = a->item[r];
    }
    for (int p = 0; p < 3; p++) {
        struct csr *c = to[p];
        memmove(c->indptr, c->indptr + 1, (size_t)users * sizeof *c->indptr);
        c->indptr[users] = nnz[p];
        for (int64_t u = 0; u < users; u++)
            sort_items(
                c->indices + c->indptr[u], c->indptr[u + 1] - c->indptr[u]);
    }
    return 0;
}

/* The rows' part by the rule, the caller's to free. */
static unsigned char *
assign(const struct interactions *a, const struct split_opt *opt,
    const struct dataset *d, struct err *e)
{
    struct split_rows rows = {.n = a->n,
        .users = d->n_users,
        .user = a->user,
        .item = a->item,
        .time = a->time,
        .user_ids = &d->user_ids,
        .item_ids = &d->item_ids};
    unsigned char *part = mem_new(a->n, 1, e);
    if (part && split_assign(opt, &rows, part, e)) {
        free(part);
        return NULL;
    }
    return part;
}

int
interactions_dataset(struct interactions *a, enum ids_order order,
    const struct split_opt *opt, struct dataset *d, int by_value[2],
    struct err *e)
{
    *d = (struct dataset){0};
    const struct ids_rule users = {order, a->old_users, NULL, 0};
    const struct ids_rule items = {order, a->old_items, a->listed, a->n_listed};
    int rc = ids_renumber(&a->users, &users, "user", a->user, a->n,
        &d->user_ids, &by_value[0], e);
    if (!rc)
        rc = ids_renumber(&a->items, &items, "item", a->item, a->n,
            &d->item_ids, &by_value[1], e);
    d->n_users = d->user_ids.n;
    d->n_items = d->item_ids.n;
    if (!rc && opt->kind == SPLIT_LABEL) {
        rc = build_parts(a, a->label, d, e);
    } else if (!rc) {
        unsigned char *part = assign(a, opt, d, e);
        rc = part ? build_parts(a, part, d, e) : ERR_NOMEM;
        free(part);
    }
    if (rc)
        dataset_free(d);
    return rc;
}

void
interactions_free(struct interactions *a)
{
    free(a->batch);
    free(a->user);
    free(a->item);
    free(a->time);
    free(a->label);
    free(a->listed);
    free(a->is_listed);
    ids_free(&a->users);
    ids_free(&a->items);
    *a = (struct interactions){0};
}
