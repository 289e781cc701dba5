#ifndef STAIR_SEGMENTS_H
#define STAIR_SEGMENTS_H

#include "lib/base/arena.h"

#include <stdint.h>

/*
 * The row numbers of a batch, sorted into distinct rows with their occurrences.
 * With it the gradients of gathered rows are added up row by row, in parallel
 * and in a fixed order, and work that depends on the row alone is done once per
 * row.
 */
struct segments {
    int64_t n;           /* entries of the list */
    int64_t rows;        /* distinct rows */
    int32_t *row;        /* [rows] ascending */
    int64_t *start;      /* [rows + 1]: occurrences of row[k] are */
    int32_t *occurrence; /* [n] occurrence[start[k] .. start[k+1]), ascending */
    int32_t *of;         /* [n] the k of entry b: row[of[b]] is its row */
    int64_t cap;         /* longest list there is room for */
    uint64_t *key[2];    /* scratch */
};

/* Room for lists of up to cap entries, at most 2^31 - 1, in an arena. */
struct segments segments_in(struct arena *p, int64_t cap);

/* Fills s from n <= cap row numbers >= 0, in O(n). */
void segments_set(struct segments *s, const int32_t *list, int64_t n);

#endif
