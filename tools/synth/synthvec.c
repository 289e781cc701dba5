#include "tools/synth/synthvec.h"

#include "lib/base/exec.h"
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/io/npy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 16, BLOCK_BYTES = 1 << 24 };

/* Each feature set has its own numbers. */
static uint32_t
stream(const struct synthvec *v, enum synth_draw what)
{
    return (uint32_t)what + 8u * (uint32_t)v->kind;
}

static double
normal(const struct synthvec *v, uint64_t row, int64_t j)
{
    return rng_normal((uint64_t)v->s->opt.seed, RNG_SYNTH,
        stream(v, SYNTH_TABLE), row, 64 * (uint32_t)j);
}

static void
table_row(void *ctx, int64_t i, int thread)
{
    struct synthvec *v = ctx;
    (void)thread;
    int64_t topics = v->s->opt.topics, d = v->d, b = i - topics;
    if (i < topics) {
        /* a category's direction is numbered after all the others */
        uint64_t category =
            (uint64_t)1 << 40 | (uint64_t)i / SYNTH_PER_CATEGORY;
        for (int64_t j = 0; j < d; j++)
            v->topic[i * d + j] = (float)(0.8 * normal(v, (uint64_t)i, j) +
                                          0.6 * normal(v, category, j));
    } else if (b < v->s->n_brands) {
        for (int64_t j = 0; j < d; j++)
            v->brand[b * d + j] =
                (float)(0.5 * normal(v, (uint64_t)2 << 40 | (uint64_t)b, j));
    } else {
        for (int64_t j = 0; j < d; j++) {
            double g = normal(v, (uint64_t)3 << 40, j);
            v->base[j] =
                v->kind == SYNTHVEC_IMAGE ? (float)(0.4 * g * g + 0.1) : 0.0f;
        }
    }
}

int
synthvec_init(struct synthvec *v, const struct synth *s,
    enum synthvec_kind kind, struct exec *exec, struct err *e)
{
    int64_t d = kind == SYNTHVEC_TEXT ? s->opt.text_dim : s->opt.image_dim;
    *v = (struct synthvec){.s = s, .kind = kind, .d = d};
    v->topic = arena_new(&v->memory, s->opt.topics * d, sizeof(float));
    v->brand = arena_new(&v->memory, s->n_brands * d, sizeof(float));
    v->base = arena_new(&v->memory, d, sizeof(float));
    int rc = arena_check(&v->memory, e);
    if (rc)
        synthvec_free(v);
    else
        exec_for(exec, s->opt.topics + s->n_brands + 1, table_row, v);
    return rc;
}

void
synthvec_free(struct synthvec *v)
{
    arena_free(&v->memory);
    *v = (struct synthvec){0};
}

/* Two sums of two 16-bit uniforms from one draw: triangular, mean 0, variance
 * 1; a quarter of the price of a normal, and nobody can tell in 384 dimensions.
 */
static void
noise_pair(const struct synthvec *v, uint64_t item, uint32_t pair, float out[2])
{
    uint64_t r = rng_u64((uint64_t)v->s->opt.seed, RNG_SYNTH,
        stream(v, SYNTH_NOISE), item, pair);
    const float unit = 2.4494897f / 65535.0f; /* sqrt(6) / 65535 */
    for (int k = 0; k < 2; k++, r >>= 32) {
        int32_t sum = (int32_t)(r & 0xFFFF) + (int32_t)(r >> 16 & 0xFFFF);
        out[k] = (float)(sum - 65535) * unit;
    }
}

