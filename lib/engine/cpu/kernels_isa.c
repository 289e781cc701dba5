/* Compiled once per instruction set with -DISA=name. */
#include "lib/base/vec16.h"
#include "lib/engine/cpu/kernels.h"
#include "lib/nn/adam_inline.h"

#include <stddef.h>

_Static_assert(PANEL == 16, "a panel row is one v16");

ADAM_INLINE(adam_vec16, v16, v16_set, v16_fma, v16_mul, v16_div, v16_sqrt)

static inline const float *
row(const float *x, int64_t r)
{
    return x + r * PANEL;
}

static inline const float *
term(struct krows x, int64_t r)
{
    return row(x.x, x.slot ? x.slot[r] : r);
}

/* sum_{j in N(r)} B_rj y[j], in the order of the row. */
static inline v16
gather(const struct kgraph *g, int64_t r, const float *y)
{
    v16 s = v16_set(0.0f);
    int64_t k = g->indptr[r], end = g->indptr[r + 1];
    if (g->value)
        for (; k < end; k++)
            s = v16_fma(
                v16_set(g->value[k]), v16_load(row(y, g->indices[k])), s);
    else
        for (; k < end; k++) {
            __builtin_prefetch(row(y, g->indices[k + KERNELS_AHEAD]));
            s = v16_add(s, v16_load(row(y, g->indices[k])));
        }
    return s;
}

/* z = q_r s + c x[r] */
static inline v16
horner(float q, v16 s, v16 c, const float *x)
{
    return v16_fma(v16_set(q), s, v16_mul(c, v16_load(x)));
}

static void
k_start(const struct kgraph *g, int64_t r0, int64_t r1, const float *c,
    struct krows x, float *y)
{
    v16 cv = v16_load(c);
    for (int64_t r = r0; r < r1; r++)
        v16_store(y + r * PANEL,
            v16_mul(v16_set(g->q[r]), v16_mul(cv, v16_load(term(x, r)))));
}

static void
k_layer(const struct kgraph *g, int64_t r0, int64_t r1, const float *c,
    struct krows x, const float *y, float *out)
{
    v16 cv = v16_load(c);
    for (int64_t r = r0; r < r1; r++) {
        v16 z = horner(g->q[r], gather(g, r, y), cv, term(x, r));
        v16_store(out + r * PANEL, v16_mul(v16_set(g->q[r]), z));
    }
}

static void
k_last(const struct kgraph *g, int64_t r0, int64_t r1, const float *c,
    struct krows x, const float *y, float *out)
{
    v16 cv = v16_load(c);
    for (int64_t r = r0; r < r1; r++)
        v16_store(
            out + r * PANEL, horner(g->q[r], gather(g, r, y), cv, term(x, r)));
}

static void
k_last_rows(const struct kgraph *g, const int32_t *rows, int64_t n,
    const float *c, struct krows x, const float *y, float *out)
{
    v16 cv = v16_load(c);
    for (int64_t k = 0; k < n; k++) {
        int64_t r = rows[k];
        v16_store(
            out + k * PANEL, horner(g->q[r], gather(g, r, y), cv, term(x, r)));
    }
}

static void
k_scores(int64_t n, const int32_t *u, const int32_t *p, const int32_t *neg,
    const float *h, float *partial)
{
    for (int64_t b = 0; b < n; b++) {
        v16 diff = v16_sub(v16_load(row(h, p[b])), v16_load(row(h, neg[b])));
        partial[b] = v16_sum(v16_mul(v16_load(row(h, u[b])), diff));
    }
}

static void
k_scatter(int64_t n, const int32_t *u, const int32_t *p, const int32_t *neg,
    const float *coef, const float *h, float *g)
{
    for (int64_t b = 0; b < n; b++) {
        float *gu = g + (int64_t)u[b] * PANEL, *gp = g + (int64_t)p[b] * PANEL,
              *gn = g + (int64_t)neg[b] * PANEL;
        v16 hu = v16_load(row(h, u[b]));
        v16 diff = v16_sub(v16_load(row(h, p[b])), v16_load(row(h, neg[b])));
        v16 c = v16_set(coef[b]), minus = v16_set(-coef[b]);
        v16_store(gu, v16_fma(c, diff, v16_load(gu)));
        v16_store(gp, v16_fma(c, hu, v16_load(gp)));
        v16_store(gn, v16_fma(minus, hu, v16_load(gn)));
    }
}

