#ifndef STAIR_CUDA_BODY_H
#define STAIR_CUDA_BODY_H

#include "lib/base/hd.h"
#include "lib/engine/cuda/cuda_column.h"
#include "lib/graph/bpr.h"
#include "lib/graph/sample_inline.h"
#include "lib/nn/adam_inline.h"

/*
 * The bodies of all kernels, as functions of an index: device code calls them
 * with the number of a thread, tests in a loop. Calls for different indices of
 * one launch neither wait for each other nor depend on their order; where two
 * write to one place they write the same value or use cuda_min and cuda_add.
 * Sums of floats are made by one call each, in the order that kernels.h and
 * engine.h state.
 */

/* --- the batch ------------------------------------------------------------ */

/* Sets the numbers that change with the step: its triples and Adam's
 * scalars. */
HD void
cuda_prepare(const struct cuda_mem *g, struct cuda_state *s)
{
    int64_t left = g->triples - s->step * g->batch;
    s->n = left < g->batch ? left : g->batch;
    s->used = 0;
    s->adam = adam_inline_scalars(&g->adam, s->t + 1);
}

/* No row is in the batch. Indices: rows, or entries if more. */
HD void
cuda_body_reset(const struct cuda_mem *g, const struct cuda_arg *a, int64_t i)
{
    (void)a;
    if (i < g->n)
        g->slot[i] = CUDA_NONE;
    if (i < 3 * g->batch)
        g->count[i] = 0;
}

/* Draws triple b and gives its rows their slots. */
HD void
cuda_body_sample(const struct cuda_mem *g, const struct cuda_arg *a, int64_t b)
{
    (void)a;
    const struct cuda_state *s = g->state;
    if (b >= s->n)
        return;
    int32_t t[3];
    sample_inline_triple(
        &g->sampler, &g->train, s->epoch, &s->order, s->step * g->batch + b, t);
    for (int k = 0; k < 3; k++) {
        int32_t r = g->place[k ? g->n_users + t[k] : t[k]];
        g->row[3 * b + k] = r;
        cuda_min(&g->slot[r], (int32_t)(3 * b + k));
    }
}

/* Counts each slot's entries; here and below, indices are entries. */
HD void
cuda_body_number(const struct cuda_mem *g, const struct cuda_arg *a, int64_t e)
{
    (void)a;
    if (e >= 3 * g->state->n)
        return;
    int32_t s = g->slot[g->row[e]];
    g->at[e] = s;
    g->arrive[e] = cuda_add(&g->count[s], 1);
}

/* 1 if entry e of the step is a slot. */
HD int
cuda_is_slot(const struct cuda_mem *g, int64_t e)
{
    return e < 3 * g->state->n && g->at[e] == e;
}

HD void
cuda_body_base(const struct cuda_mem *g, const struct cuda_arg *a, int64_t e)
{
    (void)a;
    if (cuda_is_slot(g, e))
        g->base[e] = cuda_add(&g->state->used, g->count[e]);
}

HD void
cuda_body_gather(const struct cuda_mem *g, const struct cuda_arg *a, int64_t e)
{
    (void)a;
    if (e < 3 * g->state->n)
        g->seg[g->base[g->at[e]] + g->arrive[e]] = (int32_t)e;
}

/* Puts each entry at its place among the entries of its slot, ascending. */
HD void
cuda_body_sort(const struct cuda_mem *g, const struct cuda_arg *a, int64_t e)
{
    (void)a;
    if (e >= 3 * g->state->n)
        return;
    int32_t s = g->at[e], rank = 0;
    const int32_t *seg = g->seg + g->base[s];
    for (int32_t k = 0; k < g->count[s]; k++)
        rank += seg[k] < e;
    g->sorted[g->base[s] + rank] = (int32_t)e;
}

/* Forgets the batch, goes on to the next. Indices: entries; entries that a
 * short batch did not use hold rows of earlier ones. */
HD void
cuda_body_next(const struct cuda_mem *g, const struct cuda_arg *a, int64_t e)
{
    (void)a;
    struct cuda_state *s = g->state;
    if (s->bad) { /* steps that were launched in advance have no triples */
        if (e == 0)
            s->n = 0;
        return;
    }
    g->slot[g->row[e]] = CUDA_NONE;
    g->count[e] = 0;
    if (e == 0) {
        s->step++;
        s->t++;
        cuda_prepare(g, s);
    }
}

/* --- forward -------------------------------------------------------------- */

/* out[r] = q_r z. Indices: of rows. */
HD void
cuda_body_layer(const struct cuda_mem *g, const struct cuda_arg *a, int64_t i)
{
    int64_t r, col, width = g->width;
    float z[4];
    int w = cuda_index(&a->rows, width, i, &r, &col);
    if (w == 4)
        cuda_horner(4, z, a, r, col, width);
    else
        cuda_horner(1, z, a, r, col, width);
    float q = a->graph.q[r];
    for (int j = 0; j < 4; j++)
        z[j] = j < w ? q * z[j] : 0.0f;
    if (w == 4)
        cuda_store(4, a->out + r * width + col, z);
    else
        cuda_store(1, a->out + r * width + col, z);
}

