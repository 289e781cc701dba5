#ifndef STAIR_KCORE_H
#define STAIR_KCORE_H

#include <stdint.h>

/*
 * One round of the iterated k-core of a bipartite graph given as n edges
 * (user[r], item[r]): keep[r] becomes 0 if the user or the item of r has fewer
 * than k edges among all n, else 1.
 *
 *   user_degree, item_degree   scratch, one per possible index; overwritten
 *
 * Returns how many edges are dropped. O(n + users + items), deterministic.
 */
int64_t kcore_round(const int32_t *user, const int32_t *item, int64_t n,
    int64_t users, int64_t items, int64_t k, int64_t *user_degree,
    int64_t *item_degree, unsigned char *keep);

#endif
