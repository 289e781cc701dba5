/* lib/knn: kernels against naive loops, and the bounds on what rounding does to
 * an inner product. */
#include "lib/base/arena.h"
#include "lib/base/rng.h"
#include "lib/knn/knn_pack.h"
#include "lib/knn/knn_query.h"
#include "tests/unit/execs.h"
#include "tests/unit/tap.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
test_dot(const struct knn_kernel *k, const char *isa)
{
    enum { D = 4099 };
    static float a[D], b[D];
    for (int64_t i = 0; i < D; i++) {
        a[i] = normal(0, i);
        b[i] = normal(1, i) * (i % 3 ? 1.0f : 0x1p-90f);
    }
    int64_t bad = 0;
    for (int64_t d = 0; d <= D; d += d < 70 ? 1 : 403) {
        double want = naive_dot(a, b, d), got = k->dot(a, b, d);
        bad += memcmp(&want, &got, sizeof want) != 0;
    }
    ok(!bad, "%s: inner products in double, the same bits", isa);
}

static void
test_reach(const struct knn_kernel *k, const char *isa)
{
    enum { N = 128 };
    float v[N], w[N], unit[N], shift[N], bar[N];
    int32_t at[N], either[N];
    int64_t bad = 0;
    for (int64_t n = 0; n <= 100; n++)
        for (int b = -1; b < 6; b++) {
            float least = b < 0 ? -INFINITY : (float)b - 2;
            struct knn_span s = {2, 1, least * .5f + 1, unit, shift, bar};
            int64_t want = 0, both = 0;
            for (int64_t p = 0; p < N; p++) {
                w[p] = v[p] = (float)(int)(2 * normal(3, n * N + p));
                unit[p] = .25f;
                shift[p] = .25f * (float)(p % 3);
                bar[p] = p % 7 ? 9 : -9;
                if (p % 11 == 5)
                    shift[p] = -INFINITY;
            }
            int64_t hits = k->reach(v, n, least, at);
            int64_t all = k->reach_either(w, n, &s, either);
            for (int64_t p = 0; p < n; p++) {
                float x = v[p] * .5f + 1 + shift[p];
                bad += w[p] > x || w[p] < x;
                if (v[p] >= least)
                    bad += want >= hits || at[want++] != p;
                if (x >= s.own_bar || x >= bar[p])
                    bad += both >= all || either[both++] != p;
            }
            bad += want != hits || both != all;
        }
    ok(!bad, "%s: which products reach a bar, and where", isa);
}

