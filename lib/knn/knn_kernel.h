#ifndef STAIR_KNN_KERNEL_H
#define STAIR_KNN_KERNEL_H

#include "lib/base/exec.h"

#include <stdint.h>

enum {
    KNN_TILE = 480, /* rows and columns of a tile */
    KNN_STRIP =
        16, /* packed rows come in strips of so many; divides KNN_TILE */
    KNN_DEPTH = 256, /* columns summed before a sum joins those of others */
    KNN_SPAN = 32    /* products that are looked at together */
};

/* Sum of products in double: eight interleaved partial sums joined in a fixed
 * tree. The same bits whatever the vector width, as products of floats are
 * exact in double. */
typedef double knn_dot(const float *a, const float *b, int64_t d);

/* Multiplies v [KNN_SPAN] by scale and inverse; 1 if some reach own or bar. */
typedef int knn_above(
    float *v, float scale, const float *inverse, float own, const float *bar);

/*
 * Inner products of rows rounded to bfloat16 (8 significant bits, to nearest
 * even, subnormals to 0), accumulated in float.
 *
 * pack: n rows x [n][d] as knn_half_words(n, d) words of h, 64-byte aligned:
 * strips of KNN_STRIP rows, each [(d + 1) / 2][KNN_STRIP] words of two columns,
 * missing rows and columns 0. error[n] (may be NULL) is the norm of what
 * rounding took from each row, or a little more.
 *
 * multiply: c [na][nb], row stride KNN_TILE, the products of packed rows a and
 * b; some beyond na and nb up to the next multiple of KNN_STRIP are written as
 * well. upper: those below the diagonal may be left out. Each is a sum over
 * slices of KNN_DEPTH columns, in an order that depends on d alone.
 *
 * reach: the places of those of n values that are not below the bar, ascending,
 * in at [n]; returns their number.
 */
struct knn_half {
    void (*pack)(
        const float *x, int64_t n, int64_t d, uint32_t *h, float *error);
    void (*multiply)(const uint32_t *a, int64_t na, const uint32_t *b,
        int64_t nb, int64_t d, int upper, float *c);
    int64_t (*reach)(const float *v, int64_t n, float bar, int32_t *at);
};

static inline int64_t
knn_half_words(int64_t n, int64_t d)
{
    return (n + KNN_STRIP - 1) / KNN_STRIP * KNN_STRIP * ((d + 1) / 2);
}

/* NULL if the instruction set is not avx512bf16. */
const struct knn_half *knn_half_of(const struct exec *exec);

struct knn_loop {
    knn_dot *dot;
    knn_above *above;
};
const struct knn_loop *knn_loop_of(const struct exec *exec);

struct knn_kernel {
    knn_dot *dot;
    knn_above *above;
    const struct knn_half *half; /* NULL: BLAS proposes candidates */
};

void knn_kernel_get(struct knn_kernel *k, const struct exec *exec);

#endif