static void
k_push_rows(const struct kgraph *g, int64_t r0, int64_t r1, const int32_t *rows,
    int64_t n, const float *c, const float *x, float *y)
{
    v16 cv = v16_load(c);
    for (int64_t k = 0; k < n; k++) {
        int64_t j = rows[k];
        v16 v = v16_mul(v16_set(g->q[j]), v16_mul(cv, v16_load(row(x, k))));
        for (int64_t e = g->indptr[j]; e < g->indptr[j + 1]; e++) {
            int64_t r = g->indices[e];
            if (r < r0 || r >= r1)
                continue;
            float *s = y + r * PANEL;
            v16_store(s, v16_add(v16_load(s), v));
        }
    }
}

static void
k_layer_summed(const struct kgraph *g, int64_t r0, int64_t r1, const float *c,
    struct krows x, float *y)
{
    v16 cv = v16_load(c);
    for (int64_t r = r0; r < r1; r++) {
        float *s = y + r * PANEL;
        v16 z = horner(g->q[r], v16_load(s), cv, term(x, r));
        v16_store(s, v16_mul(v16_set(g->q[r]), z));
    }
}

static void
k_band(const int32_t *rows, int64_t n, float w, struct krows x,
    const float *low, float *mid)
{
    v16 wv = v16_set(w);
    for (int64_t k = 0; k < n; k++)
        v16_store(
            mid + k * PANEL, v16_sub(v16_mul(wv, v16_load(term(x, rows[k]))),
                                 v16_load(row(low, k))));
}

static void
k_fold(int64_t n, float w, const float *mid, float *low, float *own)
{
    v16 wv = v16_set(w);
    for (int64_t k = 0; k < n; k++) {
        v16 d = v16_load(row(mid, k));
        v16_store(low + k * PANEL, v16_sub(v16_load(row(low, k)), d));
        v16_store(own + k * PANEL, v16_mul(wv, d));
    }
}

static void
k_penalise(const int32_t *rows, const int32_t *count, int64_t n, float w,
    struct krows x, float *own)
{
    for (int64_t k = 0; k < n; k++)
        v16_store(own + k * PANEL,
            v16_fma(v16_set(w * (float)count[k]), v16_load(term(x, rows[k])),
                v16_load(row(own, k))));
}

static void
k_last_adam(const struct kgraph *g, int64_t r0, int64_t r1, const float *c,
    struct krows x, const float *y, const float *own, const struct adam *a,
    float *theta, float *m, float *v, float *dir)
{
    v16 cv = v16_load(c);
    for (int64_t r = r0; r < r1; r++) {
        v16 z = horner(g->q[r], gather(g, r, y), cv, term(x, r));
        z = v16_add(z, v16_load(term((struct krows){own, x.slot}, r)));
        int64_t at = r * PANEL;
        v16 old = v16_load(theta + at);
        v16 mm = v16_load(m + at), vv = v16_load(v + at);
        v16 d = adam_vec16_direction(a, z, old, &mm, &vv);
        v16_store(m + at, mm);
        v16_store(v + at, vv);
        if (dir)
            v16_store(dir + at, d);
        else
            v16_store(theta + at, adam_vec16_step(a, old, d));
    }
}

static void
k_last_step(const struct kgraph *g, int64_t r0, int64_t r1, const float *c,
    struct krows x, const float *y, const struct adam *a, float *theta)
{
    v16 cv = v16_load(c);
    for (int64_t r = r0; r < r1; r++) {
        v16 z = horner(g->q[r], gather(g, r, y), cv, term(x, r));
        float *t = theta + r * PANEL;
        v16_store(t, adam_vec16_step(a, v16_load(t), z));
    }
}

ISA_FAMILY(kernels) = {
    .name = ISA_STRING(ISA),
    .start = k_start,
    .layer = k_layer,
    .last = k_last,
    .last_rows = k_last_rows,
    .scores = k_scores,
    .scatter = k_scatter,
    .push_rows = k_push_rows,
    .layer_summed = k_layer_summed,
    .band = k_band,
    .fold = k_fold,
    .penalise = k_penalise,
    .last_adam = k_last_adam,
    .last_step = k_last_step,
};
