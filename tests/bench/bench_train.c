/*
 * Speed and memory of training: bench_train DATA INIT ITEMS BATCH EPOCHS
 * THREADS. Prints the machine's floors, the time of each product, of each part
 * of a step, and the ratio of the step to its floor: what the step must at
 * least move and compute, at the rates measured here on arrays of the same
 * size, with as many threads. STEPS in the environment ends an epoch after so
 * many steps; an epoch is then told as if all steps took as long.
 */
#include "lib/base/clock.h"
#include "lib/base/exec.h"
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/data/dataset.h"
#include "lib/engine/cpu/cpu.h"
#include "lib/engine/cpu/kernels.h"
#include "lib/la/store.h"
#include "lib/models/registry.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef float vec __attribute__((vector_size(64)));
#if defined(__x86_64__)
#define CLONES                                                                 \
    __attribute__((target_clones("avx512f", "avx2", "default"), noinline))
#else
#define CLONES __attribute__((noinline))
#endif

enum { REPEAT = 15 };

static void
must(int rc, const struct err *e)
{
    if (rc) {
        fprintf(stderr, "bench_train: %s\n", e->msg);
        exit(1);
    }
}

/* The least a product can do: load each neighbour's row and add it. */
CLONES static void
gather_floor(const int32_t *index, int64_t n, const float *y, float *out)
{
    vec s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    int64_t k = 0;
    for (; k + 4 <= n; k += 4) {
        s0 += *(const vec *)(y + (int64_t)index[k] * PANEL);
        s1 += *(const vec *)(y + (int64_t)index[k + 1] * PANEL);
        s2 += *(const vec *)(y + (int64_t)index[k + 2] * PANEL);
        s3 += *(const vec *)(y + (int64_t)index[k + 3] * PANEL);
    }
    *(vec *)out = s0 + s1 + s2 + s3;
}

/* One row read from two arrays and written to a third. */
CLONES static void
stream_floor(const float *a, const float *b, float *c, int64_t n)
{
    for (int64_t r = 0; r < n; r++)
        *(vec *)(c + r * PANEL) =
            *(const vec *)(a + r * PANEL) + *(const vec *)(b + r * PANEL);
}

struct floor {
    const struct csr *a;
    int64_t n;
    const struct kernels *k;
    float *x[16], *y[16], *z[16]; /* one set a thread */
    float *all;                   /* as large as parameters and moments */
    int64_t n_all;                /* its rows */
    int what, threads;
};

enum { RESIDENT = 64 };

/* The arithmetic of Adam, by the very kernel, on rows that stay in the first
 * cache. */
static void
adam_floor(const struct kernels *k, float *x, float *y, float *z, int64_t n)
{
    static const int64_t no_edges[RESIDENT + 1];
    static const float q[RESIDENT], c[PANEL];
    const struct kgraph none = {RESIDENT, no_edges, NULL, NULL, q};
    const struct adam a = {.keep = .999f,
        .rate = 1e-3f,
        .b1 = .9f,
        .b2 = .999f,
        .a1 = .1f,
        .a2 = .001f,
        .r1 = 2,
        .r2 = 3,
        .eps = 1e-8f};
    const struct krows rows = {x, NULL};
    for (int64_t r = 0; r < n; r += RESIDENT)
        k->last_adam(&none, 0, RESIDENT, c, rows, x, x, &a, x, y, z, NULL);
}

static void
floor_thread(void *ctx, int64_t i, int thread)
{
    struct floor *f = ctx;
    (void)thread;
    if (f->what == 0)
        gather_floor(f->a->indices, f->a->nnz, f->x[i], f->z[i]);
    else if (f->what == 1)
        stream_floor(f->x[i], f->y[i], f->z[i], f->n);
    else if (f->what == 2)
        adam_floor(f->k, f->x[i], f->y[i], f->z[i], f->n);
    else {
        /* this thread's share of the three, a third of it each */
        int64_t n = f->n_all / 3 / f->threads;
        float *at = f->all + i * n * PANEL;
        int64_t third = f->n_all / 3 * PANEL;
        stream_floor(at, at + third, at + 2 * third, n);
    }
}

/* Seconds per row and thread when all threads work. */
static double
measure_floor(struct floor *f, int what, int64_t rows, struct exec *exec)
{
    double best = INFINITY;
    f->what = what;
    for (int rep = 0; rep < REPEAT; rep++) {
        double t = clock_seconds();
        exec_for(exec, exec_threads(exec), floor_thread, f);
        best = fmin(best, clock_seconds() - t);
    }
    return best / (double)rows;
}

/* Ends an epoch after some steps. */
struct limit {
    int64_t steps;
    volatile int reached;
};

static void
limit_progress(void *ctx, int64_t done, int64_t all)
{
    struct limit *l = ctx;
    (void)all;
    l->reached = done >= l->steps;
}

