#ifndef STAIR_METRICS_H
#define STAIR_METRICS_H

#include "lib/base/err.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"

#include <stdint.h>

enum { METRICS_CUTS = 16 };

/* Mean over the users that have targets, each weight 1; double throughout.
 * hits at 0-based ranks r in the list L_u, targets G_u:
 *   recall@k = |L_u ^ G_u| / |G_u|
 *   ndcg@k   = sum_hits 1/log2(r+2) / sum_{r < min(k,|G_u|)} 1/log2(r+2)    */
struct metrics {
    int64_t users; /* with at least one target */
    int n_cuts;
    int64_t cut[METRICS_CUTS];
    double recall[METRICS_CUTS], ndcg[METRICS_CUTS];
};

/*
 * Ranks all items for all users and scores against target (U x I); entries of
 * mask (up to 2, may be NULL) are not ranked. cuts ascending. Deterministic for
 * any thread count. This is the trainer's evaluation; stair-eval adds more
 * metrics on the same lists.
 */
int metrics_run(struct metrics *m, const struct mat *user,
    const struct mat *item, const struct csr *target,
    const struct csr *mask0, const struct csr *mask1, const int64_t *cuts,
    int n_cuts, int threads, struct err *e) ERR_CHECKED;

#endif
