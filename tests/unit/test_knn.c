/* lib/knn: neighbours and item graph against naive loops. */
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/knn/knn.h"
#include "lib/la/blas.h"
#include "lib/la/store.h"
#include "tests/unit/execs.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every pair in long double, on the grid that the header promises. */
static void
naive(const float *x, int64_t n, int64_t d, const struct knn_opt *opt,
    struct knn_list *l)
{
    if (knn_list_init(l, n, opt, NULL))
        abort();
    long double *norm = mem_new(n, sizeof *norm, NULL);
    double *s = mem_new(n, sizeof *s, NULL);
    for (int64_t i = 0; i < n; i++) {
        norm[i] = 0;
        for (int64_t c = 0; c < d; c++)
            norm[i] += (long double)x[i * d + c] * (long double)x[i * d + c];
        norm[i] = sqrtl(norm[i]);
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < n; j++) {
            long double p = 0;
            for (int64_t c = 0; c < d; c++)
                p += (long double)x[i * d + c] * (long double)x[j * d + c];
            s[j] = norm[i] > 0 && norm[j] > 0 && (i != j || opt->self)
                       ? (double)(rintl(p / norm[i] / norm[j] * 0x1p44L) *
                                  0x1p-44L)
                       : -9;
        }
        for (int64_t c = 0; c < opt->k; c++) {
            int64_t best = -1;
            for (int64_t j = 0; j < n; j++)
                if (s[j] > -9 && (best < 0 || s[j] > s[best]))
                    best = j;
            if (best < 0)
                break;
            l->id[i * opt->k + c] = (int32_t)best;
            l->score[i * opt->k + c] = (float)s[best];
            s[best] = -9;
        }
    }
    free(norm);
    free(s);
}

static int
same_lists(const struct knn_list *a, const struct knn_list *b)
{
    return a->n == b->n && a->k == b->k &&
           !memcmp(a->id, b->id, (size_t)(a->n * a->k) * sizeof *a->id) &&
           !memcmp(
               a->score, b->score, (size_t)(a->n * a->k) * sizeof *a->score);
}

/* In memory with one and three threads, and from a file with little memory;
 * with candidates from BLAS and from the best kernels there are. */
static void
check(
    const char *name, const float *x, int64_t n, int64_t d, int64_t k, int self)
{
    struct knn_opt opt = {
        .k = k, .self = self, .exec = exec_of(1), .memory = 1};
    struct knn_list want, got;
    naive(x, n, d, &opt, &want);
    struct mat m = {n, d, (float *)(uintptr_t)x};
    if (store_write_mat("x.npz", &m, "stair-npz 1\n", NULL))
        abort();
    for (int i = 0; i < 2; i++) {
        const char *isa = i ? NULL : "portable", *which = i ? "best" : isa;
        for (int t = 1; t <= 3; t += 2) {
            float *copy = mem_new(n * d, sizeof *copy, NULL);
            memcpy(copy, x, (size_t)(n * d) * sizeof *x);
            opt.exec = exec_with(t, isa);
            opt.memory = t == 1; /* 0: in one panel */
            if (knn_dense(copy, n, d, &opt, &got, NULL))
                abort();
            ok(same_lists(&want, &got), "%s: %s, %d threads", name, which, t);
            knn_list_free(&got);
            free(copy);
        }
        opt.memory = 1;
        struct source s;
        if (source_open(&s, "x.npz", NULL, "", NULL) ||
            knn_dense_source(&s, &opt, &got, NULL))
            abort();
        ok(same_lists(&want, &got), "%s: %s, from a file, panel by panel", name,
            which);
        source_close(&s);
        knn_list_free(&got);
    }
    knn_list_free(&want);
}

