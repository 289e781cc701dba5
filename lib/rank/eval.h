#ifndef STAIR_EVAL_H
#define STAIR_EVAL_H

#include "lib/base/exec.h"
#include "lib/rank/eval_groups.h"
#include "lib/rank/exposure.h"
#include "lib/rank/metrics.h"
#include "lib/rank/rank.h"

/*
 * Everything stair-eval reports, from one ranking of all items for every user
 * that has targets.
 */
struct eval {
    int n_cuts;
    int64_t cut[METRICS_CUTS];
    struct eval_means all;
    double exposure[EXPOSURE_KINDS][METRICS_CUTS];
};

/* One user that has targets, in ascending order. */
typedef int eval_user(void *ctx, int64_t user, int64_t n_target,
    double value[METRICS_KINDS][METRICS_CUTS], struct err *e);

struct eval_opt {
    const struct csr *target;           /* U x I */
    const struct csr *train;            /* U x I, for degrees */
    const struct csr *mask[RANK_MASKS]; /* not ranked; may be NULL */
    const struct rank_items *items;     /* as in rank_opt */
    const int64_t *cuts;                /* ascending */
    int n_cuts;
    struct exec *exec;
    struct eval_groups *group; /* [groups] whose means are computed too */
    int groups;
    eval_user *each; /* may be NULL; a non-zero return ends the run */
    void *ctx;
};

/*
 * Lists hold at least METRICS_MMSSL_LIST items (see metrics.h) or all there
 * are. Bytes do not depend on threads or machine. Errors as rank_run and
 * metrics_check_cuts.
 */
int eval_run(struct eval *v, const struct scorer *s, const struct eval_opt *o,
    struct err *e) ERR_CHECKED;

/*
 * The same where only the items with train interactions exist (warm 1), or only
 * those without (warm 0): these alone are ranked, and are targets. Groups and
 * each of o are not used; without such targets v->all.users is 0.
 */
int eval_side(struct eval *v, const struct scorer *s, const struct eval_opt *o,
    int warm, struct err *e) ERR_CHECKED;

#endif
