#ifndef STAIR_KNN_CENTRES_H
#define STAIR_KNN_CENTRES_H

#include "lib/base/arena.h"
#include "lib/knn/knn_query.h"

#include <stdint.h>

/*
 * Centres of rows by cosine, and the nearest centres of any row. Centres are
 * learned by spherical k-means on a part of the rows. A row is compared with
 * all centres only twice. In the iterations between, it chooses among those
 * that were nearest at first.
 *
 * Everything is a function of the rows and the number of centres: sums are in
 * the order of rows, cosines in double. The ranks (ranks.h) share the rows.
 */
struct knn_centres {
    struct exec *exec;
    int64_t d, n;
    float *x; /* [n][d] of norm 1 */
    struct knn_pack pack;
    struct knn_targets targets; /* the centres, packed */
};

/* The rows at row[0 .. n - 1] of x, times their inverse norms. */
struct knn_points {
    const float *x, *inverse;
    const int64_t *row;
    int64_t n;
};

/* Learns n centres, at most p->n. The memory is the arena's, m. */
int knn_centres_learn(struct knn_centres *c, const struct knn_points *p,
    int64_t n, int64_t d, struct exec *exec, struct arena *m,
    struct err *e) ERR_CHECKED;

/* The `most` nearest of at least as many centres of each point, the nearest
 * first, ties to the smaller: near [p->n][most]. */
int knn_centres_near(const struct knn_centres *c, const struct knn_points *p,
    int64_t most, int32_t *near, struct err *e) ERR_CHECKED;

#endif
