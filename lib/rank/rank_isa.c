/* Compiled once per instruction set, see the Makefile. */
#include "lib/rank/rank_kernel.h"

#include <math.h>
#include <string.h>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

/*
 * A tile is ROWS x 2 vectors, as many as the registers hold beside two vectors
 * of b and one broadcast of a.
 */
#if defined(__AVX512F__)
enum { ROWS = 12, WIDTH = 16 };
typedef __m512 vec;
#define LOAD(p) _mm512_load_ps(p)
#define LOADU(p) _mm512_loadu_ps(p)
#define STORE(p, v) _mm512_storeu_ps(p, v)
#define BROADCAST(x) _mm512_set1_ps(x)
#define FMA(a, b, c) _mm512_fmadd_ps(a, b, c)
#define ABOVE(v, f) ((uint32_t)_mm512_cmp_ps_mask(v, f, _CMP_GT_OQ))
#define ZERO() _mm512_setzero_ps()
#define SAME(p, g)                                                             \
    ((uint32_t)_mm512_cmpeq_epi32_mask(                                        \
        _mm512_loadu_si512(p), _mm512_set1_epi32(g)))
#elif defined(__AVX2__) && defined(__FMA__)
enum { ROWS = 6, WIDTH = 8 };
typedef __m256 vec;
#define LOAD(p) _mm256_load_ps(p)
#define LOADU(p) _mm256_loadu_ps(p)
#define STORE(p, v) _mm256_storeu_ps(p, v)
#define BROADCAST(x) _mm256_set1_ps(x)
#define FMA(a, b, c) _mm256_fmadd_ps(a, b, c)
#define ABOVE(v, f)                                                            \
    ((uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(v, f, _CMP_GT_OQ)))
#define ZERO() _mm256_setzero_ps()
#define SAME(p, g)                                                             \
    ((uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(      \
        _mm256_loadu_si256((const __m256i *)(p)), _mm256_set1_epi32(g)))))
#else
/* Exact wherever fmaf is; fast where the processor has it. */
enum { ROWS = 4, WIDTH = 4 };
typedef struct {
    float lane[WIDTH];
} vec;

static inline vec
vec_load(const float *p)
{
    vec v;
    for (int l = 0; l < WIDTH; l++)
        v.lane[l] = p[l];
    return v;
}

static inline void
vec_store(float *p, vec v)
{
    for (int l = 0; l < WIDTH; l++)
        p[l] = v.lane[l];
}

static inline vec
vec_broadcast(float x)
{
    vec v;
    for (int l = 0; l < WIDTH; l++)
        v.lane[l] = x;
    return v;
}

static inline uint32_t
vec_same(const int32_t *p, int32_t g)
{
    uint32_t bits = 0;
    for (int l = 0; l < WIDTH; l++)
        bits |= (uint32_t)(p[l] == g) << l;
    return bits;
}

static inline vec
vec_fma(vec a, vec b, vec c)
{
    for (int l = 0; l < WIDTH; l++)
        c.lane[l] = fmaf(a.lane[l], b.lane[l], c.lane[l]);
    return c;
}

static inline uint32_t
vec_above(vec v, vec f)
{
    uint32_t bits = 0;
    for (int l = 0; l < WIDTH; l++)
        bits |= (uint32_t)(v.lane[l] > f.lane[l]) << l;
    return bits;
}
#define LOAD(p) vec_load(p)
#define LOADU(p) vec_load(p)
#define STORE(p, v) vec_store(p, v)
#define BROADCAST(x) vec_broadcast(x)
#define FMA(a, b, c) vec_fma(a, b, c)
#define ABOVE(v, f) vec_above(v, f)
#define ZERO() vec_broadcast(0.0f)
#define SAME(p, g) vec_same(p, g)
#endif

static int
tile(const float *a, const float *b, int64_t d, const float *floor, float *c,
    uint32_t *hit)
{
    vec s0[ROWS], s1[ROWS];
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++)
        s0[r] = s1[r] = ZERO();
    for (int64_t j = 0; j < d; j++, a += ROWS, b += 2 * WIDTH) {
        vec b0 = LOAD(b), b1 = LOAD(b + WIDTH);
#pragma GCC unroll 16
        for (int r = 0; r < ROWS; r++) {
            vec ar = BROADCAST(a[r]);
            s0[r] = FMA(ar, b0, s0[r]);
            s1[r] = FMA(ar, b1, s1[r]);
        }
    }
    int rows = 0;
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++) {
        vec f = BROADCAST(floor[r]);
        hit[r] = ABOVE(s0[r], f) | ABOVE(s1[r], f) << WIDTH;
        if (hit[r]) {
            STORE(c + r * 2 * WIDTH, s0[r]);
            STORE(c + r * 2 * WIDTH + WIDTH, s1[r]);
            rows |= 1 << r;
        }
    }
    return rows;
}

static uint32_t
above(const float *score, float floor)
{
    vec f = BROADCAST(floor);
    return ABOVE(LOADU(score), f) | ABOVE(LOADU(score + WIDTH), f) << WIDTH;
}

