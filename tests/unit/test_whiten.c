/* lib/whiten: whitening; lib/la: operands, features as an operator. */
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/la/blas.h"
#include "lib/la/store.h"
#include "lib/whiten/feat.h"
#include "lib/whiten/whiten.h"
#include "tests/unit/execs.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void
save(const char *path, float *x, int64_t n, int64_t d)
{
    struct mat m = {n, d, x};
    if (store_write_mat(path, &m, "stair-npz 1\n", NULL))
        abort();
}

static void
fill(float *x, int64_t n, int64_t d, uint32_t what)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < d; c++)
            x[i * d + c] = (float)(rng_normal(4, RNG_TEST, what,
                                       (uint64_t)(i * d + c), 0) *
                                       (1 + 3.0 / (double)(1 + c)) +
                                   5 + (double)(c % 3));
}

static int
whiten(const char *path, const struct whiten_opt *opt, double **q,
    struct whiten_info *info, struct err *e)
{
    struct source s;
    if (source_open(&s, path, NULL, "", e))
        abort();
    *q = mem_new(s.n * opt->d, sizeof **q, NULL);
    int rc = s.sparse ? whiten_sparse(&s, opt, *q, info, e)
                      : whiten_dense(&s, opt, *q, info, e);
    source_close(&s);
    return rc;
}

/* Mean 0, mean square 1/d, orthogonal columns, the sign rule, and invariant
 * under F F^T centred: F^T q is as long as a singular value, descending. */
static void
check_properties(const char *name, const float *x, int64_t n, int64_t p,
    const double *q, int64_t d)
{
    double mean = 0, square = 0, cross = 0, last = INFINITY;
    int sign = 1, order = 1;
    for (int64_t k = 0; k < d; k++) {
        double m = 0;
        int64_t top = 0;
        for (int64_t i = 0; i < n; i++) {
            m += q[i * d + k];
            if (fabs(q[i * d + k]) > fabs(q[top * d + k]))
                top = i;
        }
        sign &= q[top * d + k] > 0;
        mean = fmax(mean, fabs(m / (double)n));
        for (int64_t h = 0; h <= k; h++) {
            double s = 0;
            for (int64_t i = 0; i < n; i++)
                s += q[i * d + k] * q[i * d + h];
            s /= (double)n;
            if (h == k)
                square = fmax(square, fabs(s * (double)d - 1));
            else
                cross = fmax(cross, fabs(s * (double)d));
        }
        double size = 0;
        for (int64_t c = 0; c < p; c++) {
            double s = 0;
            for (int64_t i = 0; i < n; i++)
                s += (double)x[i * p + c] * q[i * d + k];
            size += s * s;
        }
        order &= size <= last * (1 + 1e-9);
        last = size;
    }
    ok(mean < 1e-12, "%s: columns have mean 0 (%.2g)", name, mean);
    ok(square < 1e-9, "%s: and mean square 1/d (%.2g)", name, square);
    ok(cross < 1e-5, "%s: are orthogonal (%.2g)", name, cross);
    ok(sign, "%s: largest entry positive", name);
    ok(order, "%s: singular values descend", name);
}

static void
check_dense(const char *name, int64_t n, int64_t p, int64_t d, int64_t gram_max)
{
    float *x = mem_new(n * p, sizeof *x, NULL);
    fill(x, n, p, (uint32_t)(n + p));
    save("x.npz", x, n, p);
    struct whiten_opt opt = {
        .d = d, .tol = 1e-6, .max_iter = 999, .gram_max = gram_max};
    double *q[3];
    struct whiten_info info;
    struct err e = {""};
    for (int t = 0; t < 3; t++) {
        opt.exec = exec_of(1 + 2 * t);
        int rc = whiten("x.npz", &opt, &q[t], &info, &e);
        if (!ok(rc == 0, "%s with %d threads, residual %.2g %s", name,
                1 + 2 * t, info.residual, e.msg))
            return;
    }
    ok(info.residual <= 1e-6, "%s: converged", name);
    ok(!memcmp(q[0], q[1], (size_t)(n * d) * sizeof(double)) &&
            !memcmp(q[0], q[2], (size_t)(n * d) * sizeof(double)),
        "%s: same bytes for any number of threads", name);
    check_properties(name, x, n, p, q[0], d);
    for (int t = 0; t < 3; t++)
        free(q[t]);
    free(x);
}

