#ifndef STAIR_VECTORS_H
#define STAIR_VECTORS_H

#include "lib/base/err.h"
#include "lib/data/features.h"
#include "lib/io/hist.h"
#include "lib/la/csr.h"

/* Streams item vectors out of other people's files into features. */

enum vectors_format {
    VECTORS_AUTO,   /* by name, else by the first bytes */
    VECTORS_NPZ,    /* .npy; .npz with vectors or a graph, and perhaps ids */
    VECTORS_AMAZON, /* records of a 10-byte id and 4096 float32 */
    VECTORS_CSV,    /* id,v1,v2,.. or id;v1;v2; with or without a header */
    VECTORS_TSV,
    VECTORS_BLANK, /* id v1 v2 ..; perhaps after word2vec's line of sizes */
    VECTORS_JSONL  /* objects with an id and an array of numbers */
};

/* Longest vector that is read. */
enum { VECTORS_MAX_D = 1 << 20 };

struct vectors_opt {
    enum vectors_format format;
    /* The id of each row of an .npy or .npz, or NULL: a text file, one a line,
     * or FILE:COLUMN, the name or number from 1 of a column of a CSV or TSV
     * with a header. */
    const char *ids;
    const char *member;      /* of an .npz, NULL: x */
    const char *id, *vector; /* keys of JSON objects, NULL: the usual ones */
};

struct vectors_result {
    int by_id;        /* 0: row i of the array was taken for item i */
    int is_graph;     /* the file held similarities: */
    struct csr graph; /* I x I in the items' order; csr_free */
    int64_t outside;  /* entries of the file's graph from or to unknown items */
};

/*
 * Reads path ("-": standard input; gzip or not) into f, or a CSR matrix of
 * items by items into r->graph. An array without ids must have as many rows as
 * there are items. In an .npz from a pipe the member ids must come before the
 * vectors. A cell or row of text may also hold the whole vector, "[0.5, 1]" or
 * "0.5 1". Provenance goes to h under the roles "features" and "ids". Errors
 * name file, place and reason. Memory: a block of rows, or the whole array if
 * it is in Fortran order.
 */
int vectors_read(const char *path, const struct vectors_opt *o,
    struct features *f, struct vectors_result *r, struct hist *h,
    struct err *e) ERR_CHECKED;

#endif
