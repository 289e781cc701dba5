#include "lib/rank/rank_items.h"

#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct item {
    int64_t weight;
    int32_t index;
    int shelf;
};

static int
by_place(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->shelf != y->shelf)
        return x->shelf < y->shelf ? -1 : 1;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static int64_t
next_step(int64_t place)
{
    return (place + RANK_ITEMS_STEP - 1) / RANK_ITEMS_STEP * RANK_ITEMS_STEP;
}

static void
put(struct rank_items *r, const struct item *all)
{
    int64_t k = 0, at = 0;
    for (int shelf = RANK_FIRST; shelf <= RANK_LEFT_OUT; shelf++) {
        at = next_step(at);
        if (shelf == RANK_LEFT_OUT)
            r->offered = at;
        else
            r->first[shelf] = at;
        for (; k < r->n && all[k].shelf == shelf; k++, at++) {
            r->item[at] = all[k].index;
            r->place[all[k].index] = (int32_t)at;
            if (shelf < RANK_SHELVES)
                r->count[shelf]++;
        }
    }
}

int
rank_items_init(struct rank_items *r, int64_t n, const unsigned char *shelf,
    const int64_t *weight, struct err *e)
{
    *r = (struct rank_items){.n = n};
    int64_t most = INT32_MAX - 3 * RANK_ITEMS_STEP;
    if (n > most)
        return err_set(
            e, ERR_RANGE, "%" PRId64 " items are more than %" PRId64, n, most);
    r->places = next_step(n) + RANK_SHELVES * RANK_ITEMS_STEP;
    r->item = mem_new(r->places, sizeof *r->item, e);
    r->place = mem_new(n, sizeof *r->place, e);
    struct item *all = mem_new(n, sizeof *all, e);
    if (!r->item || !r->place || !all) {
        free(all);
        rank_items_free(r);
        return ERR_NOMEM;
    }
    for (int64_t i = 0; i < n; i++)
        all[i] = (struct item){
            weight ? weight[i] : 0, (int32_t)i, shelf ? shelf[i] : RANK_FIRST};
    qsort(all, (size_t)n, sizeof *all, by_place);
    memset(r->item, -1, (size_t)r->places * sizeof *r->item);
    put(r, all);
    memcpy(r->fits, r->count, sizeof r->fits);
    free(all);
    return 0;
}

/* How many items of a shelf the cap lets a list hold. */
static int
count_fits(struct rank_items *r, struct err *e)
{
    int64_t *held = mem_new(r->groups, sizeof *held, e);
    if (!held)
        return ERR_NOMEM;
    for (int h = 0; h < RANK_SHELVES; h++) {
        memset(held, 0, (size_t)r->groups * sizeof *held);
        r->fits[h] = 0;
        for (int64_t p = r->first[h]; p < r->first[h] + r->count[h]; p++)
            r->fits[h] += r->group[p] < 0 || held[r->group[p]]++ < r->cap;
    }
    free(held);
    return 0;
}

int
rank_items_cap(struct rank_items *r, const int32_t *group, int64_t groups,
    int64_t cap, struct err *e)
{
    if (cap < 1)
        return err_set(
            e, ERR_RANGE, "a cap of %" PRId64 " leaves no item", cap);
    r->group = mem_new(r->places, sizeof *r->group, e);
    if (!r->group)
        return ERR_NOMEM;
    for (int64_t p = 0; p < r->places; p++)
        r->group[p] = r->item[p] < 0 ? -1 : group[r->item[p]];
    r->groups = groups;
    r->cap = cap;
    return count_fits(r, e);
}

void
rank_items_free(struct rank_items *r)
{
    free(r->item);
    free(r->place);
    free(r->group);
    *r = (struct rank_items){0};
}
