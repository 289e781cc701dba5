#ifndef STAIR_EVAL_PRINT_H
#define STAIR_EVAL_PRINT_H

#include "lib/io/xio.h"
#include "lib/rank/eval.h"
#include "lib/stat/scores.h"

/* What stair-eval prints; numbers in as few digits as read back exactly. */

/* One "metric<TAB>cut-off<TAB>value" line each. Numbers of users, and what the
 * metrics are about, have the cut-off "-"; with strata, the metrics of each
 * follow, as user-degree:5-9:recall. Empty strata are left out. */
int eval_print_text(struct xout *x, const struct eval *v,
    const struct scores_about *about, int strata, struct err *e) ERR_CHECKED;

/* One object on one line, {"split": "test", "users": 3, "recall": {"10": ..}};
 * with strata, "user-degree": {"5-9": {"users": 1, ..}} and "item-degree". */
int eval_print_json(struct xout *x, const struct eval *v,
    const struct scores_about *about, const char *split, const char *mask,
    int strata, struct err *e) ERR_CHECKED;

#endif
