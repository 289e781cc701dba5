/* Products of bfloat16 rows by vdpbf16ps, which multiplies two columns of 16
 * rows at a time. */
#include "lib/knn/knn_kernel.h"

#include <math.h>
#include <stddef.h>

#ifdef ISA_BUILDS_BF16
#include <immintrin.h>

#define TARGET                                                                 \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))
#define INLINE static inline __attribute__((always_inline)) TARGET

/* Rows of a times strips of b at once: as many sums as there are registers,
 * beside WIDE vectors of b and one broadcast of a. */
enum { HIGH = 8, WIDE = 3, PAIRS = KNN_DEPTH / 2 };

_Static_assert(KNN_STRIP % HIGH == 0 && KNN_STRIP == 16, "a strip is a vector");

/* c (+)= the products of HIGH rows of a and `wide` strips of b, which are
 * `stride` words apart. */
INLINE void
sums(const uint32_t *a, const uint32_t *b, int64_t stride, int64_t pairs,
    int wide, int first, float *c)
{
    __m512 s[HIGH][WIDE];
#pragma GCC unroll 8
    for (int r = 0; r < HIGH; r++)
#pragma GCC unroll 8
        for (int k = 0; k < wide; k++)
            s[r][k] = _mm512_setzero_ps();
    for (int64_t p = 0; p < pairs; p++, a += KNN_STRIP, b += KNN_STRIP) {
        __m512bh v[WIDE];
#pragma GCC unroll 8
        for (int k = 0; k < wide; k++)
            v[k] = (__m512bh)_mm512_load_si512(b + k * stride);
#pragma GCC unroll 8
        for (int r = 0; r < HIGH; r++) {
            __m512bh x = (__m512bh)_mm512_set1_epi32((int)a[r]);
#pragma GCC unroll 8
            for (int k = 0; k < wide; k++)
                s[r][k] = _mm512_dpbf16_ps(s[r][k], x, v[k]);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < HIGH; r++)
#pragma GCC unroll 8
        for (int k = 0; k < wide; k++) {
            float *at = c + r * KNN_TILE + k * KNN_STRIP;
            if (!first)
                s[r][k] = _mm512_add_ps(_mm512_loadu_ps(at), s[r][k]);
            _mm512_storeu_ps(at, s[r][k]);
        }
}

typedef void sums_fn(const uint32_t *a, const uint32_t *b, int64_t stride,
    int64_t pairs, int first, float *c);

static TARGET void
sums_1(const uint32_t *a, const uint32_t *b, int64_t stride, int64_t pairs,
    int first, float *c)
{
    sums(a, b, stride, pairs, 1, first, c);
}

static TARGET void
sums_2(const uint32_t *a, const uint32_t *b, int64_t stride, int64_t pairs,
    int first, float *c)
{
    sums(a, b, stride, pairs, 2, first, c);
}

static TARGET void
sums_3(const uint32_t *a, const uint32_t *b, int64_t stride, int64_t pairs,
    int first, float *c)
{
    sums(a, b, stride, pairs, 3, first, c);
}

static void
multiply(const uint32_t *a, int64_t na, const uint32_t *b, int64_t nb,
    int64_t d, int upper, float *c)
{
    static sums_fn *const by_width[] = {NULL, sums_1, sums_2, sums_3};
    int64_t all = (d + 1) / 2, stride = all * KNN_STRIP;
    int64_t strips = (nb + KNN_STRIP - 1) / KNN_STRIP;
    for (int64_t p = 0; p < all; p += PAIRS) {
        int64_t pairs = all - p < PAIRS ? all - p : PAIRS;
        for (int64_t j = 0; j < strips; j += WIDE) {
            int64_t wide = strips - j < WIDE ? strips - j : WIDE;
            int64_t end = (j + wide) * KNN_STRIP;
            if (!upper || end > na)
                end = (na + HIGH - 1) / HIGH * HIGH;
            for (int64_t i = 0; i < end; i += HIGH)
                by_width[wide](
                    a + i / KNN_STRIP * stride + p * KNN_STRIP + i % KNN_STRIP,
                    b + j * stride + p * KNN_STRIP, stride, pairs, p == 0,
                    c + i * KNN_TILE + j * KNN_STRIP);
        }
    }
}

/* Rows and columns of 16 x 16 words change places. */
INLINE void
transpose(__m512i v[KNN_STRIP])
{
    __m512i w[KNN_STRIP];
#pragma GCC unroll 8
    for (int q = 0; q < KNN_STRIP; q += 4) {
        __m512i a = _mm512_unpacklo_epi32(v[q], v[q + 1]);
        __m512i b = _mm512_unpackhi_epi32(v[q], v[q + 1]);
        __m512i c = _mm512_unpacklo_epi32(v[q + 2], v[q + 3]);
        __m512i d = _mm512_unpackhi_epi32(v[q + 2], v[q + 3]);
        w[q] = _mm512_unpacklo_epi64(a, c);
        w[q + 1] = _mm512_unpackhi_epi64(a, c);
        w[q + 2] = _mm512_unpacklo_epi64(b, d);
        w[q + 3] = _mm512_unpackhi_epi64(b, d);
    }
    /* word l of quarter s of w[4 q + r] is row 4 q + l, column 4 s + r */
#pragma GCC unroll 8
    for (int r = 0; r < 4; r++) {
        __m512i a = _mm512_shuffle_i32x4(w[r], w[4 + r], 0x44);
        __m512i b = _mm512_shuffle_i32x4(w[r], w[4 + r], 0xee);
        __m512i c = _mm512_shuffle_i32x4(w[8 + r], w[12 + r], 0x44);
        __m512i d = _mm512_shuffle_i32x4(w[8 + r], w[12 + r], 0xee);
        v[r] = _mm512_shuffle_i32x4(a, c, 0x88);
        v[4 + r] = _mm512_shuffle_i32x4(a, c, 0xdd);
        v[8 + r] = _mm512_shuffle_i32x4(b, d, 0x88);
        v[12 + r] = _mm512_shuffle_i32x4(b, d, 0xdd);
    }
}

/* 32 columns of x, of which `mask` exist, rounded; what that took is added to
 * the sum of squares. */
INLINE __m512i
round_32(const float *x, uint32_t mask, __m512 *sum)
{
    __m512 lo = _mm512_maskz_loadu_ps((__mmask16)mask, x);
    __m512 hi = _mm512_maskz_loadu_ps((__mmask16)(mask >> 16), x + 16);
    __m512i h = (__m512i)_mm512_cvtne2ps_pbh(hi, lo);
    if (sum) {
        __m512i l = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(h));
        __m512i u = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(h, 1));
        lo = _mm512_sub_ps(lo, _mm512_castsi512_ps(_mm512_slli_epi32(l, 16)));
        hi = _mm512_sub_ps(hi, _mm512_castsi512_ps(_mm512_slli_epi32(u, 16)));
        *sum = _mm512_fmadd_ps(lo, lo, *sum);
        *sum = _mm512_fmadd_ps(hi, hi, *sum);
    }
    return h;
}

