#ifndef STAIR_ROWS_H
#define STAIR_ROWS_H

#include "lib/base/exec.h"
#include "lib/la/mat.h"
#include "lib/nn/segments.h"

#include <stdint.h>

/*
 * Rows of row-major matrices. Throughout lib/nn a list of row numbers may be
 * NULL for the rows 0, 1, 2, ...; a block of rows is a struct mat of its own
 * that borrows x: {n, d, m.x + first * d}. The same bytes for any thread count.
 */

/* y_b = x_{list[b]}, b < y.n. */
void rows_gather(
    const struct mat *x, const int32_t *list, struct mat *y, struct exec *exec);

/* The adjoint of rows_gather: x_r += sum of y_b over the occurrences b of r in
 * the list of s, b ascending. y [s.n][d]. */
void rows_scatter(const struct segments *s, const struct mat *y, struct mat *x,
    struct exec *exec);

/* y_b += c x_{list[b]}, b < y.n, by fma. */
void rows_add(float c, const struct mat *x, const int32_t *list, struct mat *y,
    struct exec *exec);

/* x_{list[b]} += c y_b, b < y.n, by fma; the list's rows are distinct. */
void rows_add_at(float c, const struct mat *y, const int32_t *list,
    struct mat *x, struct exec *exec);

/* x = c x. */
void rows_scale(float c, struct mat *x, struct exec *exec);

/* x = 0. */
void rows_zero(struct mat *x, struct exec *exec);

#endif
