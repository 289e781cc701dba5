#ifndef STAIR_KERNELS_H
#define STAIR_KERNELS_H

#include "lib/base/exec.h"
#include "lib/nn/adam.h"

#include <stdint.h>

/*
 * The inner loops of a training step on one panel of PANEL columns, compiled
 * once per instruction set. A panel is [n][PANEL] float32: columns never mix in
 * propagation, so a thread carries its panels through a whole step alone.
 *
 * Every loop states its float32 operations; a row's neighbours are summed in
 * ascending order. All instruction sets give the same bits.
 */
enum { PANEL = 16, KERNELS_AHEAD = 48 /* rows prefetched in advance */ };

/*
 * Rows of a graph with symmetric normalisation: row r, as a target, gathers
 * sources. Users gather items and items users, each numbered from 0; in the
 * item graph both are items.
 */
struct kgraph {
    int64_t n;              /* rows */
    const int64_t *indptr;  /* [n + 1] */
    const int32_t *indices; /* KERNELS_AHEAD more readable; sources, in the
                               order in which they are added */
    const float *value;     /* B's entries, NULL if all are 1 */
    const float *q;         /* diagonal of Q: degree^-1/2, 0 for degree 0 */
};

/*
 * The rows of the term c x in Horner's rule. Row r lies at x + PANEL r. With
 * slots it lies at x + PANEL slot[r]: so a matrix that is zero outside few rows
 * has one slot for all zero rows.
 */
struct krows {
    const float *x;
    const int32_t *slot; /* NULL: x is dense */
};

struct kernels {
    const char *name;

    /* y[r] = q_r (c x[r]) for rows r0..r1-1: the innermost term of Horner's
     * rule. */
    void (*start)(const struct kgraph *g, int64_t r0, int64_t r1,
        const float *c, struct krows x, float *y);

    /* One Horner layer on rows r0..r1-1:
     *   z = q_r sum_{j in N(r)} B_rj y[j] + c x[r],   out[r] = q_r z        */
    void (*layer)(const struct kgraph *g, int64_t r0, int64_t r1,
        const float *c, struct krows x, const float *y, float *out);

    /* The last layer: out[r] = z. */
    void (*last)(const struct kgraph *g, int64_t r0, int64_t r1, const float *c,
        struct krows x, const float *y, float *out);

    /* The last layer on n listed rows only: out[k] = z of row rows[k]. */
    void (*last_rows)(const struct kgraph *g, const int32_t *rows, int64_t n,
        const float *c, struct krows x, const float *y, float *out);

    /* partial[b] = tree sum of h[u_b] (h[p_b] - h[n_b]) over this panel. */
    void (*scores)(int64_t n, const int32_t *u, const int32_t *p,
        const int32_t *neg, const float *h, float *partial);

    /* Adjoint of the scores, b ascending, g zero on entry:
     *   g[u] += c_b (h[p] - h[n]);  g[p] += c_b h[u];  g[n] -= c_b h[u]     */
    void (*scatter)(int64_t n, const int32_t *u, const int32_t *p,
        const int32_t *neg, const float *coef, const float *h, float *g);

    /* `start` and the sums of a layer in one, for an x that is zero outside n
     * listed rows: y[r] += q_j (c x[k]) for each source j = rows[k] and each r
     * in r0..r1-1 that gathers it. g has the rows of the sources. They are
     * listed in the order in which `layer` would add them. */
    void (*push_rows)(const struct kgraph *g, int64_t r0, int64_t r1,
        const int32_t *rows, int64_t n, const float *c, const float *x,
        float *y);

    /* The rest of that layer, whose sums lie in y, rows r0..r1-1:
     *   z = q_r y[r] + c x[r],  y[r] = q_r z */
    void (*layer_summed)(const struct kgraph *g, int64_t r0, int64_t r1,
        const float *c, struct krows x, float *y);

    /* The second band of a model that has one, for n listed rows:
     *   mid[k] = w x[rows[k]] - low[k]                                      */
    void (*band)(const int32_t *rows, int64_t n, float w, struct krows x,
        const float *low, float *mid);

    /* Its adjoint: low[k] -= mid[k], own[k] = w mid[k], k < n. */
    void (*fold)(int64_t n, float w, const float *mid, float *low, float *own);

    /* The gradient of the penalty on the batch's parameters, w = penalty / B,
     * where row k occurs count[k] times: own[k] += (w count[k]) x[rows[k]]. */
    void (*penalise)(const int32_t *rows, const int32_t *count, int64_t n,
        float w, struct krows x, float *own);

    /* The last layer of the gradient, then Adam, rows r0..r1-1. The gradient of
     * theta[r] is z + own, where own is not propagated and has the slots of x.
     * Updates m, v and theta. Unless dir is NULL, theta stays and Adam's
     * direction goes to dir[r]: STAIR smooths the items' directions first. */
    void (*last_adam)(const struct kgraph *g, int64_t r0, int64_t r1,
        const float *c, struct krows x, const float *y, const float *own,
        const struct adam *a, float *theta, float *m, float *v, float *dir);

    /* The last layer of smoothing, then the step, rows r0..r1-1:
     *   theta[r] = keep theta[r] - rate z                                   */
    void (*last_step)(const struct kgraph *g, int64_t r0, int64_t r1,
        const float *c, struct krows x, const float *y, const struct adam *a,
        float *theta);
};

const struct kernels *kernels_of(const struct exec *exec);

#endif