/* All cells are exact search, whatever the rows; some give lists of as many. */
static void
check_cells(const char *name, const float *x, int64_t n, int64_t d, int64_t k)
{
    struct knn_opt opt = {.k = k, .exec = exec_of(2)};
    struct knn_list want, got, other;
    float *copy = mem_new(n * d, sizeof *copy, NULL);
    naive(x, n, d, &opt, &want);
    for (int64_t cells = 1; cells <= n; cells = cells * 5 + 2) {
        opt.cells = opt.probe = cells;
        memcpy(copy, x, (size_t)(n * d) * sizeof *x);
        if (knn_dense(copy, n, d, &opt, &got, NULL))
            abort();
        ok(same_lists(&want, &got) && got.recall >= 1, "%s: all of %ld cells",
            name, (long)cells);
        knn_list_free(&got);
        opt.probe = 0; /* whatever it takes for the recall */
        opt.recall = .9;
        memcpy(copy, x, (size_t)(n * d) * sizeof *x);
        if (knn_dense(copy, n, d, &opt, &got, NULL))
            abort();
        ok(got.cells ? got.recall >= .9 : same_lists(&want, &got),
            "%s: recall of %.3f in %ld of %ld cells", name, got.recall,
            (long)got.probe, (long)got.cells);
        knn_list_free(&got);
        opt.recall = 0;
        opt.probe = (cells + 2) / 3;
        for (int t = 1; t <= 3; t++) {
            opt.exec = exec_of(t);
            memcpy(copy, x, (size_t)(n * d) * sizeof *x);
            if (knn_dense(copy, n, d, &opt, t > 1 ? &other : &got, NULL))
                abort();
            if (t == 1)
                continue;
            ok(same_lists(&got, &other), "%s: %ld of %ld cells, %d threads",
                name, (long)opt.probe, (long)cells, t);
            knn_list_free(&other);
        }
        int64_t same = 0, all = 0;
        for (int64_t p = 0; p < n * k; p++) {
            all += want.id[p] >= 0;
            for (int64_t q = p / k * k; q < (p / k + 1) * k; q++)
                same += want.id[p] >= 0 && got.id[q] == want.id[p];
        }
        ok(n > 1000 || fabs(got.recall - (double)same / (double)all) < .02,
            "%s: recall is %.3f", name, got.recall);
        knn_list_free(&got);
    }
    knn_list_free(&want);
    free(copy);
}

static void
fill(float *x, int64_t n, int64_t d, uint32_t what)
{
    for (int64_t i = 0; i < n * d; i++)
        x[i] = (float)rng_normal(2, RNG_TEST, what, (uint64_t)i, 0);
}

