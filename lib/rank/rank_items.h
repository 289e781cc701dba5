#ifndef STAIR_RANK_ITEMS_H
#define STAIR_RANK_ITEMS_H

#include "lib/base/err.h"

#include <stdint.h>

/*
 * Which items a ranking offers, in which order equal scores stand, and how many
 * a list may hold of some of them.
 *
 * An item that is offered stands on one of two shelves. Some places of each
 * list can be reserved for the second shelf, for instance for new items;
 * without such places all items stand on the first.
 *
 * Items have places in one order: first those of the first shelf, then those of
 * the second, then those that are not offered. A shelf begins at a multiple of
 * RANK_ITEMS_STEP, and the places in between hold no item. Of equal scores on a
 * shelf the one at the smaller place comes first.
 */
enum { RANK_SHELVES = 2, RANK_ITEMS_STEP = 32 };

struct rank_items {
    int64_t n;                   /* items, offered or not */
    int64_t places;              /* a multiple of RANK_ITEMS_STEP */
    int64_t first[RANK_SHELVES]; /* place of each shelf's first item */
    int64_t count[RANK_SHELVES]; /* items of each shelf */
    int64_t offered;             /* the place at which the rest begins */
    int32_t *item;               /* [places] -1: none */
    int32_t *place;              /* [n] */
    /* So many places of every list are reserved for the second shelf: its best
     * items whose score is not 0 get them. Places that it cannot fill, and all
     * others, go to the best items of both shelves. */
    int64_t reserved;
    int32_t *group; /* [places] the item's group, 0 .. groups - 1, or -1 */
    int64_t groups;
    int64_t fits[RANK_SHELVES]; /* items of each shelf in a list, at most */
    int64_t cap; /* a list holds at most so many items of a group, at least 1 */
};

/* What rank_items_init is told of an item. */
enum { RANK_FIRST, RANK_SECOND, RANK_LEFT_OUT };

/*
 * Gives n items their places. The caller frees with rank_items_free.
 *
 *   shelf   [n] of the above; NULL: all are on the first
 *   weight  [n] of equal scores the item of larger weight comes first, then the
 *           one of smaller index; NULL: no weights
 *
 * ERR_RANGE for more items than lists can hold.
 */
int rank_items_init(struct rank_items *r, int64_t n, const unsigned char *shelf,
    const int64_t *weight, struct err *e) ERR_CHECKED;

/* Lists hold at most cap items with the same group[i] ([n], -1: of none, groups
 * are 0 .. groups - 1). */
int rank_items_cap(struct rank_items *r, const int32_t *group, int64_t groups,
    int64_t cap, struct err *e) ERR_CHECKED;

void rank_items_free(struct rank_items *r);

#endif
