/* Engines that have some of a model's panels, and rows of tensors in blocks. */
#include "lib/base/gate.h"
#include "lib/engine/cpu/cpu_priv.h"
#include "tests/unit/blocks.h"
#include "tests/unit/execs.h"
#include "tests/unit/mats.h"
#include "tests/unit/tap.h"
#include "tests/unit/world.h"

#include <pthread.h>

static struct engine *
start_whole(struct world *w, struct sampler *s)
{
    struct err e;
    struct engine *g;
    struct cpu_opt o = {.batch = 18, .exec = exec_of(2)};
    must(sample_replay(s, &w->train, w->triples, w->n_triples, "t", &e), &e);
    must(cpu_new(&g, &w->m, &w->ui, &w->graph, s, &o, &e), &e);
    return g;
}

/*
 * Engines with some panels each, every one in a thread as it might be in a
 * process, and what they exchange: all copy from all.
 */
enum { ENGINES = 4 }; /* the last one has none */
struct together {
    struct gate gate;
    float *partial[ENGINES];
    int stop[ENGINES];
};
struct member {
    struct together *all;
    struct world *w;
    int number, from, to, epochs;
    int64_t stop_after; /* steps; 0: never */
    struct sampler s;
    struct engine *g;
    struct engine_cursor c;
};

static int
share(void *ctx, float *partial, int64_t stride, int parts, int64_t n,
    int *stop, struct err *e)
{
    (void)e;
    struct member *m = ctx;
    struct together *t = m->all;
    int panels = parts / m->w->m.bands;
    t->partial[m->number] = partial;
    t->stop[m->number] = *stop;
    gate_wait(&t->gate);
    for (int k = 0; k < ENGINES; k++) {
        struct member *other = m - m->number + k;
        for (int p = 0; p < parts; p++)
            if (p % panels >= other->from && p % panels < other->to &&
                k != m->number)
                memcpy(partial + p * stride, t->partial[k] + p * stride,
                    (size_t)n * sizeof *partial);
        *stop |= t->stop[k];
    }
    gate_wait(&t->gate);
    return 0;
}

static void
stop_member(void *ctx, int64_t step, int64_t steps)
{
    (void)step;
    (void)steps;
    struct member *m = ctx;
    m->stop_after--;
}

static void *
run_member(void *ctx)
{
    struct member *m = ctx;
    struct err e;
    for (int i = 0; i < m->epochs; i++) {
        int stop = 0;
        if (m->stop_after == 1) /* told before the step, and after it all */
            stop = 1;
        if (engine_epoch(m->g, &m->c, &stop, stop_member, m, &e))
            abort();
    }
    return NULL;
}

static void
start_member(struct member *m, int threads)
{
    struct err e;
    struct exec *exec;
    struct world *w = m->w;
    if (exec_new(&exec, threads, NULL, &e))
        abort();
    struct cpu_opt o = {.batch = 18,
        .exec = exec,
        .from = m->from,
        .to = m->to,
        .exchange = share,
        .ctx = m};
    if (sample_replay(&m->s, &w->train, w->triples, w->n_triples, "t", &e) ||
        cpu_new(&m->g, &w->m, &w->ui, &w->graph, &m->s, &o, &e)) {
        printf("# %s\n", e.msg);
        abort();
    }
}

/* The members' columns of tensor k, or of the vectors of side k. */
static void
join(struct member *m, int k, int vectors, struct mat *x)
{
    struct err e;
    struct mat side[2];
    const struct poly *p = &m->w->m;
    if (mat_init(&side[0], p->user.n, vectors ? p->bands * p->d : p->d, &e) ||
        mat_init(&side[1], p->item.n, side[0].d, &e))
        abort();
    for (int i = 0; i < ENGINES; i++)
        if (vectors ? engine_vectors(m[i].g, &side[0], &side[1], &e)
                    : engine_get(m[i].g, k, 0, &side[k % 2], &e))
            abort();
    *x = side[k % 2];
    mat_free(&side[1 - k % 2]);
}

