/*
 * Training on a GPU: bench_cuda DATA INIT ITEMS BATCH EPOCHS. Prints the rate
 * at which the GPU copies memory, the floor of a step of STAIR with three
 * layers (the bytes that its launches must at least move, at that rate), the
 * step, their ratio, and each kernel alone. Exits 77 where there is no GPU.
 */
#include "lib/base/clock.h"
#include "lib/data/dataset.h"
#include "lib/engine/cuda/cuda_priv.h"
#include "lib/la/store.h"
#include "lib/models/registry.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { REPEAT = 20 };

static void
must(int rc, const struct err *e)
{
    if (rc) {
        fprintf(stderr, "bench_cuda: %s\n", e->msg);
        exit(1);
    }
}

/* Bytes read and written per second by a copy of many bytes. */
static double
copy_rate(void)
{
    const int64_t bytes = (int64_t)1 << 30;
    struct cuda_device *d;
    struct err e;
    void *from, *to;
    double best = INFINITY;
    must(cuda_open(&d, &e), &e);
    must(d->alloc(d, &from, bytes, &e) || d->alloc(d, &to, bytes, &e), &e);
    struct cuda_mem none = {0};
    struct cuda_arg a = {.x = from, .out = to};
    for (int rep = 0; rep < REPEAT; rep++) {
        must(d->mark(d, 0, &e) || d->await(d, 0, &e), &e);
        double t = clock_seconds();
        must(d->launch(d, 0, CUDA_copy, &none, &a, bytes / 16, &e) ||
                 d->mark(d, 0, &e) || d->await(d, 0, &e),
            &e);
        best = fmin(best, clock_seconds() - t);
    }
    d->free(d, from);
    d->free(d, to);
    d->close(d);
    return 2 * (double)bytes / best;
}

/* A device that waits for each launch and keeps the time. */
struct timed {
    struct cuda_device dev;
    struct cuda_device *real;
    double seconds[CUDA_N_KERNELS];
};

static int
timed_launch(struct cuda_device *d, int lane, enum cuda_kernel k,
    const struct cuda_mem *g, const struct cuda_arg *a, int64_t n,
    struct err *e)
{
    struct timed *t = (struct timed *)d;
    (void)lane;
    double start = clock_seconds();
    int rc = t->real->launch(t->real, 0, k, g, a, n, e);
    if (!rc)
        rc = t->real->mark(t->real, 0, e);
    if (!rc)
        rc = t->real->await(t->real, 0, e);
    t->seconds[k] += clock_seconds() - start;
    return rc;
}

static int
timed_lane(struct cuda_device *d, struct err *e)
{
    (void)d;
    (void)e;
    return 0;
}

static int
timed_repeat(struct cuda_device *d, int (*issue)(void *, struct err *),
    void *ctx, struct err *e)
{
    (void)d;
    return issue(ctx, e);
}

static int
timed_room(struct cuda_device *d, int64_t bytes, struct err *e)
{
    struct cuda_device *real = ((struct timed *)d)->real;
    return real->room(real, bytes, e);
}

static int
timed_alloc(struct cuda_device *d, void **p, int64_t bytes, struct err *e)
{
    struct cuda_device *real = ((struct timed *)d)->real;
    return real->alloc(real, p, bytes, e);
}

static void
timed_free(struct cuda_device *d, void *p)
{
    struct cuda_device *real = ((struct timed *)d)->real;
    real->free(real, p);
}

static int
timed_put(struct cuda_device *d, void *to, const void *from, int64_t bytes,
    struct err *e)
{
    struct cuda_device *real = ((struct timed *)d)->real;
    return real->put(real, to, from, bytes, e);
}

static int
timed_get(struct cuda_device *d, void *to, const void *from, int64_t bytes,
    struct err *e)
{
    struct cuda_device *real = ((struct timed *)d)->real;
    return real->get(real, to, from, bytes, e);
}

static int
timed_mark(struct cuda_device *d, int mark, struct err *e)
{
    (void)d;
    (void)mark;
    (void)e;
    return 0;
}

