#ifndef STAIR_MISSING_H
#define STAIR_MISSING_H

#include "lib/io/npz.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * Rows of a dense file that stand for no vector: items without a text or a
 * picture. The file lists their numbers in the member `missing`, ascending,
 * before x; what x holds there is the mean of the others, for readers that need
 * a value. Such a row is no neighbour of any other.
 */
struct missing {
    unsigned char *row; /* [rows] 1: missing; NULL if none is */
    int64_t n;          /* how many are */
};

/* Sets m from the member's header h and data, for a file of this name with so
 * many rows. ERR_FORMAT unless the data are an ascending list of rows, and not
 * of all rows. */
int missing_set(struct missing *m, const char *name, const struct npy *h,
    const void *data, int64_t rows, struct err *e) ERR_CHECKED;
void missing_free(struct missing *m);

/* ERR_FORMAT for a file that is read in order and has the member after x. */
int missing_late(const char *name, struct err *e);

static inline int
missing_at(const struct missing *m, int64_t i)
{
    return m->row && m->row[i];
}

/* Sets the missing rows among n from `first` on, [n][d], to zero. */
void missing_clear(
    const struct missing *m, int64_t first, int64_t n, int64_t d, float *x);

/* Takes the missing rows out of x; the others keep their order. */
void missing_drop(const struct missing *m, struct mat *x);

/* Writes the member for a file of so many rows; nothing if none is missing. */
void missing_put(struct npz_out *z, const struct missing *m, int64_t rows);

#endif