static void
item_row(const struct synthvec *v, int64_t item, float *x)
{
    const struct synth *s = v->s;
    uint64_t seed = (uint64_t)s->opt.seed, i = (uint64_t)item;
    int image = v->kind == SYNTHVEC_IMAGE;
    uint32_t other_draw = stream(v, SYNTH_OTHER);
    float own = (float)(image ? s->opt.image_signal : s->opt.text_signal);
    float u = (float)rng_uniform(seed, RNG_SYNTH, other_draw, i, 0);
    int64_t t = rng_below(s->opt.topics, seed, RNG_SYNTH, other_draw, i, 1);
    const float *topic = v->topic + s->topic[item] * v->d;
    const float *brand = v->brand + s->brand[item] * v->d;
    const float *other = v->topic + t * v->d;
    if (image && s->opt.no_image > rng_uniform(seed, RNG_SYNTH,
                                       stream(v, SYNTH_MISSING), i, 0)) {
        memcpy(x, v->base, (size_t)v->d * sizeof *x);
        return;
    }
    double sum = 0.0;
    for (int64_t j = 0; j < v->d; j += 2) {
        float noise[2];
        noise_pair(v, i, (uint32_t)(j / 2), noise);
        for (int64_t k = j; k < j + 2 && k < v->d; k++) {
            float y = own * (topic[k] + brand[k]) + u * other[k] + noise[k - j];
            if (image) {
                y = v->base[k] + 0.5f * y;
                y = y > 0.0f ? y : 0.0f;
            }
            sum += (double)y * (double)y;
            x[k] = y;
        }
    }
    if (image)
        return;
    float scale = (float)(1.0 / sqrt(sum + 1e-30));
    for (int64_t j = 0; j < v->d; j++)
        x[j] *= scale;
}

struct job {
    const struct synthvec *v;
    int64_t first, n;
    float *x;
    uint16_t *half; /* NULL: not wanted */
};

static void
rows_chunk(void *ctx, int64_t i, int thread)
{
    const struct job *job = ctx;
    int64_t d = job->v->d;
    (void)thread;
    for (int64_t k = i * CHUNK; k < (i + 1) * CHUNK && k < job->n; k++) {
        item_row(job->v, job->first + k, job->x + k * d);
        for (int64_t j = k * d; job->half && j < (k + 1) * d; j++)
            job->half[j] = synthvec_half(job->x[j]);
    }
}

void
synthvec_rows(const struct synthvec *v, int64_t first, int64_t n, float *x,
    uint16_t *half, struct exec *exec)
{
    struct job job = {v, first, n, x, half};
    exec_for(exec, (n + CHUNK - 1) / CHUNK, rows_chunk, &job);
}

uint16_t
synthvec_half(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    bits &= 0x7FFFFFFF;
    if (bits > 0x7F800000)
        return (uint16_t)(sign | 0x7E00);
    if (bits >= 0x477FF000)
        return (uint16_t)(sign | 0x7C00);
    if (bits < 0x33000000)
        return sign;
    uint32_t exponent = bits >> 23;
    uint32_t mantissa = (bits & 0x7FFFFF) | 0x800000;
    /* below 2^-14 the result is subnormal: more bits fall off */
    uint32_t drop = exponent < 113 ? 126 - exponent : 13;
    uint32_t kept = mantissa >> drop, rest = mantissa & ((1u << drop) - 1);
    uint32_t middle = 1u << (drop - 1);
    kept += rest > middle || (rest == middle && (kept & 1));
    if (exponent >= 113) /* kept holds the implicit bit: add, so it carries */
        kept += (exponent - 113) << 10;
    return (uint16_t)(sign | kept);
}

int
synthvec_write(const struct synthvec *v, int half, struct xout *x,
    struct exec *exec, struct err *e)
{
    int64_t n = v->s->n_items, d = v->d;
    int64_t block = BLOCK_BYTES / (int64_t)sizeof(float) / d + 1;
    if (block > n)
        block = n;
    char text[256];
    struct npy h = npy_make('f', half ? 2 : 4, 2, (int64_t[]){n, d});
    xout_write(x, text, npy_emit(&h, text, 0));
    float *rows = mem_new(block * d, sizeof *rows, e);
    uint16_t *halves = mem_new(half ? block * d : 0, sizeof *halves, e);
    int rc = rows && halves ? 0 : ERR_NOMEM;
    for (int64_t at = 0; rc == 0 && at < n; at += block) {
        int64_t k = at + block < n ? block : n - at;
        synthvec_rows(v, at, k, rows, half ? halves : NULL, exec);
        xout_write(x, half ? (void *)halves : rows, k * d * h.size);
        rc = xout_check(x, e);
    }
    free(rows);
    free(halves);
    return rc;
}
