#ifndef STAIR_GATE_H
#define STAIR_GATE_H

#include <pthread.h>

/*
 * A meeting point of `size` threads: each waits in gate_wait until all have
 * come, and the gate can be used again at once. A gate of size 1 does nothing.
 *
 * A waiting thread looks `spins` times whether all have come, then sleeps. So
 * threads with equal work meet without a system call, and a thread that waits
 * for long leaves its processor to others.
 */
struct gate {
    int size, spins;
    _Atomic int waiting;
    _Atomic unsigned round;
    pthread_mutex_t lock;
    pthread_cond_t wake;
};
void gate_init(struct gate *g, int size, int spins);
void gate_wait(struct gate *g);

/* gate_wait, in which the thread that comes last calls f(ctx) before the others
 * go on. f may be NULL. A gate of size 1 calls f, too. */
void gate_wait_then(struct gate *g, void (*f)(void *ctx), void *ctx);

/* After the last use. */
void gate_free(struct gate *g);

/* A short rest between two looks at a variable that another thread changes. */
static inline void
gate_rest(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

#endif
