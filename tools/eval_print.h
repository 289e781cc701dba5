#ifndef STAIR_EVAL_PRINT_H
#define STAIR_EVAL_PRINT_H

#include "lib/io/xio.h"
#include "lib/rank/eval.h"
#include "lib/stat/scores.h"

/* What stair-eval prints; numbers in as few digits as read back exactly. */
struct eval_print {
    struct xout x;
    int kinds; /* of enum metrics_kind: the first ones */
    const struct eval *all;
    const struct eval *cold, *warm; /* NULL: not measured */
    const struct eval_groups *group;
    int groups;
    const char *split, *mask;
    const struct scores_about *about;
};

/* One "metric<TAB>cut-off<TAB>value" line each. Numbers of users and the facts
 * of scores_about have the cut-off "-"; metrics of parts have names such as
 * cold:recall and user-degree:5-9:recall. Empty parts are left out. */
void eval_print_text(struct eval_print *p);

/* One object on one line, {"split": "test", "users": 3, "recall": {"10": ..}};
 * parts nest, "user-degree": {"5-9": {"users": 1, ..}}. */
void eval_print_json(struct eval_print *p);

#endif
