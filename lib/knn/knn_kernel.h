#ifndef STAIR_KNN_KERNEL_H
#define STAIR_KNN_KERNEL_H

#include "lib/base/exec.h"

#include <stdint.h>

/*
 * Inner products of rows that are rounded to 16-bit integers, which propose
 * neighbours, and the loops beside them. Sums of integers are exact. The bar of
 * a row is the least product that may still enter its list.
 */

enum {
    KNN_TILE = 480,  /* rows and columns of a tile of products */
    KNN_STRIP = 16,  /* packed rows come in strips of so many */
    KNN_DEPTH = 256, /* columns of a part of a tile, which stays in cache */
    KNN_SPAN = 32,   /* products that are looked at together */
    KNN_NORM = 32766 /* of a packed row at most: its numbers fit into 16 bits,
                        sums of products into 32 */
};

/* What turns the products of a row with others into approximate cosines,
 * v[p] = product[p] own_unit unit[p] + own_shift + shift[p], and the bars of
 * both sides. */
struct knn_span {
    float own_unit, own_shift, own_bar;
    const float *unit, *shift, *bar; /* readable up to a multiple of KNN_SPAN */
};

/* n packed rows, each with a unit, a shift and a bar above -INFINITY. The
 * arrays go on up to a multiple of KNN_STRIP, there with unit 0, shift
 * -INFINITY and bar INFINITY. */
struct knn_side {
    const uint32_t *half;
    int64_t n; /* at most KNN_TILE */
    const float *unit, *shift, *bar;
};

/* What is known of a packed row y. */
struct knn_packed {
    float error;  /* the norm of the rounding error */
    float length; /* |y| + error; both are rounded up */
};

typedef void knn_kernel_multiply(const uint32_t *a, int64_t na,
    const uint32_t *b, int64_t nb, int64_t d, int upper, float *c);

/* A pair of rows of two sides, and whose bars it reaches. */
enum { KNN_MINE = 1, KNN_OTHER = 2 };
struct knn_hit {
    int16_t i, j;
    int32_t reached; /* KNN_MINE: that of i, KNN_OTHER: that of j, or both */
};

typedef int64_t knn_kernel_pairs(const struct knn_side *a,
    const struct knn_side *b, int64_t d, int upper, struct knn_hit *hit);

struct knn_kernel {
    /* Sum of products in double: eight interleaved partial sums joined in a
     * fixed tree. The same bits whatever the vector width, as products of
     * floats are exact in double. */
    double (*dot)(const float *a, const float *b, int64_t d);

    /*
     * Rounds n rows scale y, with y = factor x - centre, to integers and packs
     * them: knn_kernel_words(n, d) words at h, 64-byte aligned, in strips of
     * KNN_STRIP rows, each [(d + 1) / 2][KNN_STRIP] words of two columns,
     * missing rows and columns 0. factor and scale are [n], centre is [d] or
     * NULL for 0; scale |y| is at most KNN_NORM. row [n] describes each y as
     * computed in floats.
     */
    void (*pack)(const float *x, int64_t n, int64_t d, const float *factor,
        const float *centre, const float *scale, uint32_t *h,
        struct knn_packed *row);

    /*
     * c [na][nb], rows KNN_TILE apart: the products of packed rows a and b.
     * Some beyond na and nb up to the next multiple of KNN_STRIP are written as
     * well. upper: those below the diagonal may be left out.
     */
    knn_kernel_multiply *multiply;
    knn_kernel_multiply *multiply_vnni; /* the same for ISA_AVX512VNNI */

    /* Writes to at [n] the places, ascending, of the values that are not below
     * the bar; returns their number. v is readable up to a multiple of
     * KNN_SPAN. */
    int64_t (*reach)(const float *v, int64_t n, float bar, int32_t *at);

    /* reach for products v, which become cosines by s; a value must not be
     * below at least one of its two bars. */
    int64_t (*reach_either)(
        float *v, int64_t n, const struct knn_span *s, int32_t *at);

    /*
     * The pairs of a row i of a and a row j of b, in any order, whose product
     * times both units plus both shifts is not below one of their bars; returns
     * their number. upper: only those with j > i. hit has room for all pairs.
     */
    knn_kernel_pairs *pairs;
    knn_kernel_pairs *pairs_vnni; /* the same for ISA_AVX512VNNI */
};

static inline int64_t
knn_kernel_words(int64_t n, int64_t d)
{
    return (n + KNN_STRIP - 1) / KNN_STRIP * KNN_STRIP * ((d + 1) / 2);
}

const struct knn_kernel *knn_kernel_of(const struct exec *exec);

#endif
