/* Compiled once per instruction set with -DISA=name. */
#include "lib/base/exec.h"
#include "lib/base/fmath.h"
#include "lib/base/vec16.h"
#include "lib/nn/adam_inline.h"
#include "lib/nn/loops.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

enum { LANES = 16 };

ADAM_INLINE(adam_vec16, v16, v16_set, v16_fma, v16_mul, v16_div, v16_sqrt)

static inline float
weight(const struct loops_spmm *s, int64_t k)
{
    float w = s->value ? s->value[k] : 1.0f;
    return s->right ? w * s->right[s->indices[k]] : w;
}

/* 16 * parts columns of row r, from c on; parts is a constant in every call. */
static inline void
columns(const struct loops_spmm *s, int64_t r, int64_t c, int parts)
{
    int64_t k = s->indptr[r], end = s->indptr[r + 1];
    int64_t ahead = end + LOOPS_AHEAD <= s->nnz ? LOOPS_AHEAD : 0;
    const float *x = s->x + c;
    v16 sum[8];
    for (int p = 0; p < parts; p++)
        sum[p] = v16_set(0.0f);
    if (s->value || s->right)
        for (; k < end; k++) {
            const float *next = x + s->indices[k + ahead] * s->d;
            const float *row = x + s->indices[k] * s->d;
            v16 w = v16_set(weight(s, k));
            for (int p = 0; p < parts; p++) {
                __builtin_prefetch(next + p * LANES);
                sum[p] = v16_fma(w, v16_load(row + p * LANES), sum[p]);
            }
        }
    else
        for (; k < end; k++) {
            const float *next = x + s->indices[k + ahead] * s->d;
            const float *row = x + s->indices[k] * s->d;
            for (int p = 0; p < parts; p++) {
                __builtin_prefetch(next + p * LANES);
                sum[p] = v16_add(sum[p], v16_load(row + p * LANES));
            }
        }
    const float *add = s->beta != 0.0f ? s->add + r * s->d + c : NULL;
    for (int p = 0; p < parts; p++) {
        v16 t = sum[p];
        if (add) {
            v16 own = v16_mul(v16_set(s->beta), v16_load(add + p * LANES));
            t = s->left ? v16_fma(v16_set(s->left[r]), t, own)
                        : v16_add(t, own);
        } else if (s->left)
            t = v16_mul(v16_set(s->left[r]), t);
        if (s->post)
            t = v16_mul(v16_set(s->post[r]), t);
        v16_store(s->y + r * s->d + c + p * LANES, t);
    }
}

/* One column of row r. */
static void
column(const struct loops_spmm *s, int64_t r, int64_t c)
{
    float t = 0.0f;
    for (int64_t k = s->indptr[r]; k < s->indptr[r + 1]; k++) {
        float x = s->x[s->indices[k] * s->d + c];
        t = s->value || s->right ? fmaf(weight(s, k), x, t) : t + x;
    }
    if (s->beta != 0.0f) {
        float own = s->beta * s->add[r * s->d + c];
        t = s->left ? fmaf(s->left[r], t, own) : t + own;
    } else if (s->left)
        t = s->left[r] * t;
    s->y[r * s->d + c] = s->post ? s->post[r] * t : t;
}

static void
l_spmm(const struct loops_spmm *s, int64_t r0, int64_t r1)
{
    for (int64_t r = r0; r < r1; r++) {
        int64_t c = 0;
        for (; c + 8 * LANES <= s->d; c += 8 * LANES)
            columns(s, r, c, 8);
        for (; c + 4 * LANES <= s->d; c += 4 * LANES)
            columns(s, r, c, 4);
        for (; c + LANES <= s->d; c += LANES)
            columns(s, r, c, 1);
        for (; c < s->d; c++)
            column(s, r, c);
    }
}

static double
tree(double s[LANES])
{
    for (int h = LANES / 2; h > 0; h /= 2)
        for (int j = 0; j < h; j++)
            s[j] += s[j + h];
    return s[0];
}

/* s + a b. The product of two floats is exact in double, so that fused and not
 * is the same. */
static inline double
add_product(double s, double a, float b)
{
#ifdef __FMA__
    return fma(a, (double)b, s);
#else
    return s + a * (double)b;
#endif
}

static double
l_dot(int64_t n, const float *a, const float *b)
{
    double s[LANES] = {0};
    int64_t k = 0;
    for (; k + LANES <= n; k += LANES)
        for (int j = 0; j < LANES; j++)
            s[j] = add_product(s[j], (double)a[k + j], b[k + j]);
    for (int j = 0; k < n; j++, k++)
        s[j] = add_product(s[j], (double)a[k], b[k]);
    return tree(s);
}

/* dot of doubles and floats, n a multiple of LANES. */
static inline double
dot_of(int64_t n, const double *a, const float *b)
{
    double s[LANES] = {0};
    for (int64_t k = 0; k < n; k += LANES)
        for (int j = 0; j < LANES; j++)
            s[j] = add_product(s[j], a[k + j], b[k + j]);
    return tree(s);
}

