/* lib/base/exec: loops and teams on a pool of threads, instruction sets. */
#include "lib/base/exec.h"
#include "lib/base/gate.h"
#include "tests/unit/execs.h"
#include "tests/unit/tap.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 16, CELLS = 1000 };

/* Counts calls by index and by thread. */
struct count {
    struct exec *exec;
    _Atomic int cell[CELLS], by[MOST], wrong;
    int64_t n;
};

static void
add_one(void *ctx, int64_t i, int thread)
{
    struct count *c = ctx;
    int threads = exec_threads(c->exec);
    if (thread < 0 || thread >= threads || thread >= c->n)
        c->wrong = 1;
    else
        c->by[thread]++;
    c->cell[i]++;
}

static int
all_equal(const struct count *c, int want)
{
    int good = !c->wrong;
    for (int64_t i = 0; i < CELLS; i++)
        good &= c->cell[i] == (i < c->n ? want : 0);
    return good;
}

static void
test_loops(int threads)
{
    static const int64_t sizes[] = {0, 1, 2, 3, 15, 17, CELLS};
    int good = 1;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct count c = {.exec = exec_of(threads), .n = sizes[s]};
        for (int round = 0; round < 200; round++)
            exec_for(c.exec, c.n, add_one, &c);
        good &= all_equal(&c, 200);
    }
    ok(good, "%d threads: loops visit each index once", threads);
}

/* Steps that depend on one another, as those of a net. */
struct chain {
    int64_t n, now[64], before[64];
};

static void
step(void *ctx, int64_t i, int thread)
{
    (void)thread;
    struct chain *c = ctx;
    c->now[i] = c->before[i] + c->before[(i + 1) % c->n];
}

static void
test_chain(int threads)
{
    struct chain one = {.n = 61}, many;
    for (int64_t i = 0; i < one.n; i++)
        one.now[i] = i;
    many = one;
    enum { STEPS = 3000 };
    for (int s = 0; s < STEPS; s++) {
        memcpy(one.before, one.now, sizeof one.now);
        for (int64_t i = 0; i < one.n; i++)
            one.now[i] = (one.before[i] + one.before[(i + 1) % one.n]) % 1000;
        memcpy(many.before, many.now, sizeof many.now);
        exec_for(exec_of(threads), many.n, step, &many);
        for (int64_t i = 0; i < many.n; i++)
            many.now[i] %= 1000;
    }
    ok(!memcmp(one.now, many.now, sizeof one.now),
        "%d threads: %d small loops after one another", threads, STEPS);
}

struct meeting {
    int size, sum, wrong;
    _Atomic int calls;
};

static void
meet(void *ctx, int rank, struct gate *team)
{
    struct meeting *m = ctx;
    m->calls++;
    for (int round = 0; round < 300; round++) {
        if (rank == round % m->size)
            m->sum++;
        gate_wait(team);
        if (m->sum != round + 1)
            m->wrong = 1;
        gate_wait(team);
    }
}

/* Teams of all sizes between loops on the same pool. */
static void
test_teams(int threads)
{
    struct exec *exec = exec_of(threads);
    struct err e;
    int good = 1;
    for (int size = 1; size <= threads; size++) {
        struct meeting m = {.size = size};
        struct count c = {.exec = exec, .n = 7};
        good &= exec_team(exec, size, meet, &m, &e) == 0 && !m.wrong &&
                m.calls == size;
        exec_for(exec, c.n, add_one, &c);
        good &= all_equal(&c, 1);
    }
    ok(good, "%d threads: teams meet at their barriers", threads);
    struct meeting m = {.size = threads + 1};
    ok(exec_team(exec, threads + 1, meet, &m, &e) == ERR_RANGE && !m.calls,
        "%d threads: no larger team: %s", threads, e.msg);
}

static void
inner(void *ctx, int64_t i, int thread)
{
    (void)i;
    struct count *c = ctx;
    c->wrong |= thread != 0;
    c->by[0]++;
}

