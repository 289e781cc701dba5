#ifndef STAIR_SCORER_H
#define STAIR_SCORER_H

#include "lib/base/err.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * Where a ranking gets its scores: a float32 for every user and item. A scorer
 * borrows what it is made of. See scorer_work.h for its use.
 */
struct scorer {
    int64_t n_users, n_items;
    const struct scorer_kind *kind;
    const struct mat *user, *item; /* of vectors */
    const struct csr *graph;       /* of a graph */
    /* The items that users have, U x I. A graph starts from these. For vectors
     * it may be NULL; else a user without items scores 0 with every item, since
     * nothing was learnt about him. */
    const struct csr *history;
    const struct scorer_part *part; /* [parts] of a blend */
    int parts;
};

/* One of a blend's parts. */
struct scorer_part {
    struct scorer scorer;
    double weight; /* above 0 */
};
enum { SCORER_PARTS = 16 };

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
 * score(u, i) = sum of graph[j, i] over the items j of history(u)
 *
 *   history  U x I        graph  I x I, finite; an entry not stored is 0
 *
 * Float sums from 0, j ascending: the same bytes anywhere. An item that no item
 * of the user leads to has score 0. Ranking with it takes a row of I scores a
 * thread and, for a user, time in the entries of his items' rows.
 *
 * ERR_SHAPE if graph is not I x I, ERR_RANGE for too many items, ERR_NUM if
 * values are so large that a score might overflow.
 */
int scorer_graph(struct scorer *s, const struct csr *history,
    const struct csr *graph, struct err *e) ERR_CHECKED;

/*
 * score(u, i) = sum over the parts of weight (s(u, i) - m(u)) / d(u)
 *
 * where s are the scores of the part, m their mean over all items and d their
 * standard deviation, sqrt(mean of (s - m)^2). Where d <= 2^-20 sqrt(m^2 +
 * d^2), the part says nothing of the user and adds 0. Terms are computed in
 * double and added in the order of the parts; the sum is rounded to float32.
 *
 * A part of vectors has m = user . M and d^2 = user' C user, with the mean M
 * and the covariance C of the item vectors, in double. For a graph, m and d^2
 * are sums over the items. The same bytes anywhere.
 *
 *   part  [parts], 1 .. SCORER_PARTS; none is a blend. The scores of a single
 *         part are its own.
 *
 * Ranking takes what each part takes, and rows of I scores for each of a dozen
 * users a thread for a graph. ERR_SHAPE if the parts' users or items differ,
 * ERR_RANGE for a number of parts or a weight out of range, or a blend inside.
 */
int scorer_blend(struct scorer *s, const struct scorer_part *part, int parts,
    struct err *e) ERR_CHECKED;

/* ERR_RANGE unless lists can hold the index of every one of n items. For the
 * scorers' own use. */
int scorer_check_items(int64_t n, struct err *e) ERR_CHECKED;

#endif
