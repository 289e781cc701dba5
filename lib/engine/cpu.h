#ifndef STAIR_CPU_H
#define STAIR_CPU_H

/* Private to the CPU engine: cpu.c sets it up and moves state in and out,
 * cpu_step.c runs steps. */

#include "lib/engine/batch.h"
#include "lib/engine/engine.h"
#include "lib/engine/kernels.h"

/* What one thread needs to carry a panel through a step. */
struct scratch {
    float *y0, *y1; /* [n][PANEL] layers of Horner's rule */
    float *sum;     /* [n][PANEL] zero between steps */
    float *slots;   /* [3 batch + 1][PANEL] gradient of H on the batch's
                       nodes; the last row is zero */
    float *mid;     /* the same of the second band */
    float *own;     /* gradient that is not propagated; zero rows where the
                       model has none */
    struct batch batch;
};

struct engine {
    const struct kernels *k;
    struct graph ui_graph, item_graph; /* renumbered copies */
    struct kgraph ui, none, items;     /* none: no edges, for 0 layers */
    int32_t *place; /* [n] row of each node; users before items */
    int64_t *no_edges;
    int64_t n_users, n_items, n, d;
    int panels, threads, layers, item_layers, smooth;
    int64_t batch;
    int bands; /* 2: the vectors have a second half, mid x - first half */
    double mid, penalty;
    double rate, coupled, decoupled;
    float *coef;          /* [panel][layer][PANEL] */
    float *item_coef;     /* the same for the item graph */
    float *theta, *m, *v; /* [panel][n][PANEL] */
    float *h;           /* [band][panel][3 batch][PANEL] the batch's vectors */
    float *partial;     /* [band][panel][batch] parts of the scores */
    float *score_coef;  /* [batch] d loss / d s+ */
    double *loss;       /* [batch] */
    int32_t *triple[2]; /* [batch][3] this step's and the next's */
    struct scratch *scratch; /* one a thread */
    struct sampler *sampler;
    struct engine_times times;
};

/* Layers L .. 2 of Horner's rule on x, for all rows; returns the one of the two
 * buffers that the last layer reads. With no layers the result is unused. */
const float *cpu_inner_layers(const struct kernels *k,
    const struct kgraph *graph, int layers, const float *c, struct krows x,
    float *y, float *other);

#endif
