#ifndef STAIR_CPU_PRIV_H
#define STAIR_CPU_PRIV_H

/* Private to the CPU engine: cpu.c sets it up and moves state in and out,
 * cpu_step.c runs steps. */

#include "lib/base/exec.h"
#include "lib/base/gate.h"
#include "lib/engine/cpu/batch.h"
#include "lib/engine/cpu/cpu.h"
#include "lib/engine/cpu/kernels.h"

/*
 * Threads work in crews. A crew carries its panels through a step, one after
 * the other, and its threads share the rows of each panel. The size of crews
 * changes no order of additions.
 *
 * A layer of Horner's rule reads the layer before only on the other side of the
 * graph. So users' rows are overwritten in place, and only items need a spare
 * buffer.
 */
struct crew {
    struct gate gate;
    float *users;         /* [max(U, 2 I)][PANEL] */
    float *items, *spare; /* [I][PANEL] */
};

/* Rows from..to-1. */
struct part {
    int64_t from, to;
};

/* A thread. Each makes the batch's data for itself, as they are small. */
struct worker {
    struct crew *crew;
    int rank;                 /* within the crew */
    int first;                /* its crew's first panel */
    struct part users, items; /* its share of the rows */
    float *slots; /* [3 batch + 1][PANEL] gradient of H on the batch's nodes;
                     the last row is zero */
    float *mid;   /* the same of the second band */
    float *own;   /* gradient that is not propagated; zero rows where the model
                     has none */
    struct batch batch;
};

struct cpu {
    struct engine base;
    struct engine_tensor tensor[ENGINE_LINEAR];
    struct exec *exec;
    const struct kernels *k;
    struct graph ui_graph, item_graph;    /* renumbered copies */
    struct kgraph users, items;           /* users gather items and reverse */
    struct kgraph similar;                /* items gather items */
    struct kgraph lone_users, lone_items; /* no edges, for 0 layers */
    int32_t *place; /* [n] row of each node; users before items */
    int64_t n_users, n_items, n, d;
    int all_panels; /* of the model */
    int panel0;     /* the engine's first one */
    int panels; /* the engine's; all panels below are numbered among these */
    int64_t d0, d1; /* these panels have the model's columns d0 .. d1 - 1 */
    int threads, crews, layers, item_layers, smooth;
    cpu_exchange *exchange;
    void *exchange_ctx;
    int64_t batch;
    int bands; /* 2: the vectors have a second half, mid x - first half */
    double mid, penalty;
    struct adam_opt adam;
    float *coef;          /* [panel][layer][PANEL] */
    float *item_coef;     /* the same for the item graph */
    float *theta, *m, *v; /* [panel][n][PANEL] */
    float *h;           /* [band][panel][3 batch][PANEL] the batch's vectors */
    float *partial;     /* [band][all panels][batch] parts of the scores */
    float *score_coef;  /* [batch] d loss / d s+ */
    double *loss;       /* [batch] a positive's stands with its first triple */
    int32_t *triple[2]; /* [batch][3] this step's and the next's */
    struct crew *crew;  /* [crews] */
    struct worker *worker; /* [threads] */
    struct sampler *sampler;
    struct arena arena; /* of all arrays above */
};

/* A panel of a matrix over users and items, as its two blocks. */
struct blocks {
    struct krows users, items;
};

/* The worker's part of layers L .. 2 of Horner's rule on x over the user-item
 * graph. On return the whole crew has finished these layers. The last layer
 * then reads users and *items, and *spare is free. Does nothing for a model of
 * 0 layers. */
void cpu_inner_layers(const struct cpu *g, struct worker *w, const float *c,
    struct blocks x, float *users, float **items, float **spare);

/* An epoch, see engine_epoch. */
int cpu_epoch(struct engine *base, struct engine_cursor *c,
    const volatile int *stop, void (*progress)(void *, int64_t, int64_t),
    void *ctx, struct err *e) ERR_CHECKED;

/* Panel p of the parameters. */
struct blocks cpu_theta(const struct cpu *g, int panel);

#endif
