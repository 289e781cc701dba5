#ifndef TEST_BLOCKS_H
#define TEST_BLOCKS_H

/* The state of an engine in blocks of rows. */

#include "lib/engine/engine.h"

#include <stdlib.h>
#include <string.h>

/* Passes over a tensor in blocks of `rows` rows of x, out of the engine or into
 * it. */
static void
pass_blocks(struct engine *g, int tensor, int64_t rows, struct mat *x, int in)
{
    for (int64_t first = 0; first < x->n; first += rows) {
        struct mat b = *x;
        b.x += first * x->d;
        b.n = x->n - first < rows ? x->n - first : rows;
        if (in ? engine_set(g, tensor, first, &b, NULL)
               : engine_get(g, tensor, first, &b, NULL))
            abort();
    }
}

/* How many tensors of g are not the same in blocks, out and in again. */
static int
bad_blocks(struct engine *g)
{
    int bad = 0;
    for (int k = 0; k < g->tensors; k++) {
        struct mat whole, x;
        if (engine_take(g, k, &whole, NULL) || engine_take(g, k, &x, NULL))
            abort();
        size_t bytes = (size_t)(x.n * x.d) * sizeof *x.x;
        memset(x.x, 0, bytes);
        pass_blocks(g, k, 5, &x, 0);
        bad += memcmp(x.x, whole.x, bytes) != 0;
        for (int64_t i = 0; i < x.n * x.d; i++)
            x.x[i] = (float)i;
        pass_blocks(g, k, 7, &x, 1);
        struct mat y;
        if (engine_take(g, k, &y, NULL))
            abort();
        bad += memcmp(x.x, y.x, bytes) != 0;
        if (engine_set(g, k, 0, &whole, NULL))
            abort();
        mat_free(&whole);
        mat_free(&x);
        mat_free(&y);
    }
    return bad;
}

#endif
