#ifndef STAIR_CPU_H
#define STAIR_CPU_H

#include "lib/base/exec.h"
#include "lib/engine/engine.h"

/*
 * The linear family's engine on the CPU.
 *
 * The model's columns lie in panels of PANEL columns (kernels.h), which meet
 * only in the scores. So an engine may have only some of the panels, while the
 * others are elsewhere, for instance in another process. Each of these engines
 * is made from the whole model and draws the same triples.
 */

/*
 * Completes the scores of a step. partial is [parts][stride], of which the
 * first n numbers of each part count. Part b * panels + p is panel p of band b,
 * where panels are all those of the model. The engine has filled the parts of
 * its own panels, and exchange fills the others. *stop becomes non-zero if
 * another engine wants to stop after this step, because all must stop after the
 * same one.
 *
 * It is called once a step, on one thread, but not always the same one. An
 * error ends the epoch.
 */
typedef int cpu_exchange(void *ctx, float *partial, int64_t stride, int parts,
    int64_t n, int *stop, struct err *e);

struct cpu_opt {
    int64_t batch; /* triples of a step, all of a positive's in the same one */
    struct exec *exec; /* borrowed for the life of the engine */
    int crews;    /* groups of threads, each at a panel of its own; 0: as many
                     as threads and panels allow */
    int from, to; /* the engine's panels are from .. to - 1, none if from == to;
                     0, 0: all */
    cpu_exchange *exchange; /* NULL: the engine has all panels */
    void *ctx;              /* of exchange */
};

/*
 * Takes the model's tables and initial parameters (copied), the user-item graph
 * and, if the model smooths, the item graph. The engine makes its own
 * copies of the graphs; the sampler is borrowed for its life. ERR_RANGE for
 * panels that the model does not have.
 */
int cpu_new(struct engine **out, const struct poly *m, const struct graph *ui,
    const struct graph *items, struct sampler *s, const struct cpu_opt *o,
    struct err *e) ERR_CHECKED;

#endif
