#ifndef STAIR_PAR_H
#define STAIR_PAR_H

#include "lib/base/err.h"

#include <pthread.h>
#include <stdint.h>

/*
 * Parallel-for: calls f(ctx, i, thread) once for every i in 0..n-1, on up to
 * `threads` threads (the calling one included), in no particular order; thread
 * is in 0..threads-1. Returns when all calls have. Determinism is the caller's:
 * let i index chunks whose borders depend on sizes only, and join partial
 * results in the order of i. If threads cannot be started, fewer are used.
 */
void par_for(int threads, int64_t n,
    void (*f)(void *ctx, int64_t i, int thread), void *ctx);

/*
 * A meeting point of `size` threads: each waits in par_gate_wait until all have
 * come; reusable at once. No-op for size 1. par_gate_free after the last use.
 */
struct par_gate {
    int size;
    _Atomic int waiting;
    _Atomic unsigned round;
    pthread_mutex_t lock;
    pthread_cond_t wake;
};
void par_gate_init(struct par_gate *g, int size);
void par_gate_wait(struct par_gate *g);
void par_gate_free(struct par_gate *g);

/*
 * A team: f(ctx, rank, team) once on each of exactly `size` threads, which may
 * meet at par_barrier. For loops whose steps are too short for par_for.
 */
struct par_team;
int par_team_run(int size, void (*f)(void *ctx, int rank, struct par_team *t),
    void *ctx, struct err *e) ERR_CHECKED;

/* Every thread of the team waits here for the others; no-op for one thread. */
void par_barrier(struct par_team *t);

/* Processors this process may run on, at least 1. */
int par_cpus(void);

#endif
