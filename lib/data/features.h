#ifndef STAIR_FEATURES_H
#define STAIR_FEATURES_H

#include "lib/base/err.h"
#include "lib/data/ids.h"
#include "lib/la/mat.h"
#include "lib/la/missing.h"

#include <stdint.h>

/*
 * Vectors as they come, put at the rows of a dataset's items. Memory: the
 * output and the table of ids.
 */
struct features {
    struct mat m;       /* [items][d]; allocated when the first vector comes */
    struct ids items;   /* the dataset's, index = row */
    unsigned char *met; /* [items] a vector came, or word that there is none */
    struct missing missing; /* items without a vector */
    int64_t zeros;          /* vectors of zeros among the items' */
    int zeros_missing; /* 1: they stand for none; set after features_init */
    int64_t unknown;   /* vectors of ids that are not in the dataset, */
    struct ids_shown stranger; /* one of them */
};

/* items moves into f and is empty afterwards. ERR_FORMAT if an id occurs
 * twice. */
int features_init(
    struct features *f, struct ids *items, struct err *e) ERR_CHECKED;

/*
 * The vector v [d] of the item with this id; one whose values are all NaN says
 * that the item has none. An id that is no item is counted. ERR_SHAPE if d is
 * not that of the vectors before, ERR_NUM if a value is not finite, ERR_FORMAT
 * if the item has a vector already; the sentence lacks the place, which the
 * caller prefixes.
 */
int features_put(struct features *f, struct text id, const float *v, int64_t d,
    struct err *e) ERR_CHECKED;

/* The same for the item of index i. */
int features_put_index(struct features *f, int64_t i, const float *v, int64_t d,
    struct err *e) ERR_CHECKED;

/* 1 if the ids are the item indices; 0 if they are other integers in plain
 * digits: rows of a foreign file that go by id would then be taken for other
 * items; -1 if not all are integers. */
int features_ids_are_rows(const struct features *f);

/* Gives the missing items the mean of the others, summed in double by item
 * index: the result does not depend on the order of arrival. ERR_FORMAT if all
 * are missing; name is of the file that should have had them. */
int features_fill(
    struct features *f, const char *name, struct err *e) ERR_CHECKED;

void features_free(struct features *f);

#endif