static void
l_values(const struct loops_values *v, int64_t r0, int64_t r1)
{
    enum { ROOM = 256 };
    int64_t d = v->d;
    int fits = d <= ROOM && d % LANES == 0;
    for (int64_t r = r0; r < r1; r++) {
        const float *a = v->a + r * d;
        int64_t end = v->indptr[r + 1];
        int64_t ahead = end + LOOPS_AHEAD <= v->nnz ? LOOPS_AHEAD : 0;
        double own[ROOM];
        for (int64_t k = 0; fits && k < d; k++)
            own[k] = (double)a[k];
        for (int64_t k = v->indptr[r]; k < end; k++) {
            int64_t j = v->indices[k];
            const float *next = v->b + v->indices[k + ahead] * d;
            for (int64_t c = 0; fits && c < d; c += LANES)
                __builtin_prefetch(next + c);
            double t = v->w * (fits ? dot_of(d, own, v->b + j * d)
                                    : l_dot(d, a, v->b + j * d));
            if (v->left)
                t *= (double)v->left[r];
            if (v->right)
                t *= (double)v->right[j];
            v->out[k] += (float)t;
        }
    }
}

static void
l_axpy(int64_t n, float a, const float *x, float *y)
{
    int64_t k = 0;
    v16 f = v16_set(a);
    for (; k + LANES <= n; k += LANES)
        v16_store(y + k, v16_fma(f, v16_load(x + k), v16_load(y + k)));
    for (; k < n; k++)
        y[k] = fmaf(a, x[k], y[k]);
}

/*
 * fm_exp (fmath.h) for x <= 0 or NaN, without branches or floor, so that the
 * compiler makes vectors of it: k is rounded to the nearest integer by adding
 * 3 2^51, whose last place is 1.
 */
static inline double
exponential(double x)
{
    x = x < -708.0 ? -708.0 : x;
    double k = fma(x, 1.4426950408889634, 0x1.8p52) - 0x1.8p52;
    double p = fm_exp_series(1.0 / 479001600.0, fm_exp_rest(x, k));
    /* The low bits of 2^52 + k + 1023 are 2^k's exponent. */
    double biased = k + (0x1p52 + 1023.0), scale;
    uint64_t bits;
    memcpy(&bits, &biased, sizeof bits);
    bits <<= 52;
    memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

static void
l_softmax(int64_t n, const float *x, float *y)
{
    float max = -INFINITY;
    double sum[LANES] = {0}, t[LANES] = {0};
    for (int64_t k = 0; k < n; k++)
        max = x[k] > max ? x[k] : max;
    int64_t k = 0;
    for (; k + LANES <= n; k += LANES) {
        for (int j = 0; j < LANES; j++)
            t[j] = exponential((double)x[k + j] - (double)max);
        for (int j = 0; j < LANES; j++) {
            sum[j] += t[j];
            y[k + j] = (float)t[j];
        }
    }
    for (int j = 0; k < n; j++, k++) {
        double last = exponential((double)x[k] - (double)max);
        sum[j] += last;
        y[k] = (float)last;
    }
    double scale = 1.0 / tree(sum);
    for (k = 0; k < n; k++)
        y[k] = (float)((double)y[k] * scale);
}

static void
l_mask(int64_t n, const uint32_t *word, uint32_t below, float scale,
    const float *x, float *y)
{
    for (int64_t k = 0; k < n; k++)
        y[k] = word[k] >= below ? x[k] * scale : 0.0f;
}

static void
l_scale(int64_t n, float f, float c, const float *x, float *y)
{
    for (int64_t k = 0; k < n; k++)
        y[k] = f * (c * x[k]);
}

/* Without branches, since signs are random. */
static void
l_leaky(int64_t n, const float *y, const float *dy, float *out)
{
    int64_t k = 0;
    v16 slope = v16_set(0.01f);
    for (; k + LANES <= n; k += LANES) {
        v16 own = v16_load(dy + k);
        v16_store(out + k, v16_pick(v16_load(y + k), own, v16_mul(slope, own)));
    }
    for (; k < n; k++)
        out[k] = y[k] > 0.0f ? dy[k] : 0.01f * dy[k];
}

static void
l_adam(const struct adam *a, int64_t n, float *theta, float *m, float *v,
    const float *grad)
{
    int64_t k = 0;
    for (; k + LANES <= n; k += LANES) {
        v16 t = v16_load(theta + k), mm = v16_load(m + k), vv = v16_load(v + k);
        v16 dir = adam_vec16_direction(a, v16_load(grad + k), t, &mm, &vv);
        v16_store(m + k, mm);
        v16_store(v + k, vv);
        v16_store(theta + k, adam_vec16_step(a, t, dir));
    }
    for (; k < n; k++) {
        float dir = adam_inline_direction(a, grad[k], theta[k], &m[k], &v[k]);
        theta[k] = adam_inline_step(a, theta[k], dir);
    }
}

ISA_FAMILY(loops) = {
    .spmm = l_spmm,
    .values = l_values,
    .dot = l_dot,
    .axpy = l_axpy,
    .scale = l_scale,
    .softmax = l_softmax,
    .mask = l_mask,
    .leaky = l_leaky,
    .adam = l_adam,
};