static void
timed_close(struct cuda_device *d)
{
    struct cuda_device *real = ((struct timed *)d)->real;
    real->close(real);
}

/* Least bytes of a step: every launch over rows reads and writes its matrices
 * and the graph's indices once. */
static double
least_bytes(const struct poly *m, const struct graph *ui,
    const struct graph *items, double users, double n_items, double width)
{
    double all = (users + n_items) * width * sizeof(float);
    double own = n_items * width * sizeof(float);
    double edges = 4.0 * (double)ui->a.nnz, like = 4.0 * (double)items->a.nnz;
    int inner = m->layers - 1;
    double forward = 2 * all + edges + (inner - 1) * (3 * all + edges);
    double backward = all + edges + (inner - 1) * (2 * all + edges);
    double adam = 7 * all + edges;
    double smooth =
        2 * own + like + (inner - 1) * (3 * own + like) + 4 * own + like;
    return forward + backward + adam + smooth;
}

static double
best_epoch(struct engine *g, int64_t epochs)
{
    struct engine_cursor c = {0};
    struct err e;
    double best = INFINITY;
    for (int64_t i = 0; i < epochs; i++) {
        double t = clock_seconds();
        must(engine_epoch(g, &c, NULL, NULL, NULL, &e), &e);
        best = fmin(best, clock_seconds() - t);
    }
    return best;
}

int
main(int argc, char **argv)
{
    struct err e;
    if (argc != 6) {
        fprintf(stderr, "usage: bench_cuda DATA INIT ITEMS BATCH EPOCHS\n");
        return 2;
    }
    if (cuda_usable(&e)) {
        printf("  %s\n", e.msg);
        return 77;
    }
    struct dataset d;
    struct mat init;
    struct csr items;
    struct graph ui, si;
    struct poly m;
    struct sampler s;
    struct engine *g;
    int64_t batch = atoll(argv[4]);
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
    double rate = copy_rate();
    must(cuda_new(&g, &m, &ui, &si, &s, batch, &e), &e);
    double epoch = best_epoch(g, atoll(argv[5])), steps = (double)g->steps;
    double width = (double)((m.d + PANEL - 1) / PANEL * PANEL);
    double least =
        least_bytes(&m, &ui, &si, (double)d.n_users, (double)d.n_items, width);
    printf("  %ld users, %ld items, %ld train, batch %ld, %s\n",
        (long)d.n_users, (long)d.n_items, (long)d.train.nnz, (long)batch,
        g->what);
    printf("  a copy moves %.0f GB/s; a step moves at least %.1f MB: floor "
           "%.1f us\n",
        rate / 1e9, least / 1e6, 1e6 * least / rate);
    printf("  one step %.1f us, step / floor = %.2f; %.1f ms per epoch\n",
        1e6 * epoch / steps, epoch / steps * rate / least, 1e3 * epoch);
    engine_free(g);

    /* Alone, each with the time to launch it and to wait for it. */
    struct timed t = {
        {"timed", timed_close, timed_room, timed_alloc, timed_free, timed_put,
            timed_get, timed_launch, timed_lane, timed_lane, timed_repeat,
            timed_mark, timed_mark},
        NULL, {0}};
    must(cuda_open(&t.real, &e), &e);
    must(cuda_new_on(&g, &t.dev, &m, &ui, &si, &s, batch, &e), &e);
    (void)best_epoch(g, 1);
#define NAME(x) #x,
    static const char *const name[] = {CUDA_KERNELS(NAME)};
#undef NAME
    printf("  alone, us per step, with waiting:");
    for (int k = 0; k < CUDA_N_KERNELS; k++)
        if (t.seconds[k] > 0)
            printf(" %s %.1f", name[k], 1e6 * t.seconds[k] / steps);
    printf("\n");
    engine_free(g);
    sample_free(&s);
    graph_free(&ui);
    graph_free(&si);
    poly_free(&m);
    mat_free(&init);
    csr_free(&items);
    dataset_free(&d);
    return 0;
}
