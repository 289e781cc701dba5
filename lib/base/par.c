#include "lib/base/par.h"

#include "lib/base/mem.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_THREADS = 1024, SPINS = 1 << 12 };

/* Signals belong to the calling thread: helpers start with all of them
 * blocked, so that a handler runs where the tool expects it. */
static int
spawn(pthread_t *t, void *(*f)(void *), void *arg)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(t, NULL, f, arg);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return rc;
}

struct loop {
    _Atomic int64_t next;
    int64_t n;
    void (*f)(void *, int64_t, int);
    void *ctx;
};

struct worker {
    struct loop *loop;
    int thread;
};

static void *
loop_worker(void *arg)
{
    struct worker *w = arg;
    struct loop *l = w->loop;
    int64_t i;
    while ((i = atomic_fetch_add(&l->next, 1)) < l->n)
        l->f(l->ctx, i, w->thread);
    return NULL;
}

void
par_for(int threads, int64_t n, void (*f)(void *, int64_t, int), void *ctx)
{
    if (threads > n)
        threads = (int)n;
    if (threads > MAX_THREADS)
        threads = MAX_THREADS;
    struct loop l = {0, n, f, ctx};
    struct worker self = {&l, 0};
    pthread_t tid[MAX_THREADS];
    struct worker w[MAX_THREADS];
    int started = 0;
    for (int t = 1; t < threads; t++) {
        w[started] = (struct worker){&l, started + 1};
        if (spawn(&tid[started], loop_worker, &w[started]))
            break;
        started++;
    }
    loop_worker(&self);
    for (int t = 0; t < started; t++)
        pthread_join(tid[t], NULL);
}

struct par_team {
    void (*f)(void *, int, struct par_team *);
    void *ctx;
    struct par_gate gate;
    _Atomic int go; /* 0 wait, 1 run, -1 leave */
    pthread_mutex_t lock;
    pthread_cond_t wake;
};

struct member {
    struct par_team *team;
    int rank;
};

static void *
team_member(void *arg)
{
    struct member *m = arg;
    struct par_team *t = m->team;
    pthread_mutex_lock(&t->lock);
    while (t->go == 0)
        pthread_cond_wait(&t->wake, &t->lock);
    int run = t->go > 0;
    pthread_mutex_unlock(&t->lock);
    if (run)
        t->f(t->ctx, m->rank, t);
    return NULL;
}

void
par_gate_init(struct par_gate *g, int size)
{
    g->size = size;
    g->waiting = 0;
    g->round = 0;
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->wake, NULL);
}

void
par_gate_free(struct par_gate *g)
{
    pthread_cond_destroy(&g->wake);
    pthread_mutex_destroy(&g->lock);
}

/* Spins briefly, since the steps between meetings are balanced and short, then
 * sleeps, so that an oversubscribed machine is not brought to its knees. */
void
par_gate_wait(struct par_gate *g)
{
    if (g->size <= 1)
        return;
    unsigned round = atomic_load(&g->round);
    if (atomic_fetch_add(&g->waiting, 1) + 1 == g->size) {
        atomic_store(&g->waiting, 0);
        pthread_mutex_lock(&g->lock);
        atomic_store(&g->round, round + 1);
        pthread_cond_broadcast(&g->wake);
        pthread_mutex_unlock(&g->lock);
        return;
    }
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&g->round, memory_order_acquire) != round)
            return;
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
    pthread_mutex_lock(&g->lock);
    while (atomic_load(&g->round) == round)
        pthread_cond_wait(&g->wake, &g->lock);
    pthread_mutex_unlock(&g->lock);
}

void
par_barrier(struct par_team *t)
{
    par_gate_wait(&t->gate);
}

int
par_team_run(int size, void (*f)(void *, int, struct par_team *), void *ctx,
    struct err *e)
{
    struct par_team t = {.f = f, .ctx = ctx};
    pthread_t *tid = mem_new(size, sizeof *tid, e);
    struct member *m = mem_new(size, sizeof *m, e);
    int rc = 0;
    if (!tid || !m) {
        rc = ERR_NOMEM;
        goto out;
    }
    par_gate_init(&t.gate, size);
    pthread_mutex_init(&t.lock, NULL);
    pthread_cond_init(&t.wake, NULL);
    int started = 1;
    for (; started < size; started++) {
        m[started] = (struct member){&t, started};
        int err = spawn(&tid[started], team_member, &m[started]);
        if (err) {
            rc = err_set(e, ERR_NOMEM, "cannot start thread %d: %s", started,
                strerror(err));
            break;
        }
    }
    pthread_mutex_lock(&t.lock);
    t.go = rc ? -1 : 1;
    pthread_cond_broadcast(&t.wake);
    pthread_mutex_unlock(&t.lock);
    if (!rc)
        f(ctx, 0, &t);
    for (int r = 1; r < started; r++)
        pthread_join(tid[r], NULL);
    pthread_cond_destroy(&t.wake);
    pthread_mutex_destroy(&t.lock);
    par_gate_free(&t.gate);
out:
    free(tid);
    free(m);
    return rc;
}

int
par_cpus(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set))
        return 1;
    int n = CPU_COUNT(&set);
    return n < 1 ? 1 : n;
}
