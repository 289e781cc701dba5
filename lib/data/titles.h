#ifndef STAIR_TITLES_H
#define STAIR_TITLES_H

#include "lib/data/ids.h"

#include <stdint.h>

/* The titles of the items, for people. */
struct titles {
    int64_t n;
    int64_t *at; /* [n] offset into text, -1 for no title */
    char *text;  /* a NUL behind each */
    int64_t used, cap;
    int64_t found;             /* items that have a title, also an empty one */
    struct ids_shown stranger; /* an id of the file that is no item */
};

/*
 * Reads a table with tabs, with or without a header row: item id, title.
 * Further columns and ids that are not in items are ignored; the first title of
 * an item counts. The table of items is built (ids_index). Zero-initialised by
 * the call; free with titles_free.
 */
int titles_read(struct titles *t, const char *path, struct ids *items,
    struct err *e) ERR_CHECKED;

/* The title of item i; empty if it has none. */
struct text titles_get(const struct titles *t, int64_t i);

void titles_free(struct titles *t);

#endif
