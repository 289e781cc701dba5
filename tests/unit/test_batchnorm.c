/* Random words in bulk, products by all threads, batch normalisation: against
 * plain evaluation in double. */
#include "lib/base/rng_words.h"
#include "lib/la/blas.h"
#include "lib/models/mmssl/batchnorm.h"
#include "lib/models/mmssl/wide.h"
#include "lib/nn/matmul.h"
#include "tests/unit/execs.h"
#include "tests/unit/fd.h"
#include "tests/unit/mats.h"
#include "tests/unit/tap.h"

/* --- random words --------------------------------------------------------- */

static void
test_words(void)
{
    uint32_t w[1000], part[1000];
    int good = 1;
    rng_words(rng_words_of(NULL), 5, RNG_TEST, 3, 9, 0, 1000, w);
    for (int k = 0; k < 250; k++) {
        uint64_t r = rng_u64(5, RNG_TEST, 3, (uint64_t)k, 9);
        good &= w[4 * k] == (uint32_t)r && w[4 * k + 1] == (uint32_t)(r >> 32);
    }
    ok(good, "bulk words are those of single draws");
    good = 1;
    for (int from = 0; from < 130; from += 7)
        for (int n = 0; n < 300; n += 23) {
            rng_words(
                rng_words_of(NULL), 5, RNG_TEST, 3, 9, (uint64_t)from, n, part);
            good &= memcmp(part, w + from, (size_t)n * sizeof *w) == 0;
        }
    ok(good, "any part of them can be drawn alone");
}

/* --- products ------------------------------------------------------------- */

static void
test_matmul(void)
{
    int64_t n = 300, k = 40;
    struct mat a = random_mat(k, n, 1), c[3], s = random_mat(k, 1, 2);
    struct mat b = random_mat(k, n, 1);
    for (int64_t i = 0; i < k * n; i++)
        b.x[i] *= s.x[i / n];
    double *want = doubles(n * n);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            for (int64_t l = 0; l < k; l++)
                want[i * n + j] +=
                    (double)a.x[l * n + i] * (double)b.x[l * n + j];
    for (int t = 0; t < 3; t++) {
        c[t] = random_mat(n, n, 3);
        matmul_symmetric(&a, &b, &c[t], exec_of(t + 1));
    }
    ok(off(want, c[0].x, n * n) < 1e-5, "A^T diag(s) A by its upper half");
    int equal = 1;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < i; j++)
            equal &= c[0].x[i * n + j] == c[0].x[j * n + i];
    ok(equal, "and exactly symmetric");
    for (int t = 0; t < 3; t++)
        matmul(1, 0, 1.0f, &a, &b, 0.0f, &c[t], exec_of(t + 1));
    ok(off(want, c[0].x, n * n) < 1e-5, "A^T B");
    size_t bytes = (size_t)(n * n) * sizeof(float);
    ok(!memcmp(c[0].x, c[1].x, bytes) && !memcmp(c[0].x, c[2].x, bytes),
        "by 1, 2 and 3 threads");
    for (int t = 0; t < 3; t++)
        mat_free(&c[t]);
    mat_free(&a);
    mat_free(&b);
    mat_free(&s);
    free(want);
}

/* --- batch normalisation -------------------------------------------------- */

enum { BN_N = 9, BN_D = 70 };

/* Xh of z, column by column, and r. */
static void
plain_norm(const double *z, double *xh, double *r)
{
    for (int j = 0; j < BN_D; j++) {
        double mu = 0, var = 0;
        for (int i = 0; i < BN_N; i++)
            mu += z[i * BN_D + j] / BN_N;
        for (int i = 0; i < BN_N; i++)
            var += pow(z[i * BN_D + j] - mu, 2) / BN_N;
        r[j] = 1 / sqrt(var + 1e-5);
        for (int i = 0; i < BN_N; i++)
            xh[i * BN_D + j] = (z[i * BN_D + j] - mu) * r[j];
    }
}

/* x: z, g, b; ctx: weights of Y */
static double
bn_loss(void *ctx, const double *x)
{
    const float *w = ctx;
    const double *g = x + BN_N * BN_D, *b = g + BN_D;
    double xh[BN_N * BN_D], r[BN_D], s = 0;
    plain_norm(x, xh, r);
    for (int k = 0; k < BN_N * BN_D; k++)
        s += (double)w[k] * (g[k % BN_D] * xh[k] + b[k % BN_D]);
    return s;
}

/* x: z, g, ay; the loss <w, g r P(ay)> */
static double
second_loss(void *ctx, const double *x)
{
    const float *w = ctx;
    const double *g = x + BN_N * BN_D, *ay = g + BN_D;
    double xh[BN_N * BN_D], r[BN_D], s = 0;
    plain_norm(x, xh, r);
    for (int j = 0; j < BN_D; j++) {
        double m = 0, c = 0;
        for (int i = 0; i < BN_N; i++) {
            m += ay[i * BN_D + j] / BN_N;
            c += ay[i * BN_D + j] * xh[i * BN_D + j] / BN_N;
        }
        for (int i = 0; i < BN_N; i++) {
            int k = i * BN_D + j;
            s += (double)w[k] * g[j] * r[j] * (ay[k] - m - xh[k] * c);
        }
    }
    return s;
}

