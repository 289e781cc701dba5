#ifndef STAIR_KNN_SAMPLE_H
#define STAIR_KNN_SAMPLE_H

#include "lib/knn/knn_centres.h"
#include "lib/knn/knn_places.h"
#include "lib/knn/knn_verify.h"

#include <stdint.h>

/*
 * Rows drawn at random, with their true neighbours: what a search in cells
 * finds is measured by them.
 */
struct knn_sample {
    const struct knn_places *places;
    int64_t n, k;
    int64_t *place; /* [n] */
    int32_t *id;    /* [n][k] the best rows, -1 ends a list */
    double *score;  /* [n][k] */
};

/* Draws n places, or all if there are fewer, and compares them with all. The
 * ranks (ranks.h) share the work, and all get the sample. The memory is the
 * arena's, m. */
int knn_sample_take(struct knn_sample *s, const struct knn_places *p,
    struct knn_pack *pack, const struct knn_room *room, int64_t n, int64_t k,
    struct arena *m, struct err *e) ERR_CHECKED;

/*
 * Sets *probe to the least number of nearest cells with which the part `recall`
 * of the true neighbours of the first n rows is found; 0 if even `most` are too
 * few. Rows i and j meet if the nearest cell of one is among those of the
 * other; home [places] is the nearest cell of each.
 */
int knn_sample_probe(const struct knn_sample *s, int64_t n,
    const struct knn_centres *centres, const int32_t *home, int64_t most,
    double recall, int64_t *probe, struct err *e) ERR_CHECKED;

/* The part of the true neighbours of rows first .. s->n - 1 that is in their
 * lists. Of rows that tie with the last true neighbour any is as good. */
double knn_sample_recall(
    const struct knn_sample *s, const struct knn_verify *found, int64_t first);

#endif
