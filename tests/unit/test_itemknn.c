/* lib/models/itemknn against a dense naive twin. */
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/models/registry.h"
#include "tests/unit/execs.h"
#include "tests/unit/mats.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Early items are taken more often than late ones. */
static struct csr
random_train(int64_t users, int64_t items, double p, uint32_t which)
{
    struct err e;
    struct csr a;
    must(csr_init(&a, users, items, users * items, 0, &e), &e);
    a.nnz = 0;
    for (int64_t u = 0; u < users; u++) {
        for (int64_t i = 0; i < items; i++) {
            uint64_t at = (uint64_t)(u * items + i);
            double x = rng_uniform(5, RNG_TEST, which, at, 0);
            if (x < p * (double)(items - i) / (double)items)
                a.indices[a.nnz++] = (int32_t)i;
        }
        a.indptr[u + 1] = a.nnz;
    }
    return a;
}

/* All similarities, then the best of what is left, K times a row. */
static float *
naive(const struct csr *train, int64_t neighbors, double shrink)
{
    int64_t n = train->cols;
    float *sim = mem_zero(n * n, sizeof *sim, NULL);
    float *kept = mem_zero(n * n, sizeof *kept, NULL);
    double *size = mem_zero(n, sizeof *size, NULL);
    for (int64_t k = 0; k < train->nnz; k++)
        size[train->indices[k]]++;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            int64_t both = 0;
            for (int64_t u = 0; u < train->rows; u++)
                both += csr_has(train, u, (int32_t)i) &&
                        csr_has(train, u, (int32_t)j);
            if (both && i != j)
                sim[i * n + j] =
                    (float)((double)both / (sqrt(size[i] * size[j]) + shrink));
        }
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < neighbors && k < n; k++) {
            int64_t best = 0;
            for (int64_t j = 1; j < n; j++)
                if (sim[i * n + j] > sim[i * n + best])
                    best = j;
            kept[i * n + best] += sim[i * n + best];
            sim[i * n + best] = 0;
        }
    free(sim);
    free(size);
    return kept;
}

static void
compare(
    const char *name, const struct csr *train, int64_t neighbors, double shrink)
{
    struct err e;
    int64_t n = train->cols, bad = 0;
    float *want = naive(train, neighbors, shrink);
    for (int t = 1; t <= 4; t++) {
        struct system_args o;
        struct model m;
        system_defaults(&o, &itemknn_system);
        o.train = train;
        o.exec = exec_of(t);
        system_set(&o, "neighbors", (double)neighbors);
        system_set(&o, "shrink", shrink);
        must(system_make(&m, &o, &e), &e);
        struct csr g = m.sparse;
        must(csr_check(&g, "graph", &e), &e);
        float *got = mem_zero(n * n, sizeof *got, NULL);
        for (int64_t i = 0; i < n; i++)
            for (int64_t k = g.indptr[i]; k < g.indptr[i + 1]; k++) {
                got[i * n + g.indices[k]] = g.data[k];
                bad += !(g.data[k] > 0);
            }
        bad += g.rows != n || g.cols != n ||
               memcmp(got, want, (size_t)(n * n) * sizeof *got) != 0;
        free(got);
        csr_free(&g);
    }
    ok(!bad, "%s, %lld neighbours, shrinkage %g: the naive graph", name,
        (long long)neighbors, shrink);
    free(want);
}

int
main(void)
{
    struct csr t = random_train(60, 150, .3, 1);
    compare("users of many items", &t, 5, 0);
    compare("users of many items", &t, 20, 7.5);
    compare("all neighbours", &t, 1000000000, 100);
    csr_free(&t);
    t = random_train(40, 70, .08, 2);
    compare("ties", &t, 1, 0);
    compare("ties", &t, 3, 0);
    csr_free(&t);
    t = random_train(10, 12, -1, 3);
    compare("no interactions", &t, 3, 0);
    csr_free(&t);
    t = random_train(4, 0, 1, 3);
    compare("no items", &t, 3, 0);
    csr_free(&t);
    t = random_train(1, 5, 9, 3);
    compare("one user", &t, 2, 1);
    csr_free(&t);
    return done();
}
