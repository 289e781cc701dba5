/* Compiled once per instruction set, see the Makefile. */
#include "lib/knn/knn_kernel.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

/* HIGH rows of one side times WIDE strips of the other at once: as many sums as
 * there are registers. */
#if defined(__AVX512F__)
enum { LANES = 16, HIGH = 8, WIDE = 3 };
#elif defined(__AVX2__)
enum { LANES = 8, HIGH = 4, WIDE = 1 };
#else
enum { LANES = 4, HIGH = 4, WIDE = 1 };
#endif
/* What a last group of strips can be wide, other than 1 and WIDE. */
enum { SOME = WIDE > 2 ? 2 : 1 };
enum { VECTORS = KNN_STRIP / LANES, PAIRS = KNN_DEPTH / 2, CHUNK = 32 };

_Static_assert(KNN_STRIP % HIGH == 0 && KNN_TILE % KNN_STRIP == 0, "strips");
_Static_assert(KNN_TILE % KNN_SPAN == 0 && KNN_SPAN % LANES == 0, "spans");

typedef int32_t words __attribute__((vector_size(4 * LANES), may_alias));
typedef uint64_t doubled __attribute__((vector_size(4 * LANES)));
typedef float floats __attribute__((vector_size(4 * LANES), may_alias));

/* s + a's first column times b's + the second times the second. */
INLINE words
add_pairs(words s, words a, words b, int vnni)
{
    (void)vnni;
#if defined(__AVX512F__)
    if (vnni)
        __asm__("vpdpwssd %2, %1, %0" : "+v"(s) : "v"(a), "v"(b));
    else
        s += (words)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    s += (words)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
    s += (words)_mm_madd_epi16((__m128i)a, (__m128i)b);
#else
    words low = (words)((a << 16) >> 16) * ((b << 16) >> 16);
    s += low + (a >> 16) * (b >> 16);
#endif
    return s;
}

/* Products of HIGH rows and WIDE strips, or fewer. */
typedef words sums[HIGH][WIDE * VECTORS];

/* s = the products of HIGH rows of a and `wide` strips of b, which are `stride`
 * words apart. */
INLINE void
add_up(const uint32_t *a, const uint32_t *b, int64_t stride, int64_t pairs,
    int wide, int vnni, sums s)
{
#pragma GCC unroll 8
    for (int r = 0; r < HIGH; r++)
#pragma GCC unroll 8
        for (int k = 0; k < wide * VECTORS; k++)
            s[r][k] = (words){0};
    for (int64_t p = 0; p < pairs; p++, a += KNN_STRIP, b += KNN_STRIP) {
        words v[WIDE * VECTORS];
#pragma GCC unroll 8
        for (int k = 0; k < wide * VECTORS; k++)
            v[k] = *(
                const words *)(b + k / VECTORS * stride + k % VECTORS * LANES);
#pragma GCC unroll 8
        for (int r = 0; r < HIGH; r++) {
            words x = (words){0} + (int32_t)a[r];
#pragma GCC unroll 8
            for (int k = 0; k < wide * VECTORS; k++)
                s[r][k] = add_pairs(s[r][k], x, v[k], vnni);
        }
    }
}

/* c (+)= those products. Integers become floats in the end. */
INLINE void
part(const uint32_t *a, const uint32_t *b, int64_t stride, int64_t pairs,
    int wide, int first, int last, int vnni, float *c)
{
    sums s;
    add_up(a, b, stride, pairs, wide, vnni, s);
#pragma GCC unroll 8
    for (int r = 0; r < HIGH; r++)
#pragma GCC unroll 8
        for (int k = 0; k < wide * VECTORS; k++) {
            words *at = (words *)(c + r * KNN_TILE + k * LANES);
            if (!first)
                s[r][k] += *at;
            if (last)
                s[r][k] = (words) __builtin_convertvector(s[r][k], floats);
            *at = s[r][k];
        }
}