INLINE void
pack_strip(const float *x, int64_t n, int64_t d, uint32_t *h, __m512 *sum)
{
    for (int64_t c = 0; c < d; c += 32) {
        uint32_t mask = d - c < 32 ? (1u << (d - c)) - 1 : UINT32_MAX;
        __m512i v[KNN_STRIP];
        for (int r = 0; r < KNN_STRIP; r++)
            v[r] = r < n ? round_32(x + r * d + c, mask, sum ? sum + r : NULL)
                         : _mm512_setzero_si512();
        transpose(v);
        int64_t pairs = (d - c + 1) / 2 < 16 ? (d - c + 1) / 2 : 16;
        for (int64_t p = 0; p < pairs; p++, h += KNN_STRIP)
            _mm512_store_si512(h, v[p]);
    }
}

/* The differences are exact; their sum of squares, in float, errs by less than
 * one part in 2^24 for each term. */
static TARGET void
pack(const float *x, int64_t n, int64_t d, uint32_t *h, float *error)
{
    for (int64_t i = 0; i < n; i += KNN_STRIP) {
        int64_t rows = n - i < KNN_STRIP ? n - i : KNN_STRIP;
        __m512 sum[KNN_STRIP];
        for (int r = 0; r < KNN_STRIP; r++)
            sum[r] = _mm512_setzero_ps();
        if (error)
            pack_strip(x + i * d, rows, d, h, sum);
        else
            pack_strip(x + i * d, rows, d, h, NULL);
        for (int64_t r = 0; error && r < rows; r++) {
            double s = (double)_mm512_reduce_add_ps(sum[r]);
            s *= 1.0 + (double)(d + 64) * 0x1p-23;
            error[i + r] = (float)(sqrt(s) + 0x1p-60) * (1 + 0x1p-22f);
        }
        h += knn_half_words(KNN_STRIP, d);
    }
}

static TARGET int64_t
reach(const float *v, int64_t n, float bar, int32_t *at)
{
    __m512 least = _mm512_set1_ps(bar);
    int64_t hits = 0;
    for (int64_t p = 0; p < n; p += 32) {
        uint32_t mask = n - p < 32 ? (1u << (n - p)) - 1 : UINT32_MAX;
        __m512 lo = _mm512_maskz_loadu_ps((__mmask16)mask, v + p);
        __m512 hi = _mm512_maskz_loadu_ps((__mmask16)(mask >> 16), v + p + 16);
        mask &= (uint32_t)_mm512_cmp_ps_mask(lo, least, _CMP_GE_OQ) |
                (uint32_t)_mm512_cmp_ps_mask(hi, least, _CMP_GE_OQ) << 16;
        for (; mask; mask &= mask - 1)
            at[hits++] = (int32_t)p + __builtin_ctz(mask);
    }
    return hits;
}

const struct knn_half *
knn_half_of(const struct exec *exec)
{
    static const struct knn_half half = {pack, multiply, reach};
    return exec_isa(exec) == ISA_AVX512BF16 ? &half : NULL;
}
#else
const struct knn_half *
knn_half_of(const struct exec *exec)
{
    (void)exec;
    return NULL;
}
#endif
