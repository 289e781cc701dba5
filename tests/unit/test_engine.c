/* The engine against its naive twin, and its promises of equal bytes. */
#include "lib/engine/cpu/cpu.h"
#include "lib/engine/cpu/kernels.h"
#include "tests/unit/execs.h"
#include "tests/unit/tap.h"
#include "tests/unit/twin.h"
#include "tests/unit/world.h"

#include <zlib.h>

static int crews; /* of the engines started below; 0: the engine's choice */

static struct engine *
start(struct world *w, struct sampler *s, int threads, const char *isa,
    int64_t batch)
{
    struct err e;
    struct engine *g;
    struct cpu_opt o = {
        .batch = batch, .exec = exec_with(threads, isa), .crews = crews};
    if (sample_replay(s, &w->train, w->triples, w->n_triples, "t", &e) ||
        sample_negatives(s, w->m.negatives, "t", &e) ||
        cpu_new(&g, &w->m, &w->ui, &w->graph, s, &o, &e)) {
        printf("# %s\n", e.msg);
        abort();
    }
    return g;
}

/* Largest difference relative to the largest magnitude of the tensor. */
static double
worst(const struct mat *user, const struct mat *item, const double *twin)
{
    double diff = 0, size = 0;
    int64_t k = user->n * user->d;
    for (int64_t i = 0; i < k + item->n * item->d; i++) {
        double x = (double)(i < k ? user->x[i] : item->x[i - k]);
        diff = fmax(diff, fabs(x - twin[i]));
        size = fmax(size, fabs(twin[i]));
        if (!isfinite(x))
            return INFINITY;
    }
    return diff / size;
}

static void
get(const struct engine *g, int which, struct mat out[2])
{
    struct err e;
    for (int i = 0; i < 2; i++)
        if (engine_take(g, 2 * which + i, &out[i], &e))
            abort();
}

static void
drop(struct mat out[2])
{
    mat_free(&out[0]);
    mat_free(&out[1]);
}

static uint32_t
checksum(const struct engine *g)
{
    uint32_t crc = 0;
    for (int which = 0; which < 3; which++) {
        struct mat x[2];
        get(g, which, x);
        for (int i = 0; i < 2; i++)
            crc = (uint32_t)crc32_z(
                crc, (void *)x[i].x, (size_t)(x[i].n * x[i].d) * sizeof(float));
        drop(x);
    }
    return crc;
}

static void
train(struct engine *g, int epochs, struct engine_cursor *c)
{
    struct err e;
    for (int i = 0; i < epochs; i++)
        if (engine_epoch(g, c, NULL, NULL, NULL, &e)) {
            printf("# %s\n", e.msg);
            abort();
        }
}

/* 200 steps: 90 triples in batches of 18 are 5 steps, 40 epochs. The bound,
 * 2e-5 of each tensor's largest magnitude, is about ten times what the rounding
 * of float32 (6e-8 of a value, amplified where Adam divides small numbers)
 * leads to on these graphs. */
enum variant { STEPWISE, UNIFORM, COUPLED, NEGATIVES, PENALTY, BANDS };

