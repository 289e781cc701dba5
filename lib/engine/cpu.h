#ifndef STAIR_CPU_H
#define STAIR_CPU_H

/* Private to the CPU engine: cpu.c sets it up and moves state in and out,
 * cpu_step.c runs steps. */

#include "lib/base/par.h"
#include "lib/engine/batch.h"
#include "lib/engine/engine.h"
#include "lib/engine/kernels.h"

/*
 * Threads work in crews: a crew carries its panels through a step, one after
 * the other, its threads sharing the rows of each. Many small crews need fewer
 * meetings, few large ones less cache; either way the same numbers are added in
 * the same order.
 */
struct crew {
    struct par_gate gate;
    float *y0, *y1; /* [n][PANEL] layers of Horner's rule */
    float *sum;     /* [n][PANEL] zero between panels */
};

/* Ranges of rows; of the user-item graph one of users and one of items. */
struct part {
    int n;
    int64_t from[2], to[2];
};

/* A thread. What it keeps of a batch is small enough to be made by each. */
struct worker {
    struct crew *crew;
    int rank;                /* within the crew */
    int first;               /* its crew's first panel */
    struct part rows, items; /* its share; items counted from 0 */
    float *slots; /* [3 batch + 1][PANEL] gradient of H on the batch's nodes;
                     the last row is zero */
    float *mid;   /* the same of the second band */
    float *own;   /* gradient that is not propagated; zero rows where the model
                     has none */
    struct batch batch;
};

struct engine {
    const struct kernels *k;
    struct graph ui_graph, item_graph; /* renumbered copies */
    struct kgraph ui, none, items;     /* none: no edges, for 0 layers */
    int32_t *place; /* [n] row of each node; users before items */
    int64_t *no_edges;
    int64_t n_users, n_items, n, d;
    int panels, threads, crews, layers, item_layers, smooth;
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
    struct crew *crew;  /* [crews] */
    struct worker *worker; /* [threads] */
    struct sampler *sampler;
    struct engine_times times;
};

/* Layers L .. 2 of Horner's rule on x, the worker's part; on return the whole
 * crew is done with them. Returns the one of the two buffers that the last
 * layer reads. With no layers the result is unused. */
const float *cpu_inner_layers(const struct kernels *k, struct worker *w,
    const struct part *part, const struct kgraph *graph, int layers,
    const float *c, struct krows x, float *y, float *other);

#endif
