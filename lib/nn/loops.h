#ifndef STAIR_LOOPS_H
#define STAIR_LOOPS_H

#include "lib/base/exec.h"
#include "lib/nn/adam.h"

#include <stdint.h>

/*
 * The inner loops of this folder that are compiled once per instruction set.
 * Every loop states its float32 operations and their order, so that all
 * instruction sets give the same bits. Other folders call the layers instead.
 */

/* How many entries ahead rows are prefetched. */
enum { LOOPS_AHEAD = 24 };

/*
 * y[r] = post_r (beta add[r] + left_r sum_k value_k right_j x[j]), j the
 * columns of row r in their order; a vector that is NULL counts as ones
 * and costs nothing. beta = 0: add is not read. add may be y.
 */
struct loops_spmm {
    const int64_t *indptr;
    const int32_t *indices;
    const float *value; /* [nnz] or NULL */
    int64_t nnz, d;
    const float *left, *right, *post;
    float beta;
    const float *x, *add;
    float *y;
};

/*
 * out[k] += w left_r right_j <a[r], b[j]> for the entries k = (r, j): inner
 * products as those of dot, then factors in this order, in double. A vector
 * that is NULL counts as ones.
 */
struct loops_values {
    const int64_t *indptr;
    const int32_t *indices;
    int64_t nnz, d;
    double w;
    const float *left, *right;
    const float *a, *b;
    float *out;
};

struct loops {
    /* Rows r0..r1-1 of the product. */
    void (*spmm)(const struct loops_spmm *s, int64_t r0, int64_t r1);

    /* The entries of rows r0..r1-1. */
    void (*values)(const struct loops_values *v, int64_t r0, int64_t r1);

    /* Sum of a[k] b[k] in double: sixteen interleaved sums, then a tree. */
    double (*dot)(int64_t n, const float *a, const float *b);

    /* y[k] = fma(a, x[k], y[k]) */
    void (*axpy)(int64_t n, float a, const float *x, float *y);

    /* y[k] = f (c x[k]); y may be x. */
    void (*scale)(int64_t n, float f, float c, const float *x, float *y);

    /* y[k] = e^(x[k] - max x) / sum; y may be x. A NaN makes all of y NaN. */
    void (*softmax)(int64_t n, const float *x, float *y);

    /* y[k] = word[k] >= below ? x[k] scale : 0; y may be x. */
    void (*mask)(int64_t n, const uint32_t *word, uint32_t below, float scale,
        const float *x, float *y);

    /* out[k] = dy[k] where y[k] > 0, else 0.01f dy[k]; out may be y or dy. */
    void (*leaky)(int64_t n, const float *y, const float *dy, float *out);

    /* adam.h */
    void (*adam)(const struct adam *a, int64_t n, float *theta, float *m,
        float *v, const float *g);
};

const struct loops *loops_of(const struct exec *exec);

#endif
