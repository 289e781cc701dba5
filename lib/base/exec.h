#ifndef STAIR_EXEC_H
#define STAIR_EXEC_H

#include "lib/base/err.h"
#include "lib/base/isa.h"

#include <stdint.h>

/*
 * What a program computes with: a pool of threads and an instruction set. A
 * tool makes one, and every function that computes in parallel takes it.
 *
 * The helpers (all threads but the calling one) start with the first loop or
 * team that needs them and stay until exec_free. Between loops they spin for a
 * moment, then sleep. All signals are blocked in them, so that a handler runs
 * on the thread where the tool expects it. After fork() the child's first loop
 * starts helpers of its own.
 *
 * One loop or team runs at a time. A loop that is called from within another
 * one of the same pool, or while another thread uses the pool, runs on the
 * calling thread alone.
 *
 * NULL is a valid exec: the calling thread alone, and the best instruction set.
 */
struct exec;
struct gate;

/*
 * threads >= 1 counts the calling thread; isa is the name of an instruction
 * set, NULL for the best of this processor. ERR_RANGE if this processor does
 * not run it. The caller frees with exec_free, which takes NULL and must not
 * be called while a loop runs.
 */
int exec_new(struct exec **exec, int threads, const char *isa,
    struct err *e) ERR_CHECKED;
void exec_free(struct exec *exec);

/* Threads, the calling one included: the size of arrays with a part for each
 * thread. */
int exec_threads(const struct exec *exec);

/* The instruction set. isa.h says how kernels are chosen by it. */
enum isa exec_isa(const struct exec *exec);

/* The `spins` (gate.h) of gates among these threads: 0 if there are more
 * threads than processors. */
int exec_spins(const struct exec *exec);

/*
 * Calls f(ctx, i, thread) once for every i in 0..n-1, in no particular order,
 * on up to exec_threads threads, the calling one included; thread is in
 * 0..min(threads, n)-1. Returns when all calls have. Determinism is the
 * caller's: let i count chunks whose borders depend on sizes only, and join
 * partial results in the order of i. If threads cannot be started, fewer run.
 */
void exec_for(struct exec *exec, int64_t n,
    void (*f)(void *ctx, int64_t i, int thread), void *ctx);

/* exec_for over blocks of `size` of n things; the last block may be shorter.
 * Calls f(ctx, from, to) for the things from..to-1. */
void exec_blocks(struct exec *exec, int64_t n, int64_t size,
    void (*f)(void *ctx, int64_t from, int64_t to), void *ctx);

/*
 * A team: calls f(ctx, rank, team) once on each of exactly `size` threads, at
 * most exec_threads. They may meet at the gate `team`. A team is for work whose
 * steps are too short for exec_for. ERR_NOMEM if a thread cannot be started,
 * ERR_RANGE within another loop of the same pool; f is not called then.
 */
int exec_team(struct exec *exec, int size,
    void (*f)(void *ctx, int rank, struct gate *team), void *ctx,
    struct err *e) ERR_CHECKED;

/* The processors that this process may run on, at least 1. */
int exec_cpus(void);

#endif