/* out[r] = z. */
HD void
cuda_body_last(const struct cuda_mem *g, const struct cuda_arg *a, int64_t i)
{
    int64_t r, col, width = g->width;
    float z[4];
    if (cuda_index(&a->rows, width, i, &r, &col) == 4) {
        cuda_horner(4, z, a, r, col, width);
        cuda_store(4, a->out + r * width + col, z);
    } else {
        cuda_horner(1, z, a, r, col, width);
        cuda_store(1, a->out + r * width + col, z);
    }
}

/* The second band in place: out = mid theta - out. Indices: elements. */
HD void
cuda_body_band(const struct cuda_mem *g, const struct cuda_arg *a, int64_t i)
{
    a->out[i] = g->mid * g->theta[i] - a->out[i];
}

/* The last layer on the batch's rows, both bands. Indices: slot, column. */
HD void
cuda_body_vectors(const struct cuda_mem *g, const struct cuda_arg *a, int64_t i)
{
    int64_t e, col, width = g->width;
    cuda_split(i, width, &e, &col);
    if (!cuda_is_slot(g, e))
        return;
    float z;
    int64_t r = g->row[e];
    cuda_horner(1, &z, a, r, col, width);
    float *h = g->h + e * width + col;
    *h = z;
    if (g->bands == 2)
        h[3 * g->batch * width] = g->mid * g->theta[r * width + col] - z;
}

/* A panel of a score difference, the columns added by halves. Indices: [band]
 * [panel][batch]. */
HD void
cuda_body_scores(const struct cuda_mem *g, const struct cuda_arg *a, int64_t i)
{
    (void)a;
    int64_t p, b;
    cuda_split(i, g->batch, &p, &b);
    if (b >= g->state->n)
        return;
    const float *h = g->h + (p % g->panels) * PANEL +
                     p / g->panels * 3 * g->batch * g->width;
    const float *u = h + g->at[3 * b] * g->width;
    const float *pos = h + g->at[3 * b + 1] * g->width;
    const float *neg = h + g->at[3 * b + 2] * g->width;
    float f[PANEL];
    CUDA_UNROLL
    for (int j = 0; j < PANEL; j += 4) {
        float fu[4], fp[4], fn[4];
        cuda_load(4, fu, u + j);
        cuda_load(4, fp, pos + j);
        cuda_load(4, fn, neg + j);
        for (int k = 0; k < 4; k++)
            f[j + k] = fu[k] * (fp[k] - fn[k]);
    }
    CUDA_UNROLL
    for (int half = PANEL / 2; half > 0; half /= 2)
        for (int j = 0; j < PANEL / 2; j++)
            if (j < half)
                f[j] += f[j + half];
    g->partial[i] = f[0];
}

/* Scores are joined panel by panel in ascending order, in double. Indices:
 * triples; the first triple of a positive does the work for all of them. */
HD void
cuda_body_losses(const struct cuda_mem *g, const struct cuda_arg *a, int64_t b)
{
    (void)a;
    struct cuda_state *s = g->state;
    int64_t each = g->sampler.negatives;
    if (b >= s->n || b % each)
        return;
    double *x = g->loss + b;
    for (int64_t k = 0; k < each; k++) {
        double sum = 0;
        for (int p = 0; p < g->bands * g->panels; p++)
            sum += (double)g->partial[p * g->batch + b + k];
        x[k] = sum;
    }
    bpr_group(x, each, s->n / each, g->score_coef + b);
    if (!(*x - *x == 0.0)) /* neither infinite nor not a number */
        s->bad = s->step + 1;
}

/* Adds up the losses in ascending order. One index. */
HD void
cuda_body_total(const struct cuda_mem *g, const struct cuda_arg *a, int64_t i)
{
    (void)a;
    (void)i;
    enum { MOST = 16 };
    struct cuda_state *s = g->state;
    double sum = 0, x[MOST];
    for (int64_t b = 0; b < s->n; b += MOST) {
        CUDA_UNROLL
        for (int k = 0; k < MOST; k++)
            x[k] = b + k < s->n ? g->loss[b + k] : 0.0;
        CUDA_UNROLL
        for (int k = 0; k < MOST; k++)
            if (b + k < s->n)
                sum += x[k];
    }
    s->sum += sum;
}

/* --- backward ------------------------------------------------------------- */

/* One band of the gradient of slot e, a column: its triples ascending. */
HD float
cuda_scatter(const struct cuda_mem *g, int64_t e, const float *h)
{
    float sum = 0.0f;
    const int32_t *entry = g->sorted + g->base[e];
    for (int32_t k = 0; k < g->count[e]; k++) {
        int64_t b = entry[k] / 3, role = entry[k] % 3;
        float c = g->score_coef[b];
        const int32_t *at = g->at + 3 * b;
        if (role == 0)
            sum = fmaf(c, h[at[1] * g->width] - h[at[2] * g->width], sum);
        else
            sum = fmaf(role == 1 ? c : -c, h[at[0] * g->width], sum);
    }
    return sum;
}

