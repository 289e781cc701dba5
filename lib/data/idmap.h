#ifndef STAIR_IDMAP_H
#define STAIR_IDMAP_H

#include "lib/data/dataset.h"
#include "lib/data/ids.h"

/*
 * From original ids back to indices: ids_find on the map gives the index in s.
 * ERR_FORMAT names an id that occurs twice; what ("user") is for the message.
 * The caller frees with ids_free.
 */
int idmap_build(struct ids *map, const struct strs *s, const char *what,
    struct err *e) ERR_CHECKED;

/* ERR_FORMAT if an id holds a tab or a line end and so cannot stand in a
 * table. */
int idmap_check_table(
    const struct strs *s, const char *what, struct err *e) ERR_CHECKED;

/* Bytes of string i. */
int64_t idmap_length(const struct strs *s, int64_t i);

#endif