INLINE void
multiply(const uint32_t *a, int64_t na, const uint32_t *b, int64_t nb,
    int64_t d, int upper, int vnni, float *c)
{
    int64_t all = (d + 1) / 2, stride = all * KNN_STRIP;
    int64_t strips = (nb + KNN_STRIP - 1) / KNN_STRIP;
    for (int64_t p = 0; p < all; p += PAIRS) {
        int64_t pairs = all - p < PAIRS ? all - p : PAIRS;
        int first = p == 0, last = p + PAIRS >= all;
        for (int64_t j = 0; j < strips; j += WIDE) {
            int64_t wide = strips - j < WIDE ? strips - j : WIDE;
            int64_t end = (j + wide) * KNN_STRIP;
            if (!upper || end > na)
                end = (na + HIGH - 1) / HIGH * HIGH;
            for (int64_t i = 0; i < end; i += HIGH) {
                const uint32_t *x =
                    a + i / KNN_STRIP * stride + p * KNN_STRIP + i % KNN_STRIP;
                const uint32_t *y = b + j * stride + p * KNN_STRIP;
                float *to = c + i * KNN_TILE + j * KNN_STRIP;
                if (wide == WIDE)
                    part(x, y, stride, pairs, WIDE, first, last, vnni, to);
                else if (wide == 1)
                    part(x, y, stride, pairs, 1, first, last, vnni, to);
                else
                    part(x, y, stride, pairs, SOME, first, last, vnni, to);
            }
        }
    }
}

INLINE floats
load(const float *p, int64_t n)
{
    floats v = {0};
    if (n < LANES)
        memcpy(&v, p, n > 0 ? (size_t)n * sizeof *p : 0);
    else
        memcpy(&v, p, sizeof v);
    return v;
}

/* Sums of squares. */
struct squares {
    floats all, lost;
};

/* Rounds to the nearest integers, even ones on ties: what is added leaves no
 * room for a fraction, and the integer in the lower half. The difference is
 * exact. Two become one word. */
INLINE doubled
rounded(floats y, struct squares *s)
{
    const float magic = 0x1.8p23f;
    floats z = y + magic, lost = y - (z - magic);
    s->all += y * y;
    s->lost += lost * lost;
    return ((doubled)z & 0xffff) | ((doubled)z >> 16 & 0xffff0000);
}

/* The norm that a sum of m squares gives, in units of 1 / scale: it errs by
 * 2^-24 of it for each term. */
INLINE float
norm(floats squares, int64_t m, float scale)
{
    double all = 0;
    for (int l = 0; l < LANES; l++)
        all += (double)squares[l];
    all = sqrt(all * (1.0 + (double)(m + 64) * 0x1p-23)) + 0x1p-40;
    return (float)(all / (double)scale) * (1 + 0x1p-22f);
}

/* One strip, of n rows; the words of a row are a strip apart. */
static void
pack_strip(const float *x, int64_t n, int64_t d, const float *factor,
    const float *centre, const float *scale, uint32_t *h,
    struct knn_packed *row)
{
    struct squares sum[KNN_STRIP] = {0};
    for (int64_t p = 0; p < d; p += LANES) {
        floats c = {0};
        if (centre)
            c = load(centre + p, d - p);
        for (int64_t r = 0; r < KNN_STRIP; r++) {
            doubled y = {0};
            if (r < n) {
                floats v = load(x + r * d + p, d - p);
                y = rounded((v * factor[r] - c) * scale[r], &sum[r]);
            }
            for (int64_t l = 0; l < LANES / 2 && p + 2 * l < d; l++)
                h[l * KNN_STRIP + r] = (uint32_t)y[l];
        }
        h += LANES / 2 * KNN_STRIP;
    }
    for (int64_t r = 0; r < n; r++) {
        row[r].error = norm(sum[r].lost, d, scale[r]);
        row[r].length =
            (norm(sum[r].all, d, scale[r]) + row[r].error) * 1.000001f;
    }
}

