#ifndef STAIR_EVAL_H
#define STAIR_EVAL_H

#include "lib/base/exec.h"
#include "lib/rank/metrics.h"
#include "lib/rank/rank.h"

/*
 * Everything stair-eval reports, from one ranking of all items for every user
 * that has targets.
 */

/* Degrees are numbers of train interactions; stratum s holds eval_from[s] up
 * to eval_from[s + 1] - 1, the last has no end. */
enum { EVAL_STRATA = 10 };
extern const int64_t eval_from[EVAL_STRATA];

/* "5-9", "1000+"; buf of at least 48 bytes is returned. */
char *eval_stratum_name(int s, char *buf);

/* Means over users, each weight 1. */
struct eval_means {
    int64_t users;
    double value[METRICS_KINDS][METRICS_CUTS];
};

struct eval {
    int kinds; /* of enum metrics_kind, those that are asked for: the first */
    int n_cuts;
    int64_t cut[METRICS_CUTS];
    struct eval_means all;
    double coverage[METRICS_CUTS];   /* share of the items in any top k */
    double popularity[METRICS_CUTS]; /* mean degree of the items in top k */
    /* users by their degree */
    struct eval_means user[EVAL_STRATA];
    /* targets by their degree: the targets of other strata do not count, and
     * users without a target in the stratum are left out */
    struct eval_means item[EVAL_STRATA];
};

/* One user that has targets, in ascending order. */
typedef int eval_user(void *ctx, int64_t user, int64_t n_target,
    double value[METRICS_KINDS][METRICS_CUTS], struct err *e);

struct eval_opt {
    const struct csr *target;           /* U x I */
    const struct csr *train;            /* U x I, for degrees */
    const struct csr *mask[RANK_MASKS]; /* not ranked; may be NULL */
    const int64_t *cuts;                /* ascending */
    int n_cuts;
    struct exec *exec;
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

#endif
