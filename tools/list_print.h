#ifndef STAIR_LIST_PRINT_H
#define STAIR_LIST_PRINT_H

#include "lib/data/dataset.h"
#include "lib/data/titles.h"
#include "lib/fold/fold_map.h"
#include "lib/io/xio.h"
#include "lib/rank/scorer.h"

enum { LIST_PRINT_REASONS = 64 };

/* How lists are printed. */
struct list_print {
    struct xout x;
    int json;
    int64_t k;                /* length of a list */
    const char *whose, *what; /* in JSON: "user" and "items" */
    const struct ids *ids;    /* of those whose lists these are */
    const struct ids *item_ids;
    const struct titles *titles; /* NULL: no such column */
    int explain; /* so many reasons at most, LIST_PRINT_REASONS or less */
    /* if explain is not 0, whose reasons these are: a graph, or vectors */
    const struct scorer *scorer;
    const struct fold_map *map; /* of vectors, else NULL */
    double *room;               /* [map->from] */
};

/* One list, best first, which may end early at an id of -1: lines
 * "user<TAB>rank<TAB>item<TAB>score", then perhaps the title, then an item and
 * its part of the score for each reason; or one JSON object on one line. */
int list_print(struct list_print *p, int64_t of, const int32_t *id,
    const float *score, struct err *e) ERR_CHECKED;

#endif
