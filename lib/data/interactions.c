#include "lib/data/interactions.h"

#include "lib/base/mem.h"
#include "lib/data/intern.h"
#include "lib/data/kcore.h"
#include "lib/data/number.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The next n rows' indices, in order; times and labels are there already. */
static int
append(void *ctx, int64_t n, const int32_t *user, const int32_t *item,
    struct err *e)
{
    struct interactions *a = ctx;
    int64_t all = a->n + n;
    int rc = mem_grow((void **)&a->user, &a->user_cap, all, sizeof *user, e);
    if (!rc)
        rc = mem_grow((void **)&a->item, &a->item_cap, all, sizeof *item, e);
    if (rc)
        return rc;
    memcpy(a->user + a->n, user, (size_t)n * sizeof *user);
    memcpy(a->item + a->n, item, (size_t)n * sizeof *item);
    a->n = all;
    return 0;
}

int
interactions_flush(struct interactions *a, struct err *e)
{
    int rc = a->intern ? intern_flush(a->intern, e) : 0;
    intern_free(a->intern);
    a->intern = NULL;
    return rc;
}

int
interactions_add(struct interactions *a, const char *user, int64_t user_n,
    const char *item, int64_t item_n, const double *time,
    const unsigned char *label, struct err *e)
{
    if (!a->intern) {
        a->intern = intern_new(&a->users, &a->items, append, a, e);
        if (!a->intern)
            return ERR_NOMEM;
        a->added = a->n;
    }
    int64_t n = a->added + 1;
    int rc = 0;
    if (time)
        rc = mem_grow((void **)&a->time, &a->time_cap, n, sizeof *time, e);
    if (!rc && label)
        rc = mem_grow((void **)&a->label, &a->label_cap, n, 1, e);
    if (rc)
        return rc;
    if (time)
        a->time[a->added] = *time;
    if (label)
        a->label[a->added] = *label;
    a->added = n;
    return intern_add(a->intern, user, user_n, item, item_n, e);
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

int
interactions_dedupe(struct interactions *a, int64_t *dropped, struct err *e)
{
    int64_t users = a->users.n, items = a->items.n;
    int64_t *start = mem_zero(users + 1, sizeof *start, e);
    int64_t *row = mem_new(a->n, sizeof *row, e);
    int32_t *seen = mem_zero(items, sizeof *seen, e);
    unsigned char *keep = mem_new(a->n, 1, e);
    int rc = start && row && seen && keep ? 0 : ERR_NOMEM;
    if (!rc) {
        for (int64_t r = 0; r < a->n; r++)
            start[a->user[r]]++;
        int64_t sum = 0;
        for (int64_t u = 0; u <= users; u++) {
            int64_t size = start[u];
            start[u] = sum;
            sum += size;
        }
        for (int64_t r = 0; r < a->n; r++)
            row[start[a->user[r]]++] = r;
        /* user by user, rows in file order: seen[i] is the last user + 1 */
        *dropped = 0;
        for (int64_t k = 0; k < a->n; k++) {
            int64_t r = row[k];
            int32_t u = a->user[r] + 1;
            keep[r] = seen[a->item[r]] != u;
            seen[a->item[r]] = u;
            *dropped += !keep[r];
        }
        if (*dropped)
            compact(a, keep);
    }
    free(start);
    free(row);
    free(seen);
    free(keep);
    return rc;
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
    while (!rc && kcore_round(a->user, a->item, a->n, a->users.n, a->items.n, k,
                      du, di, keep)) {
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

/* The rows of one part as CSR, items ascending per user. */
static int
build_part(const struct interactions *a, const unsigned char *part, int which,
    int64_t users, int64_t items, struct csr *c, struct err *e)
{
    int64_t nnz = 0;
    for (int64_t r = 0; r < a->n; r++)
        nnz += part[r] == which;
    int rc = csr_init(c, users, items, nnz, 0, e);
    if (rc)
        return rc;
    memset(c->indptr, 0, (size_t)(users + 1) * sizeof *c->indptr);
    for (int64_t r = 0; r < a->n; r++)
        if (part[r] == which)
            c->indptr[a->user[r] + 1]++;
    for (int64_t u = 0; u < users; u++)
        c->indptr[u + 1] += c->indptr[u];
    /* fill from the back of each row, so that indptr[u + 1] moves down to the
     * row's start and is shifted into place below */
    for (int64_t r = 0; r < a->n; r++)
        if (part[r] == which)
            c->indices[--c->indptr[a->user[r] + 1]] = a->item[r];
    memmove(c->indptr, c->indptr + 1, (size_t)users * sizeof *c->indptr);
    c->indptr[users] = nnz;
    for (int64_t u = 0; u < users; u++)
        sort_items(c->indices + c->indptr[u], c->indptr[u + 1] - c->indptr[u]);
    return 0;
}

int
interactions_dataset(struct interactions *a, enum interactions_order order,
    const struct split_opt *opt, struct dataset *d, int by_value[2],
    struct err *e)
{
    *d = (struct dataset){0};
    int rule = order == INTERACTIONS_APPEARANCE ? 0
               : order == INTERACTIONS_INTEGER  ? 1
                                                : 2;
    unsigned char *part = NULL;
    int rc = number_ids(
        a->user, a->n, &a->users, rule, "user", &d->user_ids, &by_value[0], e);
    if (!rc)
        rc = number_ids(a->item, a->n, &a->items, rule, "item", &d->item_ids,
            &by_value[1], e);
    d->n_users = d->user_ids.n;
    d->n_items = d->item_ids.n;
    if (!rc && opt->kind != SPLIT_LABEL) {
        part = mem_new(a->n, 1, e);
        rc = part ? split_assign(opt, a->n, a->user, a->item, a->time,
                        d->n_users, part, e)
                  : ERR_NOMEM;
    }
    const unsigned char *label = part ? part : a->label;
    struct csr *to[3] = {&d->train, &d->valid, &d->test};
    for (int p = 0; p < 3 && !rc; p++)
        rc = build_part(a, label, p, d->n_users, d->n_items, to[p], e);
    free(part);
    if (rc)
        dataset_free(d);
    return rc;
}

void
interactions_free(struct interactions *a)
{
    intern_free(a->intern);
    free(a->user);
    free(a->item);
    free(a->time);
    free(a->label);
    ids_free(&a->users);
    ids_free(&a->items);
    *a = (struct interactions){0};
}
