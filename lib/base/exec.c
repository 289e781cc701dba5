#include "lib/base/exec.h"

#include "lib/base/gate.h"
#include "lib/base/mem.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_THREADS = 1024, SPINS = 1 << 12, LINE = 64 };

/*
 * The pool's state is one word, so that a helper reads and changes it in one
 * atomic step. It holds the number of the job (its round), how many threads may
 * work at it, and how many helpers do. A loop is open until the calling thread
 * finds no index left; helpers that come later are not waited for. All helpers
 * of a team are counted from the start.
 */
enum { SIZE_AT = 12, FLAGS_AT = 24, ROUND_AT = 27, COUNT = (1 << SIZE_AT) - 1 };
#define OPEN ((uint64_t)1 << FLAGS_AT)
#define TEAM ((uint64_t)2 << FLAGS_AT)
#define QUIT ((uint64_t)4 << FLAGS_AT)

struct helper {
    struct exec *exec;
    int thread;
    uint64_t round; /* of the last job that it has looked at */
    pthread_t id;
};

struct exec {
    int threads, spins;
    enum isa isa;

    struct helper *helper; /* [threads - 1] */
    int started;           /* helpers */
    int tried;             /* a loop has started what could be started */
    unsigned forks;        /* of the process, when they were started */
    _Atomic int busy;

    /* The present job: a loop over n, or a team. */
    int64_t n;
    void (*loop)(void *ctx, int64_t i, int thread);
    void (*member)(void *ctx, int rank, struct gate *team);
    void *ctx;
    struct gate *team;

    _Alignas(LINE) _Atomic int64_t next; /* index of the loop */
    _Alignas(LINE) _Atomic uint64_t state;
    _Atomic int sleepers;     /* helpers without a job */
    _Atomic int owner_sleeps; /* the calling thread waits for helpers */
    pthread_mutex_t lock;
    pthread_cond_t job, done;
};

/* Counts the forks on the way to this process: helpers from before do not exist
 * in it. */
static _Atomic unsigned forks;

static void
forked(void)
{
    forks++;
}

static void
watch_forks(void)
{
    pthread_atfork(NULL, NULL, forked);
}

static void
loop(struct exec *x, int thread)
{
    int64_t i;
    while ((i = atomic_fetch_add(&x->next, 1)) < x->n)
        x->loop(x->ctx, i, thread);
}

/* Waits for a job later than the one that it knows. */
static void
await_job(struct helper *h)
{
    struct exec *x = h->exec;
    for (int i = 0; i < x->spins; i++) {
        if (atomic_load(&x->state) >> ROUND_AT != h->round)
            return;
        gate_rest();
    }
    pthread_mutex_lock(&x->lock);
    x->sleepers++;
    while (atomic_load(&x->state) >> ROUND_AT == h->round)
        pthread_cond_wait(&x->job, &x->lock);
    x->sleepers--;
    pthread_mutex_unlock(&x->lock);
}

/* The flags of the present job if the helper has part in it, else 0. */
static uint64_t
enter(struct helper *h)
{
    _Atomic uint64_t *state = &h->exec->state;
    uint64_t s = atomic_load(state);
    do {
        h->round = s >> ROUND_AT;
        if (s & QUIT)
            return QUIT;
        if (h->thread >= (int)(s >> SIZE_AT & COUNT))
            return 0;
        if (s & TEAM)
            return TEAM;
        if (!(s & OPEN))
            return 0;
    } while (!atomic_compare_exchange_weak(state, &s, s + 1));
    return OPEN;
}

static void
leave(struct exec *x)
{
    uint64_t s = atomic_fetch_sub(&x->state, 1) - 1;
    if (s & COUNT || s & OPEN || !atomic_load(&x->owner_sleeps))
        return;
    pthread_mutex_lock(&x->lock);
    pthread_cond_signal(&x->done);
    pthread_mutex_unlock(&x->lock);
}

static void *
help(void *arg)
{
    struct helper *h = arg;
    struct exec *x = h->exec;
    for (;;) {
        await_job(h);
        uint64_t kind = enter(h);
        if (kind == QUIT)
            return NULL;
        if (!kind)
            continue;
        if (kind == TEAM)
            x->member(x->ctx, h->thread, x->team);
        else
            loop(x, h->thread);
        leave(x);
    }
}

/* Lets helpers begin the job, which is described already; `helpers` of them
 * count as at work from now on. */
static void
publish(struct exec *x, int size, uint64_t flags, int helpers)
{
    uint64_t round = (atomic_load(&x->state) >> ROUND_AT) + 1;
    atomic_store(&x->state, round << ROUND_AT | flags |
                                (uint64_t)size << SIZE_AT | (uint64_t)helpers);
    if (!atomic_load(&x->sleepers))
        return;
    pthread_mutex_lock(&x->lock);
    pthread_cond_broadcast(&x->job);
    pthread_mutex_unlock(&x->lock);
}

/* Lets no more helpers in and waits for those at work. */
static void
finish(struct exec *x)
{
    atomic_fetch_and(&x->state, ~OPEN);
    for (int i = 0; i < x->spins; i++) {
        if (!(atomic_load(&x->state) & COUNT))
            return;
        gate_rest();
    }
    pthread_mutex_lock(&x->lock);
    x->owner_sleeps = 1;
    while (atomic_load(&x->state) & COUNT)
        pthread_cond_wait(&x->done, &x->lock);
    x->owner_sleeps = 0;
    pthread_mutex_unlock(&x->lock);
}

