#ifndef STAIR_TOPK_H
#define STAIR_TOPK_H

#include <stdint.h>

/*
 * The k largest of a stream of (score, id), ties to the smaller id. Order of
 * arrival does not matter. Arrays are the caller's, [k]; after topk_sort they
 * hold n entries, best first. NaN must not be pushed.
 */
struct topk {
    int64_t k, n;
    float *score;
    int32_t *id;
};

static inline int
topk_better(float s, int32_t i, float t, int32_t j)
{
    return s > t || (s == t && i < j);
}

/* 1 if (s, i) would enter: the caller's cheap test before topk_push. */
static inline int
topk_enters(const struct topk *t, float s, int32_t i)
{
    return t->n < t->k || topk_better(s, i, t->score[0], t->id[0]);
}

void topk_init(struct topk *t, int64_t k, float *score, int32_t *id);
void topk_push(struct topk *t, float s, int32_t i); /* O(log k) */
void topk_sort(struct topk *t);

/* Puts the k largest of n scores, 1 <= k <= n, with their ids in front, the
 * k-th last and the others in any order. Returns the k-th. Expected O(n). */
float topk_divide(float *score, int32_t *id, int64_t n, int64_t k);

#endif
