#ifndef STAIR_WIDE_H
#define STAIR_WIDE_H

#include "lib/base/exec.h"

#include <stdint.h>

/*
 * Inner loops over the activations of wide layers, compiled once per
 * instruction set. A tile is n rows of w <= WIDE_TILE columns at stride ld:
 * column sums run down the rows in double. No loop fuses or reorders an
 * operation, so all instruction sets give the same bits. Only the files of this
 * folder call them.
 */
enum { WIDE_TILE = 64 };

struct wide {
    /* s[j] = sum of column j. */
    void (*sums)(int64_t n, int64_t w, int64_t ld, const float *x, double *s);

    /* Tiles of a batch normalisation, see batchnorm.h. */
    void (*normalise)(
        int64_t n, int64_t w, int64_t ld, float *z, double eps, float *r);
    void (*project)(int64_t n, int64_t w, int64_t ld, const float *xh,
        const float *r, const float *g, const float *y, float *z);
    void (*backward)(int64_t n, int64_t w, int64_t ld, const float *xh,
        const float *r, const float *g, const float *xb, const float *rb,
        float *y, double *gb, double *bb);
    void (*second)(int64_t n, int64_t w, int64_t ld, const float *xh,
        const float *r, const float *g, float *ay, float *az, double *gb,
        float *rb);

    /* y = g o xh + b on one row of w. */
    void (*affine)(
        int64_t w, const float *xh, const float *g, const float *b, float *y);

    /* keep[k] = word[k] >= below */
    void (*keep)(
        int64_t n, const uint32_t *word, uint32_t below, uint8_t *keep);

    /* x[k] = keep[k] ? scale x[k] : 0 */
    void (*mask)(int64_t n, const uint8_t *keep, float scale, float *x);

    /* z = a x + (1 - a) y; z may be x or y */
    void (*mix)(int64_t n, float a, const float *x, const float *y, float *z);

    /* y += a x */
    void (*add)(int64_t n, float a, const float *x, float *y);

    /* Sixteen interleaved sums in double, then a tree. */
    double (*sum)(int64_t n, const float *x);
};

const struct wide *wide_of(const struct exec *exec);

#endif
