#ifndef STAIR_CUDA_COLUMN_H
#define STAIR_CUDA_COLUMN_H

#include "lib/base/hd.h"
#include "lib/engine/cuda/cuda_device.h"

#include <math.h>
#include <stddef.h>

/* Parts of the bodies of cuda_body.h: atomic integer operations, loads and
 * stores of columns, the row and columns of an index, and the sum over a
 * row. */

/* Integer minimum and addition, which many calls may do to one place at
 * once. */
HD void
cuda_min(int32_t *p, int32_t x)
{
#ifdef __CUDA_ARCH__
    atomicMin(p, x);
#else
    *p = x < *p ? x : *p;
#endif
}

HD int32_t
cuda_add(int32_t *p, int32_t x)
{
#ifdef __CUDA_ARCH__
    return atomicAdd(p, x);
#else
    *p += x;
    return *p - x;
#endif
}

/* --- columns: w = 4 or 1 of them at a time, a constant in each call ------- */

#ifdef __CUDA_ARCH__
#define CUDA_UNROLL _Pragma("unroll")
#else
#define CUDA_UNROLL
#endif

struct cuda_f4 {
#ifdef __cplusplus
    alignas(16) float f[4];
#else
    _Alignas(16) float f[4];
#endif
};

HD void
cuda_load(const int w, float *v, const float *p)
{
    if (w == 4) {
        struct cuda_f4 t = *(const struct cuda_f4 *)p;
        for (int j = 0; j < 4; j++)
            v[j] = t.f[j];
    } else {
        v[0] = *p;
    }
}

HD void
cuda_store(const int w, float *p, const float *v)
{
    if (w == 4) {
        struct cuda_f4 t;
        for (int j = 0; j < 4; j++)
            t.f[j] = v[j];
        *(struct cuda_f4 *)p = t;
    } else {
        *p = v[0];
    }
}

/* Loads row r of a term. With slots it is zero if r has none. */
HD void
cuda_term(const int w, float *v, const float *x, const int32_t *slot, int64_t r,
    int64_t col, int64_t width)
{
    int64_t k = slot ? slot[r] : r;
    for (int j = 0; j < w; j++)
        v[j] = 0.0f;
    if (!slot || k != CUDA_NONE)
        cuda_load(w, v, x + k * width + col);
}

/* a = i / d and b = i % d; divisions of 32 bits are cheaper. */
HD void
cuda_split(int64_t i, int64_t d, int64_t *a, int64_t *b)
{
    if (i <= UINT32_MAX) {
        uint32_t q = (uint32_t)i / (uint32_t)d;
        *a = q;
        *b = (uint32_t)i - q * (uint32_t)d;
    } else {
        *a = i / d;
        *b = i % d;
    }
}

/* Indices of a launch over rows, see cuda_rows. */
HD int64_t
cuda_indices(const struct cuda_rows *rows, int64_t width)
{
    int64_t many = rows->many[0] + rows->many[1];
    return many * width + (rows->n - many) * (width / 4);
}

/* The row and first column of index i; returns how many columns it has. */
HD int
cuda_index(const struct cuda_rows *rows, int64_t width, int64_t i, int64_t *row,
    int64_t *col)
{
    int64_t k, m0 = rows->many[0], m1 = rows->many[1];
    if (i < (m0 + m1) * width) {
        cuda_split(i, width, &k, col);
        *row = k < m0 ? k : rows->split + k - m0;
        return 1;
    }
    cuda_split(i - (m0 + m1) * width, width / 4, &k, col);
    *col *= 4;
    *row = k < rows->split - m0 ? m0 + k : k + m0 + m1;
    return 4;
}

/* --- gathering ------------------------------------------------------------ */

enum { CUDA_PLAIN, CUDA_SCALED, CUDA_SPARSE };

/* What row j adds to a sum. */
HD void
cuda_source_row(const int w, const int kind, float *v,
    const struct cuda_source *s, const float *q, const float *scale, int32_t j,
    int64_t col, int64_t width)
{
    cuda_term(w, v, s->y, kind == CUDA_SPARSE ? s->slot : NULL, j, col, width);
    if (kind != CUDA_PLAIN) {
        float qj = q[j];
        for (int k = 0; k < w; k++)
            v[k] = qj * (scale[k] * v[k]);
    }
}

/* sum_{j in N(r)} B_rj y[j] in the order of the row; several rows are loaded
 * ahead. */
HD void
cuda_gather_kind(const int w, const int kind, float *sum,
    const struct cuda_graph *g, const struct cuda_source *s, int64_t r,
    int64_t col, int64_t width)
{
    enum { MOST = 32 };
    const int ahead = w == 4 ? 8 : MOST;
    int64_t k = g->indptr[r], end = g->indptr[r + 1];
    float scale[4], v[MOST][4];
    int32_t index[MOST];
    if (kind != CUDA_PLAIN)
        cuda_load(w, scale, s->scale + col);
    for (; k < end; k += ahead) {
        CUDA_UNROLL
        for (int a = 0; a < ahead; a++)
            index[a] = k + a < end ? g->indices[k + a] : -1;
        CUDA_UNROLL
        for (int a = 0; a < ahead; a++)
            if (index[a] >= 0)
                cuda_source_row(
                    w, kind, v[a], s, g->q, scale, index[a], col, width);
        CUDA_UNROLL
        for (int a = 0; a < ahead; a++)
            if (index[a] >= 0) {
                if (g->value)
                    for (int j = 0; j < w; j++)
                        sum[j] = fmaf(g->value[k + a], v[a][j], sum[j]);
                else
                    for (int j = 0; j < w; j++)
                        sum[j] = sum[j] + v[a][j];
            }
    }
}

/* Row r of a layer: z = q_r sum + c x[r]. */
HD void
cuda_horner(const int w, float *z, const struct cuda_arg *a, int64_t r,
    int64_t col, int64_t width)
{
    float sum[4] = {0.0f, 0.0f, 0.0f, 0.0f}, c[4], x[4];
    const struct cuda_graph *g = &a->graph;
    if (g->indptr && a->from.slot)
        cuda_gather_kind(w, CUDA_SPARSE, sum, g, &a->from, r, col, width);
    else if (g->indptr && a->from.scale)
        cuda_gather_kind(w, CUDA_SCALED, sum, g, &a->from, r, col, width);
    else if (g->indptr)
        cuda_gather_kind(w, CUDA_PLAIN, sum, g, &a->from, r, col, width);
    cuda_load(w, c, a->c + col);
    cuda_term(w, x, a->x, a->slot, r, col, width);
    float q = g->q[r];
    for (int j = 0; j < w; j++)
        z[j] = fmaf(q, sum[j], c[j] * x[j]);
}

#endif
