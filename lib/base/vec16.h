#ifndef STAIR_VEC16_H
#define STAIR_VEC16_H

/*
 * Sixteen float32 lanes: one type per instruction set, with the same
 * operations. Each is the correctly rounded IEEE operation on every lane, and
 * fma is fused, so all instruction sets give the same bits. Private to *_isa.c
 * files.
 */

#if defined(__AVX512F__)
#include <immintrin.h>
typedef __m512 v16;
#define v16_load(p) _mm512_loadu_ps(p)
#define v16_store(p, a) _mm512_storeu_ps(p, a)
#define v16_set(s) _mm512_set1_ps(s)
#define v16_add(a, b) _mm512_add_ps(a, b)
#define v16_sub(a, b) _mm512_sub_ps(a, b)
#define v16_mul(a, b) _mm512_mul_ps(a, b)
#define v16_div(a, b) _mm512_div_ps(a, b)
#define v16_sqrt(a) _mm512_sqrt_ps(a)
#define v16_fma(a, b, c) _mm512_fmadd_ps(a, b, c)
/* a where y > 0, else b */
#define v16_pick(y, a, b)                                                      \
    _mm512_mask_blend_ps(                                                      \
        _mm512_cmp_ps_mask(y, _mm512_setzero_ps(), _CMP_GT_OQ), b, a)

#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
typedef struct {
    __m256 lo, hi;
} v16;
#define V16_OP2(name, op)                                                      \
    static inline v16 name(v16 a, v16 b)                                       \
    {                                                                          \
        return (v16){op(a.lo, b.lo), op(a.hi, b.hi)};                          \
    }
V16_OP2(v16_add, _mm256_add_ps)
V16_OP2(v16_sub, _mm256_sub_ps)
V16_OP2(v16_mul, _mm256_mul_ps)
V16_OP2(v16_div, _mm256_div_ps)
static inline v16
v16_load(const float *p)
{
    return (v16){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}
static inline void
v16_store(float *p, v16 a)
{
    _mm256_storeu_ps(p, a.lo);
    _mm256_storeu_ps(p + 8, a.hi);
}
static inline v16
v16_set(float s)
{
    return (v16){_mm256_set1_ps(s), _mm256_set1_ps(s)};
}
static inline v16
v16_sqrt(v16 a)
{
    return (v16){_mm256_sqrt_ps(a.lo), _mm256_sqrt_ps(a.hi)};
}
static inline v16
v16_fma(v16 a, v16 b, v16 c)
{
    return (v16){
        _mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
}
static inline v16
v16_pick(v16 y, v16 a, v16 b)
{
    __m256 zero = _mm256_setzero_ps();
    return (v16){
        _mm256_blendv_ps(b.lo, a.lo, _mm256_cmp_ps(y.lo, zero, _CMP_GT_OQ)),
        _mm256_blendv_ps(b.hi, a.hi, _mm256_cmp_ps(y.hi, zero, _CMP_GT_OQ))};
}

#else
#include <math.h>
typedef struct {
    float f[16];
} v16;
#ifdef __SANITIZE_ADDRESS__ /* inlined and checked it takes minutes to compile \
                             */
#define V16_INLINE __attribute__((noinline, unused))
#else
#define V16_INLINE inline
#endif
#define V16_LOOP(name, args, expr)                                             \
    static V16_INLINE v16 name args                                            \
    {                                                                          \
        v16 r;                                                                 \
        for (int j = 0; j < 16; j++)                                           \
            r.f[j] = expr;                                                     \
        return r;                                                              \
    }
V16_LOOP(v16_load, (const float *p), p[j])
V16_LOOP(v16_set, (float s), s)
V16_LOOP(v16_add, (v16 a, v16 b), a.f[j] + b.f[j])
V16_LOOP(v16_sub, (v16 a, v16 b), a.f[j] - b.f[j])
V16_LOOP(v16_mul, (v16 a, v16 b), a.f[j] * b.f[j])
V16_LOOP(v16_div, (v16 a, v16 b), a.f[j] / b.f[j])
V16_LOOP(v16_sqrt, (v16 a), sqrtf(a.f[j]))
V16_LOOP(v16_fma, (v16 a, v16 b, v16 c), fmaf(a.f[j], b.f[j], c.f[j]))
V16_LOOP(v16_pick, (v16 y, v16 a, v16 b), y.f[j] > 0.0f ? a.f[j] : b.f[j])
static inline void
v16_store(float *p, v16 a)
{
    for (int j = 0; j < 16; j++)
        p[j] = a.f[j];
}
#endif

/* Sum of the lanes by halves: lane j + lane j+8, then 4, 2, 1. All devices add
 * in this order. */
static inline float
v16_sum(v16 a)
{
    float f[16];
    v16_store(f, a);
    for (int h = 8; h > 0; h /= 2)
        for (int j = 0; j < h; j++)
            f[j] += f[j + h];
    return f[0];
}

#endif
