#ifndef STAIR_SOURCE_H
#define STAIR_SOURCE_H

#include "lib/io/hist.h"
#include "lib/io/npz.h"
#include "lib/la/csr.h"
#include "lib/la/missing.h"

#include <stdint.h>

/*
 * An operand that is either dense (member x of an npz, or a bare .npy; floats
 * or integers of any size) or a CSR file of similarities; the first array
 * member of a known name tells which. Dense rows come as float32, in order, in
 * blocks of the caller's choice, so that a file larger than memory can be
 * worked through; sparse matrices are loaded whole. Pipes will do, except for
 * source_rewind.
 */
struct source {
    int sparse;
    int64_t n, d;           /* rows, columns */
    struct csr csr;         /* if sparse: checked, owned */
    struct missing missing; /* of a dense operand; source_rows gives zeros */
    const char *name;       /* for messages: the path, or <stdin> */
    /* 1 if dense data lie plainly in a regular file that is long enough for
     * what its header promises: source_rewind works, and n x d can be trusted
     * when memory is allocated. */
    int seekable;
    struct source_state *state;
};

/*
 * Opens path ("-": standard input). A sparse operand is read and verified to
 * its end here. h (may be NULL) receives the provenance under role (both
 * borrowed until source_close), of dense operands at the first source_end.
 * ERR_SHAPE if x is not 2-D or holds nothing. On failure nothing is left to
 * close.
 */
int source_open(struct source *s, const char *path, struct hist *h,
    const char *role, struct err *e) ERR_CHECKED;

/* The next k rows of a dense operand into dst [k][d], missing ones as zeros.
 * ERR_NUM names row and column of a value that is not finite (in float32). */
int source_rows(
    struct source *s, int64_t k, float *dst, struct err *e) ERR_CHECKED;

/*
 * All rows of a dense operand of which none has been read: *x is [n][d], the
 * caller frees. Memory grows with what arrives, not with what the header
 * claims. Calls source_end.
 */
int source_load(struct source *s, float **x, struct err *e) ERR_CHECKED;

/*
 * Skips what is left and verifies the file to its last byte. To be called
 * before anything computed from the rows is written.
 */
int source_end(struct source *s, struct err *e) ERR_CHECKED;

/* Back to row 0; needs seekable. The next source_end fails if the content is
 * not what it was the first time. */
int source_rewind(struct source *s, struct err *e) ERR_CHECKED;

/* Idempotent. */
void source_close(struct source *s);

#endif