static void
test_dense(void)
{
    const char *quick = getenv("SANITIZED");
    int64_t n = quick && *quick == '1' ? 700 : 1600, d = 19;
    float *x = mem_new(n * 300, sizeof *x, NULL);
    fill(x, n, d, 0);
    check("random", x, n, d, 5, 0);
    check("random, itself too", x, n, d, 3, 1);
    fill(x, 600, 300, 1);
    check("more columns than a slice", x, 600, 300, 4, 0);
    fill(x, 40, d, 2);
    check("all others", x, 40, d, 39, 0);
    check("one row", x, 1, d, 1, 1);
    fill(x, n, 1, 3);
    check("one column: only -1 and 1", x, n, 1, 4, 0);

    fill(x, n, d, 4);
    for (int64_t i = 0; i < n; i += 3) /* crowds of duplicates */
        memcpy(x + i * d, x + (i % 2) * d, (size_t)d * sizeof *x);
    check("duplicates", x, n, d, 5, 0);
    check("duplicates, itself too", x, n, d, 5, 1);
    for (int64_t i = 0; i < n; i += 5)
        for (int64_t c = 0; c < d; c++)
            x[i * d + c] = i % 4 ? 0.0f : -x[c];
    check("zero rows and opposites", x, n, d, 7, 0);
    for (int64_t i = 0; i < n * d; i++)
        x[i] = (float)rng_below(3, 2, RNG_TEST, 5, (uint64_t)i, 0) - 1;
    check("small whole numbers: ties everywhere", x, n, d, 6, 0);
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < d; c++)
            x[i * d + c] = (c == i % d ? 1.0f : 0.0f) * (float)(1 + i % 7);
    check("multiples of unit vectors", x, n, d, 6, 0);
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < d; c++)
            x[i * d + c] = 1 + 3e-4f * (float)rng_normal(2, RNG_TEST, 6,
                                           (uint64_t)(i * d + c), 0);
    check("all nearly parallel", x, n, d, 3, 0);
    fill(x, n, d, 7);
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < d; c++)
            x[i * d + c] *= i % 3 == 0 ? 1e30f : i % 3 == 1 ? 1e-30f : 1.0f;
    check("huge and tiny rows", x, n, d, 5, 0);
    memset(x, 0, (size_t)(n * d) * sizeof *x);
    x[3 * d] = x[5 * d + 1] = 1;
    check("all but two are zero", x, n, d, 2, 0);
    for (int64_t i = 0; i < n * d; i++) {
        /* half way between two numbers of 8 bits, so rounded by the most */
        float odd = (float)rng_below(4, 2, RNG_TEST, 8, (uint64_t)i, 0);
        x[i] = (1 + (2 * odd + 1) * 0x1p-8f) * (i % d % 2 ? -1.0f : 1.0f);
    }
    check("nearly parallel, rounded as badly as can be", x, n, d, 5, 0);
    fill(x, n, d, 9);
    for (int64_t i = 0; i < n; i++) /* most rows hard, but not the first */
        for (int64_t c = 0; i >= 480 && c < d; c++)
            x[i * d + c] = x[c] + 1e-4f * x[i * d + c];
    check("a crowd behind a tile of others", x, n, d, 5, 0);
    fill(x, n, d, 10);
    for (int64_t i = 0; i < n; i++) /* some hard rows in the end */
        for (int64_t c = 0; i % 4 == 3 && c < d; c++)
            x[i * d + c] = x[c] + 1e-4f * x[i * d + c];
    check("a crowd among others", x, n, d, 5, 0);
    fill(x, n, 4, 11);
    const float like[] = {1, .5f, .25f, -.5f};
    const float unlike[] = {
        -0x1.72a7c2p-1f, 0x1.9f505ap-1f, -0x1.a0d36ap-9f, -0x1.b9ef06p-7f};
    memcpy(x + 5 * 4, like, sizeof like);
    memcpy(x + 600 * 4, unlike, sizeof unlike);
    check("different rows of one hash", x, n, 4, 3, 0);
    fill(x, 900, d, 12);
    check_cells("random", x, 900, d, 5);
    for (int64_t i = 0; i < 900; i++)
        for (int64_t c = 0; c < d; c++)
            x[i * d + c] = .2f * x[i * d + c] + x[i % 30 * d + c];
    check_cells("groups", x, 900, d, 5);
    for (int64_t i = 0; i < 900; i += 3)
        memcpy(x + i * d, x + (i % 2) * d, (size_t)d * sizeof *x);
    memset(x + 40 * d, 0, (size_t)(100 * d) * sizeof *x);
    check_cells("duplicates and zero rows", x, 900, d, 4);
    memset(x, 0, (size_t)(900 * d) * sizeof *x);
    x[7] = x[9 * d] = 1;
    check_cells("all but two are zero", x, 900, d, 2);
    for (int64_t i = 0; i < 900; i++)
        for (int64_t c = 0; c < d; c++)
            x[i * d + c] = 2;
    check_cells("all rows are equal", x, 900, d, 3);
    for (int64_t i = 0; i < 900 * d; i++)
        x[i] = (float)(1 + i / d % 7);
    check_cells("multiples of one row", x, 900, d, 3);
    for (int64_t i = 0; i < 900 * d; i++)
        x[i] = (float)rng_below(3, 2, RNG_TEST, 13, (uint64_t)i, 0) - 1;
    check_cells("small whole numbers: ties everywhere", x, 900, d, 6);
    for (int64_t i = 0; i < 900; i++) /* most rows in one cell */
        for (int64_t c = 0; i % 20 && c < d; c++)
            x[i * d + c] = 1 + 3e-4f * (float)rng_normal(2, RNG_TEST, 14,
                                           (uint64_t)(i * d + c), 0);
    check_cells("nearly all nearly parallel", x, 900, d, 3);
    free(x);

    float one[4] = {1, 2, 3, 4};
    struct knn_list l;
    struct err e = {""};
    struct knn_opt opt = {.k = 2, .exec = exec_of(1)};
    ok(knn_dense(one, 2, 2, &opt, &l, &e) == ERR_RANGE &&
            strcmp(e.msg, "2 neighbours wanted of 1 items") == 0,
        "k = n: %s", e.msg);
    opt.k = 1;
}

