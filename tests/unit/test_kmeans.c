/* lib/stat/kmeans and lib/stat/uncertainty against the definitions. */
#include "lib/base/rng.h"
#include "lib/la/blas.h"
#include "lib/stat/kmeans.h"
#include "lib/stat/uncertainty.h"
#include "tests/unit/execs.h"
#include "tests/unit/mats.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 600, D = 5, K = 7, GROUPS = 4 };

static struct mat
points(double spread)
{
    struct mat m;
    struct err e;
    must(mat_init(&m, N, D, &e), &e);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D; j++)
            m.x[i * D + j] =
                (float)(rng_normal(1, RNG_TEST, 0, (uint64_t)(i * D + j), 0) *
                            spread +
                        10 * ((i % GROUPS) == j));
    return m;
}

static double
square(const float *a, const double *b)
{
    double s = 0;
    for (int j = 0; j < D; j++)
        s += ((double)a[j] - b[j]) * ((double)a[j] - b[j]);
    return s;
}

/* Lloyd's iterations in double to a standstill; inertia. */
static double
naive(const struct mat *x, const int64_t *row, int k, int32_t *label)
{
    double centre[K][D], inertia;
    for (int c = 0; c < k; c++)
        for (int j = 0; j < D; j++)
            centre[c][j] = (double)x->x[row[c] * D + j];
    memset(label, -1, N * sizeof *label);
    for (int changed = 1; changed;) {
        changed = 0;
        inertia = 0;
        for (int i = 0; i < N; i++) {
            int best = 0;
            for (int c = 1; c < k; c++)
                if (square(&x->x[i * D], centre[c]) <
                    square(&x->x[i * D], centre[best]))
                    best = c;
            changed |= label[i] != best;
            label[i] = best;
            inertia += square(&x->x[i * D], centre[best]);
        }
        for (int c = 0; c < k; c++) {
            double sum[D] = {0}, n = 0;
            for (int i = 0; i < N; i++) {
                for (int j = 0; j < D && label[i] == c; j++)
                    sum[j] += (double)x->x[i * D + j];
                n += label[i] == c;
            }
            for (int j = 0; j < D && n > 0; j++)
                centre[c][j] = sum[j] / n;
        }
    }
    return inertia;
}

static void
test_twin(void)
{
    struct mat x = points(3);
    struct err e;
    float norm[N], near[N];
    for (int i = 0; i < N; i++) {
        static const double zero[D];
        norm[i] = (float)square(&x.x[i * D], zero);
    }
    int32_t label[N], best[N];
    double least = INFINITY;
    int distinct = 1;
    for (uint32_t r = 0; r < 6; r++) {
        int64_t row[K];
        kmeans_seed(&x, norm, K, 9, r, near, row);
        for (int c = 0; c < K; c++)
            for (int b = 0; b < c; b++)
                distinct &= row[b] != row[c];
        double inertia = naive(&x, row, K, label);
        if (inertia < least) {
            least = inertia;
            memcpy(best, label, sizeof best);
        }
    }
    ok(distinct, "k-means++ takes different rows");
    struct kmeans_opt o = {K, 6, 1000, 0, 9, exec_of(1)};
    struct kmeans k, k4;
    must(kmeans_run(&x, &o, &k, &e), &e);
    ok(memcmp(k.label, best, sizeof best) == 0, "labels are the naive twin's");
    ok(fabs(k.inertia / least - 1) < 1e-5, "and so is the inertia");
    o.exec = exec_of(4);
    must(kmeans_run(&x, &o, &k4, &e), &e);
    ok(memcmp(k.label, k4.label, sizeof best) == 0 &&
            memcmp(&k.inertia, &k4.inertia, sizeof k.inertia) == 0,
        "the same for four threads");
    kmeans_free(&k);
    kmeans_free(&k4);
    mat_free(&x);
}