static void
pack(const float *x, int64_t n, int64_t d, const float *factor,
    const float *centre, const float *scale, uint32_t *h,
    struct knn_packed *row)
{
    for (int64_t i = 0; i < n; i += KNN_STRIP)
        pack_strip(x + i * d, n - i < KNN_STRIP ? n - i : KNN_STRIP, d,
            factor + i, centre, scale + i, h + knn_kernel_words(i, d), row + i);
}

/* One bit for each lane that is not below the bar. */
INLINE uint32_t
not_below(floats v, floats bar)
{
#if defined(__AVX512F__)
    return _mm512_cmp_ps_mask((__m512)v, (__m512)bar, _CMP_GE_OQ);
#elif defined(__AVX2__)
    return (uint32_t)_mm256_movemask_ps(
        _mm256_cmp_ps((__m256)v, (__m256)bar, _CMP_GE_OQ));
#elif defined(__SSE2__)
    return (uint32_t)_mm_movemask_ps(_mm_cmpge_ps((__m128)v, (__m128)bar));
#else
    uint32_t bits = 0;
    for (int l = 0; l < LANES; l++)
        bits |= (uint32_t)(v[l] >= bar[l]) << l;
    return bits;
#endif
}

INLINE int64_t
note(uint32_t bits, int64_t p, int64_t n, int32_t *at, int64_t hits)
{
    if (n - p < KNN_SPAN)
        bits &= (1u << (n - p)) - 1;
    for (; bits; bits &= bits - 1)
        at[hits++] = (int32_t)p + __builtin_ctz(bits);
    return hits;
}

static int64_t
reach(const float *v, int64_t n, float bar, int32_t *at)
{
    floats least = (floats){0} + bar;
    int64_t hits = 0;
    for (int64_t p = 0; p < n; p += KNN_SPAN) {
        uint32_t bits = 0;
        for (int l = 0; l < KNN_SPAN; l += LANES)
            bits |= not_below(load(v + p + l, LANES), least) << l;
        hits = note(bits, p, n, at, hits);
    }
    return hits;
}

static int64_t
reach_either(float *v, int64_t n, const struct knn_span *s, int32_t *at)
{
    floats own = (floats){0} + s->own_bar, unit = (floats){0} + s->own_unit;
    floats shift = (floats){0} + s->own_shift;
    int64_t hits = 0;
    for (int64_t p = 0; p < n; p += KNN_SPAN) {
        uint32_t bits = 0;
        for (int64_t l = 0; l < KNN_SPAN; l += LANES) {
            floats x = load(v + p + l, LANES);
            x *= unit * load(s->unit + p + l, LANES);
            x += shift + load(s->shift + p + l, LANES);
            memcpy(v + p + l, &x, sizeof x);
            bits |=
                (not_below(x, own) | not_below(x, load(s->bar + p + l, LANES)))
                << l;
        }
        hits = note(bits, p, n, at, hits);
    }
    return hits;
}

