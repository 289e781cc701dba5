#include "lib/models/mmssl/critic_priv.h"

#include "lib/base/exec.h"
#include "lib/base/fmath.h"
#include "lib/base/rng_words.h"
#include "lib/models/mmssl/batchnorm.h"
#include "lib/models/mmssl/wide.h"
#include "lib/nn/chunk.h"
#include "lib/nn/loops.h"
#include "lib/nn/matmul.h"

#include <string.h>

/* out = 100 sigma(z3) */
static const double gain = 100;
enum {
    WORDS = 2048, /* of masks, per task */
    LITTLE = 8    /* tasks that are not worth a second thread, or fewer */
};

struct job {
    struct critic *c;
    const struct wide *wide;
    const struct loops *loops;
    struct critic_at w, g;
    int k; /* layer */
    uint32_t draw, t;
    const float *coef; /* [M] */
    const struct mat *x;
    float *out;
};

static struct job
job(struct critic *c)
{
    return (struct job){.c = c,
        .wide = wide_of(c->exec),
        .loops = loops_of(c->exec),
        .w = critic_at(c, c->theta),
        .g = critic_at(c, c->grad)};
}

void
critic_rows(const struct critic *c, int64_t width,
    void (*f)(void *ctx, int64_t from, int64_t to), void *ctx)
{
    chunk_for(c->exec, c->rows, width, f, ctx);
}

static void
draw_mask(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    uint32_t word[WORDS];
    rng_words(rng_words_of(j->c->exec), j->c->seed, RNG_CRITIC, j->t, j->draw,
        (uint64_t)from, to - from, word);
    j->wide->keep(to - from, word, (uint32_t)(critic_drop[j->k] * 0x1p32),
        j->c->l.keep[j->k] + from);
}

static void
masked(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    int64_t h = j->c->h[j->k];
    float scale = (float)(1.0 / (1.0 - critic_drop[j->k]));
    j->wide->mask((to - from) * h, j->c->l.keep[j->k] + from * h, scale,
        j->out + from * h);
}

static void
mask(struct job *j, int k, struct mat *x)
{
    j->k = k;
    j->out = x->x;
    critic_rows(j->c, x->d, masked, j);
}

/* xh[k] holds Z: normalise, scale, drop. */
static void
normalised(struct job *j, int k, enum critic_call call, uint32_t t)
{
    struct critic *c = j->c;
    batchnorm_forward(&c->l.xh[k], c->l.r[k], c->exec);
    batchnorm_affine(&c->l.xh[k], k ? j->w.g2 : j->w.g1, k ? j->w.c2 : j->w.c1,
        &c->l.u[k], c->exec);
    j->k = k;
    j->t = t;
    j->draw = (uint32_t)call * 2 + (uint32_t)k;
    int64_t n = c->rows * c->h[k];
    exec_blocks(n < LITTLE * WORDS ? NULL : c->exec, n, WORDS, draw_mask, j);
    mask(j, k, &c->l.u[k]);
}

static void
outputs(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    struct critic *c = j->c;
    for (int64_t n = from; n < to; n++) {
        double z = j->loops->dot(c->h[1], c->l.u[1].x + n * c->h[1], j->w.w3);
        double s = fm_sigmoid(z + (double)j->w.b3[0]);
        c->l.s[n] = (float)s;
        c->l.a3[n] = (float)(gain * s * (1.0 - s));
    }
}

double
critic_forward(struct critic *c, enum critic_call call, uint32_t t)
{
    struct job j = job(c);
    normalised(&j, 0, call, t);
    matmul(0, 0, 1.0f, &c->l.u[0], &j.w.w2, 0.0f, &c->l.xh[1], c->exec);
    normalised(&j, 1, call, t);
    critic_rows(c, c->h[1], outputs, &j);
    double sum = 0;
    for (int64_t n = 0; n < c->rows; n++)
        sum += (double)c->l.s[n];
    return gain * sum / (double)c->rows;
}

void
critic_output(struct critic *c, double f)
{
    for (int64_t n = 0; n < c->rows; n++)
        c->l.z3[n] = (float)(f * (double)c->l.a3[n]);
}

/* x_n = coef_n w3 */
static void
outer(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    int64_t h = j->c->h[1];
    for (int64_t n = from; n < to; n++)
        j->loops->scale(h, j->coef[n], 1.0f, j->w.w3, j->out + n * h);
}

static void
spread(struct job *j, const float *coef, struct mat *x)
{
    j->coef = coef;
    j->out = x->x;
    critic_rows(j->c, x->d, outer, j);
    mask(j, 1, x);
}

/* out_j += sum_n coef_n x_nj, a block of columns */
static void
column_sums(void *ctx, int64_t at, int64_t to)
{
    const struct job *j = ctx;
    int64_t h = j->x->d, w = to - at;
    double s[WIDE_TILE] = {0};
    for (int64_t n = 0; n < j->x->n; n++)
        for (int64_t k = 0; k < w; k++)
            s[k] += (double)j->coef[n] * (double)j->x->x[n * h + at + k];
    for (int64_t k = 0; k < w; k++)
        j->out[at + k] += (float)s[k];
}

