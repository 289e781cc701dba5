#ifndef STAIR_CUDA_H
#define STAIR_CUDA_H

#include "lib/engine/engine.h"

/*
 * The linear family's engine on a GPU: the first one that the driver shows (see
 * CUDA_VISIBLE_DEVICES). It does the CPU engine's float operations in the
 * CPU engine's order, so that both give the same bytes.
 *
 * Everything a step needs lies in the GPU's memory: five matrices of the
 * parameters' size, rows for the batch, graphs and sampling tables; the host
 * reads one small record an epoch. The steps of an epoch run ahead of the
 * calls of progress, and a stop request takes effect some steps later.
 *
 * batch: triples of a step, all of a positive's in the same one.
 *
 * The initial parameters, graphs and tables are copied; the sampler is borrowed
 * for the engine's life. ERR_DEVICE as cuda_usable, or naming the call that
 * failed; ERR_NOMEM with the bytes needed and free.
 */
int cuda_new(struct engine **out, const struct poly *m, const struct graph *ui,
    const struct graph *items, struct sampler *s, int64_t batch,
    struct err *e) ERR_CHECKED;

/* 0 if there is a GPU that this program can use; else ERR_DEVICE, the sentence
 * says what is missing: CUDA in this build, a driver, a GPU, or code for it. */
int cuda_usable(struct err *e) ERR_CHECKED;

#endif
