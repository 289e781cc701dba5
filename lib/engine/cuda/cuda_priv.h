#ifndef STAIR_CUDA_PRIV_H
#define STAIR_CUDA_PRIV_H

/* Private to the CUDA engine: cuda.c sets it up and moves state in and out,
 * cuda_step.c launches steps, cuda_gpu.cu is the device. */

#include "lib/engine/cuda/cuda.h"
#include "lib/engine/cuda/cuda_device.h"

enum { CUDA_BLOCKS = 48 }; /* of device memory, at most */

struct cuda {
    struct engine base;
    struct engine_tensor tensor[ENGINE_LINEAR];
    struct cuda_device *dev;
    struct cuda_mem mem;
    struct cuda_rows rows, items; /* of the graph; of the item graph */
    int layers, item_layers;
    int64_t d;
    int32_t *place; /* [n] row of each node */
    struct sampler *sampler;
    void *block[CUDA_BLOCKS];
    int blocks;
    int64_t bytes; /* of device memory */
    char what[200];
};

/* The engine on a device of the caller's choice, which it closes in the end,
 * also when it fails. */
int cuda_new_on(struct engine **out, struct cuda_device *dev,
    const struct poly *m, const struct graph *ui, const struct graph *items,
    struct sampler *s, int64_t batch, struct err *e) ERR_CHECKED;

/* The GPU; its errors are those of cuda_new. */
int cuda_open(struct cuda_device **out, struct err *e) ERR_CHECKED;

/* Launches the last layer on all rows, from the parameters; *out is where the
 * vectors will be, [n][width]. */
int cuda_forward_all(struct cuda *g, float **out, struct err *e) ERR_CHECKED;

/* An epoch, see engine_epoch. */
int cuda_epoch(struct engine *base, struct engine_cursor *c,
    const volatile int *stop, void (*progress)(void *, int64_t, int64_t),
    void *ctx, struct err *e) ERR_CHECKED;

#endif