struct product {
    const struct kernels *k;
    struct kgraph g;
    float *x[16], *y[16], *z[16];
    float c[PANEL];
};

static void
product_panel(void *ctx, int64_t i, int thread)
{
    struct product *p = ctx;
    (void)i;
    p->k->layer(&p->g, 0, p->g.n, p->c, (struct krows){p->x[thread], NULL},
        p->y[thread], p->z[thread]);
}

static double
measure_product(struct product *p, int panels, struct exec *exec)
{
    double best = INFINITY;
    for (int rep = 0; rep < REPEAT; rep++) {
        double t = clock_seconds();
        exec_for(exec, panels, product_panel, p);
        best = fmin(best, clock_seconds() - t);
    }
    return best;
}

static struct graph
by_degree(const struct graph *g, int64_t split)
{
    struct err e;
    struct graph out;
    int32_t *place = mem_new(g->a.rows, sizeof *place, &e);
    must(place ? graph_by_degree(g, split, place, &e) : ERR_NOMEM, &e);
    must(graph_renumber(g, place, &out, &e), &e);
    free(place);
    return out;
}

int
main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: bench_train DATA INIT ITEMS BATCH EPOCHS "
                        "THREADS\n");
        return 2;
    }
    struct err e;
    struct dataset d;
    struct mat init;
    struct csr items;
    struct graph ui, si;
    struct poly m;
    struct sampler s;
    struct engine *g;
    int64_t batch = atoll(argv[4]), epochs = atoll(argv[5]);
    int threads = atoi(argv[6]);
    if (threads < 1 || threads > 16)
        return 2;
    must(dataset_read(argv[1], &d, NULL, &e), &e);
    must(store_read_mat(argv[2], &init, NULL, "", "", &e), &e);
    must(store_read_csr(argv[3], &items, NULL, "", "", &e), &e);
    struct system_args args;
    struct model made;
    system_defaults(&args, &stair_system);
    args.train = &d.train;
    args.init = &init;
    must(system_make(&made, &args, &e), &e);
    m = made.poly;
    must(graph_bipartite(&d.train, &ui, &e), &e);
    must(graph_items(&items, d.n_items, argv[3], &si, &e), &e);
    must(sample_init(&s, m.sampling, &d.train, 1, &e), &e);
    const char *crews = getenv("STAIR_CREWS");
    struct exec *exec;
    must(exec_new(&exec, threads, getenv("STAIR_ISA"), &e), &e);
    struct cpu_opt eo = {
        .batch = batch, .exec = exec, .crews = crews ? atoi(crews) : 0};
    must(cpu_new(&g, &m, &ui, &si, &s, &eo, &e), &e);

    /* Training first, so that the peak memory is the trainer's. */
    const char *at_most = getenv("STEPS");
    struct limit limit = {.steps = at_most ? atoll(at_most) : g->steps};
    if (limit.steps < 1 || limit.steps > g->steps)
        limit.steps = g->steps;
    double best = INFINITY;
    struct engine_times t0 = {0}, t1 = {0};
    for (int64_t i = 0; i < epochs; i++) {
        struct engine_times before = g->times;
        struct engine_cursor c = {.epoch = i};
        limit.reached = 0;
        double t = clock_seconds();
        must(engine_epoch(g, &c, &limit.reached, limit_progress, &limit, &e),
            &e);
        t = clock_seconds() - t;
        if (t < best) {
            best = t;
            t0 = before;
            t1 = g->times;
        }
    }
    double rss = (double)mem_peak_rss() / 1e6;
    double steps = (double)limit.steps;
    double n = (double)(d.n_users + d.n_items), ni = (double)d.n_items;
    int panels = (int)((m.d + PANEL - 1) / PANEL);
    double share = ceil((double)panels / threads); /* panels a thread */

    /* Entries of the rows that a batch touches, on average. */
    double touched = 0;
    for (int64_t step = 0; step < 8; step++) {
        char *seen = mem_zero((int64_t)n, 1, &e);
        must(seen ? 0 : ERR_NOMEM, &e);
        sample_epoch(&s, 0);
        for (int64_t b = 0; b < batch && step * batch + b < s.n; b++) {
            int32_t t[3];
            sample_triple(&s, step * batch + b, &t[0], &t[1], &t[2]);
            seen[t[0]] = seen[d.n_users + t[1]] = seen[d.n_users + t[2]] = 1;
        }
        for (int64_t r = 0; r < (int64_t)n; r++)
            if (seen[r])
                touched += (double)(ui.a.indptr[r + 1] - ui.a.indptr[r]) / 8;
        free(seen);
    }

    struct graph ordered = by_degree(&ui, d.n_users);
    struct graph si_ordered = by_degree(&si, d.n_items);
    struct floor f = {.a = &ordered.a, .n = (int64_t)n, .k = kernels_of(exec)};
    struct product p = {.k = kernels_of(exec),
        .g = {ordered.a.rows, ordered.a.indptr, ordered.a.indices,
            ordered.a.data, ordered.q}};
    for (int i = 0; i < threads; i++) {
        f.x[i] = p.x[i] = mem_new((int64_t)n * PANEL, sizeof(float), &e);
        f.y[i] = p.y[i] = mem_new((int64_t)n * PANEL, sizeof(float), &e);
        f.z[i] = p.z[i] = mem_new((int64_t)n * PANEL, sizeof(float), &e);
        must(f.x[i] && f.y[i] && f.z[i] ? 0 : ERR_NOMEM, &e);
        for (int64_t k = 0; k < (int64_t)n * PANEL; k++)
            f.x[i][k] = f.y[i][k] = f.z[i][k] = 1e-3f * (float)(k % 97 + 1);
    }
    double gather = measure_floor(&f, 0, ordered.a.nnz, exec);
    double stream = measure_floor(&f, 1, (int64_t)n, exec) / 3;
    double adam = measure_floor(&f, 2, (int64_t)n, exec);
    f.threads = threads;
    f.n_all = 3 * panels * (int64_t)n;
    f.all = mem_zero(f.n_all * PANEL, sizeof(float), &e);
    must(f.all ? 0 : ERR_NOMEM, &e);
    double state = measure_floor(&f, 3, f.n_all / threads, exec);
    free(f.all);
    f.a = &si_ordered.a;
    double gather_items = measure_floor(&f, 0, si_ordered.a.nnz, exec);
    double as = measure_product(&p, panels, exec);
    p.g = (struct kgraph){si_ordered.a.rows, si_ordered.a.indptr,
        si_ordered.a.indices, si_ordered.a.data, si_ordered.q};
    double ss = measure_product(&p, panels, exec);

    /* Rows gathered and streamed by a step with three layers, per panel:
     * forward two full products and the batch's rows; backward a push from the
     * batch's rows (read and write) and two full products; smoothing three. */
    double nnz = (double)ordered.a.nnz, nnzs = (double)si_ordered.a.nnz;
    double rows = 4 * nnz + 3 * touched;
    /* Parameters and moments pass through memory once forward and once read
     * and written backward; the rest lies in the threads' buffers. */
    double through = n + 6 * n;
    double streamed = (1 + 2 * 2) * n + (3 + 1) * n + (2 + 2 * 2 + 2) * ni;
    double fl_gather = share * (rows * gather + 3 * nnzs * gather_items);
    double fl_stream = share * (streamed * stream + through * state);
    double fl_adam = share * n * adam;
    double fl = fl_gather + fl_stream + fl_adam;
    double step = best / steps;

    printf("  %ld users, %ld items, %ld train, batch %ld, %d threads, %s\n",
        (long)d.n_users, (long)d.n_items, (long)d.train.nnz, (long)batch,
        threads, g->what);
    printf("  floors per row of 16 columns: gather %.2f ns (items %.2f), "
           "stream %.2f ns (parameters %.2f), arithmetic of Adam %.2f ns\n",
        1e9 * gather, 1e9 * gather_items, 1e9 * stream, 1e9 * state,
        1e9 * adam);
    printf("  one product, %ld columns: user-item %.3f ms (floor %.3f), "
           "item %.3f ms\n",
        (long)m.d, 1e3 * as, 1e3 * share * (nnz * gather + 3 * n * stream),
        1e3 * ss);
    printf("  one step %.3f ms: sampling %.3f, forward %.3f, scores %.3f, "
           "backward %.3f, adam %.3f, smoothing %.3f, waiting %.3f\n",
        1e3 * step, 1e3 * (t1.sample - t0.sample) / steps,
        1e3 * (t1.forward - t0.forward) / steps,
        1e3 * (t1.scores - t0.scores) / steps,
        1e3 * (t1.backward - t0.backward) / steps,
        1e3 * (t1.adam - t0.adam) / steps,
        1e3 * (t1.smooth - t0.smooth) / steps,
        1e3 * (t1.wait - t0.wait) / steps);
    printf("  floor of a step %.3f ms: gathers %.3f, streams %.3f, "
           "arithmetic %.3f; step / floor = %.2f\n",
        1e3 * fl, 1e3 * fl_gather, 1e3 * fl_stream, 1e3 * fl_adam, step / fl);
    printf("  %.3f seconds per epoch (best of %ld, %ld of %ld steps), %.0f MB "
           "peak\n",
        step * (double)g->steps, (long)epochs, (long)limit.steps,
        (long)g->steps, rss);
    engine_free(g);
    sample_free(&s);
    graph_free(&ui);
    graph_free(&si);
    graph_free(&ordered);
    graph_free(&si_ordered);
    poly_free(&m);
    mat_free(&init);
    csr_free(&items);
    dataset_free(&d);
    for (int i = 0; i < threads; i++) {
        free(f.x[i]);
        free(f.y[i]);
        free(f.z[i]);
    }
    return 0;
}
