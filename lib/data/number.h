#ifndef STAIR_NUMBER_H
#define STAIR_NUMBER_H

#include "lib/data/dataset.h"
#include "lib/data/ids.h"

#include <stdint.h>

/*
 * Renumbers one side of the interactions: index[0..n) holds old indices into
 * ids and is overwritten with new ones, 0..names->n - 1, of the ids that occur.
 *
 *   order     0: by first occurrence in index
 *             1: by the value of the id, which must be 0..count-1 in canonical
 *                decimal form; ERR_FORMAT says which id is not or is missing
 *             2: by value if that is possible, else by first occurrence
 *   what      "user" or "item", for the message
 *   names     the ids by new index; the caller frees with strs_free
 *   by_value  tells which rule was applied
 */
int number_ids(int32_t *index, int64_t n, const struct ids *ids, int order,
    const char *what, struct strs *names, int *by_value,
    struct err *e) ERR_CHECKED;

#endif
