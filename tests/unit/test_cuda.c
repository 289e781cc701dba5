/* The GPU engine on a device that is a loop (emu.h): the bytes of the CPU
 * engine after 1, 10 and 1000 steps, in every order that a device may choose.
 */
#include "lib/engine/cpu/cpu.h"
#include "lib/engine/cuda/cuda_priv.h"
#include "tests/unit/blocks.h"
#include "tests/unit/emu.h"
#include "tests/unit/execs.h"
#include "tests/unit/tap.h"
#include "tests/unit/world.h"

#include <math.h>

enum variant { STEPWISE, UNIFORM, COUPLED, NEGATIVES, PENALTY, BANDS };

static int alive; /* devices and blocks of memory */

static void
make_variant(struct world *w, int seed, const int64_t size[3], int layers,
    int smooth, enum variant v)
{
    make_world(w, seed, size[0], size[1], size[2], layers, smooth);
    struct poly *m = &w->m;
    if (v == UNIFORM)
        layers_uniform(m->coef, m->d, layers);
    if (v == COUPLED)
        m->adam.coupled = .02;
    if (v == NEGATIVES)
        world_negatives(w, 3);
    if (v >= PENALTY)
        m->penalty = .05;
    if (v == BANDS) {
        layers_jacobi(m->coef, m->d, layers, 1, .5, 3);
        m->bands = 2;
        m->mid = .3;
    }
}

static void
must(int rc, const struct err *e)
{
    if (rc) {
        printf("# %s\n", e->msg);
        abort();
    }
}

static void
make_sampler(struct world *w, enum sample_kind kind, struct sampler *s)
{
    struct err e;
    if (kind == SAMPLE_REPLAY)
        must(
            sample_replay(s, &w->train, w->triples, w->n_triples, "t", &e), &e);
    else
        must(sample_init(s, kind, &w->train, 5, &e), &e);
    must(sample_negatives(s, w->m.negatives, "t", &e), &e);
}

static int
equal(const struct mat *a, const struct mat *b)
{
    return memcmp(a->x, b->x, (size_t)(a->n * a->d) * sizeof *a->x) == 0;
}

/* Tensors and output vectors of two engines: how many differ. */
static int
differ(struct engine *a, struct engine *b)
{
    struct err e;
    struct mat x, y, h[4];
    int bad = 0;
    for (int k = 0; k < ENGINE_LINEAR; k++) {
        must(engine_take(a, k, &x, &e) || engine_take(b, k, &y, &e), &e);
        bad += !equal(&x, &y);
        mat_free(&x);
        mat_free(&y);
    }
    for (int k = 0; k < 4; k++)
        must(mat_init(&h[k], a->tensor[k % 2].n, a->width, &e), &e);
    must(engine_vectors(a, &h[0], &h[1], &e), &e);
    must(engine_vectors(b, &h[2], &h[3], &e), &e);
    bad += !equal(&h[0], &h[2]) + !equal(&h[1], &h[3]);
    bad += bad_blocks(a) + bad_blocks(b);
    for (int k = 0; k < 4; k++)
        mat_free(&h[k]);
    return bad;
}

/* Both engines side by side; the loss of every epoch is compared, too. 0 epochs
 * are one step. */
static void
same_bytes(int seed, int64_t users, int64_t items, int64_t d, int layers,
    int smooth, enum variant v, enum sample_kind kind, int64_t batch,
    int epochs)
{
    static const char *const variant[] = {"stepwise", "uniform",
        "coupled decay", "three negatives", "penalty", "two bands"};
    static const char *const sampling[] = {[SAMPLE_PAIRS] = "pairs",
        [SAMPLE_USERS] = "users",
        [SAMPLE_REPLAY] = "replay"};
    struct world w;
    struct sampler s[2];
    struct engine *g[2];
    struct engine_cursor c[2] = {{0}, {0}};
    struct err e;
    make_variant(&w, seed, (int64_t[]){users, items, d}, layers, smooth, v);
    if (epochs == 0) {
        w.n_triples = batch;
        epochs = 1;
    }
    make_sampler(&w, kind, &s[0]);
    make_sampler(&w, kind, &s[1]);
    struct cpu_opt o = {.batch = batch, .exec = exec_of(1)};
    must(cpu_new(&g[0], &w.m, &w.ui, &w.graph, &s[0], &o, &e), &e);
    must(cuda_new_on(&g[1], &emu_open((uint32_t)seed, &alive)->dev, &w.m, &w.ui,
             &w.graph, &s[1], batch, &e),
        &e);
    int losses = 0;
    for (int k = 0; k < epochs; k++) {
        for (int i = 0; i < 2; i++)
            must(engine_epoch(g[i], &c[i], NULL, NULL, NULL, &e), &e);
        losses += memcmp(&c[0], &c[1], sizeof c[0]) != 0;
    }
    int bad = differ(g[0], g[1]);
    ok(bad == 0 && losses == 0 && isfinite(c[0].loss),
        "%ld x %ld, d %ld, L %d%s, %s, %s: %ld steps of %ld (%d matrices and "
        "%d losses differ)",
        (long)users, (long)items, (long)d, layers, smooth ? ", smoothed" : "",
        variant[v], sampling[kind], (long)c[1].t, (long)batch, bad, losses);
    for (int i = 0; i < 2; i++) {
        engine_free(g[i]);
        sample_free(&s[i]);
    }
    free_world(&w);
}

