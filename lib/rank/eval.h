#ifndef STAIR_EVAL_H
#define STAIR_EVAL_H

#include "lib/data/ids.h"
#include "lib/rank/exposure.h"
#include "lib/rank/metrics.h"

/*
 * Everything stair-eval reports, from one ranking of all items for every user
 * that has targets.
 */
struct eval {
    struct metrics all;
    double exposure[EXPOSURE_KINDS][METRICS_CUTS];
};

/*
 * Groups of users or of items, each of which is evaluated by itself. For a
 * group of items only the targets in it count, and users without such a target
 * are left out. Zero-initialise; free with eval_groups_free.
 */
struct eval_groups {
    const char *name;      /* "user-degree", borrowed */
    int of_items;          /* 1: of items, 0: of users */
    struct ids label;      /* of each group */
    int32_t *of;           /* [users or items] the group, -1: none */
    struct metrics *means; /* [label.n], by eval_run */
    int64_t *last;         /* [label.n] the user that was added last */
};

/* Makes groups of users or items by their number of train interactions: from 0,
 * 1, 5, 10, 20, 50, 100, 200, 500 and 1000 on, labelled "5-9" or "1000+". */
int eval_groups_degree(struct eval_groups *g, const struct csr *train,
    int of_items, struct err *e) ERR_CHECKED;

void eval_groups_free(struct eval_groups *g);

struct eval_opt {
    struct metrics_opt lists;  /* least is set by eval_run */
    const struct csr *train;   /* U x I, for degrees */
    struct eval_groups *group; /* [groups] whose means are computed too */
    int groups;
};

/*
 * Lists hold at least METRICS_MMSSL_LIST items (see metrics.h) or all there
 * are. Bytes do not depend on threads or machine. Errors as metrics_run.
 */
int eval_run(struct eval *v, const struct scorer *s, const struct eval_opt *o,
    struct err *e) ERR_CHECKED;

/*
 * eval_run as if only the items with train interactions existed (warm 1), or
 * only those without (warm 0): other items are neither ranked nor targets. The
 * groups and lists.each of o are not used. Without such targets v->all.users is
 * 0.
 */
int eval_side(struct eval *v, const struct scorer *s, const struct eval_opt *o,
    int warm, struct err *e) ERR_CHECKED;

#endif