static void
reset(struct exec *x)
{
    x->started = x->tried = 0;
    x->forks = forks;
    x->state = 0;
    x->sleepers = x->owner_sleeps = 0;
    pthread_mutex_init(&x->lock, NULL);
    pthread_cond_init(&x->job, NULL);
    pthread_cond_init(&x->done, NULL);
}

static int
spawn(struct helper *h)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&h->id, NULL, help, h);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return rc;
}

/* Starts the helpers that `size` threads lack. */
static int
start(struct exec *x, int size, struct err *e)
{
    if (x->forks != forks)
        reset(x);
    for (; x->started < size - 1; x->started++) {
        struct helper *h = &x->helper[x->started];
        *h = (struct helper){
            x, x->started + 1, atomic_load(&x->state) >> ROUND_AT, 0};
        int rc = spawn(h);
        if (rc)
            return err_set(e, ERR_NOMEM, "cannot start thread %d: %s",
                h->thread, strerror(rc));
    }
    return 0;
}

int
exec_new(struct exec **exec, int threads, const char *isa, struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    *exec = NULL;
    int set = isa ? isa_named(isa) : (int)isa_best();
    if (set < 0)
        return err_set(e, ERR_RANGE, "no kernels '%s' for this processor", isa);
    struct exec *x = aligned_alloc(LINE, sizeof *x);
    if (!x)
        return err_set(e, ERR_NOMEM, "out of memory");
    if (threads > MAX_THREADS)
        threads = MAX_THREADS;
    memset(x, 0, sizeof *x);
    x->threads = threads < 1 ? 1 : threads;
    x->isa = (enum isa)set;
    x->spins = x->threads <= exec_cpus() ? SPINS : 0;
    x->helper = mem_new(x->threads - 1, sizeof *x->helper, e);
    if (!x->helper) {
        free(x);
        return ERR_NOMEM;
    }
    pthread_once(&once, watch_forks);
    reset(x);
    *exec = x;
    return 0;
}

void
exec_free(struct exec *x)
{
    if (!x)
        return;
    if (x->started && x->forks == forks) {
        publish(x, 0, QUIT, 0);
        for (int i = 0; i < x->started; i++)
            pthread_join(x->helper[i].id, NULL);
        pthread_cond_destroy(&x->done);
        pthread_cond_destroy(&x->job);
        pthread_mutex_destroy(&x->lock);
    }
    free(x->helper);
    free(x);
}

int
exec_threads(const struct exec *x)
{
    return x ? x->threads : 1;
}

enum isa
exec_isa(const struct exec *x)
{
    return x ? x->isa : isa_best();
}

int
exec_spins(const struct exec *x)
{
    return x ? x->spins : 0;
}

void
exec_for(struct exec *x, int64_t n, void (*f)(void *, int64_t, int), void *ctx)
{
    if (!x || x->threads == 1 || n <= 1 || atomic_exchange(&x->busy, 1)) {
        for (int64_t i = 0; i < n; i++)
            f(ctx, i, 0);
        return;
    }
    if (!x->tried || x->forks != forks) {
        /* as many as can be had */
        (void)!start(x, x->threads, NULL);
        x->tried = 1;
    }
    x->n = n;
    x->loop = f;
    x->ctx = ctx;
    atomic_store(&x->next, 0);
    if (x->started)
        publish(x, n < x->threads ? (int)n : x->threads, OPEN, 0);
    loop(x, 0);
    if (x->started)
        finish(x);
    atomic_store(&x->busy, 0);
}

struct blocks {
    int64_t n, size;
    void (*f)(void *, int64_t, int64_t);
    void *ctx;
};

static void
block(void *ctx, int64_t i, int thread)
{
    (void)thread;
    const struct blocks *b = ctx;
    int64_t from = i * b->size, left = b->n - from;
    b->f(b->ctx, from, from + (left < b->size ? left : b->size));
}

void
exec_blocks(struct exec *exec, int64_t n, int64_t size,
    void (*f)(void *, int64_t, int64_t), void *ctx)
{
    struct blocks b = {n, size, f, ctx};
    exec_for(exec, (n + size - 1) / size, block, &b);
}

int
exec_team(struct exec *x, int size, void (*f)(void *, int, struct gate *),
    void *ctx, struct err *e)
{
    struct gate team;
    if (size > 1 && (size > exec_threads(x) || atomic_exchange(&x->busy, 1)))
        return err_set(e, ERR_RANGE, "%d threads are not to be had", size);
    int rc = size > 1 ? start(x, size, e) : 0;
    if (!rc) {
        gate_init(&team, size, exec_spins(x));
        if (size > 1) {
            x->member = f;
            x->ctx = ctx;
            x->team = &team;
            publish(x, size, TEAM, size - 1);
        }
        f(ctx, 0, &team);
        if (size > 1)
            finish(x);
        gate_free(&team);
    }
    if (size > 1)
        atomic_store(&x->busy, 0);
    return rc;
}

int
exec_cpus(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set))
        return 1;
    int n = CPU_COUNT(&set);
    return n < 1 ? 1 : n;
}