struct stopper {
    volatile int stop;
    int64_t after, seen;
};

static void
stop_at(void *ctx, int64_t step, int64_t steps)
{
    struct stopper *s = ctx;
    (void)steps;
    s->seen = step;
    if (step == s->after)
        s->stop = 1;
}

/* Stopped on the one engine, continued on the other, back and forth. */
static void
interchange(void)
{
    struct world w;
    struct sampler s[3];
    struct engine *g[3];
    struct err e;
    make_variant(&w, 17, (int64_t[]){40, 30, 24}, 3, 1, STEPWISE);
    for (int k = 0; k < 3; k++)
        make_sampler(&w, SAMPLE_PAIRS, &s[k]);
    struct cpu_opt o = {.batch = 2, .exec = exec_with(1, "portable")};
    must(cpu_new(&g[0], &w.m, &w.ui, &w.graph, &s[0], &o, &e), &e);
    must(cpu_new(&g[1], &w.m, &w.ui, &w.graph, &s[1], &o, &e), &e);
    must(cuda_new_on(&g[2], &emu_open(7, &alive)->dev, &w.m, &w.ui, &w.graph,
             &s[2], 2, &e),
        &e);
    struct engine_cursor c = {0}, straight = {0};
    while (straight.epoch < 3)
        must(engine_epoch(g[0], &straight, NULL, NULL, NULL, &e), &e);
    int on = 2, moves = 0, seen = 1;
    for (; c.epoch < 3; on = 3 - on, moves++) {
        struct stopper stop = {.after = c.step + 7 + 5 * moves};
        int64_t from = c.t;
        must(engine_epoch(g[on], &c, &stop.stop, stop_at, &stop, &e), &e);
        seen &= stop.seen == (c.step ? c.step : g[on]->steps) && c.t > from;
        for (int k = 0; k < ENGINE_LINEAR; k++) {
            struct mat x;
            must(engine_take(g[on], k, &x, &e), &e);
            must(engine_set(g[3 - on], k, 0, &x, &e), &e);
            mat_free(&x);
        }
    }
    ok(differ(g[0], g[1]) == 0 && differ(g[0], g[2]) == 0 && seen &&
            memcmp(&c, &straight, sizeof c) == 0,
        "stopped and continued on the other engine, %d times: same bytes",
        moves);
    for (int k = 0; k < 3; k++) {
        engine_free(g[k]);
        sample_free(&s[k]);
    }
    free_world(&w);
}

/* Every call of the device fails once: an error, and nothing is left over. */
static void
failures(void)
{
    struct world w;
    struct sampler s;
    struct engine *g;
    struct err e;
    make_variant(&w, 3, (int64_t[]){12, 9, 8}, 2, 1, BANDS);
    make_sampler(&w, SAMPLE_USERS, &s);
    int good = 1, rc = -1, fail = 0;
    while (rc && good && fail < 1000) {
        struct emu *d = emu_open(1, &alive);
        struct engine_cursor c = {0};
        struct mat h[2] = {{0}, {0}};
        d->fail = ++fail;
        rc = cuda_new_on(
            &g, &d->dev, &w.m, &w.ui, &w.graph, &s, s.n / 3 + 1, &e);
        if (!rc) {
            must(mat_init(&h[0], 12, g->width, &e) ||
                     mat_init(&h[1], 9, g->width, &e),
                &e);
            rc = engine_epoch(g, &c, NULL, NULL, NULL, &e);
            if (!rc)
                rc = engine_vectors(g, &h[0], &h[1], &e);
            engine_free(g);
            mat_free(&h[0]);
            mat_free(&h[1]);
        }
        good = !rc || (rc == ERR_DEVICE && strstr(e.msg, " failed"));
        good &= alive == 0;
    }
    ok(good && !rc && fail > 90, "each of %d calls of the device fails",
        fail - 1);
    struct emu *d = emu_open(1, &alive);
    d->room = 1000;
    rc = cuda_new_on(&g, &d->dev, &w.m, &w.ui, &w.graph, &s, 8, &e);
    ok(rc == ERR_NOMEM && !g && alive == 0, "no room: %s", e.msg);
    sample_free(&s);
    free_world(&w);
}

