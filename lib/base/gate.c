#include "lib/base/gate.h"

#include <stdatomic.h>

void
gate_init(struct gate *g, int size, int spins)
{
    g->size = size;
    g->spins = spins;
    g->waiting = 0;
    g->round = 0;
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->wake, NULL);
}

void
gate_free(struct gate *g)
{
    pthread_cond_destroy(&g->wake);
    pthread_mutex_destroy(&g->lock);
}

void
gate_wait(struct gate *g)
{
    gate_wait_then(g, NULL, NULL);
}

void
gate_wait_then(struct gate *g, void (*f)(void *ctx), void *ctx)
{
    if (g->size <= 1) {
        if (f)
            f(ctx);
        return;
    }
    unsigned round = atomic_load(&g->round);
    if (atomic_fetch_add(&g->waiting, 1) + 1 == g->size) {
        if (f)
            f(ctx);
        atomic_store(&g->waiting, 0);
        pthread_mutex_lock(&g->lock);
        atomic_store(&g->round, round + 1);
        pthread_cond_broadcast(&g->wake);
        pthread_mutex_unlock(&g->lock);
        return;
    }
    for (int i = 0; i < g->spins; i++) {
        if (atomic_load_explicit(&g->round, memory_order_acquire) != round)
            return;
        gate_rest();
    }
    pthread_mutex_lock(&g->lock);
    while (atomic_load(&g->round) == round)
        pthread_cond_wait(&g->wake, &g->lock);
    pthread_mutex_unlock(&g->lock);
}