static void
test_batchnorm(void)
{
    enum { N = BN_N * BN_D };
    struct mat z = random_mat(BN_N, BN_D, 10), w = random_mat(BN_N, BN_D, 11);
    struct mat g = random_mat(2, BN_D, 12), ay = random_mat(BN_N, BN_D, 13);
    struct mat y = random_mat(BN_N, BN_D, 0), xh = random_mat(BN_N, BN_D, 10);
    float x[2 * N + 2 * BN_D], grad[2 * N + 2 * BN_D] = {0}, r[BN_D], rb[BN_D];
    for (int k = 0; k < N; k++)
        z.x[k] = xh.x[k] = z.x[k] * 2 + 1;
    batchnorm_forward(&xh, r, exec_of(2));
    batchnorm_affine(&xh, g.x, g.x + BN_D, &y, exec_of(2));
    double *zd = doubles(N), *xd = doubles(N), rd[BN_D];
    for (int k = 0; k < N; k++)
        zd[k] = (double)z.x[k];
    plain_norm(zd, xd, rd);
    ok(off(xd, xh.x, N) < 1e-6 && off(rd, r, BN_D) < 1e-6,
        "batchnorm: columns normalised");
    double value = 0, want;
    for (int k = 0; k < N; k++) {
        value += (double)w.x[k] * (double)y.x[k];
        zd[k] = (double)z.x[k];
    }
    memcpy(x, z.x, N * sizeof *x);
    memcpy(x + N, g.x, 2 * BN_D * sizeof *x);
    double *xx = doubles(N + 2 * BN_D);
    for (int k = 0; k < N + 2 * BN_D; k++)
        xx[k] = (double)x[k];
    want = bn_loss(w.x, xx);
    ok(fabs(value - want) < 1e-4 * fabs(want), "batchnorm: value");
    memcpy(y.x, w.x, N * sizeof *x);
    batchnorm_backward(
        &xh, r, g.x, NULL, NULL, &y, grad + N, grad + N + BN_D, exec_of(2));
    memcpy(grad, y.x, N * sizeof *x);
    fd_check("batchnorm", N + 2 * BN_D, x, grad, bn_loss, w.x, 1e-4);

    /* the adjoint as part of a loss: by Z, g and the incoming gradient */
    struct mat az = random_mat(BN_N, BN_D, 0);
    memcpy(x + N + BN_D, ay.x, N * sizeof *x);
    batchnorm_project(&xh, r, g.x, &ay, &az, exec_of(2));
    double *ad = doubles(2 * N + BN_D);
    for (int k = 0; k < 2 * N + BN_D; k++)
        ad[k] = (double)x[k];
    value = 0;
    for (int k = 0; k < N; k++)
        value += (double)w.x[k] * (double)az.x[k];
    want = second_loss(w.x, ad);
    ok(fabs(value - want) < 1e-4 * fabs(want), "batchnorm: adjoint's value");
    memset(grad, 0, sizeof grad);
    memcpy(az.x, w.x, N * sizeof *x);
    batchnorm_second(&xh, r, g.x, &ay, &az, grad + N, rb, exec_of(2));
    memcpy(grad + N + BN_D, az.x, N * sizeof *x);
    memset(y.x, 0, N * sizeof *x);
    batchnorm_backward(&xh, r, g.x, &ay, rb, &y, NULL, NULL, exec_of(2));
    memcpy(grad, y.x, N * sizeof *x);
    fd_check("batchnorm, second order", 2 * N + BN_D, x, grad, second_loss, w.x,
        1e-4);
    free(zd);
    free(xd);
    free(xx);
    free(ad);
    struct mat *all[] = {&z, &w, &g, &ay, &y, &xh, &az};
    for (int i = 0; i < 7; i++)
        mat_free(all[i]);
}

/* Every instruction set gives the same bits. */
static void
test_isa(void)
{
    static const char *const name[] = {"portable", "avx2", "avx512"};
    enum { N = 11, W = 61 };
    struct mat z = random_mat(N, W, 20), xh = random_mat(N, W, 21);
    float r[W], first[4 * N * W], now[4 * N * W];
    uint32_t word[N * W];
    rng_words(rng_words_of(NULL), 1, RNG_TEST, 0, 0, 0, N * W, word);
    for (int i = 0; i < 3; i++) {
        struct exec *exec = exec_with(1, name[i]);
        const struct wide *l = wide_of(exec);
        if (!exec) {
            skip(name[i], "this processor lacks it");
            continue;
        }
        float *out = i ? now : first;
        memcpy(out, z.x, sizeof(float) * N * W);
        l->normalise(N, W, W, out, 1e-5, r);
        memcpy(out + N * W, xh.x, sizeof(float) * N * W);
        double gb[WIDE_TILE], bb[WIDE_TILE];
        l->backward(N, W, W, out, r, r, xh.x, r, out + N * W, gb, bb);
        l->project(N, W, W, out, r, r, xh.x, out + 2 * N * W);
        uint8_t keep[N * W];
        l->keep(N * W, word, 1u << 31, keep);
        memcpy(out + 3 * N * W, z.x, sizeof(float) * N * W);
        l->mask(N * W, keep, 1.7f, out + 3 * N * W);
        l->mix(N * W, 0.3f, z.x, out + 3 * N * W, out + 3 * N * W);
        out[3 * N * W] += (float)l->sum(N * W, z.x);
        ok(memcmp(first, out, sizeof first) == 0, "loops: %s", name[i]);
    }
    mat_free(&z);
    mat_free(&xh);
}

int
main(void)
{
    blas_init();
    test_words();
    test_matmul();
    test_batchnorm();
    test_isa();
    return done();
}