/* Gradient of the batch's vectors, and of what reaches the parameters without
 * propagation. Indices: slot, column. */
HD void
cuda_body_gradient(
    const struct cuda_mem *g, const struct cuda_arg *a, int64_t i)
{
    (void)a;
    int64_t e, col, width = g->width;
    cuda_split(i, width, &e, &col);
    if (!cuda_is_slot(g, e))
        return;
    float low = cuda_scatter(g, e, g->h + col), own = 0.0f;
    if (g->bands == 2) {
        float mid = cuda_scatter(g, e, g->h + 3 * g->batch * width + col);
        low = low - mid;
        own = g->mid * mid;
    }
    if (g->penalty > 0) {
        float weight = (float)(g->penalty / (double)g->state->n);
        own = fmaf(weight * (float)g->count[e],
            g->theta[g->row[e] * width + col], own);
    }
    g->slots[i] = low;
    if (g->own)
        g->own[i] = own;
}

/* Updates the moments, puts Adam's direction into dir and the old theta into
 * theta. */
HD void
cuda_direction(const int w, const struct cuda_mem *g, const struct cuda_arg *a,
    int64_t r, int64_t col, float *dir, float *theta)
{
    const struct adam k = g->state->adam;
    int64_t i = r * g->width + col;
    float z[4], own[4] = {0.0f, 0.0f, 0.0f, 0.0f}, m[4], v[4];
    cuda_horner(w, z, a, r, col, g->width);
    if (g->own)
        cuda_term(w, own, g->own, a->slot, r, col, g->width);
    cuda_load(w, theta, g->theta + i);
    cuda_load(w, m, g->m + i);
    cuda_load(w, v, g->v + i);
    for (int j = 0; j < w; j++) {
        dir[j] =
            adam_inline_direction(&k, z[j] + own[j], theta[j], &m[j], &v[j]);
    }
    cuda_store(w, g->m + i, m);
    cuda_store(w, g->v + i, v);
}

/* theta = keep theta - rate dir */
HD void
cuda_update(const int w, const struct cuda_mem *g, int64_t r, int64_t col,
    const float *dir, float *theta)
{
    const struct adam *k = &g->state->adam;
    for (int j = 0; j < w; j++)
        theta[j] = adam_inline_step(k, theta[j], dir[j]);
    cuda_store(w, g->theta + r * g->width + col, theta);
}

HD void
cuda_adam(const int w, const struct cuda_mem *g, const struct cuda_arg *a,
    int64_t r, int64_t col)
{
    float dir[4], theta[4];
    cuda_direction(w, g, a, r, col, dir, theta);
    if (g->smooth && r >= g->n_users)
        cuda_store(w, a->out + (r - g->n_users) * g->width + col, dir);
    else
        cuda_update(w, g, r, col, dir, theta);
}

/* The last layer of the gradient, then Adam. If items' directions are smoothed,
 * theirs go to out. Indices: of rows. */
HD void
cuda_body_adam(const struct cuda_mem *g, const struct cuda_arg *a, int64_t i)
{
    int64_t r, col;
    if (g->state->bad)
        return;
    if (cuda_index(&a->rows, g->width, i, &r, &col) == 4)
        cuda_adam(4, g, a, r, col);
    else
        cuda_adam(1, g, a, r, col);
}

/* The last layer of smoothing, then the items' step. Indices: of their rows. */
HD void
cuda_body_step(const struct cuda_mem *g, const struct cuda_arg *a, int64_t i)
{
    int64_t r, col;
    float dir[4], theta[4];
    if (g->state->bad)
        return;
    (void)cuda_index(&a->rows, g->width, i, &r, &col);
    cuda_horner(4, dir, a, r, col, g->width);
    cuda_load(4, theta, g->theta + (g->n_users + r) * g->width + col);
    cuda_update(4, g, g->n_users + r, col, dir, theta);
}

/* Rows of nodes side by side: row k of out is row slot[k] of x. Indices: row,
 * column. */
HD void
cuda_body_fetch(const struct cuda_mem *g, const struct cuda_arg *a, int64_t i)
{
    int64_t k, col;
    cuda_split(i, g->width, &k, &col);
    a->out[i] = a->x[a->slot[k] * g->width + col];
}

/* The reverse: row slot[k] of out is row k of x. Indices: row, column. */
HD void
cuda_body_place(const struct cuda_mem *g, const struct cuda_arg *a, int64_t i)
{
    int64_t k, col;
    cuda_split(i, g->width, &k, &col);
    a->out[a->slot[k] * g->width + col] = a->x[i];
}

/* Measures the memory: out = x, four floats an index. */
HD void
cuda_body_copy(const struct cuda_mem *g, const struct cuda_arg *a, int64_t i)
{
    (void)g;
    float v[4];
    cuda_load(4, v, a->x + 4 * i);
    cuda_store(4, a->out + 4 * i, v);
}

#endif