static void
against_twin(int seed, int64_t users, int64_t items, int64_t d, int layers,
    int smooth, enum variant variant)
{
    struct world w;
    make_world(&w, seed, users, items, d, layers, smooth);
    static const char *const name[] = {"", ", uniform weights",
        ", coupled decay", ", three negatives", ", penalty",
        ", two bands and penalty"};
    if (variant == UNIFORM)
        layers_uniform(w.m.coef, d, layers);
    if (variant == COUPLED)
        w.m.adam.coupled = .02;
    if (variant == NEGATIVES)
        world_negatives(&w, 3);
    if (variant >= PENALTY)
        w.m.penalty = .05;
    if (variant == BANDS) {
        layers_jacobi(w.m.coef, d, layers, 1, .5, 3);
        w.m.bands = 2;
        w.m.mid = .3;
    }
    struct twin t;
    twin_init(&t, &w.m, &w.train, &w.items);
    struct sampler s;
    struct engine *g = start(&w, &s, 2, NULL, 18);
    struct engine_cursor c = {0};
    double loss = 0, diff = 0;
    for (int epoch = 0; epoch < 40; epoch++) {
        double sum = 0;
        train(g, 1, &c);
        for (int64_t b = 0; b < 90; b += 18)
            sum += 18 * twin_step(&t, w.triples + 3 * b, 18) /
                   (double)w.m.negatives;
        loss = sum / (double)g->positives;
        diff = fmax(diff, fabs(sum - c.loss) / (double)g->positives);
    }
    double bad[3];
    for (int which = 0; which < 3; which++) {
        struct mat x[2];
        get(g, which, x);
        bad[which] = worst(&x[0], &x[1],
            which == 0   ? t.e
            : which == 1 ? t.m
                         : t.v);
        drop(x);
    }
    struct mat h[2];
    struct err e;
    if (mat_init(&h[0], users, w.m.bands * d, &e) ||
        mat_init(&h[1], items, w.m.bands * d, &e))
        abort();
    if (engine_vectors(g, &h[0], &h[1], &e))
        abort();
    twin_vectors(&t);
    double bad_h = worst(&h[0], &h[1], t.h);
    drop(h);
    ok(bad[0] < 2e-5 && bad[1] < 2e-5 && bad[2] < 2e-5 && bad_h < 2e-5 &&
            diff < 1e-5,
        "%ld x %ld, d %ld, L %d%s%s: 200 steps, loss %.4f (diff %.1e), "
        "parameters %.1e, moments %.1e %.1e, vectors %.1e",
        (long)users, (long)items, (long)d, layers, smooth ? ", smoothed" : "",
        name[variant], loss, diff, bad[0], bad[1], bad[2], bad_h);
    engine_free(g);
    sample_free(&s);
    twin_free(&t);
    free_world(&w);
}

/* The twin itself against central differences. */
static void
finite_differences(int bands, int64_t negatives)
{
    struct world w;
    make_world(&w, 5, 12, 9, 7, 3, 0);
    w.m.bands = bands;
    w.m.mid = .3;
    w.m.penalty = bands == 2 ? .05 : 0;
    world_negatives(&w, negatives);
    struct twin t;
    twin_init(&t, &w.m, &w.train, NULL);
    twin_gradient(&t, w.triples, 30);
    double *de = twin_new(t.n * t.d), diff = 0, size = 0;
    memcpy(de, t.de, (size_t)(t.n * t.d) * sizeof *de);
    for (int64_t k = 0; k < t.n * t.d; k++) {
        double old = t.e[k], step = 1e-5;
        t.e[k] = old + step;
        double up =
            twin_loss(&t, w.triples, 30) + twin_penalty(&t, w.triples, 30);
        t.e[k] = old - step;
        double down =
            twin_loss(&t, w.triples, 30) + twin_penalty(&t, w.triples, 30);
        t.e[k] = old;
        diff = fmax(diff, fabs((up - down) / (2 * step) - de[k]));
        size = fmax(size, fabs(de[k]));
    }
    ok(diff < 1e-8 * size + 1e-11,
        "%d bands, negatives %ld: gradient by central differences (%.1e)",
        bands, (long)negatives, diff / size);
    free(de);
    twin_free(&t);
    free_world(&w);
}

static uint32_t
run(struct world *w, int threads, const char *isa, int epochs)
{
    struct sampler s;
    struct engine *g = start(w, &s, threads, isa, 18);
    struct engine_cursor c = {0};
    train(g, epochs, &c);
    uint32_t crc = checksum(g);
    engine_free(g);
    sample_free(&s);
    return crc;
}

static void
equal_bytes(int64_t d, int layers, int bands, int smooth, int64_t negatives)
{
    struct world w;
    make_world(&w, 11, 40, 30, d, layers, smooth);
    w.m.bands = bands;
    w.m.mid = .2;
    w.m.penalty = bands == 2 ? .1 : 0;
    world_negatives(&w, negatives);
    uint32_t one = run(&w, 1, "portable", 8);
    static const int many[][2] = {{2, 0}, {2, 1}, {3, 2}, {5, 1}};
    for (int i = 0; i < 4; i++) {
        crews = many[i][1];
        ok(run(&w, many[i][0], NULL, 8) == one,
            "d %ld, L %d, %d bands: same bytes with %d threads, %d crews",
            (long)d, layers, bands, many[i][0], crews);
    }
    crews = 0;
    static const char *const isa[] = {"avx2", "avx512"};
    for (int i = 0; i < 2; i++)
        if (exec_with(2, isa[i]))
            ok(run(&w, 2, isa[i], 8) == one, "d %ld, L %d: same bytes, %s",
                (long)d, layers, isa[i]);
        else
            skip(isa[i], "this processor lacks it");
    free_world(&w);
}