/* A complete Gram matrix as similarities gives the features' own vectors. */
static void
test_sparse(void)
{
    enum { N = 60, P = 9, D = 5 };
    float x[N * P], g[N * N];
    fill(x, N, P, 9);
    struct csr a;
    if (csr_init(&a, N, N, N * N, 1, NULL))
        abort();
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            double s = 0;
            for (int c = 0; c < P; c++)
                s += (double)x[i * P + c] * (double)x[j * P + c];
            g[i * N + j] = (float)s;
        }
        a.indptr[i + 1] = (i + 1) * N;
        for (int j = 0; j < N; j++) {
            a.indices[i * N + j] = j;
            a.data[i * N + j] = g[i * N + j];
        }
    }
    if (store_write_csr("g.npz", &a, "stair-npz 1\n", NULL))
        abort();
    save("x.npz", x, N, P);
    struct whiten_opt opt = {
        .d = D, .tol = 1e-6, .max_iter = 9, .exec = exec_of(1)};
    double *q, *r;
    struct whiten_info info;
    struct err e = {""};
    if (whiten("x.npz", &opt, &q, &info, &e) ||
        whiten("g.npz", &opt, &r, &info, &e)) {
        ok(0, "%s", e.msg);
        return;
    }
    double worst = 0;
    for (int i = 0; i < N * D; i++)
        worst = fmax(worst, fabs(q[i] - r[i]));
    ok(worst < 1e-4, "full Gram matrix as CSR: the same vectors (%.2g)", worst);
    free(q);
    free(r);
    csr_free(&a);
}

static void
expect(
    const char *name, const struct whiten_opt *opt, int code, const char *msg)
{
    double *q;
    struct whiten_info info;
    struct err e = {""};
    int rc = whiten("x.npz", opt, &q, &info, &e);
    ok(rc == code && strcmp(e.msg, msg) == 0, "%s: %s", name, e.msg);
    free(q);
}

static void
test_refusals(void)
{
    enum { N = 700, P = 30 };
    static float x[N * P];
    struct whiten_opt opt = {.d = 8, .tol = 1e-6, .max_iter = 99};
    opt.exec = exec_of(2);
    for (int i = 0; i < N * P; i++)
        x[i] = 3;
    save("x.npz", x, N, P);
    expect("constant columns", &opt, ERR_RANGE,
        "'x.npz': 8 dimensions wanted, but only 0 directions are not zero");
    for (int i = 0; i < N; i++)
        for (int c = 0; c < P; c++)
            x[i * P + c] = (float)(0.1 * (1 + i % 5) * (c % 4) + i % 7);
    save("x.npz", x, N, P);
    expect("rank 2", &opt, ERR_RANGE,
        "'x.npz': 8 dimensions wanted, but only 2 directions are not zero");
    opt.d = 31;
    expect("more than columns", &opt, ERR_RANGE,
        "'x.npz': 31 dimensions wanted of 30 columns: see --dim, or DIM of a "
        "pipeline");
    opt.d = 7;
    save("x.npz", x, 7, P);
    expect("as many as rows", &opt, ERR_RANGE,
        "'x.npz': 7 dimensions wanted of 7 centred rows, which have at most 6: "
        "see --dim, or DIM of a pipeline");
    fill(x, N, P, 1);
    x[5 * P + 4] = NAN;
    save("x.npz", x, N, P);
    expect("not a number", &opt, ERR_NUM,
        "'x.npz': value at row 5, column 4 is not finite (nan)");
}

/* A dominant column whose square is 1e7 times the others': float sums alone
 * would lose the rest. */
