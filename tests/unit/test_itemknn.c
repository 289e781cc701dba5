/* lib/models/itemknn against a dense naive twin. */
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/models/itemknn_content.h"
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

/* Symmetric, of cosines in (0, 1]; some entries that count as not stored: on
 * the diagonal, 0 and below. */
static struct csr
random_alike(int64_t items, double p, uint32_t which)
{
    struct err e;
    struct csr a = random_csr(items, items, p, which), s;
    a.data = mem_new(a.nnz, sizeof *a.data, &e);
    for (int64_t i = 0; i < items; i++)
        for (int64_t k = a.indptr[i]; k < a.indptr[i + 1]; k++)
            a.data[k] = i % 5 == 3
                            ? -0.1f * (float)(i % 2)
                            : 0.2f + 0.1f * (float)((i * 7 + a.indices[k]) % 8);
    must(csr_symmetrise(&a, &s, &e), &e);
    csr_free(&a);
    return s;
}

static double *
dense(const struct csr *a)
{
    double *x = mem_zero(a->rows * a->cols, sizeof *x, NULL);
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t k = a->indptr[i]; k < a->indptr[i + 1]; k++)
            x[i * a->cols + a->indices[k]] = (double)a->data[k];
    return x;
}

/* z += w x y or, with `turn`, w x y^T; all n x n */
static void
add_product(
    double *z, double w, const double *x, const double *y, int turn, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            for (int64_t k = 0; k < n; k++)
                z[i * n + j] +=
                    w * x[i * n + k] * (turn ? y[j * n + k] : y[k * n + j]);
}

/* Q of itemknn_content.h with whole matrices, nothing pruned. */
static double *
naive_content(const struct csr *p, const struct itemknn_content *o)
{
    int64_t n = p->rows;
    double *q = dense(p), *c = dense(o->items), mean = 0;
    double *s = mem_zero(n * n, sizeof *s, NULL);
    double *sp = mem_zero(n * n, sizeof *sp, NULL);
    for (int64_t k = 0; k < p->nnz; k++)
        mean += (double)p->data[k] / (double)p->nnz;
    for (int64_t k = 0; k < n * n; k++)
        q[k] /= mean > 0 ? mean : 1;
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < n; j++) {
            if (i == j || c[i * n + j] < 0)
                c[i * n + j] = 0;
            sum += c[i * n + j];
        }
        for (int64_t j = 0; j < n && sum > 0; j++)
            s[i * n + j] = c[i * n + j] / sum;
    }
    double *normal = mem_zero(n * n, sizeof *normal, NULL);
    memcpy(normal, q, (size_t)(n * n) * sizeof *normal);
    for (int64_t k = 0; k < n * n; k++)
        q[k] += o->content * (c[k] > 0 ? pow(c[k], o->power) : 0);
    add_product(sp, 1, s, normal, 0, n);
    for (int64_t k = 0; k < n * n; k++)
        q[k] += o->smooth / 2 * sp[k];
    add_product(q, o->smooth / 2, normal, s, 1, n);
    add_product(q, o->both, sp, s, 1, n);
    free(c);
    free(s);
    free(sp);
    free(normal);
    return q;
}

/* Row i of got holds the largest values of want's, all where the row has room,
 * and nothing left out is larger than what is kept. */
static int64_t
wrong_in_row(const struct csr *got, const double *want, int64_t i, int64_t room)
{
    int64_t n = got->cols, from = got->indptr[i], to = got->indptr[i + 1];
    int64_t positive = 0, bad = 0;
    double least = INFINITY;
    for (int64_t k = from; k < to; k++) {
        double w = want[i * n + got->indices[k]], x = (double)got->data[k];
        bad += fabs(x - w) > 1e-6 * w;
        least = fmin(least, x);
    }
    for (int64_t j = 0; j < n; j++) {
        double w = want[i * n + j];
        positive += w > 0;
        bad += !csr_has(got, i, (int32_t)j) && w > least * (1 + 1e-6);
    }
    return bad + (to - from != (positive < room ? positive : room));
}

static void
content(const char *name, const struct csr *train, const struct csr *alike,
    double a, int power, double b, double c, int64_t room)
{
    struct err e;
    struct system_args o;
    struct model plain, first = {0};
    system_defaults(&o, &itemknn_system);
    o.train = train;
    system_set(&o, "neighbors", 20);
    must(system_make(&plain, &o, &e), &e);
    struct itemknn_content f = {.items = alike,
        .content = a,
        .power = power,
        .smooth = b,
        .both = c,
        .row = room};
    double *want = naive_content(&plain.sparse, &f);
    system_set(&o, "content", a);
    system_set(&o, "power", power);
    system_set(&o, "smooth", b);
    system_set(&o, "smooth-both", c);
    system_set(&o, "row", (double)room);
    o.items = alike;
    int64_t bad = 0;
    for (int t = 1; t <= 4; t++) {
        struct model m;
        o.exec = exec_of(t);
        must(system_make(&m, &o, &e), &e);
        must(csr_check(&m.sparse, "graph", &e), &e);
        for (int64_t i = 0; i < train->cols; i++)
            bad += wrong_in_row(&m.sparse, want, i, room);
        if (t == 1) {
            first = m;
            continue;
        }
        bad += m.sparse.nnz != first.sparse.nnz ||
               memcmp(m.sparse.data, first.sparse.data,
                   (size_t)m.sparse.nnz * sizeof *m.sparse.data) != 0;
        model_free(&m);
    }
    ok(!bad, "%s, a %g, n %d, b %g, c %g, %lld entries a row: the naive matrix",
        name, a, power, b, c, (long long)room);
    model_free(&first);
    model_free(&plain);
    free(want);
}

static void
contents(void)
{
    struct csr t = random_train(60, 90, .2, 1), a = random_alike(90, .06, 2);
    content("all terms", &t, &a, 4, 4, 2, 1, 1000000);
    content("all terms", &t, &a, 4, 4, 2, 1, 30);
    content("all terms", &t, &a, 0.5, 1, 3, 7, 1);
    content("content alone", &t, &a, 3, 2, 0, 0, 50);
    content("one side", &t, &a, 0, 4, 2, 0, 50);
    content("both sides", &t, &a, 0, 4, 0, 1, 50);
    content("nothing", &t, &a, 0, 4, 0, 0, 50);
    csr_free(&a);
    a = random_alike(90, -1, 2);
    content("no items alike", &t, &a, 4, 4, 2, 1, 50);
    csr_free(&a);
    csr_free(&t);
    t = random_train(10, 30, -1, 3);
    a = random_alike(30, .2, 4);
    content("no interactions", &t, &a, 4, 4, 2, 1, 50);
    csr_free(&a);
    csr_free(&t);
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
    contents();
    return done();
}