/* A loss that is not finite ends the run as the CPU's does. */
static void
overflow(void)
{
    struct world w;
    struct err e[2];
    make_variant(&w, 19, (int64_t[]){12, 9, 8}, 2, 1, STEPWISE);
    w.m.adam.rate = 1e38;
    int rc[2] = {0, 0};
    struct engine_cursor c[2] = {{0}, {0}};
    for (int i = 0; i < 2; i++) {
        struct sampler s;
        struct engine *g;
        make_sampler(&w, SAMPLE_REPLAY, &s);
        struct cpu_opt o = {.batch = 8, .exec = exec_of(1)};
        must(i ? cuda_new_on(&g, &emu_open(1, &alive)->dev, &w.m, &w.ui,
                     &w.graph, &s, 8, &e[i])
               : cpu_new(&g, &w.m, &w.ui, &w.graph, &s, &o, &e[i]),
            &e[i]);
        for (int k = 0; k < 5 && !rc[i]; k++)
            rc[i] = engine_epoch(g, &c[i], NULL, NULL, NULL, &e[i]);
        engine_free(g);
        sample_free(&s);
    }
    ok(rc[0] == ERR_NUM && rc[1] == ERR_NUM && c[0].t == c[1].t &&
            strcmp(e[0].msg, e[1].msg) == 0,
        "overflow: %s", e[1].msg);
    free_world(&w);
}

/* Five matrices of the parameters' size, and what a batch needs. */
static void
memory(void)
{
    struct world w;
    struct sampler s;
    struct engine *g;
    struct err e;
    make_variant(&w, 5, (int64_t[]){900, 300, 64}, 3, 1, STEPWISE);
    make_sampler(&w, SAMPLE_PAIRS, &s);
    must(cuda_new_on(
             &g, &emu_open(1, &alive)->dev, &w.m, &w.ui, &w.graph, &s, 100, &e),
        &e);
    double params = 1200 * 64 * sizeof(float);
    double graphs = (double)(w.ui.a.nnz + w.graph.a.nnz + 2 * w.train.nnz) *
                        sizeof(int32_t) +
                    (double)(w.ui.a.rows + w.train.rows + 300) * 12;
    double bytes = (double)((struct cuda *)g)->bytes;
    ok(bytes < 8 * params + graphs,
        "memory beside graphs and tables: parameters x %.2f (%s)",
        (bytes - graphs) / params, g->what);
    engine_free(g);
    sample_free(&s);
    free_world(&w);
}

int
main(void)
{
    const char *env = getenv("SANITIZED");
    int many = env && *env == '1' ? 10 : 100; /* epochs of 10 steps */
    static const struct {
        enum variant v;
        int layers, smooth;
        int64_t d;
    } model[] = {{STEPWISE, 3, 1, 24}, {UNIFORM, 3, 0, 16}, {COUPLED, 0, 0, 16},
        {PENALTY, 3, 0, 20}, {BANDS, 3, 0, 20}};
    for (int k = 0; k < 5; k++)
        for (int steps = 0; steps < 3; steps++)
            same_bytes(40 + k, 24, 18, model[k].d, model[k].layers,
                model[k].smooth, model[k].v, SAMPLE_REPLAY, 9,
                steps == 2 ? many : steps);
    for (int k = 0; k < 10; k++)
        same_bytes(50 + k % 5, 23, 17, model[k % 5].d, model[k % 5].layers,
            model[k % 5].smooth, model[k % 5].v,
            k < 5 ? SAMPLE_PAIRS : SAMPLE_USERS, 11, 3);
    for (int layers = 0; layers <= 4; layers++) {
        same_bytes(
            61 + layers, 9, 40, 64, layers, 1, STEPWISE, SAMPLE_PAIRS, 16, 4);
        same_bytes(
            71 + layers, 37, 9, 33, layers, 1, BANDS, SAMPLE_USERS, 50, 4);
    }
    same_bytes(81, 31, 30, 70, 2, 1, STEPWISE, SAMPLE_PAIRS, 1, 1);
    same_bytes(82, 31, 30, 5, 1, 1, STEPWISE, SAMPLE_PAIRS, 1 << 20, 3);
    same_bytes(83, 700, 12, 20, 3, 1, STEPWISE, SAMPLE_PAIRS, 256, 2);
    same_bytes(84, 12, 600, 20, 3, 1, BANDS, SAMPLE_PAIRS, 256, 2);
    same_bytes(85, 31, 30, 24, 2, 1, NEGATIVES, SAMPLE_PAIRS, 33, 3);
    same_bytes(86, 24, 18, 24, 3, 1, NEGATIVES, SAMPLE_REPLAY, 9, 3);
    interchange();
    failures();
    overflow();
    memory();
    ok(alive == 0, "nothing is left on the device");
    return done();
}