static void
test_dominant(void)
{
    enum { N = 900, P = 600, D = 4 };
    float *x = mem_new(N * P, sizeof *x, NULL);
    fill(x, N, P, 3);
    for (int i = 0; i < N; i++)
        x[i * P] *= 1e3f;
    save("x.npz", x, N, P);
    struct whiten_opt opt = {.d = D, .tol = 1e-6, .max_iter = 9999};
    opt.exec = exec_of(2);
    double *q;
    struct whiten_info info = {0};
    struct err e = {""};
    int rc = whiten("x.npz", &opt, &q, &info, &e);
    if (ok(rc == 0, "one dominant column: refined to %.2g in %d products %s",
            info.residual, (int)info.products, e.msg))
        check_properties("dominant", x, N, P, q, D);
    free(q);
    free(x);
}

/* With and without a Gram matrix: the same vectors; too few products: an error
 * that says how far they got. */
static void
test_free(void)
{
    enum { N = 700, P = 560, D = 6 };
    float *x = mem_new(N * P, sizeof *x, NULL);
    fill(x, N, P, 8);
    save("x.npz", x, N, P);
    struct whiten_opt opt = {.d = D, .tol = 1e-6, .max_iter = 999};
    opt.exec = exec_of(2);
    double *q, *r;
    struct whiten_info info = {0};
    struct err e = {""};
    int rc = whiten("x.npz", &opt, &q, &info, &e);
    opt.gram_max = 10;
    rc = rc ? rc : whiten("x.npz", &opt, &r, &info, &e);
    if (!ok(rc == 0, "matrix-free: residual %.2g %s", info.residual, e.msg))
        return;
    double worst = 0;
    for (int i = 0; i < N * D; i++)
        worst = fmax(worst, fabs(q[i] - r[i]));
    ok(worst < 1e-4, "the Gram matrix's vectors (%.2g)", worst);
    free(r);
    opt.max_iter = 1;
    rc = whiten("x.npz", &opt, &r, &info, &e);
    ok(rc == ERR_NUM && strstr(e.msg, "of 6 eigenvectors did not"),
        "stopped early: %s", e.msg);
    free(q);
    free(r);
    free(x);
}

/* Powers of two change no bit, from 1e-26 to 1e18. */
static void
test_scale(void)
{
    enum { N = 700, P = 560, D = 6 };
    float *x = mem_new(N * P, sizeof *x, NULL);
    fill(x, N, P, 8);
    for (int way = 0; way < 2; way++) {
        struct whiten_opt opt = {.d = D, .tol = 1e-6, .max_iter = 999};
        opt.gram_max = way ? 10 : 0;
        double *q, *first = NULL;
        struct whiten_info info;
        for (int e = 0; e < 4; e++) {
            static const int exponent[] = {0, -88, 60, -130};
            float *y = mem_new(N * P, sizeof *y, NULL);
            for (int i = 0; i < N * P; i++)
                y[i] = ldexpf(x[i], exponent[e]);
            save("y.npz", y, N, P);
            free(y);
            struct err why = {""};
            int rc = whiten("y.npz", &opt, &q, &info, &why);
            double worst = 0;
            for (int i = 0; !rc && first && i < N * D; i++)
                worst = fmax(worst, fabs(q[i] - first[i]));
            /* the last exponent has subnormal numbers, which lose bits */
            ok(rc == 0 && worst <= (e == 3 ? 1e-3 : 0),
                "features times 2^%d, %s: off by %.2g, residual %.2g %s",
                exponent[e], way ? "by passes" : "by a Gram matrix", worst,
                info.residual, why.msg);
            if (first)
                free(q);
            else
                first = q;
        }
        free(first);
    }
    free(x);
}