static void
insert(float *score, int32_t *id, int64_t k, float s, int32_t i)
{
    for (int64_t p = k - RANK_LIST_STEP; p >= 0; p -= RANK_LIST_STEP) {
        float new_score[RANK_LIST_STEP];
        int32_t new_id[RANK_LIST_STEP];
        for (int l = 0; l < RANK_LIST_STEP; l++) {
            float before = score[p + l - 1], now = score[p + l];
            int32_t id_before = id[p + l - 1], id_now = id[p + l];
            float moved = before >= s ? s : before;
            int32_t id_moved = before >= s ? i : id_before;
            new_score[l] = now >= s ? now : moved;
            new_id[l] = now >= s ? id_now : id_moved;
        }
        memcpy(score + p, new_score, sizeof new_score);
        memcpy(id + p, new_id, sizeof new_id);
    }
}

/* Which entries of group [k] are g; k at most 64. */
static inline uint64_t
same_group(const int32_t *group, int64_t k, int32_t g)
{
    uint64_t same = 0;
    for (int64_t p = 0; p < k; p += WIDTH)
        same |= (uint64_t)SAME(group + p, g) << p;
    return same;
}

static int
insert_capped(float *score, int32_t *id, int32_t *group, int64_t k, int64_t cap,
    float s, int32_t i, int32_t g)
{
    int64_t out = k - 1; /* the entry that falls off */
    uint64_t same = g >= 0 ? same_group(group, k, g) : 0;
    if (__builtin_popcountll(same) >= cap) {
        out = 63 - __builtin_clzll(same);
        if (!(s > score[out]))
            return 0;
    }
    for (int64_t p = k - RANK_LIST_STEP; p >= 0; p -= RANK_LIST_STEP) {
        float new_score[RANK_LIST_STEP];
        int32_t new_id[RANK_LIST_STEP], new_group[RANK_LIST_STEP];
        int32_t left = (int32_t)(out - p); /* of this step, up to out */
        for (int l = 0; l < RANK_LIST_STEP; l++) {
            float before = score[p + l - 1], now = score[p + l];
            int32_t id_before = id[p + l - 1], id_now = id[p + l];
            int32_t group_before = group[p + l - 1], group_now = group[p + l];
            int moves = before < s, stays = (now >= s) | (l > left);
            float moved = moves ? before : s;
            int32_t id_moved = moves ? id_before : i;
            int32_t group_moved = moves ? group_before : g;
            new_score[l] = stays ? now : moved;
            new_id[l] = stays ? id_now : id_moved;
            new_group[l] = stays ? group_now : group_moved;
        }
        memcpy(score + p, new_score, sizeof new_score);
        memcpy(id + p, new_id, sizeof new_id);
        memcpy(group + p, new_group, sizeof new_group);
    }
    return 1;
}

/* Scores several pairs at once, since each chain waits for its own products. */
static void
chains(const float *x, int64_t d, const int32_t *a, const int32_t *b, int64_t n,
    float *score)
{
    enum { LANES = 8 };
    for (int64_t k = 0; k < n; k += LANES) {
        const float *u[LANES], *v[LANES];
        float s[LANES] = {0};
        for (int l = 0; l < LANES; l++) {
            int64_t at = k + l < n ? k + l : n - 1;
            u[l] = x + a[at] * d;
            v[l] = x + b[at] * d;
        }
        for (int64_t j = 0; j < d; j++)
#pragma GCC unroll 8
            for (int l = 0; l < LANES; l++)
                s[l] = fmaf(u[l][j], v[l][j], s[l]);
        for (int l = 0; l < LANES && k + l < n; l++)
            score[k + l] = s[l];
    }
}

static int
mix(int rows, int parts, const float *const *score, const float *a,
    const float *b, const float *floor, uint32_t *hit)
{
    int hits = 0;
    for (int r = 0; r < rows; r++) {
        vec s0 = BROADCAST(b[r]), s1 = s0, f = BROADCAST(floor[r]);
        for (int p = 0; p < parts; p++) {
            const float *x = score[p * RANK_MAX_ROWS + r];
            vec w = BROADCAST(a[p * RANK_MAX_ROWS + r]);
            s0 = FMA(w, LOADU(x), s0);
            s1 = FMA(w, LOADU(x + WIDTH), s1);
        }
        hit[r] = ABOVE(s0, f) | ABOVE(s1, f) << WIDTH;
        if (hit[r])
            hits |= 1 << r;
    }
    return hits;
}

static void
add_scaled(double *y, double a, const double *x, int64_t n)
{
    for (int64_t k = 0; k < n; k++)
        y[k] += a * x[k];
}

static void
add_product(double *y, double a, const float *x, const double *m, int64_t n)
{
    for (int64_t k = 0; k < n; k++)
        y[k] += a * ((double)x[k] - m[k]);
}

ISA_FAMILY(rank_kernel) = {ROWS, 2 * WIDTH, tile, above, insert, insert_capped,
    chains, mix, add_scaled, add_product};