static void
test_sparse(void)
{
    int64_t p[] = {0, 4, 6, 6, 7};
    int32_t j[] = {0, 1, 2, 3, 0, 1, 2};
    float v[] = {1, .5f, .5f, .75f, .5f, 1, -2};
    struct csr a = {4, 4, 7, p, j, v};
    struct knn_opt opt = {.k = 2};
    struct knn_list l;
    if (knn_sparse(&a, &opt, &l, NULL))
        abort();
    const int32_t want[] = {3, 1, 0, -1, -1, -1, 2, -1};
    ok(!memcmp(l.id, want, sizeof want), "best stored entries, without self");
    knn_list_free(&l);
    opt.self = 1;
    if (knn_sparse(&a, &opt, &l, NULL))
        abort();
    const int32_t with[] = {0, 3, 1, 0, -1, -1, 2, -1};
    ok(!memcmp(l.id, with, sizeof with), "and with self");
    knn_list_free(&l);
    struct err e = {""};
    a.cols = 5;
    ok(knn_sparse(&a, &opt, &l, &e) == ERR_SHAPE, "not square: %s", e.msg);
}

static void
test_graph(void)
{
    enum { N = 90, M = 3 };
    struct knn_list l[M];
    for (int a = 0; a < M; a++) {
        struct knn_opt opt = {.k = 2 + a, .exec = exec_of(1)};
        float x[N * 4];
        fill(x, N, 4, 20 + (uint32_t)a);
        if (knn_dense(x, N, 4, &opt, &l[a], NULL))
            abort();
    }
    for (int values = KNN_COUNT; values <= KNN_ONE; values++)
        for (int directed = 0; directed < 2; directed++) {
            static float want[N][N];
            static char has[N][N];
            memset(want, 0, sizeof want);
            memset(has, 0, sizeof has);
            for (int a = 0; a < M; a++)
                for (int64_t i = 0; i < N; i++)
                    for (int64_t c = i * l[a].k; c < (i + 1) * l[a].k; c++) {
                        has[i][l[a].id[c]] = 1;
                        want[i][l[a].id[c]] +=
                            values == KNN_COSINE ? l[a].score[c] : 1;
                    }
            struct csr g;
            if (knn_graph(l, M, (enum knn_values)values, directed, &g, NULL))
                abort();
            int64_t bad = 0, entries = 0;
            for (int i = 0; i < N; i++)
                for (int j = 0; j < N; j++) {
                    int h = has[i][j] || (!directed && has[j][i]);
                    float w = want[i][j];
                    if (!directed && has[j][i] &&
                        (!has[i][j] || want[j][i] > w))
                        w = want[j][i];
                    if (values == KNN_ONE)
                        w = 1;
                    entries += h;
                    bad += csr_has(&g, i, j) != h;
                    for (int64_t p = g.indptr[i]; p < g.indptr[i + 1]; p++)
                        bad += g.indices[p] == j &&
                               (g.data[p] < w || g.data[p] > w);
                }
            ok(!bad && g.nnz == entries && !csr_check(&g, "", NULL),
                "graph of three lists, values %d, directed %d", values,
                directed);
            csr_free(&g);
        }
    l[1].n--;
    struct csr g;
    struct err e = {""};
    ok(knn_graph(l, M, KNN_COUNT, 0, &g, &e) == ERR_SHAPE,
        "lists of different lengths: %s", e.msg);
    l[1].n++;
    for (int a = 0; a < M; a++)
        knn_list_free(&l[a]);
}

int
main(void)
{
    blas_init();
    test_dense();
    test_sparse();
    test_graph();
    return done();
}
