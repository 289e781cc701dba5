/* lib/knn: the kernels of knn_dense against naive loops, and the bound on what
 * rounding to bfloat16 does to a cosine. */
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/knn/knn_work.h"
#include "lib/la/blas.h"
#include "tests/unit/execs.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const isas[] = {"portable", "avx2", "avx512", "avx512bf16"};
enum { ISAS = sizeof isas / sizeof *isas };

static float
normal(uint32_t what, int64_t i)
{
    return (float)rng_normal(2, RNG_TEST, what, (uint64_t)i, 0);
}

static double
naive_dot(const float *a, const float *b, int64_t d)
{
    double s[8] = {0};
    for (int64_t c = 0; c < d; c++)
        s[c % 8] += (double)a[c] * (double)b[c];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

static void
test_loops(const char *isa)
{
    struct knn_kernel k;
    struct exec *exec = exec_with(1, isa);
    knn_kernel_get(&k, exec);
    if (!exec) {
        skip(isa, "not on this processor");
        return;
    }
    enum { D = 4099 };
    static float a[D], b[D];
    for (int64_t i = 0; i < D; i++) {
        a[i] = normal(0, i);
        b[i] = normal(1, i) * (i % 3 ? 1.0f : 0x1p-90f);
    }
    int64_t bad = 0;
    for (int64_t d = 0; d <= D; d += d < 70 ? 1 : 403) {
        double want = naive_dot(a, b, d), got = k.dot(a, b, d);
        bad += memcmp(&want, &got, sizeof want) != 0;
    }
    ok(!bad, "%s: inner products in double, the same bits", isa);

    bad = 0;
    for (int64_t i = 0; i < 200; i++) {
        float v[KNN_SPAN], want[KNN_SPAN], bar[KNN_SPAN];
        int hit = 0;
        for (int p = 0; p < KNN_SPAN; p++) {
            v[p] = a[(i * 31 + p) % D];
            bar[p] = 2.5f + 0.1f * a[(i + p) % D];
            want[p] = v[p] * (0.75f * b[i + p]);
            hit |= want[p] >= 2.4f || want[p] >= bar[p];
        }
        bad += k.above(v, 0.75f, b + i, 2.4f, bar) != hit;
        bad += memcmp(v, want, sizeof v) != 0;
    }
    ok(!bad, "%s: which products reach a bar", isa);
}

/* To nearest even, as a float; subnormals become 0. */
static float
rounded(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    u = fabsf(x) < 0x1p-126f ? u & 0x80000000u
                             : (u + 0x7fffu + (u >> 16 & 1)) & 0xffff0000u;
    memcpy(&x, &u, sizeof u);
    return x;
}

static float
unpacked(const uint32_t *h, int64_t d, int64_t i, int64_t c)
{
    int64_t strip = i / KNN_STRIP * KNN_STRIP * ((d + 1) / 2);
    uint32_t word = h[strip + c / 2 * KNN_STRIP + i % KNN_STRIP];
    uint32_t u = c % 2 ? word & 0xffff0000u : word << 16;
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* Rows of several kinds, scaled to norm 1 .. 2 like those of knn_dense. */
static void
make_rows(float *x, int64_t n, int64_t d)
{
    for (int64_t i = 0; i < n; i++) {
        double norm = 0;
        for (int64_t c = 0; c < d; c++) {
            float v = normal(2, i * d + c);
            switch (i % 5) {
            case 1: /* rounded by the most, all to one side */
                v = 1 + 0x1p-8f;
                break;
            case 2: /* and to the other */
                v = c % 2 ? 1 + 0x3p-8f : -1 - 0x3p-8f;
                break;
            case 3: /* of all sizes, down to subnormals */
                v *= ldexpf(1, -(int)(c * 7 % 150));
                break;
            case 4: /* exact */
                v = (float)(int)(3 * v);
                break;
            }
            x[i * d + c] = v;
        }
        x[i * d] += x[i * d] > 0 || x[i * d] < 0 ? 0.0f : 1.0f;
        for (int64_t c = 0; c < d; c++)
            norm += (double)x[i * d + c] * (double)x[i * d + c];
        int shift;
        (void)frexp(sqrt(norm), &shift);
        for (int64_t c = 0; c < d; c++)
            x[i * d + c] = ldexpf(x[i * d + c], 1 - shift);
    }
}

static void
check_pack(const struct knn_half *half, const float *x, int64_t n, int64_t d,
    uint32_t *h, float *error)
{
    int64_t words = knn_half_words(n, d);
    memset(h, 0xff, (size_t)words * sizeof *h);
    half->pack(x, n, d, h, error);
    int64_t bad = 0, loose = 0;
    for (int64_t i = 0; i < n; i++) {
        long double sum = 0;
        for (int64_t c = 0; c < d; c++) {
            float want = rounded(x[i * d + c]), got = unpacked(h, d, i, c);
            bad += memcmp(&want, &got, sizeof want) != 0;
            long double e = (long double)x[i * d + c] - (long double)got;
            sum += e * e;
        }
        loose += (long double)error[i] < sqrtl(sum) ||
                 (long double)error[i] > sqrtl(sum) * 1.001L + 1e-17L;
        if (d % 2)
            bad += unpacked(h, d, i, d) != 0.0f;
    }
    for (int64_t i = n; i < (n + KNN_STRIP - 1) / KNN_STRIP * KNN_STRIP; i++)
        for (int64_t c = 0; c < d; c++)
            bad += unpacked(h, d, i, c) != 0.0f;
    ok(!bad, "%ld x %ld: rounded and packed", (long)n, (long)d);
    ok(!loose, "%ld x %ld: what rounding took", (long)n, (long)d);
    uint32_t *again = mem_new(words, sizeof *again, NULL);
    half->pack(x, n, d, again, NULL);
    ok(!memcmp(h, again, (size_t)words * sizeof *h), "the same without");
    free(again);
}

/* Products against those of the rounded rows; approximate cosines against
 * cosines, by the bound that decides what is a candidate. */
static void
check_products(const struct knn_half *half, const float *x, int64_t n,
    int64_t d, const uint32_t *h, float *error, int upper)
{
    static float c[KNN_TILE * KNN_TILE];
    for (int64_t i = 0; i < KNN_TILE * KNN_TILE; i++)
        c[i] = -77;
    half->multiply(h, n, h, n, d, upper, c);
    struct knn_work w = {.error = error, .bound = 2 * knn_tile_bound(d)};
    double *norm = mem_new(n, sizeof *norm, NULL);
    for (int64_t i = 0; i < n; i++)
        norm[i] = sqrt(naive_dot(x + i * d, x + i * d, d));
    int64_t bad = 0, missed = 0;
    double most = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = upper ? i : 0; j < n; j++) {
            long double want = 0, exact = 0, size = 0;
            for (int64_t q = 0; q < d; q++) {
                long double a = (long double)unpacked(h, d, i, q);
                long double b = (long double)unpacked(h, d, j, q);
                want += a * b;
                size += fabsl(a * b);
                exact += (long double)x[i * d + q] * (long double)x[j * d + q];
            }
            float got = c[i * KNN_TILE + j];
            bad += !(fabsl((long double)got - want) <=
                     size * (long double)w.bound + 1e-30L);
            w.worst = error[j] / (float)norm[j];
            float kept = error[i];
            error[i] /= (float)norm[i];
            double off = fabs((double)got / norm[i] / norm[j] -
                              (double)(exact / (long double)norm[i]) / norm[j]);
            double margin = (double)knn_cand_margin(&w, i);
            error[i] = kept;
            missed += off > margin;
            most = off / margin > most ? off / margin : most;
        }
    ok(!bad, "%ld x %ld%s: products", (long)n, (long)d, upper ? ", upper" : "");
    ok(!missed, "%ld x %ld: errors are at most %.2f of the margin", (long)n,
        (long)d, most);
    free(norm);
}

static void
check_reach(const struct knn_half *half)
{
    float v[100];
    int32_t at[100];
    int64_t bad = 0;
    for (int64_t n = 0; n <= 100; n++) {
        for (int64_t p = 0; p < 100; p++)
            v[p] = (float)(int)(2 * normal(3, n * 100 + p));
        for (int b = -1; b < 6; b++) {
            float bar = b < 0 ? -INFINITY : (float)b - 2;
            int64_t hits = half->reach(v, n, bar, at), want = 0;
            for (int64_t p = 0; p < n; p++)
                if (v[p] >= bar)
                    bad += want >= hits || at[want++] != p;
            bad += want != hits;
        }
    }
    ok(!bad, "which products reach a bar, and where");
}

static void
test_half(const struct knn_half *half)
{
    check_reach(half);
    static const int64_t size[][2] = {{1, 1}, {5, 2}, {15, 3}, {16, 31},
        {17, 32}, {33, 33}, {50, 63}, {70, 257}, {40, 1000}, {KNN_TILE, 24}};
    for (size_t s = 0; s < sizeof size / sizeof *size; s++) {
        int64_t n = size[s][0], d = size[s][1];
        float *x = mem_new(n * d, sizeof *x, NULL);
        float *error = mem_new(n, sizeof *error, NULL);
        uint32_t *h = mem_new(knn_half_words(n, d), sizeof *h, NULL);
        make_rows(x, n, d);
        check_pack(half, x, n, d, h, error);
        check_products(half, x, n, d, h, error, 0);
        check_products(half, x, n, d, h, error, 1);
        free(x);
        free(error);
        free(h);
    }
}

int
main(void)
{
    blas_init();
    for (int i = 0; i < ISAS; i++)
        test_loops(isas[i]);
    if (knn_half_of(NULL))
        test_half(knn_half_of(NULL));
    else
        skip("products of rounded rows", "this processor has none");
    return done();
}
