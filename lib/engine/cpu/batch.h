#ifndef STAIR_BATCH_H
#define STAIR_BATCH_H

#include "lib/base/arena.h"

#include <stdint.h>

/*
 * A batch as the kernels want it: the distinct nodes it touches, ascending, and
 * for each triple the positions of its three nodes in that list.
 */
struct batch {
    int64_t n;                 /* triples */
    int32_t *user, *pos, *neg; /* [n] slots */
    int32_t *node;             /* [n_nodes] the nodes' rows, ascending in the
                                  nodes; users first, items from 0 again */
    int32_t *count;            /* [n_nodes] how often a node occurs */
    int64_t n_nodes, user_nodes;
    int64_t n_all, n_users; /* nodes of the graph, users among them */
    uint64_t *bits;         /* [n_all / 64 + 1], zero between calls */
    int32_t *slot; /* [n_all] the slot of a row; `none` outside the batch */
    int32_t none;  /* 3 max: a slot that no node has */
};

/* Room in an arena for up to max triples over n_all nodes, of which the first
 * n_users are users. */
struct batch batch_in(
    struct arena *p, int64_t max, int64_t n_users, int64_t n_all);

/* Fills b from n triples of (user, positive, negative), whose items are
 * numbered from 0 as in the dataset. Item i is node n_users + i. Node x has row
 * place[x] of all rows, users' before items'. */
void batch_set(
    struct batch *b, const int32_t *triple, int64_t n, const int32_t *place);

#endif
