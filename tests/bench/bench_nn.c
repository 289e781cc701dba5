/*
 * bench_nn THREADS [ROUNDS]   times the building blocks at the sizes of one
 * step on a shop like Amazon Baby: best of ROUNDS, in milliseconds
 */
#include "lib/base/clock.h"
#include "lib/base/exec.h"
#include "lib/base/rng.h"
#include "lib/knn/knn_learned.h"
#include "lib/la/blas.h"
#include "lib/nn/act.h"
#include "lib/nn/adam.h"
#include "lib/nn/bpr_rows.h"
#include "lib/nn/cosine.h"
#include "lib/nn/dropout.h"
#include "lib/nn/init.h"
#include "lib/nn/linear.h"
#include "lib/nn/norm.h"
#include "lib/nn/propagate.h"
#include "lib/nn/rows.h"
#include "lib/nn/spmm.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    USERS = 19445,
    ITEMS = 7050,
    N = USERS + ITEMS,
    PER_USER = 6,
    BATCH = 2048
};

static struct err err;
static struct exec *exec;
static int rounds;

static void
check(int rc)
{
    if (rc) {
        fprintf(stderr, "bench_nn: %s\n", err.msg);
        exit(1);
    }
}

static struct mat
random_mat(int64_t n, int64_t d)
{
    static uint32_t tensor;
    struct mat m;
    check(mat_init(&m, n, d, &err));
    init_normal(&(struct init){1, ++tensor, exec}, .1, m.x, m.n * m.d);
    return m;
}

/* A few items have most of the purchases. */
static struct csr
purchases(void)
{
    struct csr s;
    check(csr_init(&s, USERS, ITEMS, USERS * PER_USER, 0, &err));
    int64_t at = 0;
    for (int64_t u = 0; u < USERS; u++) {
        for (int64_t from = at; at < from + PER_USER;) {
            double x = rng_uniform(1, RNG_TEST, 1, (uint64_t)at, 0);
            int32_t i = (int32_t)(ITEMS * x * x), k = 0;
            int64_t p = at;
            while (p > from && s.indices[p - 1] >= i)
                p--;
            if (p < at && s.indices[p] == i)
                i = (i + 1) % ITEMS; /* rarely a duplicate stays: harmless */
            for (k = 0; at - k > p; k++)
                s.indices[at - k] = s.indices[at - k - 1];
            s.indices[p] = i;
            at++;
        }
        s.indptr[u + 1] = at;
    }
    return s;
}

#define TIME(name, call)                                                       \
    do {                                                                       \
        double best = 1e9;                                                     \
        for (int round = 0; round < rounds; round++) {                         \
            double t0 = clock_seconds();                                       \
            call;                                                              \
            double dt = clock_seconds() - t0;                                  \
            best = dt < best ? dt : best;                                      \
        }                                                                      \
        printf("%-52s %9.3f\n", name, 1e3 * best);                             \
    } while (0)

static void
nothing(void *ctx, int64_t i, int thread)
{
    (void)ctx;
    (void)i;
    (void)thread;
}

static void
sparse(void)
{
    struct csr train = purchases();
    struct arena arena = {0};
    struct graph g = graph_in(&arena, &train);
    struct propagate p = propagate_in(&arena, N, 64);
    check(arena_check(&arena, &err));
    struct spmm_op as = {&g.a, g.q, g.q}, left = {&g.a, g.q, NULL};
    static const int64_t width[] = {64, 128, 256, 384};
    for (int k = 0; k < 4; k++) {
        char name[64];
        struct mat x = random_mat(N, width[k]), y = random_mat(N, width[k]);
        snprintf(name, sizeof name, "D^-1 A X, %lld entries, %lld columns",
            (long long)g.a.nnz, (long long)width[k]);
        TIME(name, spmm(&left, &x, 0, &y, exec));
        if (k == 0) {
            TIME("the same, both sides scaled", spmm(&as, &x, 0, &y, exec));
            TIME("mean of 3 layers", propagate_mean(&p, &g, 3, &x, &y, exec));
            struct adam a = adam_scalars(&(struct adam_opt){.rate = 1e-3}, 1);
            struct mat m = random_mat(N, 64), v = random_mat(N, 64);
            for (int64_t q = 0; q < N * 64; q++)
                v.x[q] *= v.x[q];
            TIME("Adam, N x 64",
                adam_step(&a, N * 64, x.x, m.x, v.x, y.x, exec));
            TIME("softmax of rows, N x 64", act_softmax_forward(&x, &y, exec));
            TIME("rows normalised, N x 64",
                norm_rows_forward(&x, &y, NULL, exec));
            mat_free(&m);
            mat_free(&v);
        }
        mat_free(&x);
        mat_free(&y);
    }
    arena_free(&arena);
    csr_free(&train);
}

