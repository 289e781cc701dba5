#ifndef STAIR_VECTORS_H
#define STAIR_VECTORS_H

#include "lib/base/err.h"
#include "lib/data/features.h"
#include "lib/io/hist.h"

/* Streams item vectors out of other people's files into features. */

enum vectors_format {
    VECTORS_AUTO,   /* by name, else by the first bytes */
    VECTORS_NPZ,    /* .npy, or .npz with members x and perhaps ids */
    VECTORS_AMAZON, /* records of a 10-byte id and 4096 float32 */
    VECTORS_CSV,    /* id,v1,v2,..; with or without a header */
    VECTORS_TSV
};

/* Longest vector that is read. */
enum { VECTORS_MAX_D = 1 << 20 };

/*
 * Reads path ("-": standard input; gzip or not) into f. ids_path (or NULL) is
 * a text file with the id of each row of an .npy or .npz, one per line. An
 * array without ids must have as many rows as there are items: row i is item
 * i, and by_id becomes 0 (else 1). In a pipe the member ids must come before
 * x. Provenance goes to h under the roles "features" and "ids". Errors name
 * file, place and reason. Memory: a block of rows.
 */
int vectors_read(const char *path, enum vectors_format format,
    const char *ids_path, struct features *f, int *by_id, struct hist *h,
    struct err *e) ERR_CHECKED;

#endif
