#ifndef STAIR_SIMILAR_H
#define STAIR_SIMILAR_H

#include "lib/base/err.h"
#include "lib/rank/ranker.h"
#include "lib/rank/scorer.h"

/*
 * Scores of items for items, in the place of users: rank_run ranks them like
 * any others. Zero-initialise; free with similar_free.
 */
struct similar {
    struct csr self; /* I x I, the identity: what an item has, and its mask */
    struct mat unit[SCORER_PARTS]; /* vectors of length 1, if wanted */
    struct scorer_part share[SCORER_PARTS];
};

/*
 * The scores of the model r (from path, borrowed)
 *
 *   vectors  score(i, j) = x_i . x_j, x the item vectors; with cosine they are
 *            divided by their lengths, but for zero vectors
 *   a graph  score(i, j) = graph[i, j], 0 if it is not stored
 *   a blend  the weighted sum of its parts' z-scores, as scorer_blend
 *
 * Lengths are computed in double and quotients rounded to float32; the rest is
 * as scorer_dense and scorer_graph have it: the same bytes anywhere. s->n_users
 * is the number of items. Errors as those; ERR_NUM if inner products might
 * overflow.
 */
int similar_scorer(struct similar *m, const struct ranker *r, const char *path,
    int cosine, struct scorer *s, struct err *e) ERR_CHECKED;

/* The number of items of r. ERR_SHAPE names path if parts differ in it or a
 * graph is not square. */
int64_t similar_items(
    const struct ranker *r, const char *path, struct err *e) ERR_CHECKED;

void similar_free(struct similar *m);

#endif
