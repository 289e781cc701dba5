#include "lib/rank/rank_list.h"

#include <string.h>

enum { SHORT = 64 /* lists up to this long are kept sorted */ };

struct rank_list_plan
rank_list_plan(int64_t k, const int32_t *group, int64_t cap,
    const struct rank_kernel *kernel)
{
    struct rank_list_plan p = {
        .k = k, .room = k, .kernel = kernel, .group = group, .cap = cap};
    int is_short = k <= SHORT;
    p.kind = group      ? is_short ? RANK_LIST_SHORT_CAPPED : RANK_LIST_CAPPED
             : is_short ? RANK_LIST_SHORT
                        : RANK_LIST_HEAP;
    if (is_short)
        p.room = (k + 2 * RANK_LIST_STEP - 1) / RANK_LIST_STEP * RANK_LIST_STEP;
    return p;
}

/* A short list is filled from the start with entries that stand for no
 * place. */
void
rank_list_start(const struct rank_list_plan *p, struct rank_list *l, int64_t n,
    float *score, int32_t *at, int32_t *group)
{
    int capped = p->kind == RANK_LIST_SHORT_CAPPED;
    l->group = capped ? group + RANK_LIST_STEP : group;
    if (p->kind == RANK_LIST_SHORT || capped) {
        for (int64_t r = 0; r < p->room; r++) {
            score[r] = r < RANK_LIST_STEP ? INFINITY : -INFINITY;
            at[r] = -1;
        }
        for (int64_t r = 0; capped && r < p->room; r++)
            group[r] = -1;
        score += RANK_LIST_STEP;
        at += RANK_LIST_STEP;
    }
    topk_init(&l->top, n, score, at);
}

static void
drop(struct rank_list *l, int64_t r)
{
    struct topk *t = &l->top;
    size_t left = (size_t)(--t->n - r);
    memmove(t->score + r, t->score + r + 1, left * sizeof *t->score);
    memmove(t->id + r, t->id + r + 1, left * sizeof *t->id);
    memmove(l->group + r, l->group + r + 1, left * sizeof *l->group);
}

static void
insert(struct rank_list *l, float s, int32_t at, int32_t group)
{
    struct topk *t = &l->top;
    int64_t r = t->n++;
    for (; r > 0 && t->score[r - 1] < s; r--) {
        t->score[r] = t->score[r - 1];
        t->id[r] = t->id[r - 1];
        l->group[r] = l->group[r - 1];
    }
    t->score[r] = s;
    t->id[r] = at;
    l->group[r] = group;
}

void
rank_list_take_capped(const struct rank_list_plan *p, struct rank_list *l,
    float s, int32_t at, float *floor)
{
    struct topk *t = &l->top;
    int32_t group = p->group[at];
    int64_t held = 0, worst = 0;
    for (int64_t r = 0; group >= 0 && r < t->n; r++)
        if (l->group[r] == group) {
            held++;
            worst = r;
        }
    if (held == p->cap) {
        if (!(s > t->score[worst]))
            return;
        drop(l, worst);
    } else if (t->n == t->k)
        t->n--;
    insert(l, s, at, group);
    if (t->n == t->k)
        *floor = t->score[t->k - 1];
}

void
rank_list_finish(const struct rank_list_plan *p, struct rank_list *l)
{
    struct topk *t = &l->top;
    if (p->kind == RANK_LIST_HEAP)
        topk_sort(t);
    if (p->kind == RANK_LIST_SHORT || p->kind == RANK_LIST_SHORT_CAPPED)
        while (t->n < t->k && t->id[t->n] >= 0)
            t->n++;
}
