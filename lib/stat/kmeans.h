#ifndef STAIR_KMEANS_H
#define STAIR_KMEANS_H

#include "lib/base/exec.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * K-means: seeding by k-means++ (Arthur and Vassilvitskii 2007), then Lloyd's
 * iterations, by squared Euclidean distance; the best of several restarts.
 *
 * An iteration gives every row to its nearest centre (of equally near ones to
 * the first), lets a centre without rows take the row that is farthest from
 * its own, and moves the centres to their rows' means. It ends when no row
 * changes its centre, or when the centres move by less than tolerance: sum of
 * squared moves <= tolerance * mean variance of the columns.
 */
struct kmeans_opt {
    int64_t clusters;
    int64_t restarts;
    int64_t iterations; /* at most */
    double tolerance;
    uint64_t seed;
    struct exec *exec; /* runs restarts side by side */
};

struct kmeans {
    int32_t *label;  /* [n] 0..clusters-1 */
    double inertia;  /* sum of the rows' squared distances */
    int64_t restart; /* the one of least inertia, of equal ones the first */
};

/*
 * x is [n][d], finite, n >= clusters >= 1. Products are float32, sums double;
 * bytes do not depend on threads. Cost O(n d clusters) an iteration; memory
 * 4 n a restart, and per thread the centres. ERR_RANGE if n < clusters. The
 * caller frees with kmeans_free.
 */
int kmeans_run(const struct mat *x, const struct kmeans_opt *o,
    struct kmeans *out, struct err *e) ERR_CHECKED;
void kmeans_free(struct kmeans *k);

/* Subtracts the column means, summed in double. Clusters stay the same, but
 * distances lose fewer digits. */
int kmeans_centre(struct mat *x, struct err *e) ERR_CHECKED;

/*
 * Draws the rows at which restart r begins. The first is uniform. Each next one
 * has a probability proportional to its squared distance from the nearest row
 * drawn before, or is uniform if all rows coincide with one of these. norm [n]:
 * squared norms of the rows; near [n] is scratch.
 */
void kmeans_seed(const struct mat *x, const float *norm, int64_t clusters,
    uint64_t seed, uint32_t r, float *near, int64_t *row);

#endif
