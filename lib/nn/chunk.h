#ifndef STAIR_CHUNK_H
#define STAIR_CHUNK_H

#include "lib/base/exec.h"

#include <stdint.h>

/*
 * Loops over n rows of about `width` elements each. They are cut into chunks
 * whose borders depend on n and width alone, so that no result depends on the
 * number of threads. A loop with little work runs on the calling thread.
 */
void chunk_for(struct exec *exec, int64_t n, int64_t width,
    void (*f)(void *ctx, int64_t from, int64_t to), void *ctx);

/* The sum of f over the chunks, joined in ascending order. */
double chunk_sum(struct exec *exec, int64_t n, int64_t width,
    double (*f)(void *ctx, int64_t from, int64_t to), void *ctx);

#endif
