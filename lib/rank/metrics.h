#ifndef STAIR_METRICS_H
#define STAIR_METRICS_H

#include "lib/base/err.h"
#include "lib/rank/rank.h"
#include "lib/rank/scorer.h"

#include <stdint.h>

enum { METRICS_CUTS = 16 };

/*
 * Metrics of one list L of a user with the targets G. With n_k the hits among
 * the first k and r the 0-based rank of a hit:
 *   recall@k      n_k / |G|
 *   ndcg@k        sum_hits 1/log2(r+2) / sum_{r < min(k,|G|)} 1/log2(r+2)
 *   precision@k   n_k / k
 *   hit@k         1 if n_k > 0
 *   mrr@k         1 / (r + 1) of the first hit, 0 without one
 *   map@k         sum_hits n_(r+1) / (r+1), over min(k,|G|)
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

/* Means over the users that have targets, in double; each user counts 1. */
struct metrics {
    int64_t users; /* with at least one target */
    int n_cuts;
    int64_t cut[METRICS_CUTS];
    double value[METRICS_KINDS][METRICS_CUTS];
};

/* The gains of hits, for lists of up to n items. */
struct metrics_gain {
    int64_t n;
    double *at;    /* [n] 1/log2(r+2) */
    double *ideal; /* [n + 1] sums of the first i of them, in order */
};

/* The list of a user that has targets. */
struct metrics_user {
    int64_t user;
    const int32_t *list;   /* [gain->n] best first, may end early at -1 */
    const int32_t *target; /* [n_target] ascending */
    int64_t n_target;
    double value[METRICS_KINDS][METRICS_CUTS];
    const struct metrics_gain *gain;
};
typedef int metrics_each(
    void *ctx, const struct metrics_user *user, struct err *e);

struct metrics_opt {
    const struct csr *target;           /* U x I */
    const struct csr *mask[RANK_MASKS]; /* not ranked; may be NULL */
    const struct rank_items *items;     /* as in rank_opt */
    const int64_t *cuts;                /* ascending, at least 1 */
    int n_cuts;
    int64_t least; /* lists hold at least so many items, or all there are */
    struct exec *exec;
    /* Called for every user that has targets, ascending; may be NULL. A
     * non-zero return ends the run. */
    metrics_each *each;
    void *ctx;
};

/*
 * Ranks all items for every user that has targets and compares. A cut beyond
 * the number of items counts the whole list. Sums run in user order in double
 * and logarithms are our own: the same bytes for any thread count and on any
 * machine. Errors as rank_run; ERR_RANGE unless cuts are 1..METRICS_CUTS
 * ascending numbers of at least 1.
 */
int metrics_run(struct metrics *m, const struct scorer *s,
    const struct metrics_opt *o, struct err *e) ERR_CHECKED;

int metrics_gain_init(
    struct metrics_gain *g, int64_t n, struct err *e) ERR_CHECKED;
void metrics_gain_free(struct metrics_gain *g);

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

/* metrics_add adds the values of a user, m->n_cuts columns, to the sums in m.
 * metrics_divide makes means of the sums. */
void metrics_add(
    struct metrics *m, const double value[METRICS_KINDS][METRICS_CUTS]);
void metrics_divide(struct metrics *m);

#endif
