/*
 * bench_peak THREADS: GFLOP/s of products of square matrices, one on each
 * thread, and GB/s of y = x + s z with vectors that no cache holds; the best of
 * ten.
 */
#include "lib/base/clock.h"
#include "lib/base/exec.h"
#include "lib/la/blas.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 1024, LENGTH = 1 << 24, PIECES = 64, TIMES = 10 };

struct work {
    float *x, *y, *z;
};

static void
product(void *ctx, int64_t i, int thread)
{
    const struct work *w = ctx;
    (void)thread;
    blas_sgemm(0, 0, SIDE, SIDE, SIDE, 1, w->x, SIDE, w->z, SIDE, 0,
        w->y + i * SIDE * SIDE, SIDE);
}

static void
stream(void *ctx, int64_t i, int thread)
{
    const struct work *w = ctx;
    (void)thread;
    enum { EACH = LENGTH / PIECES };
    for (int64_t k = i * EACH; k < (i + 1) * EACH; k++)
        w->y[k] = w->x[k] + .5f * w->z[k];
}

int
main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 2;
    struct exec *exec;
    struct err e;
    struct work w = {malloc(LENGTH * sizeof(float)),
        malloc(LENGTH * sizeof(float)), malloc(LENGTH * sizeof(float))};
    if (exec_new(&exec, threads, NULL, &e) || blas_reserve(threads, &e)) {
        fprintf(stderr, "bench_peak: %s\n", e.msg);
        return 1;
    }
    if (!w.x || !w.y || !w.z || threads > LENGTH / SIDE / SIDE)
        return 1;
    for (int64_t k = 0; k < LENGTH; k++)
        w.x[k] = w.z[k] = w.y[k] = (float)(k % 7);
    double best[2] = {1e9, 1e9};
    for (int t = 0; t < TIMES; t++) {
        double t0 = clock_seconds();
        exec_for(exec, threads, product, &w);
        double t1 = clock_seconds();
        exec_for(exec, PIECES, stream, &w);
        double t2 = clock_seconds();
        best[0] = t1 - t0 < best[0] ? t1 - t0 : best[0];
        best[1] = t2 - t1 < best[1] ? t2 - t1 : best[1];
    }
    printf("%.1f %.1f\n", 2e-9 * threads * SIDE * SIDE * SIDE / best[0],
        12e-9 * LENGTH / best[1]);
    exec_free(exec);
    free(w.x);
    free(w.y);
    free(w.z);
    return 0;
}