static void
identities(void)
{
    struct world w;
    make_world(&w, 13, 40, 30, 24, 3, 1);
    layers_identity(w.m.item_coef, 24, 3);
    uint32_t smooth = run(&w, 2, NULL, 20);
    free(w.m.item_coef);
    w.m.item_coef = NULL;
    ok(run(&w, 2, NULL, 20) == smooth,
        "smoothing weights (1,0,0,0) are AdamW, bit for bit");
    free_world(&w);
}

static void
stop_at(void *ctx, int64_t step, int64_t steps)
{
    (void)steps;
    int *stop = ctx;
    if (--stop[1] == 0)
        stop[0] = 1;
    (void)step;
}

/* Stopped after every possible number of steps, moved to a new engine. */
static void
interrupted(void)
{
    struct world w;
    make_world(&w, 17, 40, 30, 24, 3, 1);
    uint32_t straight = run(&w, 2, NULL, 3);
    int good = 1;
    double loss[2] = {0, 0};
    for (int after = 1; after < 15; after++) {
        struct sampler s, s2;
        struct engine *g = start(&w, &s, 2, NULL, 18), *g2;
        struct engine_cursor c = {0};
        int stop[2] = {0, after};
        struct err e;
        while (!stop[0])
            if (engine_epoch(g, &c, &stop[0], stop_at, stop, &e))
                abort();
        g2 = start(&w, &s2, 1, "portable", 18);
        for (int which = 0; which < 3; which++) {
            struct mat x[2];
            get(g, which, x);
            for (int i = 0; i < 2; i++)
                if (engine_set(g2, 2 * which + i, 0, &x[i], &e))
                    abort();
            drop(x);
        }
        engine_free(g);
        while (c.epoch < 3)
            train(g2, 1, &c);
        good &= checksum(g2) == straight;
        if (after == 1)
            loss[0] = c.loss;
        loss[1] = c.loss;
        good &= !(loss[0] < loss[1] || loss[0] > loss[1]);
        engine_free(g2);
        sample_free(&s);
        sample_free(&s2);
    }
    ok(good, "stopped after any step and resumed elsewhere: same bytes");
    free_world(&w);
}

static void
refusals(void)
{
    struct world w;
    struct err e;
    make_world(&w, 19, 12, 9, 8, 2, 1);
    struct sampler s;
    struct engine *g;
    struct cpu_opt o = {.batch = 8, .exec = exec_of(1)};
    if (sample_replay(&s, &w.train, w.triples, w.n_triples, "t", &e))
        abort();
    w.m.adam.rate = 1e38;
    if (cpu_new(&g, &w.m, &w.ui, &w.graph, &s, &o, &e))
        abort();
    struct engine_cursor c = {0};
    int rc = 0;
    for (int i = 0; i < 5 && !rc; i++)
        rc = engine_epoch(g, &c, NULL, NULL, NULL, &e);
    ok(rc == ERR_NUM && strstr(e.msg, "not finite"), "overflow: %s", e.msg);
    engine_free(g);
    sample_free(&s);
    free_world(&w);
}

int
main(void)
{
    finite_differences(1, 1);
    finite_differences(2, 1);
    finite_differences(1, 5);
    for (int layers = 0; layers <= 4; layers++) {
        against_twin(layers, 23, 17, 20, layers, 1, STEPWISE);
        against_twin(layers + 5, 17, 31, 5, layers, 0, STEPWISE);
    }
    against_twin(31, 30, 12, 33, 3, 0, UNIFORM);
    against_twin(37, 9, 40, 64, 3, 1, STEPWISE);
    against_twin(41, 30, 22, 16, 0, 0, COUPLED);
    against_twin(61, 30, 22, 16, 3, 1, NEGATIVES);
    against_twin(43, 30, 22, 16, 3, 0, PENALTY);
    against_twin(47, 30, 22, 20, 3, 0, BANDS);
    against_twin(53, 30, 22, 20, 1, 1, BANDS);
    equal_bytes(64, 3, 1, 1, 1);
    equal_bytes(20, 1, 1, 1, 1);
    equal_bytes(70, 2, 1, 1, 1);
    equal_bytes(40, 3, 2, 0, 1);
    equal_bytes(33, 0, 2, 1, 1);
    equal_bytes(64, 3, 1, 1, 6);
    identities();
    interrupted();
    refusals();
    return done();
}
