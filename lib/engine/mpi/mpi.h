#ifndef STAIR_MPI_H
#define STAIR_MPI_H

#include "lib/engine/cpu/cpu.h"
#include "lib/engine/engine.h"

/*
 * The linear family's engine over ranks (ranks.h): each has some of the model's
 * panels, of PANEL columns, in an engine of its own (cpu.h), and its copy of
 * the graphs. Once a step every rank sends the partial scores of its panels to
 * every other, batch x panels x 4 bytes, in one round of messages; they are
 * added in the order of the panels, so that the bytes are those of one process.
 *
 * Parameters, moments and buffers of a rank are those of its panels. What
 * engine_vectors fills is whole on every rank; what engine_get fills is whole
 * on rank 0, and on the others it is their columns. engine_set takes each
 * rank's columns from the whole. All ranks make the same calls.
 */

/* As cpu_new, of which o->from, o->to, o->exchange and o->ctx are not read.
 * Ranks beyond the number of panels have none. */
int mpi_new(struct engine **out, const struct poly *m, const struct graph *ui,
    const struct graph *items, struct sampler *s, const struct cpu_opt *o,
    struct err *e) ERR_CHECKED;

/* The panels of a model of d columns: the most ranks that share its work. */
int mpi_panels(int64_t d);

#endif
