#ifndef STAIR_RECOMMEND_PRINT_H
#define STAIR_RECOMMEND_PRINT_H

#include "lib/data/dataset.h"
#include "lib/data/titles.h"
#include "lib/io/xio.h"
#include "lib/rank/scorer.h"

enum { RECOMMEND_EXPLAIN = 64 };

/* What stair-recommend prints. */
struct recommend_print {
    struct xout x;
    int json;
    int64_t k; /* length of a list */
    const struct ids *user_ids, *item_ids;
    const struct titles *titles; /* NULL: no such column */
    const struct scorer *scorer; /* a graph, if explain is not 0 */
    int explain; /* so many reasons at most, RECOMMEND_EXPLAIN or less */
};

/* The list of one user, best first, which may end early at an id of -1: lines
 * "user<TAB>rank<TAB>item<TAB>score", then perhaps the title, then an item and
 * its part of the score for each reason; or one JSON object on one line. */
int recommend_print(struct recommend_print *p, int64_t user, const int32_t *id,
    const float *score, struct err *e) ERR_CHECKED;

#endif
