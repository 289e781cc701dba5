#ifndef STAIR_KNN_PACK_H
#define STAIR_KNN_PACK_H

#include "lib/base/arena.h"
#include "lib/knn/knn_kernel.h"

#include <stdint.h>

/*
 * Rows packed for the kernels, and how far their products may be from those of
 * the rows.
 *
 * A row x of factor f becomes y = f x - c, with a centre c that all rows share:
 * where rows are alike y is short, and so is its rounding error. Any c gives
 * right bounds. With e_a and e_y the norms of the rounding errors of a and y,
 * Cauchy and Schwarz bound the distance of a product of rounded rows from <a,
 * y> by e_a |y| + (|a| + e_a) e_y.
 */
#define KNN_PACK_FLOATS 0x1p-21 /* covers what roundings of floats add */

struct knn_pack {
    const struct knn_kernel *kernel;
    knn_kernel_multiply *multiply; /* the kernel's for this processor */
    struct exec *exec;
    int64_t d;
    float *centre;           /* [d] */
    double most;             /* no y is longer */
    double half_square;      /* <c, c> / 2 */
    double scale;            /* of rows that share it */
    struct knn_packed worst; /* the largest error and length so far */
};

/*
 * Makes the centre: the mean of the n rows at x [n][d] times their factors
 * (NULL, here and below: 1). None of the rows f x that will be packed is longer
 * than `most`. The memory is the arena's, m, which remembers a failure.
 */
void knn_pack_init(struct knn_pack *p, const float *x, const float *factor,
    int64_t n, int64_t d, double most, struct exec *exec, struct arena *m);

/*
 * Packs n rows at h, as the kernel does, and describes them in row [n]. With
 * shift and unit [n] each row has a scale of its own, and a packed product of
 * two rows times their units, plus their shifts, approximates <f x, f' x'>.
 * Without (NULL) rows share a scale: they are what queries are compared with.
 */
void knn_pack_rows(struct knn_pack *p, const float *x, const float *factor,
    int64_t n, uint32_t *h, struct knn_packed *row, float *shift, float *unit);

/* The largest error of that approximation, for a row and any row packed so
 * far. */
float knn_pack_margin(const struct knn_pack *p, const struct knn_packed *row);

#endif
