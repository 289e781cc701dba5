#ifndef STAIR_SCORER_H
#define STAIR_SCORER_H

#include "lib/base/err.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * Where a ranking gets its scores: a float32 for every user and item. What it
 * is made of is borrowed and must outlive it. See scorer_work.h for its use.
 */
struct scorer {
    int64_t n_users, n_items;
    const struct scorer_kind *kind;
    const struct mat *user, *item;   /* of scorer_dense */
    const struct csr *train, *graph; /* of scorer_graph */
};

/*
 * score(u, i) = user_u . item_i
 *
 *   user  U x d, finite        item  I x d, finite
 *
 * The float chain s = fmaf(user[j], item[j], s), j ascending, so bytes do not
 * depend on exec, tiles, vector width or machine, and equal item vectors tie
 * exactly. Ranking with it takes one packed copy of item.
 *
 * ERR_SHAPE if widths differ, ERR_RANGE for too many items, ERR_NUM if the
 * vectors are so large that a score might overflow.
 */
int scorer_dense(struct scorer *s, const struct mat *user,
    const struct mat *item, struct err *e) ERR_CHECKED;

/*
 * score(u, i) = sum of graph[j, i] over the items j of train(u)
 *
 *   train  U x I        graph  I x I, finite; an entry that is not stored is 0
 *
 * Float sums from 0, j ascending: the same bytes anywhere. An item that no
 * train item of the user leads to has score 0. Ranking with it takes a row of I
 * scores a thread and, for a user, time in the entries of his items' rows.
 *
 * ERR_SHAPE if graph is not I x I, ERR_RANGE for too many items, ERR_NUM if
 * values are so large that a score might overflow.
 */
int scorer_graph(struct scorer *s, const struct csr *train,
    const struct csr *graph, struct err *e) ERR_CHECKED;

/* ERR_RANGE unless lists can hold the index of every one of n items. For the
 * scorers' own use. */
int scorer_check_items(int64_t n, struct err *e) ERR_CHECKED;

#endif
