#ifndef STAIR_RANK_LIST_H
#define STAIR_RANK_LIST_H

#include "lib/base/err.h"
#include "lib/la/topk.h"
#include "lib/rank/rank_kernel.h"

#include <math.h>
#include <stdint.h>

/*
 * A list of the best k of many places. The places come in ascending order, each
 * with its score; ties go to the smaller place. A list may hold at most `cap`
 * places of the same group.
 *
 * Short lists are always sorted, because moving entries costs less than
 * branches on data would. Long ones are heaps. A list with a cap is sorted, and
 * a place whose group is full replaces the worst of its group. That is exact:
 * sets that obey such a cap are a matroid, and an element that is the worst of
 * a circuit is not in the best set (Edmonds 1971).
 */
enum rank_list_kind {
    RANK_LIST_SHORT,
    RANK_LIST_HEAP,
    RANK_LIST_SHORT_CAPPED,
    RANK_LIST_CAPPED
};

struct rank_list_plan {
    enum rank_list_kind kind;
    int64_t k;
    int64_t room; /* slots of a list's arrays */
    const struct rank_kernel *kernel;
    const int32_t *group; /* of each place, -1: none */
    int64_t cap;
};

struct rank_list {
    struct topk top;
    int32_t *group; /* [n] of a list with a cap */
};

/* group NULL: no cap. */
struct rank_list_plan rank_list_plan(int64_t k, const int32_t *group,
    int64_t cap, const struct rank_kernel *kernel);

/* An empty list of at most n places, n <= plan->k, in the caller's arrays,
 * [plan->room] each; group may be NULL without a cap. */
void rank_list_start(const struct rank_list_plan *p, struct rank_list *l,
    int64_t n, float *score, int32_t *at, int32_t *group);

/* See rank_list_take. */
void rank_list_take_capped(const struct rank_list_plan *p, struct rank_list *l,
    float s, int32_t at, float *floor);

/* Takes a place whose score s is above *floor. *floor becomes what the next
 * place's score must be above; it is -INFINITY at the start. */
static inline void
rank_list_take(const struct rank_list_plan *p, struct rank_list *l, float s,
    int32_t at, float *floor)
{
    struct topk *t = &l->top;
    if (p->kind == RANK_LIST_SHORT) {
        p->kernel->insert(t->score, t->id, p->room - RANK_LIST_STEP, s, at);
        *floor = t->score[t->k - 1];
    } else if (p->kind == RANK_LIST_SHORT_CAPPED) {
        /* The entries behind the k-th, up to the end of the last step, are the
         * best that the list has let go: with them it is a longer list that
         * obeys the same cap, of which the first k are the best k. */
        if (p->kernel->insert_capped(t->score, t->id, l->group,
                p->room - RANK_LIST_STEP, p->cap, s, at, p->group[at]))
            *floor = t->score[t->k - 1];
    } else if (p->kind == RANK_LIST_HEAP) {
        topk_push(t, s, at);
        if (t->n == t->k)
            *floor = t->score[0];
    } else
        rank_list_take_capped(p, l, s, at, floor);
}

/* The score of the r-th best so far, 1 <= r; -INFINITY if there are fewer, or
 * if a list of this kind does not know it. */
static inline float
rank_list_score(
    const struct rank_list_plan *p, const struct rank_list *l, int64_t r)
{
    const struct topk *t = &l->top;
    if (r > t->k || p->kind == RANK_LIST_HEAP)
        return -INFINITY;
    if (p->kind == RANK_LIST_CAPPED && r > t->n)
        return -INFINITY;
    return t->score[r - 1];
}

/* Completes the list: l->top.n places, best first. */
void rank_list_finish(const struct rank_list_plan *p, struct rank_list *l);

#endif
