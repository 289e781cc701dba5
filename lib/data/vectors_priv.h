#ifndef STAIR_VECTORS_PRIV_H
#define STAIR_VECTORS_PRIV_H

#include "lib/data/vectors.h"
#include "lib/io/xio.h"

/* Shared by vectors.c and vectors_npz.c. */

/* The ids of an array's rows; a repetition is an error. */
struct vectors_rows {
    struct ids ids;
    int given; /* 0: rows are item indices */
};

/* x (nothing taken) passes to the function. */
int vectors_npz(struct xin *x, const char *path, struct vectors_rows *rows,
    struct features *f, struct hist *h, struct err *e) ERR_CHECKED;

#endif
