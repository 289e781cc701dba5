#ifndef STAIR_GZOUT_H
#define STAIR_GZOUT_H

#include "lib/io/xio.h"

/*
 * Text into an xout, gzip-compressed or as it is. The gzip header carries no
 * time and no name: bytes are a function of the content (and of the version of
 * zlib).
 */
struct gzout {
    struct xout *x; /* borrowed; committed by the caller after gzout_end */
    struct gzout_state *state;
};

/* compress 0 writes plain text. On failure nothing is left to end. */
int gzout_init(
    struct gzout *g, struct xout *x, int compress, struct err *e) ERR_CHECKED;
int gzout_write(
    struct gzout *g, const void *buf, int64_t n, struct err *e) ERR_CHECKED;

/* Completes the stream and frees. */
int gzout_end(struct gzout *g, struct err *e) ERR_CHECKED;

/* Frees without completing; idempotent, no-op after gzout_end. */
void gzout_free(struct gzout *g);

#endif
