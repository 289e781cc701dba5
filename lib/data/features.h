#ifndef STAIR_FEATURES_H
#define STAIR_FEATURES_H

#include "lib/base/err.h"
#include "lib/data/ids.h"
#include "lib/la/mat.h"
#include "lib/la/missing.h"

#include <stdint.h>

/*
 * Collects vectors in any order and puts each in the row of its item. Memory:
 * the output and the table of ids.
 */
struct features {
    struct mat m;       /* [items][d]; allocated when the first vector comes */
    struct ids items;   /* the dataset's, index = row */
    unsigned char *met; /* [items] 1: features_put was called for it */
    struct missing missing; /* items without a vector */
    int64_t zeros;          /* vectors of zeros among the items' */
    int zeros_missing; /* 1: they mean "no vector"; set after features_init */
    int64_t unknown;   /* vectors of ids that are not in the dataset, */
    struct ids_shown stranger; /* one of them */
};

/* items moves into f and is empty afterwards. ERR_FORMAT if an id occurs
 * twice. */
int features_init(
    struct features *f, struct ids *items, struct err *e) ERR_CHECKED;

/*
 * Puts the vector v [d] of the item with this id. A vector of NaN alone says
 * that the item has none. An id that is no item is only counted. ERR_SHAPE if d
 * differs from the vectors before, ERR_NUM if a value is not finite, ERR_FORMAT
 * if the item has a vector already. The caller prefixes the place in the file.
 */
int features_put(struct features *f, struct text id, const float *v, int64_t d,
    struct err *e) ERR_CHECKED;

/* features_put for the item of index i. */
int features_put_index(struct features *f, int64_t i, const float *v, int64_t d,
    struct err *e) ERR_CHECKED;

/* How the ids relate to the row numbers of a file that has no ids: 1 if every
 * item's id is its index; 0 if all are integers, but not the indices, so that a
 * file whose rows go by id would be misread; -1 if not all are integers. */
int features_ids_are_rows(const struct features *f);

/* Gives the missing items the mean of the others, summed in double by item
 * index: the result does not depend on the order of arrival. ERR_FORMAT if all
 * are missing; name is the file's, for the message. */
int features_fill(
    struct features *f, const char *name, struct err *e) ERR_CHECKED;

void features_free(struct features *f);

#endif
