#ifndef STAIR_CUDA_DEVICE_H
#define STAIR_CUDA_DEVICE_H

#include "lib/base/err.h"
#include "lib/base/rng.h"
#include "lib/engine/cpu/kernels.h"
#include "lib/graph/sample.h"
#include "lib/nn/adam.h"

#include <stdint.h>

/*
 * The border between cuda.c, which knows the model, and a device, which knows
 * how to run a body of cuda_body.h for all indices: what the engine keeps in
 * the device's memory, and what the device can do. A device is a GPU
 * (cuda_gpu.cu), or the loop of a test.
 *
 * Matrices are row-major [rows][width], width = d padded with zero columns to
 * whole panels of PANEL columns, the rows of users before those of items, each
 * by descending degree. A body computes four columns of a row, or one of a row
 * that gathers many.
 */

struct cuda_graph {
    const int64_t *indptr; /* NULL: no edges at all */
    const int32_t *indices;
    const float *value; /* NULL: all are 1 */
    const float *q;
};

/*
 * Where a layer gathers from: the rows y[j]. With a scale the rows are q_j
 * (scale y[j]), the innermost term of Horner's rule. With slots row j lies at
 * y[slot[j]], and is zero outside the batch.
 */
struct cuda_source {
    const float *y;
    const int32_t *slot;
    const float *scale; /* [width] */
};

/*
 * Rows to be computed: [0, split) and [split, n). In front of each range stand
 * `many` rows with many neighbours. A thread takes one column of such a row
 * only, because the sum over a row's neighbours is one chain, and a step waits
 * for the longest.
 */
struct cuda_rows {
    int64_t split, n, many[2];
};

/* Arguments of one launch; each body says which it reads. */
struct cuda_arg {
    struct cuda_rows rows;
    struct cuda_graph graph;
    struct cuda_source from;
    const float *x; /* Horner's own term, row r at x[r] or x[slot[r]] */
    const int32_t *slot;
    const float *c; /* [width] its weights */
    float *out;
};

/* What changes from step to step. The host writes it where an epoch begins or
 * is taken up again, and reads it where one ends. */
struct cuda_state {
    int64_t step;   /* steps finished within the epoch */
    int64_t t;      /* optimiser steps finished in all */
    int64_t n;      /* triples of the present step */
    int64_t bad;    /* 1 + the step whose loss is not finite */
    double sum;     /* of the triples' losses of the epoch */
    uint32_t epoch; /* what the sampler draws */
    int32_t used;   /* of seg */
    struct rng_perm order;
    struct adam adam; /* of the present step */
};

enum { CUDA_NONE = INT32_MAX }; /* slot of a row outside the batch */

struct cuda_mem {
    int64_t n_users, n_items, n; /* rows */
    int64_t width;
    int64_t batch, triples; /* a step's; an epoch's */
    int panels, bands;
    int smooth;
    float mid;
    double penalty;
    struct adam_opt adam;

    /* sampling; pointers within are the device's */
    struct sampler sampler;
    struct csr train;
    const int32_t *place; /* [n] row of each node */

    struct cuda_graph graph;   /* of all n rows */
    struct cuda_graph similar; /* of the items */
    const float *coef;         /* [layer][width] */
    const float *item_coef;
    float *theta, *m, *v; /* [n][width] */
    float *y[2];          /* [max(n, 2 I)][width] */

    /*
     * A batch's entries: entry e = 3 b + role is the user (0), positive (1) or
     * negative (2) of triple b. The distinct rows among them have as slot the
     * smallest entry of that row, so that no order of arrival matters; arrays
     * of slots are [3 batch] with gaps.
     */
    int32_t *row;      /* [3 batch] of an entry */
    int32_t *slot;     /* [n] of a row, CUDA_NONE outside the batch */
    int32_t *at;       /* [3 batch] slot of an entry */
    int32_t *count;    /* of a slot: its entries */
    int32_t *arrive;   /* a number of the entry within its slot, in any order */
    int32_t *base;     /* of a slot: where its entries lie in seg, sorted */
    int32_t *seg;      /* entries, a slot's together, in any order */
    int32_t *sorted;   /* the same in ascending order */
    float *h;          /* [band][slot][width] the batch's vectors */
    float *slots;      /* [slot][width] their gradient */
    float *own;        /* gradient that is not propagated, or NULL */
    float *partial;    /* [band][panel][batch] parts of the scores */
    float *score_coef; /* [batch] d loss / d s+ */
    double *loss;      /* [batch] */
    struct cuda_state *state;
};

/* The bodies, see cuda_body.h, in the order of a step. */
#define CUDA_KERNELS(X)                                                        \
    X(reset)                                                                   \
    X(sample)                                                                  \
    X(number)                                                                  \
    X(base)                                                                    \
    X(gather)                                                                  \
    X(sort)                                                                    \
    X(layer)                                                                   \
    X(vectors)                                                                 \
    X(scores)                                                                  \
    X(losses)                                                                  \
    X(total)                                                                   \
    X(gradient)                                                                \
    X(adam)                                                                    \
    X(step)                                                                    \
    X(next)                                                                    \
    X(last)                                                                    \
    X(band)                                                                    \
    X(fetch)                                                                   \
    X(place)                                                                   \
    X(copy)
#define CUDA_ENUM(name) CUDA_##name,
enum cuda_kernel { CUDA_KERNELS(CUDA_ENUM) CUDA_N_KERNELS };
#undef CUDA_ENUM

/* Functions that can fail return ERR_DEVICE, or ERR_NOMEM for memory. */
struct cuda_device {
    const char *name; /* for people */
    void (*close)(struct cuda_device *d);

    /* ERR_NOMEM unless so many bytes are free; it names those that are. */
    int (*room)(struct cuda_device *d, int64_t bytes, struct err *e);
    /* Zeroed. */
    int (*alloc)(struct cuda_device *d, void **p, int64_t bytes, struct err *e);
    void (*free)(struct cuda_device *d, void *p);

    /* To the device and from it, after all that was launched. */
    int (*put)(struct cuda_device *d, void *to, const void *from, int64_t bytes,
        struct err *e);
    int (*get)(struct cuda_device *d, void *to, const void *from, int64_t bytes,
        struct err *e);

    /* Runs a body for the indices 0..n-1, in any order. Launches of a lane run
     * one after the other; there are two, see fork. */
    int (*launch)(struct cuda_device *d, int lane, enum cuda_kernel k,
        const struct cuda_mem *g, const struct cuda_arg *a, int64_t n,
        struct err *e);
    /* After fork lane 1 starts when the launches of lane 0 so far have ended,
     * and runs beside its later ones. join makes lane 0 wait for lane 1. */
    int (*fork)(struct cuda_device *d, struct err *e);
    int (*join)(struct cuda_device *d, struct err *e);

    /* Runs the launches that issue makes. issue is called at least once; the
     * device may record its launches and repeat them later without a call. */
    int (*repeat)(struct cuda_device *d, int (*issue)(void *ctx, struct err *e),
        void *ctx, struct err *e);

    /* Marks 0 and 1: await returns when what came before the mark is done. */
    int (*mark)(struct cuda_device *d, int mark, struct err *e);
    int (*await)(struct cuda_device *d, int mark, struct err *e);
};

#endif
