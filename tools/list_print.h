#ifndef STAIR_LIST_PRINT_H
#define STAIR_LIST_PRINT_H

#include "lib/data/titles.h"
#include "lib/fold/fold_blend.h"
#include "lib/io/xio.h"
#include "lib/rank/rank.h"
#include "tools/offer.h"
#include "tools/wanted.h"

enum { LIST_PRINT_REASONS = 64 };

/* Which lists are printed, and how. */
struct list_print {
    int64_t k;                   /* length of a list, if there are so many */
    const struct offer_ids *ids; /* who gets lists, and of what */
    const char *path;            /* the file that has these ids */
    const char *what;            /* in JSON: "items" */
    const struct offer *offer;
    const struct wanted *wanted; /* NULL: all */
    const char *titles;          /* their file; NULL: no such column */
    int json;
    int explain; /* so many reasons at most, LIST_PRINT_REASONS or less */
    /* for reasons: the map (fold_map.h) of each part of the scorer that has
     * vectors */
    const struct fold_map *map;
    /* by list_print */
    int64_t empty; /* lists without an item */
    struct cli *io;
    struct xout x;
    struct titles title;
    const struct scorer *scorer;
    double *room;             /* [map->from] */
    struct fold_blend *blend; /* of a scorer with parts */
};

/*
 * Ranks by s and writes the lists to --output, best first: lines
 * "user<TAB>rank<TAB>item<TAB>score", then perhaps the title, then an item and
 * its part of the score for each reason; or one JSON object a line. o may leave
 * out more items than p->offer. Exits on errors.
 */
void list_print(struct cli *io, struct list_print *p, const struct scorer *s,
    const struct rank_opt *o);

#endif
