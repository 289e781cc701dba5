#ifndef STAIR_CPU_H
#define STAIR_CPU_H

#include "lib/base/exec.h"
#include "lib/engine/engine.h"

/* The linear family's engine on the CPU. */
struct cpu_opt {
    int64_t batch;
    struct exec *exec; /* borrowed for the life of the engine */
    int crews; /* groups of threads, each at a panel of its own; 0: as many
                  as threads and panels allow */
};

/*
 * Takes the model's tables and initial parameters (copied), the user-item graph
 * and, if the model smooths, the item graph. The engine makes its own
 * copies of the graphs; the sampler is borrowed for its life. ERR_RANGE if isa
 * names no kernels of this processor.
 */
int cpu_new(struct engine **out, const struct poly *m, const struct graph *ui,
    const struct graph *items, struct sampler *s, const struct cpu_opt *o,
    struct err *e) ERR_CHECKED;

#endif
