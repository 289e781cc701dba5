/* FREEDOM's graphs: the sample of edges against sorting and against drawing one
 * after the other; the mixed neighbour graph against dense sums. */
#include "lib/base/fmath.h"
#include "lib/base/rng.h"
#include "lib/graph/edges.h"
#include "lib/models/neighbours.h"
#include "tests/unit/execs.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Each pair with probability p, more for the first items. */
static struct csr
shop(int64_t users, int64_t items, double p)
{
    struct csr a;
    if (csr_init(&a, users, items, users * items, 0, NULL))
        abort();
    a.nnz = 0;
    for (int64_t u = 0; u < users; u++) {
        for (int64_t i = 0; i < items; i++)
            if (rng_uniform(3, RNG_TEST, 0, (uint64_t)(u * items + i), 0) <
                2 * p * (double)(items - i) / (double)items)
                a.indices[a.nnz++] = (int32_t)i;
        a.indptr[u + 1] = a.nnz;
    }
    return a;
}

struct keyed {
    double key;
    int64_t at;
};

static int
by_key(const void *p, const void *q)
{
    const struct keyed *a = p, *b = q;
    if (a->key < b->key || b->key < a->key)
        return a->key < b->key ? -1 : 1;
    return a->at < b->at ? -1 : 1;
}

/* The sample as the equations say: sort all edges by Exp(1) / weight. */
static void
naive(const struct csr *t, int64_t keep, uint64_t seed, uint32_t epoch,
    char *kept)
{
    struct keyed *k = malloc((size_t)(t->nnz + 1) * sizeof *k);
    for (int64_t u = 0, e = 0; u < t->rows; u++)
        for (; e < t->indptr[u + 1]; e++) {
            double du = (double)(t->indptr[u + 1] - t->indptr[u]), di = 0;
            for (int64_t f = 0; f < t->nnz; f++)
                di += t->indices[f] == t->indices[e];
            double x = rng_uniform(seed, RNG_EDGES, epoch, (uint64_t)e, 0);
            k[e] = (struct keyed){(0 - fm_log(1 - x)) * sqrt(du * di), e};
        }
    qsort(k, (size_t)t->nnz, sizeof *k, by_key);
    memset(kept, 0, (size_t)t->nnz);
    for (int64_t e = 0; e < keep; e++)
        kept[k[e].at] = 1;
    free(k);
}

static int
same(const struct csr *train, const struct csr *kept, const char *want)
{
    int good = kept->rows == train->rows && kept->cols == train->cols;
    int64_t at = 0;
    for (int64_t u = 0; u < train->rows; u++) {
        for (int64_t e = train->indptr[u]; e < train->indptr[u + 1]; e++)
            if (want[e])
                good &=
                    at < kept->nnz && kept->indices[at++] == train->indices[e];
        good &= kept->indptr[u + 1] == at;
    }
    return good && at == kept->nnz;
}

static void
test_sample(void)
{
    struct csr t = shop(90, 40, .15);
    char *want = malloc((size_t)t.nnz);
    int good = 1;
    const int64_t keep[] = {0, 1, t.nnz / 5, t.nnz - 1, t.nnz};
    for (int k = 0; k < 5; k++)
        for (int threads = 1; threads < 4; threads++) {
            struct csr s;
            if (edges_sample(&t, keep[k], 7, 2, exec_of(threads), &s, NULL))
                abort();
            naive(&t, keep[k], 7, 2, want);
            good &= same(&t, &s, want) && s.nnz == keep[k];
            csr_free(&s);
        }
    ok(good, "the smallest keys of %lld edges, for any thread count",
        (long long)t.nnz);
    struct csr a, b, c, big = shop(2500, 3, .3);
    if (edges_sample(&t, 50, 7, 2, exec_of(2), &a, NULL) ||
        edges_sample(&t, 50, 7, 3, exec_of(2), &b, NULL) ||
        edges_sample(&t, 50, 8, 2, exec_of(2), &c, NULL))
        abort();
    ok(memcmp(a.indices, b.indices, 50 * sizeof *a.indices) != 0 &&
            memcmp(a.indices, c.indices, 50 * sizeof *a.indices) != 0,
        "another epoch or seed, other edges");
    csr_free(&a);
    csr_free(&b);
    int rc = edges_sample(&big, 100, 7, 0, exec_of(1), &a, NULL) ||
             edges_sample(&big, 100, 7, 0, exec_of(3), &b, NULL);
    ok(!rc && memcmp(a.indptr, b.indptr, 2501 * sizeof *a.indptr) == 0 &&
            memcmp(a.indices, b.indices, 100 * sizeof *a.indices) == 0,
        "several chunks of users: the same bytes for any thread count");
    csr_free(&a);
    struct csr none = shop(4, 3, 0);
    ok(!edges_sample(&none, 0, 1, 0, exec_of(1), &a, NULL) && a.nnz == 0,
        "no edges at all");
    csr_free(&a);
    csr_free(&b);
    csr_free(&c);
    csr_free(&t);
    csr_free(&big);
    csr_free(&none);
    free(want);
}