static void
linear(int64_t n, int64_t p, int64_t q)
{
    char name[3][80];
    struct mat x = random_mat(n, p), w = random_mat(q, p), y = random_mat(n, q);
    struct mat dx = random_mat(n, p), dw = random_mat(q, p);
    struct mat db = random_mat(1, q);
    const char *what[] = {"", ": dW, db", ": dX"};
    for (int k = 0; k < 3; k++)
        snprintf(name[k], sizeof name[k], "linear %lld x %lld -> %lld%s",
            (long long)n, (long long)p, (long long)q, what[k]);
    double flop = 2.0 * (double)n * (double)p * (double)q;
    printf("%-52s %9.3f\n", "(at 100 GFLOP/s)", flop / 100e9 * 1e3);
    TIME(name[0], linear_forward(&x, &w, db.x, &y, exec));
    TIME(name[1], linear_backward(&x, NULL, &y, NULL, &dw, db.x, exec));
    TIME(name[2], linear_backward(NULL, &w, &y, &dx, NULL, NULL, exec));
    mat_free(&x);
    mat_free(&w);
    mat_free(&y);
    mat_free(&dx);
    mat_free(&dw);
    mat_free(&db);
}

static void
listed(void)
{
    int32_t list[2 * BATCH];
    for (int b = 0; b < 2 * BATCH; b++)
        list[b] = (int32_t)rng_below(ITEMS, 1, RNG_TEST, 9, (uint64_t)b, 0);
    struct arena arena = {0};
    struct segments s = segments_in(&arena, 2 * BATCH);
    check(arena_check(&arena, &err));
    TIME("segments of 4096 rows", segments_set(&s, list, 2 * BATCH));
    struct mat x = random_mat(ITEMS, 4096), w = random_mat(64, 4096);
    struct mat y = random_mat(2 * BATCH, 64), dw = random_mat(64, 4096);
    int rc = 0;
    TIME("linear of 4096 listed rows, 4096 -> 64",
        rc |= linear_rows_forward(&x, list, &w, NULL, &y, exec, &err));
    TIME("its dW",
        rc |= linear_rows_backward(&x, list, &y, &dw, NULL, exec, &err));
    check(rc);
    struct mat z = random_mat(ITEMS, 64), u = random_mat(BATCH, 64);
    struct mat du = random_mat(BATCH, 64), coef = random_mat(1, BATCH);
    TIME("gather of 4096 x 64", rows_gather(&z, list, &y, exec));
    TIME("scatter of 4096 x 64", rows_scatter(&s, &y, &z, exec));
    double loss;
    struct bpr_rows t = {.batch = BATCH, .a = &u, .z = &z, .i = list};
    TIME("BPR loss, 2048 triples",
        rc |= bpr_rows_loss(&t, 1, &loss, coef.x, exec, &err));
    TIME("BPR gradient", bpr_rows_backward(&t, coef.x, &du, &y, exec));
    TIME("cosine loss with gradient, 2048 x 64",
        loss += cosine_loss(&u, &du, 1, &du, exec));
    TIME("dropout, 7050 x 64",
        dropout_apply(&(struct dropout){.p = .5}, &z, NULL, &z, exec));
    mat_free(&z);
    z = random_mat(ITEMS, 64);
    norm_rows_forward(&z, &z, NULL, exec);
    struct knn_learned knn;
    check(knn_learned_init(&knn, ITEMS, 10, &err));
    TIME("10 cosine neighbours, 7050 x 64",
        rc |= knn_learned_build(&knn, &z, NULL, z.n, exec, &err));
    check(rc);
    knn_learned_free(&knn);
    arena_free(&arena);
    mat_free(&x);
    mat_free(&w);
    mat_free(&y);
    mat_free(&dw);
    mat_free(&z);
    mat_free(&u);
    mat_free(&du);
    mat_free(&coef);
}

int
main(int argc, char **argv)
{
    check(exec_new(&exec, argc > 1 ? atoi(argv[1]) : 2, NULL, &err));
    rounds = argc > 2 ? atoi(argv[2]) : 10;
    blas_init();
    TIME("an empty loop on the threads", exec_for(exec, 64, nothing, NULL));
    sparse();
    listed();
    linear(ITEMS, 4096, 64);
    linear(ITEMS, 4096, 256);
    linear(N, 384, 384);
    linear(N, 256, 64);
    linear(BATCH, 64, 64);
    exec_free(exec);
    return 0;
}
