#ifndef STAIR_LINEAR_H
#define STAIR_LINEAR_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * Y = X W^T + 1 b^T.
 *
 *   x  [n][p], only read     w  [q][p]     b  [q] or NULL: zeros
 *   y  [n][q], overwritten, not x
 *
 * Works on blocks of rows whose borders depend on the sizes alone: the same
 * bytes for any thread count. They depend on the BLAS library and the processor
 * (lib/la/blas.h).
 */
void linear_forward(const struct mat *x, const struct mat *w, const float *b,
    struct mat *y, struct exec *exec);

/*
 * Its adjoint. It adds to each output, and each may be NULL:
 *   dW += dY^T X,   db += column sums of dY (in double),   dX += dY W
 *
 *   x  [n][p], may be NULL where dw is      w  [q][p], may be NULL where dx is
 *   dy [n][q]     dx [n][p]     dw [q][p]     db [q]
 */
void linear_backward(const struct mat *x, const struct mat *w,
    const struct mat *dy, struct mat *dx, struct mat *dw, float *db,
    struct exec *exec);

/*
 * linear_forward on the rows of X that a list names, without a copy of them
 * all: y_b = W x_{list[b]} + b, b < y.n. ERR_NOMEM.
 */
int linear_rows_forward(const struct mat *x, const int32_t *list,
    const struct mat *w, const float *b, struct mat *y, struct exec *exec,
    struct err *e) ERR_CHECKED;

/* dW += dY^T X_list, db as above (may be NULL). The gradient of the gathered
 * rows themselves is linear_backward's dx. ERR_NOMEM. */
int linear_rows_backward(const struct mat *x, const int32_t *list,
    const struct mat *dy, struct mat *dw, float *db, struct exec *exec,
    struct err *e) ERR_CHECKED;

/* dX_{list[b]} += (dY W)_b where the list's rows are distinct. ERR_NOMEM. */
int linear_rows_inputs(const int32_t *list, const struct mat *w,
    const struct mat *dy, struct mat *dx, struct exec *exec,
    struct err *e) ERR_CHECKED;

#endif