/* How often the first edge drawn is which: in proportion to the weights. */
static void
test_weights(void)
{
    enum { DRAWS = 20000 };
    struct csr t = shop(8, 6, .35);
    double *seen = calloc((size_t)t.nnz, sizeof *seen), total = 0, worst = 0;
    for (uint32_t epoch = 0; epoch < DRAWS; epoch++) {
        struct csr s;
        if (edges_sample(&t, 1, 5, epoch, exec_of(1), &s, NULL))
            abort();
        int64_t u = 0;
        while (s.indptr[u + 1] == 0)
            u++;
        int64_t e = t.indptr[u];
        while (t.indices[e] != s.indices[0])
            e++;
        seen[e]++;
        csr_free(&s);
    }
    double weight[48];
    int64_t degree[6] = {0};
    for (int64_t e = 0; e < t.nnz; e++)
        degree[t.indices[e]]++;
    for (int64_t u = 0; u < t.rows; u++)
        for (int64_t e = t.indptr[u]; e < t.indptr[u + 1]; e++) {
            weight[e] = 1 / sqrt((double)(t.indptr[u + 1] - t.indptr[u]) *
                                 (double)degree[t.indices[e]]);
            total += weight[e];
        }
    for (int64_t e = 0; e < t.nnz; e++) {
        double p = weight[e] / total;
        double z = fabs(seen[e] - DRAWS * p) / sqrt(DRAWS * p * (1 - p));
        worst = fmax(worst, z);
    }
    ok(worst < 4.5, "edges are drawn in proportion to their weights (%.1f sd)",
        worst);
    free(seen);
    csr_free(&t);
}

static void
test_neighbours(void)
{
    enum { N = 30, K = 4 };
    const struct missing none = {0};
    struct mat x[2];
    struct csr s[2], m;
    const double w[] = {.1, .9};
    for (int a = 0; a < 2; a++) {
        if (mat_init(&x[a], N, 5 + a, NULL))
            abort();
        for (int64_t k = 0; k < N * x[a].d; k++)
            x[a].x[k] =
                (float)rng_normal(11, RNG_TEST, (uint32_t)a, (uint64_t)k, 0);
    }
    if (neighbours_graph(&x[0], &none, K, KNN_ONE, exec_of(2), &s[0], NULL) ||
        neighbours_graph(&x[1], &none, K, KNN_ONE, exec_of(2), &s[1], NULL) ||
        neighbours_mix(s, w, 2, &m, NULL))
        abort();
    int good = csr_check(&m, "mixed", NULL) == 0, self = 1;
    for (int i = 0; i < N; i++) {
        float want[N] = {0};
        double sum = 0;
        for (int a = 0; a < 2; a++)
            for (int64_t t = s[a].indptr[i]; t < s[a].indptr[i + 1]; t++)
                want[s[a].indices[t]] += (float)w[a] * s[a].data[t];
        for (int64_t t = m.indptr[i]; t < m.indptr[i + 1]; t++) {
            good &= fabsf(m.data[t] - want[m.indices[t]]) < 1e-8f;
            sum += (double)m.data[t];
            want[m.indices[t]] = 0;
            if (m.indices[t] == i)
                self &= fabsf(m.data[t] - 1.0f / K) < 1e-7f;
        }
        for (int j = 0; j < N; j++)
            good &= want[j] == 0;
        good &= fabs(sum - 1) < 1e-6;
    }
    ok(good, "the mixed graph is the sum, its rows sum to 1");
    ok(self, "every item is its own neighbour");
    struct csr c;
    struct err e = {0};
    ok(!neighbours_graph(&x[0], &none, K, KNN_COSINE, exec_of(1), &c, NULL) &&
            memcmp(c.indices, s[0].indices, N * K * sizeof *c.indices) == 0 &&
            c.data[0] < 1.0f / K + 1e-6f,
        "cosines instead of ones");
    csr_free(&c);
    unsigned char mask[N] = {[0] = 1, [17] = 1};
    const struct missing two = {mask, 2};
    if (neighbours_graph(&x[0], &two, K, KNN_ONE, exec_of(2), &c, NULL))
        abort();
    int away = c.nnz == (N - 2) * K;
    for (int i = 0; i < N; i++)
        for (int64_t t = c.indptr[i]; t < c.indptr[i + 1]; t++)
            away &= !mask[i] && !mask[c.indices[t]];
    ok(away, "missing items have no neighbours and are nobody's");
    csr_free(&c);
    ok(neighbours_graph(&x[0], &none, N + 1, KNN_ONE, exec_of(1), &c, &e) ==
                ERR_RANGE &&
            strcmp(e.msg, "31 neighbours wanted of 30 items") == 0,
        "more neighbours than items: %s", e.msg);
    for (int a = 0; a < 2; a++) {
        mat_free(&x[a]);
        csr_free(&s[a]);
    }
    csr_free(&m);
}

int
main(void)
{
    test_sample();
    test_weights();
    test_neighbours();
    return done();
}
