#ifndef STAIR_TALL_H
#define STAIR_TALL_H

#include "lib/base/err.h"
#include "lib/base/exec.h"

#include <stdint.h>

/*
 * Products of tall, narrow double matrices (row-major, n rows), in parallel
 * over row chunks whose borders depend on n alone; partial sums join in chunk
 * order: bytes do not depend on threads.
 */

/* c[a][b] (rows ldc apart) = x^T y; x has a columns, y has b. */
int tall_gram(struct exec *exec, int64_t n, int64_t a, const double *x,
    int64_t ldx, int64_t b, const double *y, int64_t ldy, double *c,
    int64_t ldc, struct err *e) ERR_CHECKED;

/* y = alpha x c + beta y; x has a columns, c is [a][b], y has b columns and
 * does not overlap x. */
void tall_mul(struct exec *exec, int64_t n, int64_t a, double alpha,
    const double *x, int64_t ldx, int64_t b, const double *c, int64_t ldc,
    double beta, double *y, int64_t ldy);

#endif
