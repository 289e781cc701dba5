#ifndef STAIR_METRICS_H
#define STAIR_METRICS_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/csr.h"
#include "lib/rank/scorer.h"

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
 * Ranks all items for every user that has targets (U x I) and compares; entries
 * of the masks (may be NULL) are not ranked. Cuts ascend and are at least 1;
 * one beyond the number of items counts the whole list. Sums run in user order
 * in double and logarithms are our own: the same bytes for any thread count and
 * on any machine. This is what trainings and blends are chosen by; stair-eval
 * adds more metrics on the same lists. Errors as rank_run; ERR_RANGE for bad
 * cuts.
 */
int metrics_run(struct metrics *m, const struct scorer *s,
    const struct csr *target, const struct csr *mask0, const struct csr *mask1,
    const int64_t *cuts, int n_cuts, struct exec *exec,
    struct err *e) ERR_CHECKED;

/* The users that have targets, ascending: returns how many, or a negative code;
 * *users is the caller's to free. */
int64_t metrics_users(
    const struct csr *target, int64_t **users, struct err *e) ERR_CHECKED;

/*
 * Metrics of one list. Beside the two above, with n_k the hits among the first
 * k and r the 0-based rank of a hit:
 *   precision@k   n_k / k
 *   hit@k         1 if n_k > 0
 *   mrr@k         1 / (r + 1) of the first hit, 0 without one
 *   map@k         sum_hits n_(r+1) / (r+1), over min(k,|G_u|)
 *   mmssl-ndcg@k  as ndcg, but over sum_{r < min(k, hits in the whole list)}:
 *                 the code of MMSSL and LATTICE, whose lists hold
 *                 METRICS_MMSSL_LIST items. Not comparable with ndcg.
 */
enum metrics_kind {
    METRICS_RECALL,
    METRICS_NDCG,
    METRICS_PRECISION,
    METRICS_HIT,
    METRICS_MRR,
    METRICS_MAP,
    METRICS_MMSSL_NDCG,
    METRICS_KINDS
};
enum { METRICS_MMSSL_LIST = 50 };

extern const char *const metrics_names[METRICS_KINDS]; /* "recall", .. */

/* For lists of up to n items. */
struct metrics_gain {
    int64_t n;
    double *at;    /* [n] 1/log2(r+2) */
    double *ideal; /* [n + 1] sums of the first i of them, in order */
};

int metrics_gain_init(
    struct metrics_gain *g, int64_t n, struct err *e) ERR_CHECKED;
void metrics_gain_free(struct metrics_gain *g);

/* ERR_RANGE unless cuts are 1..METRICS_CUTS ascending numbers of at least 1. */
int metrics_check_cuts(
    const int64_t *cuts, int n_cuts, struct err *e) ERR_CHECKED;

/*
 *   list     [n] items, best first, ends early at an id of -1; n <= g->n
 *   target   [n_target] ascending, at least one
 *   value    [METRICS_KINDS][METRICS_CUTS], the first n_cuts of each row are
 *            written
 * Cost O(n log n_target).
 */
void metrics_list(const struct metrics_gain *g, const int32_t *list, int64_t n,
    const int32_t *target, int64_t n_target, const int64_t *cuts, int n_cuts,
    double value[METRICS_KINDS][METRICS_CUTS]);

#endif
