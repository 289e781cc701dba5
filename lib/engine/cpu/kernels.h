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
enum { PANEL = 16, KERNELS_AHEAD = 48 /* rows asked for in advance */ };

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
 * The rows of Horner's own term c x: row r lies at x + PANEL r, or, where a
 * matrix is zero outside few rows, at x + PANEL slot[r], all the zero rows
 * sharing one slot.
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

    /* y[r] += q_j (c x[k]) for every r, r0 <= r < r1, that gathers source
     * j = rows[k], sources in the order of g's rows; g are the sources' own
     * rows: start and the sum of a layer in one where x is zero outside the n
     * listed rows. */
    void (*push_rows)(const struct kgraph *g, int64_t r0, int64_t r1,
        const int32_t *rows, int64_t n, const float *c, const float *x,
        float *y);

    /* A layer whose sums lie in y, rows r0..r1-1:
     *   z = q_r y[r] + c x[r],  y[r] = q_r z                                */
    void (*layer_summed)(const struct kgraph *g, int64_t r0, int64_t r1,
        const float *c, struct krows x, float *y);

    /* The second band of a model that has one, for n listed rows:
     *   mid[k] = w x[rows[k]] - low[k]                                      */
    void (*band)(const int32_t *rows, int64_t n, float w, struct krows x,
        const float *low, float *mid);

    /* Its adjoint: low[k] -= mid[k], own[k] = w mid[k], k < n. */
    void (*fold)(int64_t n, float w, const float *mid, float *low, float *own);

    /* Squared norms of the batch's parameters, w = penalty / B, count[k] times
     * per row: own[k] += (w count[k]) x[rows[k]]. */
    void (*penalise)(const int32_t *rows, const int32_t *count, int64_t n,
        float w, struct krows x, float *own);

    /* The last layer of the gradient with Adam on top, rows r0..r1-1: z + own
     * is the gradient of theta[r], own a part that is not propagated, with the
     * slots of x; updates m, v and theta. With dir the normalised direction
     * goes to dir[r] and theta stays: the items of STAIR, whose direction is
     * smoothed first. */
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