/* A value out of all proportion is found, whether it does harm or not. */
static void
test_damage(void)
{
    enum { N = 700, P = 40 };
    static float x[N * P];
    fill(x, N, P, 2);
    x[123 * P + 7] = -1e30f;
    save("x.npz", x, N, P);
    struct whiten_opt opt = {.d = 8, .tol = 1e-6, .max_iter = 999};
    expect("a damaged value", &opt, ERR_RANGE,
        "'x.npz': 8 dimensions wanted, but only 1 directions are not zero "
        "(damaged? its value at row 123, column 7 is -1e+30, all others are "
        "about 6.1)");
    opt.d = 1;
    double *q;
    struct whiten_info info;
    int rc = whiten("x.npz", &opt, &q, &info, NULL);
    ok(rc == 0 && info.row == 123 && info.column == 7 && info.value < -9e29f,
        "noted where it does no harm");
    free(q);
    x[123 * P + 7] = 7e6f;
    save("x.npz", x, N, P);
    rc = whiten("x.npz", &opt, &q, &info, NULL);
    ok(rc == 0 && info.row == 123, "a million times the others");
    free(q);
    x[123 * P + 7] = 5e6f;
    save("x.npz", x, N, P);
    rc = whiten("x.npz", &opt, &q, &info, NULL);
    ok(rc == 0 && info.row == -1, "fewer may be right");
    free(q);
}

/* Blocks from a file, read again in each pass, are those from memory. */
static void
test_feat(void)
{
    enum { N = 1300, P = 70, M = 3 };
    static float x[N * P];
    static double v[P * M], u[N * M], y[P * M], gram[2][P * P];
    fill(x, N, P, 6);
    save("x.npz", x, N, P);
    for (int i = 0; i < P * M; i++)
        v[i] = rng_normal(4, RNG_TEST, 7, (uint64_t)i, 0);
    for (int kept = 0; kept < 2; kept++) {
        struct source s;
        struct feat f;
        if (source_open(&s, "x.npz", NULL, "", NULL) ||
            feat_init(&f, &s, exec_of(2), NULL))
            abort();
        if (!kept) {
            f.x = NULL; /* as if it were too large */
            f.raw = arena_new(&f.arena, f.block * P, sizeof *f.raw);
            f.passes = 1;
        }
        if (feat_moments(&f, gram[kept], NULL) ||
            feat_right(&f, M, v, u, y, NULL))
            abort();
        double worst = 0, mean = 0;
        for (int c = 0; c < P; c++) {
            double m = 0;
            for (int i = 0; i < N; i++)
                m += (double)x[i * P + c] / N;
            mean = fmax(mean, fabs(m - f.mean[c]));
        }
        for (int i = 0; i < N; i++)
            for (int k = 0; k < M; k++) {
                double w = 0;
                for (int c = 0; c < P; c++)
                    w += ((double)x[i * P + c] - f.mean[c]) * v[c * M + k];
                worst = fmax(worst, fabs(w - u[i * M + k]));
            }
        ok(mean < 1e-12, "means (%.2g)", mean);
        ok(worst < 1e-10, "F v (%.2g)", worst);
        worst = 0;
        for (int a = 0; a < P; a++)
            for (int b = 0; b < P; b++) {
                double w = 0;
                for (int i = 0; i < N; i++)
                    w += ((double)x[i * P + a] - f.mean[a]) *
                         ((double)x[i * P + b] - f.mean[b]);
                worst = fmax(worst, fabs(w - gram[kept][a * P + b]) / N);
            }
        ok(worst < 1e-5, "F^T F (%.2g)", worst);
        feat_free(&f);
        source_close(&s);
    }
    ok(!memcmp(gram[0], gram[1], sizeof gram[0]),
        "the same bytes from a file as from memory");
}

int
main(void)
{
    blas_init();
    check_dense("tall", 1500, 40, 12, 0);
    check_dense("wide, through rows", 300, 900, 12, 0);
    check_dense("through iterations", 700, 650, 8, 0);
    check_dense("without a Gram matrix", 700, 560, 6, 64);
    check_dense("wide without a Gram matrix", 300, 480, 8, 64);
    test_free();
    test_sparse();
    test_refusals();
    test_dominant();
    test_feat();
    test_scale();
    test_damage();
    return done();
}