/* Pairs of HIGH rows of a from i and `wide` strips of b from row j. */
INLINE int64_t
block(const struct knn_side *a, int64_t i, const struct knn_side *b, int64_t j,
    int64_t depth, int wide, int upper, int vnni, struct knn_hit *at,
    int64_t hits)
{
    sums s;
    uint64_t mine[HIGH], others[HIGH], any = 0;
    int64_t stride = depth * KNN_STRIP;
    const float *unit = b->unit + j, *shift = b->shift + j, *bar = b->bar + j;
    add_up(a->half + i / KNN_STRIP * stride + i % KNN_STRIP,
        b->half + j / KNN_STRIP * stride, stride, depth, wide, vnni, s);
#pragma GCC unroll 8
    for (int r = 0; r < HIGH; r++) {
        mine[r] = others[r] = 0;
#pragma GCC unroll 8
        for (int k = 0; k < wide * VECTORS; k++) {
            floats x = __builtin_convertvector(s[r][k], floats);
            x *= load(unit + k * LANES, LANES) * a->unit[i + r];
            x += load(shift + k * LANES, LANES) + a->shift[i + r];
            uint64_t own = not_below(x, (floats){0} + a->bar[i + r]);
            uint64_t other = not_below(x, load(bar + k * LANES, LANES));
            mine[r] |= own << k * LANES;
            others[r] |= other << k * LANES;
        }
        any |= mine[r] | others[r];
    }
    for (int r = 0; any && r < HIGH; r++)
        for (uint64_t left = mine[r] | others[r]; left; left &= left - 1) {
            int bit = __builtin_ctzll(left);
            int64_t p = i + r, q = j + bit;
            int sides = (int)(mine[r] >> bit & 1) * KNN_MINE +
                        (int)(others[r] >> bit & 1) * KNN_OTHER;
            if (!upper || q > p)
                at[hits++] =
                    (struct knn_hit){(int16_t)p, (int16_t)q, (int32_t)sides};
        }
    return hits;
}

INLINE int64_t
find_pairs(const struct knn_side *a, const struct knn_side *b, int64_t d,
    int upper, int vnni, struct knn_hit *at)
{
    int64_t hits = 0, depth = (d + 1) / 2;
    int64_t strips = (b->n + KNN_STRIP - 1) / KNN_STRIP;
    for (int64_t strip = 0; strip < strips; strip += WIDE) {
        int64_t wide = strips - strip < WIDE ? strips - strip : WIDE;
        int64_t j = strip * KNN_STRIP, end = a->n;
        if (upper && end > j + wide * KNN_STRIP)
            end = j + wide * KNN_STRIP;
        for (int64_t i = 0; i < end; i += HIGH)
            if (wide == WIDE)
                hits = block(a, i, b, j, depth, WIDE, upper, vnni, at, hits);
            else if (wide == 1)
                hits = block(a, i, b, j, depth, 1, upper, vnni, at, hits);
            else
                hits = block(a, i, b, j, depth, SOME, upper, vnni, at, hits);
    }
    return hits;
}

static double
dot(const float *a, const float *b, int64_t d)
{
    double s[8] = {0};
    int64_t c = 0;
    for (; c + 8 <= d; c += 8)
        for (int q = 0; q < 8; q++)
            s[q] += (double)a[c + q] * (double)b[c + q];
    for (int q = 0; c < d; c++, q++)
        s[q] += (double)a[c] * (double)b[c];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

static void
multiply_plain(const uint32_t *a, int64_t na, const uint32_t *b, int64_t nb,
    int64_t d, int upper, float *c)
{
    multiply(a, na, b, nb, d, upper, 0, c);
}

static int64_t
pairs_plain(const struct knn_side *a, const struct knn_side *b, int64_t d,
    int upper, struct knn_hit *at)
{
    return find_pairs(a, b, d, upper, 0, at);
}

#if defined(__AVX512F__)
static void
multiply_by_vnni(const uint32_t *a, int64_t na, const uint32_t *b, int64_t nb,
    int64_t d, int upper, float *c)
{
    multiply(a, na, b, nb, d, upper, 1, c);
}

static int64_t
pairs_by_vnni(const struct knn_side *a, const struct knn_side *b, int64_t d,
    int upper, struct knn_hit *at)
{
    return find_pairs(a, b, d, upper, 1, at);
}
#else
#define multiply_by_vnni NULL
#define pairs_by_vnni NULL
#endif

ISA_FAMILY(knn_kernel) = {.dot = dot,
    .pack = pack,
    .multiply = multiply_plain,
    .multiply_vnni = multiply_by_vnni,
    .reach = reach,
    .reach_either = reach_either,
    .pairs = pairs_plain,
    .pairs_vnni = pairs_by_vnni};