/* Rows of several kinds, of norm 1 .. 2. */
static void
make_rows(float *x, int64_t n, int64_t d)
{
    for (int64_t i = 0; i < n; i++) {
        double norm = 0;
        for (int64_t c = 0; c < d; c++) {
            float v = normal(2, i * d + c);
            switch (i % 5) {
            case 1: /* all the same */
                v = 1 + 0x1p-8f;
                break;
            case 2: /* the largest possible number in one place */
                v = c ? 0.0f : -1.0f;
                break;
            case 3: /* of all sizes, down to subnormals */
                v *= ldexpf(1, -(int)(c * 7 % 150));
                break;
            case 4: /* small whole numbers */
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

static int16_t
unpacked(const uint32_t *h, int64_t d, int64_t i, int64_t c)
{
    uint32_t word = h[knn_kernel_words(i / KNN_STRIP * KNN_STRIP, d) +
                      c / 2 * KNN_STRIP + i % KNN_STRIP];
    return (int16_t)(c % 2 ? word >> 16 : word);
}

/* The rounded rows, and what rounding took. */
static void
check_pack(const struct knn_pack *p, const float *x, const float *factor,
    int64_t n, const uint32_t *h, const struct knn_packed *row,
    const float *unit)
{
    int64_t bad = 0, loose = 0, d = p->d;
    for (int64_t i = 0; i < n; i++) {
        long double lost = 0, all = 0;
        for (int64_t c = 0; c < d; c++) {
            long double y = (long double)x[i * d + c] * (long double)factor[i] -
                            (long double)p->centre[c];
            long double u =
                unit ? (long double)unit[i] : 1 / (long double)p->scale;
            long double e = y - unpacked(h, d, i, c) * u;
            bad += !(fabsl(e) < u * .51L + 1e-6L);
            lost += e * e;
            all += y * y;
        }
        loose += (long double)row[i].error < sqrtl(lost) ||
                 (long double)row[i].error > sqrtl(lost) * 1.001L + 2e-6L ||
                 (long double)row[i].length < sqrtl(all) ||
                 (long double)row[i].length > sqrtl(all) * 1.001L + 2e-3L;
        bad += d % 2 && unpacked(h, d, i, d);
    }
    for (int64_t i = n; i % KNN_STRIP; i++)
        for (int64_t c = 0; c < d; c++)
            bad += unpacked(h, d, i, c) != 0;
    ok(!bad, "%ld x %ld: rounded and packed", (long)n, (long)d);
    ok(!loose, "%ld x %ld: what rounding took", (long)n, (long)d);
}

/* Products against those of the rounded rows; approximate inner products
 * against true ones, by the bound that decides what is a candidate. */
static void
check_products(const struct knn_pack *p, const float *x, const float *factor,
    int64_t n, const uint32_t *h, const struct knn_packed *row,
    const float *shift, const float *unit, int upper)
{
    static float c[KNN_TILE * KNN_TILE] __attribute__((aligned(64)));
    int64_t bad = 0, missed = 0, d = p->d;
    double most = 0;
    p->multiply(h, n, h, n, d, upper, c);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = upper ? i : 0; j < n; j++) {
            int64_t want = 0;
            long double exact = 0;
            for (int64_t q = 0; q < d; q++) {
                want += (int64_t)unpacked(h, d, i, q) * unpacked(h, d, j, q);
                exact += (long double)x[i * d + q] * (long double)x[j * d + q];
            }
            float got = c[i * KNN_TILE + j];
            bad += got < (float)want || got > (float)want;
            double off = fabs(
                (double)(got * (unit[i] * unit[j]) + (shift[i] + shift[j])) -
                (double)(exact * (long double)factor[i] *
                         (long double)factor[j]));
            double margin = (double)knn_pack_margin(p, &row[i]);
            missed += off > margin;
            most = off / margin > most ? off / margin : most;
        }
    ok(!bad, "%ld x %ld%s: products", (long)n, (long)d, upper ? ", upper" : "");
    ok(!missed, "%ld x %ld: errors are at most %.2f of the margin", (long)n,
        (long)d, most);
}

/* Pairs of rows among all of them, or of rows from the middle with all: those
 * whose approximate cosine reaches a bar of one of the two. */
static void
check_pairs(const struct knn_kernel *k, enum isa isa, const uint32_t *h,
    int64_t n, int64_t d, const float *shift, const float *unit)
{
    enum { ROOM = KNN_TILE + KNN_STRIP };
    static float c[KNN_TILE * KNN_TILE] __attribute__((aligned(64)));
    static struct knn_hit hit[KNN_TILE * KNN_TILE];
    static char seen[KNN_TILE * KNN_TILE];
    float side[4][ROOM];
    int64_t bad = 0, hits = 0, middle = n / 2 / KNN_STRIP * KNN_STRIP;
    k->multiply(h, n, h, n, d, 0, c);
    for (int64_t p = 0; p < ROOM; p++) {
        side[0][p] = p < n ? unit[p] : 0;
        side[1][p] = p < n && p % 13 != 5 ? shift[p] : -INFINITY;
        side[2][p] = p >= n || p % 4 ? INFINITY : (float)(p % 3) * .4f;
        side[3][p] = p >= n || p % 3 ? INFINITY : -FLT_MAX;
    }
    for (int upper = 0; upper < 2; upper++) {
        int64_t from = upper ? 0 : middle;
        struct knn_side a = {h + knn_kernel_words(from, d), n - from,
            side[0] + from, side[1] + from, side[2] + from};
        struct knn_side b = {h, n, side[0], side[1], side[upper ? 2 : 3]};
        int64_t found = (isa == ISA_AVX512VNNI ? k->pairs_vnni : k->pairs)(
            &a, &b, d, upper, hit);
        memset(seen, 0, sizeof seen);
        for (int64_t f = 0; f < found; f++)
            seen[hit[f].i * KNN_TILE + hit[f].j] += (char)hit[f].reached;
        for (int64_t i = 0; i < a.n; i++)
            for (int64_t j = 0; j < n; j++) {
                float v = c[(from + i) * KNN_TILE + j];
                v *= b.unit[j] * a.unit[i];
                v += b.shift[j] + a.shift[i];
                int want =
                    (v >= a.bar[i]) * KNN_MINE + (v >= b.bar[j]) * KNN_OTHER;
                if (upper && j <= i)
                    want = 0;
                bad += seen[i * KNN_TILE + j] != want;
                hits += want > 0;
            }
    }
    ok(!bad, "%ld x %ld: %ld pairs", (long)n, (long)d, (long)hits);
}

struct wanted {
    const float *x;
    int64_t d;
    double least;
    char (*seen)[KNN_TILE];
};

static double
note(void *ctx, int64_t query, const int32_t *id, int64_t n)
{
    const struct wanted *w = ctx;
    for (int64_t k = 0; k < n; k++)
        w->seen[query][id[k]]++;
    return w->least;
}

/* No row whose inner product is large enough is missed, and few others come. */
static void
check_queries(const struct knn_pack *p, const float *x, const float *factor,
    int64_t n, const uint32_t *h)
{
    static char seen[KNN_TILE][KNN_TILE];
    static struct knn_query query[KNN_TILE];
    struct wanted w = {x, p->d, .3, seen};
    struct arena m = {0};
    struct knn_query_run run;
    struct knn_targets all = {h, n, 0, NULL};
    memset(seen, 0, sizeof seen);
    for (int64_t i = 0; i < n; i++)
        query[i] = (struct knn_query){x + i * p->d, factor[i]};
    knn_query_init(&run, p, 1, note, &w, &m);
    knn_query_pass(&run, query, n, &all);
    int64_t bad = 0, others = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double s = naive_dot(x + i * p->d, x + j * p->d, p->d) *
                       (double)factor[i] * (double)factor[j];
            bad += seen[i][j] > 1 || (s >= .3 && !seen[i][j]);
            others += seen[i][j] && s < .29;
        }
    ok(!bad && others * 20 <= n * n, "%ld x %ld: queries, %ld too many",
        (long)n, (long)p->d, (long)others);
    arena_free(&m);
}

static void
test_rows(struct exec *exec, int64_t n, int64_t d)
{
    struct arena m = {0};
    float *x = arena_new(&m, n * d, sizeof *x);
    float *factor = arena_new(&m, n, sizeof *factor);
    float *shift = arena_new(&m, n, sizeof *shift);
    float *unit = arena_new(&m, n, sizeof *unit);
    uint32_t *h = arena_new(&m, knn_kernel_words(n, d), sizeof *h);
    struct knn_packed *row = arena_new(&m, n, sizeof *row);
    struct knn_pack p;
    if (m.rc)
        abort();
    memset(h, 0xff, (size_t)knn_kernel_words(n, d) * sizeof *h);
    make_rows(x, n, d);
    for (int64_t i = 0; i < n; i++)
        factor[i] = (float)(1 / sqrt(naive_dot(x + i * d, x + i * d, d)));
    knn_pack_init(&p, x, factor, n / 2 + 1, d, 1.001, exec, &m);
    knn_pack_rows(&p, x, factor, n, h, row, shift, unit);
    check_pack(&p, x, factor, n, h, row, unit);
    check_products(&p, x, factor, n, h, row, shift, unit, 0);
    check_products(&p, x, factor, n, h, row, shift, unit, 1);
    check_pairs(p.kernel, exec_isa(exec), h, n, d, shift, unit);
    knn_pack_rows(&p, x, factor, n, h, row, NULL, NULL);
    check_pack(&p, x, factor, n, h, row, NULL);
    check_queries(&p, x, factor, n, h);
    arena_free(&m);
}

int
main(void)
{
    static const char *const isas[] = {
        "portable", "avx2", "avx512", "avx512vnni"};
    static const int64_t size[][2] = {{1, 1}, {5, 2}, {15, 3}, {16, 31},
        {17, 32}, {33, 33}, {50, 63}, {70, 257}, {40, 1000}, {KNN_TILE, 24}};
    for (size_t i = 0; i < sizeof isas / sizeof *isas; i++) {
        struct exec *exec = exec_with(2, isas[i]);
        if (!exec) {
            skip(isas[i], "not on this processor");
            continue;
        }
        test_dot(knn_kernel_of(exec), isas[i]);
        test_reach(knn_kernel_of(exec), isas[i]);
        for (size_t s = 0; s < sizeof size / sizeof *size; s++)
            test_rows(exec, size[s][0], size[s][1]);
    }
    return done();
}