static void
outer(void *ctx, int64_t i, int thread)
{
    (void)i;
    (void)thread;
    struct count *c = ctx;
    struct meeting m = {.size = 2};
    exec_for(c->exec, 10, inner, c);
    if (exec_team(c->exec, 2, meet, &m, NULL) != ERR_RANGE || m.calls)
        c->wrong = 1;
}

static void
test_nested(void)
{
    struct count c = {.exec = exec_of(4)};
    exec_for(c.exec, 50, outer, &c);
    ok(!c.wrong && c.by[0] == 500,
        "a loop within a loop runs on its thread, a team is refused");
}

/* The threads that were seen. */
struct seen {
    _Atomic int n, unblocked;
    _Atomic long id[CELLS];
    pthread_t main;
};

static void
look(void *ctx, int64_t i, int thread)
{
    (void)i;
    (void)thread;
    struct seen *s = ctx;
    long me = (long)gettid();
    for (int k = 0; k < s->n; k++)
        if (s->id[k] == me)
            return;
    s->id[s->n++ % CELLS] = me;
    sigset_t set;
    pthread_sigmask(SIG_BLOCK, NULL, &set);
    if (!pthread_equal(pthread_self(), s->main) &&
        !(sigismember(&set, SIGINT) && sigismember(&set, SIGTERM)))
        s->unblocked = 1;
}

static void
test_threads(void)
{
    struct seen s = {.main = pthread_self()};
    for (int round = 0; round < 500; round++)
        exec_for(exec_of(3), 64, look, &s);
    ok(s.n <= 3, "500 loops by the same threads (%d)", s.n);
    ok(!s.unblocked, "helpers block signals");
}

/* A child has no helpers of its parent's. */
static void
test_fork(void)
{
#ifdef __SANITIZE_THREAD__
    skip("a child of fork()", "its threads stop ThreadSanitizer");
    return;
#endif
    struct count c = {.exec = exec_of(4), .n = CELLS};
    exec_for(c.exec, c.n, add_one, &c);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct meeting m = {.size = 4};
        exec_for(c.exec, c.n, add_one, &c);
        int rc = exec_team(c.exec, 4, meet, &m, NULL);
        exec_free(c.exec);
        _exit(!(rc == 0 && !m.wrong && all_equal(&c, 2)));
    }
    int status = -1;
    waitpid(child, &status, 0);
    ok(status == 0, "a child of fork() has loops and teams");
    exec_for(c.exec, c.n, add_one, &c);
    ok(all_equal(&c, 2), "and so has its parent");
}

static void
test_none(void)
{
    struct count c = {.n = 20};
    exec_for(NULL, c.n, add_one, &c);
    struct meeting m = {.size = 1};
    ok(all_equal(&c, 1) && exec_threads(NULL) == 1 &&
            exec_team(NULL, 1, meet, &m, NULL) == 0 && m.calls == 1,
        "NULL is the calling thread");
    ok(exec_isa(NULL) == isa_best(), "with the best instructions");
    struct exec *exec;
    ok(exec_new(&exec, 2, NULL, NULL) == 0, "a pool that is not used");
    exec_free(exec);
    exec_free(NULL);
}

static void
test_isa(void)
{
    struct err e;
    struct exec *exec;
    ok(exec_new(&exec, 1, "abacus", &e) == ERR_RANGE && !exec &&
            strcmp(e.msg, "no kernels 'abacus' for this processor") == 0,
        "unknown instructions: %s", e.msg);
    ok(isa_named("") < 0, "instructions without a name");
    for (int isa = 0; isa < ISA_SETS; isa++) {
        const char *name = isa_name((enum isa)isa);
        if (isa_named(name) < 0) {
            skip(name, "this processor lacks it");
            continue;
        }
        ok(exec_isa(exec_with(1, name)) == (enum isa)isa &&
                isa <= (int)isa_best(),
            "%s", name);
    }
}

int
main(void)
{
    for (int threads = 1; threads <= MOST; threads++) {
        test_loops(threads);
        test_chain(threads);
        test_teams(threads);
    }
    test_nested();
    test_threads();
    test_fork();
    test_none();
    test_isa();
    return done();
}
