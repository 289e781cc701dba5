#ifndef STAIR_KNN_VISIT_H
#define STAIR_KNN_VISIT_H

#include "lib/knn/knn_query.h"

/*
 * Places that visit cells in rounds: in round f place p visits cell
 * near[p * most + f]. The visitors of a cell come together, so that they are
 * queries of the same targets.
 */
struct knn_visit {
    int64_t cells;
    int64_t *start; /* [cells + 2] */
    int32_t *order; /* those of cell i: start[i] .. start[i + 1] - 1 */
    struct knn_query_job *job;
};

/* Makes room for n visits. The memory is the arena's, m, which remembers a
 * failure. */
void knn_visit_init(
    struct knn_visit *v, int64_t n, int64_t cells, struct arena *m);

/* Some rounds, and the places that visit in them. */
struct knn_rounds {
    const int32_t *near;
    int64_t most, first, end; /* columns of near, rounds first .. end - 1 */
    int64_t from, to;         /* places from .. to - 1 */
};

/* Orders the visits by cells, then rounds, then places. */
void knn_visit_sort(struct knn_visit *v, const struct knn_rounds *r);

/* Jobs for query q as place order[q], targets [cells]. Returns their number. */
int64_t knn_visit_jobs(struct knn_visit *v, const struct knn_targets *targets);

#endif