static void
apart(int64_t d, int bands, int smooth)
{
    struct world w;
    struct err e;
    make_world(&w, 23, 40, 30, d, 3, smooth);
    w.m.bands = bands;
    w.m.mid = .2;
    struct sampler s;
    struct engine *g = start_whole(&w, &s);
    struct engine_cursor c = {0};
    for (int i = 0; i < 4; i++)
        must(engine_epoch(g, &c, NULL, NULL, NULL, &e), &e);
    struct together t = {0};
    gate_init(&t.gate, ENGINES, 0);
    int panels = (int)((d + PANEL - 1) / PANEL);
    struct member m[ENGINES];
    pthread_t id[ENGINES];
    for (int i = 0; i < ENGINES; i++) {
        m[i] = (struct member){.all = &t, .w = &w, .number = i, .epochs = 4};
        m[i].from = i == 0 ? 0 : i == 1 ? 1 : panels - 1;
        m[i].to = i == 0 ? 1 : i == 1 ? panels - 1 : panels;
        if (i == ENGINES - 1)
            m[i].from = panels;
        start_member(&m[i], 1 + i % 2);
        if (pthread_create(&id[i], NULL, run_member, &m[i]))
            abort();
    }
    int bad = 0;
    for (int i = 0; i < ENGINES; i++) {
        pthread_join(id[i], NULL);
        bad +=
            m[i].c.epoch != 4 || m[i].c.loss > c.loss || m[i].c.loss < c.loss;
    }
    struct mat h[2];
    if (mat_init(&h[0], w.m.user.n, bands * d, NULL) ||
        mat_init(&h[1], w.m.item.n, bands * d, NULL) ||
        engine_vectors(g, &h[0], &h[1], NULL))
        abort();
    for (int k = 0; k < ENGINE_LINEAR + 2; k++) {
        struct mat x, y;
        int side = k - ENGINE_LINEAR;
        join(m, side < 0 ? k : side, side >= 0, &x);
        if (side >= 0)
            y = h[side];
        else if (engine_take(g, k, &y, NULL))
            abort();
        bad += memcmp(x.x, y.x, (size_t)(x.n * x.d) * sizeof *x.x) != 0;
        mat_free(&x);
        mat_free(&y);
    }
    ok(bad == 0,
        "d %ld, %d bands: engines of some panels each give the bytes "
        "of one engine",
        (long)d, bands);
    /* one wants to stop */
    for (int i = 0; i < ENGINES; i++) {
        m[i].epochs = 1;
        m[i].stop_after = i == 1;
        if (pthread_create(&id[i], NULL, run_member, &m[i]))
            abort();
    }
    for (int i = 0; i < ENGINES; i++) {
        pthread_join(id[i], NULL);
        bad += m[i].c.epoch != 4 || m[i].c.step != 1;
    }
    ok(bad == 0, "all stop where one wants to");
    for (int i = 0; i < ENGINES; i++) {
        struct exec *exec = ((struct cpu *)m[i].g)->exec;
        engine_free(m[i].g);
        exec_free(exec);
        sample_free(&m[i].s);
    }
    gate_free(&t.gate);
    engine_free(g);
    sample_free(&s);
    free_world(&w);
}

static int
fail_at(void *ctx, float *partial, int64_t stride, int parts, int64_t n,
    int *stop, struct err *e)
{
    (void)partial;
    (void)stride;
    (void)parts;
    (void)n;
    (void)stop;
    return --*(int *)ctx ? 0 : err_set(e, ERR_IO, "the others are gone");
}

static void
lonely(void)
{
    struct world w;
    struct err e;
    struct engine *g;
    struct sampler s;
    int left = 3;
    make_world(&w, 29, 40, 30, 33, 2, 1);
    if (sample_replay(&s, &w.train, w.triples, w.n_triples, "t", &e))
        abort();
    struct cpu_opt o = {
        .batch = 18, .exec = exec_of(2), .exchange = fail_at, .ctx = &left};
    if (cpu_new(&g, &w.m, &w.ui, &w.graph, &s, &o, &e))
        abort();
    ok(bad_blocks(g) == 0, "tensors in blocks of rows");
    struct engine_cursor c = {0};
    ok(engine_epoch(g, &c, NULL, NULL, NULL, &e) == ERR_IO && c.step == 2,
        "an exchange that fails ends the epoch: %s", e.msg);
    engine_free(g);
    for (int i = 0; i < 3; i++) {
        o.from = i == 0 ? 3 : -i + 1;
        o.to = i == 0 ? 2 : 4;
        ok(cpu_new(&g, &w.m, &w.ui, &w.graph, &s, &o, &e) == ERR_RANGE, "%s",
            e.msg);
    }
    sample_free(&s);
    free_world(&w);
}

int
main(void)
{
    apart(64, 1, 1);
    apart(41, 2, 0);
    lonely();
    return done();
}