static void
test_groups(void)
{
    struct mat x = points(0.5);
    struct err e;
    struct kmeans_opt o = {GROUPS, 10, 300, 1e-4, 1, exec_of(2)};
    struct kmeans k, moved;
    must(kmeans_run(&x, &o, &k, &e), &e);
    int right = 1;
    for (int i = 0; i < N; i++)
        right &= k.label[i] == k.label[i % GROUPS];
    for (int g = 1; g < GROUPS; g++)
        right &= k.label[g] != k.label[0];
    ok(right, "groups far apart are found");
    for (int i = 0; i < N * D; i++)
        x.x[i] += 1000;
    must(kmeans_centre(&x, &e), &e);
    must(kmeans_run(&x, &o, &moved, &e), &e);
    right = 1;
    for (int i = 0; i < N; i++)
        right &= moved.label[i] == moved.label[i % GROUPS];
    ok(right, "far from the origin too");
    kmeans_free(&k);
    kmeans_free(&moved);

    /* one point per cluster, and fewer points than clusters */
    struct mat few = {GROUPS, D, x.x};
    must(kmeans_run(&few, &o, &k, &e), &e);
    ok(k.inertia < 1e-3 && k.label[0] != k.label[1], "a cluster a row");
    kmeans_free(&k);
    memset(few.x, 0, GROUPS * D * sizeof *few.x);
    must(kmeans_run(&few, &o, &k, &e), &e);
    ok(!(k.inertia > 0), "equal rows: clusters stay empty");
    kmeans_free(&k);
    few.n = 3;
    ok(kmeans_run(&few, &o, &k, &e) == ERR_RANGE &&
            strcmp(e.msg, "4 clusters of 3 rows are not possible") == 0,
        "%s", e.msg);
    mat_free(&x);
}

/* A centre that starts far from everything loses its rows and gets one. */
static void
test_empty(void)
{
    enum { M = 40 };
    float v[M];
    struct mat x = {M, 1, v};
    struct err e;
    for (int i = 0; i < M; i++)
        v[i] = (float)(i % 8) * 1e-3f + (i == 3 ? 100 : i == 4 ? 200 : 0);
    struct kmeans_opt o = {8, 20, 300, 0, 1, exec_of(1)};
    struct kmeans k;
    must(kmeans_run(&x, &o, &k, &e), &e);
    int used[8] = {0}, n = 0;
    for (int i = 0; i < M; i++)
        used[k.label[i]] = 1;
    for (int c = 0; c < 8; c++)
        n += used[c];
    ok(n == 8, "%d of 8 clusters have rows", n);
    kmeans_free(&k);
}

static void
test_uncertainty(void)
{
    /* labels 0 0 1 2; users {0,1}, {0,2}, {0,1,2,3}, {}, {3} */
    static int64_t indptr[] = {0, 2, 4, 8, 8, 9};
    static int32_t indices[] = {0, 1, 0, 2, 0, 1, 2, 3, 3};
    static const int32_t label[] = {0, 0, 1, 2};
    static const int64_t order[] = {3, 2, 1, 0};
    struct csr a = {
        .rows = 5, .cols = 4, .nnz = 9, .indptr = indptr, .indices = indices};
    struct uncertainty u, p;
    struct err e;
    must(uncertainty_of(&a, label, 3, NULL, &u, &e), &e);
    double h2 = log(2), h3 = 0.5 * log(2) + 0.5 * log(4);
    ok(u.users == 4 && fabs(u.mean - (h2 + h3) / 4) < 1e-12,
        "entropies 0, log 2, 3/2 log 2 and 0");
    ok(fabs(u.relative - (1 + h3 / log(3)) / 3) < 1e-12,
        "relative to what is possible, users with one item left out");
    must(uncertainty_of(&a, label, 3, order, &u, &e), &e);
    ok(fabs(u.mean - (h2 + h2 + h3) / 4) < 1e-12, "labels in another order");
    must(uncertainty_permuted(&a, label, 3, 2000, 1, &p, &e), &e);
    /* two random items differ with probability 5/6 */
    double expected = (2 * 5.0 / 6 * h2 + h3) / 4;
    ok(fabs(p.mean / expected - 1) < 0.02, "permuted labels: %.4f is %.4f",
        p.mean, expected);
}

int
main(void)
{
    blas_init();
    test_twin();
    test_groups();
    test_empty();
    test_uncertainty();
    return done();
}
