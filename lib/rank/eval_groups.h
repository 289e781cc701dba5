#ifndef STAIR_EVAL_GROUPS_H
#define STAIR_EVAL_GROUPS_H

#include "lib/base/err.h"
#include "lib/data/ids.h"
#include "lib/la/csr.h"
#include "lib/rank/metrics.h"

#include <stdint.h>

/* Means over users, each weight 1. */
struct eval_means {
    int64_t users;
    double value[METRICS_KINDS][METRICS_CUTS];
};

/*
 * Users or items in groups that are evaluated each by itself. Of items, only
 * the targets in the group count, and users without one are left out.
 * Zero-initialise; free with eval_groups_free.
 */
struct eval_groups {
    const char *name;         /* "user-degree", borrowed */
    int of_items;             /* 1: of items, 0: of users */
    struct ids label;         /* of each group */
    int32_t *of;              /* [users or items] the group, -1: none */
    struct eval_means *means; /* [label.n], by eval_run */
    int64_t *last;            /* [label.n] the user that was added last */
};

/* Groups of users or items by their number of train interactions: those from 0,
 * 1, 5, 10, 20, 50, 100, 200, 500 and 1000 on, labelled "5-9" or "1000+". */
int eval_groups_degree(struct eval_groups *g, const struct csr *train,
    int of_items, struct err *e) ERR_CHECKED;

/* Empties means: after this groups can be added to. For eval_run. */
int eval_groups_start(struct eval_groups *g, struct err *e) ERR_CHECKED;

void eval_groups_free(struct eval_groups *g);

#endif