static void
add_columns(struct job *j, const float *coef, const struct mat *x, float *out)
{
    j->coef = coef;
    j->x = x;
    j->out = out;
    exec_blocks(x->d < LITTLE * WIDE_TILE ? NULL : j->c->exec, x->d, WIDE_TILE,
        column_sums, j);
}

void
critic_backward(struct critic *c, int second, int weights)
{
    struct job j = job(c);
    struct critic_layers *l = &c->l;
    spread(&j, l->z3, &l->d[1]);
    if (weights) {
        add_columns(&j, l->z3, &l->u[1], j.g.w3);
        double sum = 0;
        for (int64_t n = 0; n < c->rows; n++)
            sum += (double)l->z3[n];
        j.g.b3[0] += (float)sum;
    }
    batchnorm_backward(&l->xh[1], l->r[1], j.w.g2, second ? &l->ay[1] : NULL,
        second ? l->rb[1] : NULL, &l->d[1], weights ? j.g.g2 : NULL,
        weights ? j.g.c2 : NULL, c->exec);
    if (weights)
        matmul(1, 0, 1.0f, &l->u[0], &l->d[1], 1.0f, &j.g.w2, c->exec);
    matmul(0, 1, 1.0f, &l->d[1], &j.w.w2, 0.0f, &l->d[0], c->exec);
    mask(&j, 0, &l->d[0]);
    batchnorm_backward(&l->xh[0], l->r[0], j.w.g1, second ? &l->ay[0] : NULL,
        second ? l->rb[0] : NULL, &l->d[0], weights ? j.g.g1 : NULL,
        weights ? j.g.c1 : NULL, c->exec);
}

/* ||G_n||^2 = <A_Z1, A_Z1 W1^T W1>_n; d[0] holds the product. It becomes
 * bar(A_Z1), and scratch diag(s) A_Z1. */
static void
norms(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    struct critic *c = j->c;
    int64_t h = c->h[0];
    for (int64_t n = from; n < to; n++) {
        float *t = c->l.d[0].x + n * h, *a = c->l.az[0].x + n * h;
        double square = j->loops->dot(h, t, a);
        double norm = sqrt(square > 0 ? square : 0);
        double f = norm > 1e-12 ? 2 * critic_weight * (norm - 1) /
                                      (norm * (double)c->rows)
                                : 0;
        c->l.norm[n] = (float)norm;
        j->loops->scale(h, (float)f, 1.0f, a, j->out + n * h);
        j->loops->scale(h, (float)f, 1.0f, t, t);
    }
}

/* bar(a3)_n = <bar(A_U2)_n, w3>, on to z3 */
static void
output_slopes(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    struct critic *c = j->c;
    for (int64_t n = from; n < to; n++) {
        double b = j->loops->dot(c->h[1], c->l.d[1].x + n * c->h[1], j->w.w3);
        c->l.z3[n] +=
            (float)(b * (double)c->l.a3[n] * (1.0 - 2.0 * (double)c->l.s[n]));
    }
}

double
critic_penalty(struct critic *c, struct mat *scratch, double *norm)
{
    struct job j = job(c);
    struct critic_layers *l = &c->l;
    spread(&j, l->a3, &l->ay[1]);
    batchnorm_project(
        &l->xh[1], l->r[1], j.w.g2, &l->ay[1], &l->az[1], c->exec);
    matmul(0, 1, 1.0f, &l->az[1], &j.w.w2, 0.0f, &l->ay[0], c->exec);
    mask(&j, 0, &l->ay[0]);
    batchnorm_project(
        &l->xh[0], l->r[0], j.w.g1, &l->ay[0], &l->az[0], c->exec);

    matmul_symmetric(&j.w.w1, &j.w.w1, &c->gram, c->exec);
    matmul(0, 0, 1.0f, &l->az[0], &c->gram, 0.0f, &l->d[0], c->exec);
    j.out = scratch->x;
    critic_rows(c, c->h[0], norms, &j);
    double sum = 0, value = 0;
    for (int64_t n = 0; n < c->rows; n++) {
        double g = (double)l->norm[n];
        sum += g;
        value += (g - 1) * (g - 1);
    }
    *norm = sum / (double)c->rows;
    matmul_symmetric(&l->az[0], scratch, &c->p, c->exec);

    batchnorm_second(&l->xh[0], l->r[0], j.w.g1, &l->ay[0], &l->d[0], j.g.g1,
        l->rb[0], c->exec);
    mask(&j, 0, &l->d[0]);
    matmul(1, 0, 1.0f, &l->d[0], &l->az[1], 1.0f, &j.g.w2, c->exec);
    matmul(0, 0, 1.0f, &l->d[0], &j.w.w2, 0.0f, &l->d[1], c->exec);
    batchnorm_second(&l->xh[1], l->r[1], j.w.g2, &l->ay[1], &l->d[1], j.g.g2,
        l->rb[1], c->exec);
    mask(&j, 1, &l->d[1]);
    add_columns(&j, l->a3, &l->d[1], j.g.w3);
    critic_rows(c, c->h[1], output_slopes, &j);
    return critic_weight * value / (double)c->rows;
}
