/* lib/models/copurchase against whole matrices. */
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/graph/graph.h"
#include "lib/models/copurchase.h"
#include "tests/unit/execs.h"
#include "tests/unit/mats.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EDGES = 5 };

/* Users are alike in twos, so that many items are bought together. */
static struct csr
random_train(int64_t users, int64_t items, double p)
{
    struct err e;
    struct csr a;
    must(csr_init(&a, users, items, users * items, 0, &e), &e);
    a.nnz = 0;
    for (int64_t u = 0; u < users; u++) {
        for (int64_t i = 0; i < items; i++) {
            uint64_t at = (uint64_t)(u / 2 * items + i);
            double y = rng_uniform(5, RNG_TEST, 2, at + (uint64_t)u * 1000, 0);
            if (rng_uniform(5, RNG_TEST, 1, at, 0) < p && y < 0.9)
                a.indices[a.nnz++] = (int32_t)i;
        }
        a.indptr[u + 1] = a.nnz;
    }
    return a;
}

/* Symmetric, with whole values or none. */
static struct csr
random_graph(int64_t n, double p, int with_data)
{
    struct err e;
    struct csr a;
    must(csr_init(&a, n, n, n * n, with_data, &e), &e);
    a.nnz = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            uint64_t at = (uint64_t)(i < j ? i * n + j : j * n + i);
            if (i == j || rng_uniform(6, RNG_TEST, 1, at, 0) >= p)
                continue;
            if (with_data)
                a.data[a.nnz] =
                    rng_uniform(6, RNG_TEST, 2, at, 0) < 0.3 ? 2 : 1;
            a.indices[a.nnz++] = (int32_t)j;
        }
        a.indptr[i + 1] = a.nnz;
    }
    return a;
}

/* N(A) of a whole matrix, in place */
static void
normalise(double *a, int64_t n)
{
    double *q = mem_zero(n, sizeof *q, NULL);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            q[i] += a[i * n + j];
    for (int64_t i = 0; i < n; i++)
        q[i] = q[i] > 0 ? 1 / sqrt(q[i]) : 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            a[i * n + j] *= q[i] * q[j];
    free(q);
}

static double *
naive(const struct csr *s, const struct csr *train, double w)
{
    int64_t n = s->rows;
    double *out = mem_zero(n * n, sizeof *out, NULL);
    double *t = mem_zero(n * n, sizeof *t, NULL);
    float *q = mem_zero(n * n, sizeof *q, NULL);
    double *size = mem_zero(n, sizeof *size, NULL);
    for (int64_t k = 0; k < train->nnz; k++)
        size[train->indices[k]]++;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = s->indptr[i]; k < s->indptr[i + 1]; k++)
            out[i * n + s->indices[k]] = s->data ? (double)s->data[k] : 1;
        for (int64_t j = 0; j < n; j++) {
            double c = 0;
            for (int64_t u = 0; u < train->rows; u++)
                c += csr_has(train, u, (int32_t)i) &&
                     csr_has(train, u, (int32_t)j);
            if (i != j && c >= 2)
                q[i * n + j] =
                    (float)(c / (c + 5) * (c / sqrt(size[i] * size[j])));
        }
    }
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < EDGES && k < n; k++) {
            int64_t best = 0;
            for (int64_t j = 1; j < n; j++)
                if (q[i * n + j] > q[i * n + best])
                    best = j;
            if (q[i * n + best] > 0)
                t[i * n + best] = t[best * n + i] = (double)q[i * n + best];
            q[i * n + best] = 0;
        }
    normalise(out, n);
    normalise(t, n);
    for (int64_t k = 0; k < n * n; k++)
        out[k] += w * t[k];
    free(t);
    free(q);
    free(size);
    return out;
}

static void
compare(
    const char *name, const struct csr *s, const struct csr *train, double w)
{
    struct err e;
    int64_t n = s->rows, extra = 0;
    double *want = naive(s, train, w), worst = 0;
    struct csr first = {0};
    for (int threads = 1; threads <= 3; threads++) {
        struct csr got;
        int64_t row, col;
        must(copurchase_join(&got, s, train, w, exec_of(threads), &e), &e);
        must(csr_check(&got, "joined", &e), &e);
        ok(csr_is_symmetric(&got, &row, &col, &e) == 1, "%s: symmetric", name);
        if (threads > 1) {
            ok(got.nnz == first.nnz &&
                    memcmp(got.data, first.data,
                        (size_t)got.nnz * sizeof *got.data) == 0 &&
                    memcmp(got.indices, first.indices,
                        (size_t)got.nnz * sizeof *got.indices) == 0,
                "%s: the same with %d threads", name, threads);
            csr_free(&got);
            continue;
        }
        first = got;
        for (int64_t i = 0; i < n; i++)
            for (int64_t k = got.indptr[i]; k < got.indptr[i + 1]; k++) {
                double *x = &want[i * n + got.indices[k]];
                double d = fabs(*x - (double)got.data[k]);
                worst = d > worst ? d : worst;
                extra += !(*x > 0);
                *x = 0;
            }
        for (int64_t k = 0; k < n * n; k++)
            extra += want[k] > 0;
        ok(worst < 1e-6 && !extra,
            "%s: as whole matrices (%.1e, %ld entries differ)", name, worst,
            (long)extra);
    }
    csr_free(&first);
    free(want);
}

int
main(void)
{
    static const struct {
        const char *name;
        int64_t users, items;
        double p, alike;
        int data;
    } shop[] = {{"a shop", 60, 40, 0.2, 0.1, 1}, {"ones", 60, 40, 0.2, 0.1, 0},
        {"nothing alike", 30, 20, 0.3, 0, 1},
        {"nothing together", 4, 30, 0.02, 0.2, 1},
        {"an item", 5, 1, 0.9, 0, 1}};
    for (size_t k = 0; k < sizeof shop / sizeof *shop; k++) {
        struct csr train =
            random_train(shop[k].users, shop[k].items, shop[k].p);
        struct csr s = random_graph(shop[k].items, shop[k].alike, shop[k].data);
        compare(shop[k].name, &s, &train, 0.25);
        compare(shop[k].name, &s, &train, 3);
        csr_free(&train);
        csr_free(&s);
    }
    return done();
}
