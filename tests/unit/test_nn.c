/* lib/nn: values against naive twins. Gradients: test_nn_grad.c. */
#include "lib/nn/act.h"
#include "lib/nn/adam.h"
#include "lib/nn/dropout.h"
#include "lib/nn/init.h"
#include "lib/nn/norm.h"
#include "lib/nn/propagate.h"
#include "lib/nn/rows.h"
#include "lib/nn/spmm.h"
#include "tests/unit/execs.h"
#include "tests/unit/pool.h"
#include "tests/unit/tap.h"

#include <math.h>

static void
test_segments(int64_t n, int64_t rows)
{
    int32_t *list = row_list(n, rows, 11);
    struct arena arena = {0};
    struct segments s = segments_in(&arena, n);
    int good = !arena.rc, sum = 0;
    for (int round = 0; good && round < 2; round++) {
        segments_set(&s, list, n);
        good = s.n == n && s.start[0] == 0 && s.start[s.rows] == n;
        for (int64_t k = 0; good && k < s.rows; k++) {
            good &= k == 0 || s.row[k] > s.row[k - 1];
            good &= s.start[k] < s.start[k + 1];
            for (int64_t at = s.start[k]; good && at < s.start[k + 1]; at++) {
                int32_t b = s.occurrence[at];
                good &= list[b] == s.row[k] && s.of[b] == k;
                good &= at == s.start[k] || b > s.occurrence[at - 1];
                sum++;
            }
        }
    }
    ok(good && sum == 2 * n, "segments of %lld out of %lld rows", (long long)n,
        (long long)rows);
    arena_free(&arena);
    free(list);
}

static void
test_rows(void)
{
    enum { N = 50, D = 19, B = 300 };
    struct mat x = values(N, D), y = zeros(B, D), z = values(N, D);
    struct mat sum = zeros(N, D);
    int32_t *list = row_list(B, N, 5);
    struct arena arena = {0};
    struct segments s = segments_in(&arena, B);
    segments_set(&s, list, B);
    rows_gather(&x, list, &y, exec_of(2));
    int good = 1;
    for (int64_t b = 0; b < B; b++)
        good &= memcmp(y.x + b * D, x.x + list[b] * D, D * sizeof *y.x) == 0;
    ok(good, "gathered rows");
    memcpy(sum.x, z.x, sizeof *sum.x * N * D);
    for (int64_t b = 0; b < B; b++)
        for (int64_t c = 0; c < D; c++)
            sum.x[list[b] * D + c] += y.x[b * D + c];
    rows_scatter(&s, &y, &z, exec_of(3));
    ok(same_bytes(&z, &sum), "scattered rows add up in the order of the list");
    rows_add(.5f, &x, list, &y, exec_of(2));
    ok(fabsf(y.x[D + 3] - 1.5f * x.x[list[1] * D + 3]) < 1e-6f, "added rows");
    rows_scale(2, &y, exec_of(2));
    ok(fabsf(y.x[D + 3] - 3 * x.x[list[1] * D + 3]) < 1e-6f, "scaled rows");
    rows_zero(&y, exec_of(2));
    good = 1;
    for (int64_t k = 0; k < B * D; k++)
        good &= y.x[k] == 0;
    ok(good, "zeroed rows");
    arena_free(&arena);
    free(list);
}

static void
test_spmm(int64_t d, int with_data, int left, int right, float beta)
{
    enum { N = 60, M = 70 };
    struct csr s = sparse(N, M, 4, with_data);
    struct mat x = values(M, d), y = values(N, d), want = values(N, d);
    struct mat l = values(1, N), r = values(1, M);
    struct spmm_op op = {&s, left ? l.x : NULL, right ? r.x : NULL};
    double worst = 0;
    for (int64_t i = 0; i < N; i++)
        for (int64_t c = 0; c < d; c++) {
            double t = 0;
            for (int64_t k = s.indptr[i]; k < s.indptr[i + 1]; k++)
                t += (with_data ? (double)s.data[k] : 1) *
                     (right ? (double)r.x[s.indices[k]] : 1) *
                     (double)x.x[s.indices[k] * d + c];
            want.x[i * d + c] = (float)((left ? (double)l.x[i] : 1) * t +
                                        (double)beta * (double)y.x[i * d + c]);
        }
    if (beta == 0) /* must not be read */
        for (int64_t k = 0; k < N * d; k++)
            y.x[k] = NAN;
    spmm(&op, &x, beta, &y, exec_of(2));
    for (int64_t k = 0; k < N * d; k++)
        worst = fmax(worst, fabs((double)(y.x[k] - want.x[k])));
    ok(worst < 1e-5,
        "sparse product of %lld columns:%s%s%s, beta %g (off by %.1e)",
        (long long)d, with_data ? " values" : " ones", left ? " left" : "",
        right ? " right" : "", (double)beta, worst);
    static const int32_t list[] = {2, 3, 40, 17};
    struct mat few = values(N, d);
    for (int k = 0; k < 4 && beta == 0; k++)
        want.x[list[k] * d] = few.x[list[k] * d] = NAN;
    memcpy(want.x, few.x, (size_t)(N * d) * sizeof *few.x);
    spmm(&op, &x, beta, &want, exec_of(2));
    for (int64_t i = 0; i < N; i++) /* rows that are not listed stay */
        if (i != 2 && i != 3 && i != 40 && i != 17)
            memcpy(want.x + i * d, few.x + i * d, (size_t)d * sizeof *few.x);
    spmm_rows(&op, &x, beta, list, 4, &few, exec_of(2));
    ok(same_bytes(&few, &want), "its rows alone, %lld columns", (long long)d);
    csr_free(&s);
}

/* Layers one after the other, in double. */
static void
test_propagate(int layers, int64_t d)
{
    enum { USERS = 40, ITEMS = 30, N = USERS + ITEMS };
    struct csr train = sparse(USERS, ITEMS, 3, 0);
    struct arena arena = {0};
    struct graph g = graph_in(&arena, &train);
    struct propagate p = propagate_in(&arena, N, d);
    struct mat e = values(N, d), h = values(N, d);
    double *z = calloc(3 * N * (size_t)d, sizeof *z), *next = z + N * d,
           *sum = next + N * d, worst = 0;
    for (int64_t k = 0; k < N * d; k++)
        sum[k] = z[k] = (double)e.x[k];
    for (int l = 0; l < layers; l++) {
        for (int64_t i = 0; i < N; i++)
            for (int64_t c = 0; c < d; c++) {
                next[i * d + c] = 0;
                for (int64_t k = g.a.indptr[i]; k < g.a.indptr[i + 1]; k++)
                    next[i * d + c] += (double)g.q[i] *
                                       (double)g.q[g.a.indices[k]] *
                                       z[g.a.indices[k] * d + c];
            }
        for (int64_t k = 0; k < N * d; k++)
            sum[k] += z[k] = next[k];
    }
    propagate_mean(&p, &g, layers, &e, &h, exec_of(2));
    for (int64_t k = 0; k < N * d; k++)
        worst = fmax(worst, fabs((double)h.x[k] - sum[k] / (layers + 1)));
    ok(worst < 1e-6, "mean of %d layers, %lld columns (off by %.1e)", layers,
        (long long)d, worst);
    struct mat few = values(N, d);
    static const int32_t list[] = {0, 7, 3};
    propagate_mean_rows(&p, &g, layers, &e, list, 3, &few, exec_of(2));
    int good = 1;
    for (int k = 0; k < 3; k++)
        good &= memcmp(few.x + list[k] * d, h.x + list[k] * d,
                    (size_t)d * sizeof *h.x) == 0;
    ok(good, "rows of the mean of %d layers", layers);
    propagate_mean(&p, &g, layers, &e, &e, exec_of(2));
    ok(same_bytes(&e, &h), "mean of %d layers in place", layers);
    free(z);
    arena_free(&arena);
    csr_free(&train);
}

static void
test_adam(double coupled, double decoupled)
{
    enum { N = 37, STEPS = 5 };
    struct mat x = values(1, N), m = zeros(1, N), v = zeros(1, N);
    double t[N], dm[N] = {0}, dv[N] = {0}, worst = 0;
    for (int k = 0; k < N; k++)
        t[k] = (double)x.x[k];
    for (int s = 1; s <= STEPS; s++) {
        struct mat g = values(1, N);
        struct adam_opt o = {
            .rate = .01, .coupled = coupled, .decoupled = decoupled};
        struct adam a = adam_scalars(&o, s);
        adam_step(&a, N, x.x, m.x, v.x, g.x, exec_of(2));
        for (int k = 0; k < N; k++) {
            double d = (double)g.x[k] + coupled * t[k];
            t[k] *= 1 - .01 * decoupled;
            dm[k] = .9 * dm[k] + .1 * d;
            dv[k] = .999 * dv[k] + .001 * d * d;
            t[k] -= .01 * dm[k] / (1 - pow(.9, s)) /
                    (sqrt(dv[k]) / sqrt(1 - pow(.999, s)) + 1e-8);
        }
    }
    for (int k = 0; k < N; k++)
        worst = fmax(worst, fabs(t[k] - (double)x.x[k]));
    ok(worst < 1e-6, "Adam, decay %g coupled, %g decoupled (off by %.1e)",
        coupled, decoupled, worst);
    struct adam a = adam_scalars(&(struct adam_opt){.b1 = .5, .b2 = .25}, 2);
    ok(fabs((double)a.r1 - 1 / .75) < 1e-6 &&
            fabs((double)a.r2 - 1 / sqrt(1 - .0625)) < 1e-6 && a.a1 == .5f,
        "Adam with other moments");
    struct adam_opt falls = {.rate = .5, .decoupled = .25, .hold = 4};
    int whole = 1, later = 1;
    for (int s = 1; s <= 40; s++) {
        struct adam f = adam_scalars(&falls, s);
        double rate = s <= 4 ? .5 : .5 * 4 / s;
        double off = fabs((double)f.rate - rate) +
                     fabs((double)f.keep - (1 - rate * .25));
        *(s <= 4 ? &whole : &later) &= off < 1e-7;
    }
    ok(whole, "Adam's rate is held");
    ok(later, "Adam's rate falls, and decay with it");
}

/* exp over its whole range, and what is not a number. */
static void
test_exp(void)
{
    enum { N = 3000 };
    struct mat x = zeros(N, 2), y = zeros(N, 2);
    double worst = 0;
    for (int k = 0; k < N; k++)
        x.x[2 * k] = (float)(k - N / 2) * .06f;
    act_softmax_forward(&x, &y, exec_of(1));
    for (int k = 0; k < N; k++) {
        double want = 1 / (1 + exp(-(double)x.x[2 * k]));
        worst = fmax(worst, fabs((double)y.x[2 * k] - want) / (want + 1e-37));
    }
    ok(worst < 2e-7, "softmax from -90 to 90 (off by %.1e, relative)", worst);
    float v[] = {-1e30f, 1000, 1000, 900, NAN, 1};
    struct mat a = {3, 2, v};
    act_softmax_forward(&a, &a, exec_of(1));
    ok(v[0] == 0 && v[1] == 1 && v[2] == 1 && v[3] < 1e-40f,
        "softmax of large numbers");
    ok(isnan(v[4]) && isnan(v[5]), "softmax of what is not a number");
}

static void
moments(const struct mat *m, double *mean, double *sd, double *max)
{
    double n = (double)(m->n * m->d), s = 0, ss = 0;
    *max = 0;
    for (int64_t k = 0; k < m->n * m->d; k++) {
        double v = (double)m->x[k];
        s += v;
        ss += v * v;
        *max = fmax(*max, fabs(v));
    }
    *mean = s / n;
    *sd = sqrt(ss / n - *mean * *mean);
}

static void
test_init(void)
{
    enum { N = 400, D = 50 };
    struct mat m = values(N, D), other = values(N, D);
    struct init o = {.seed = 7, .tensor = 3, .exec = exec_of(2)};
    double mean, sd, max, f = N + D;
    init_xavier_normal(&o, &m);
    moments(&m, &mean, &sd, &max);
    ok(fabs(mean) < .001 && fabs(sd / sqrt(2 / f) - 1) < .02, "Xavier normal");
    init_xavier_uniform(&o, &m);
    moments(&m, &mean, &sd, &max);
    ok(fabs(mean) < .002 && max <= sqrt(6 / f) && max > .999 * sqrt(6 / f) &&
            fabs(sd / sqrt(2 / f) - 1) < .02,
        "Xavier uniform");
    init_linear(&o, D, m.x, N * D);
    moments(&m, &mean, &sd, &max);
    ok(max <= 1 / sqrt(D) && max > .999 / sqrt(D), "a linear layer's");
    init_normal(&o, 1e-4, m.x, N * D);
    ok(m.x[9] == (float)(1e-4 * rng_normal(7, RNG_INIT, 3, 9, 0)),
        "normal values are those of the stream");
    o.tensor = 4;
    init_normal(&o, 1e-4, other.x, N * D);
    ok(!same_bytes(&m, &other), "tensors differ");
    o.tensor = 3;
    init_normal(&o, 1e-4, other.x, 10);
    ok(memcmp(m.x, other.x, 10 * sizeof *m.x) == 0,
        "an element does not depend on the size");
}

static void
test_dropout(void)
{
    enum { N = 300, D = 65, B = 20 };
    struct mat x = values(N, D), y = values(N, D), z = values(N, D);
    struct mat part = values(B, D);
    struct dropout o = {.p = .25, .seed = 1, .stream = 1, .step = 1};
    dropout_apply(&o, &x, NULL, &y, exec_of(2));
    int64_t kept = 0, right = 0;
    for (int64_t k = 0; k < N * D; k++) {
        kept += y.x[k] != 0;
        right += y.x[k] == 0 || y.x[k] == x.x[k] * (float)(1 / .75);
    }
    double share = (double)kept / (N * D);
    ok(right == N * D && fabs(share - .75) < .01, "dropout keeps %.4f", share);
    int32_t *list = row_list(B, N, 4);
    rows_gather(&x, list, &part, exec_of(1));
    dropout_apply(&o, &part, list, &part, exec_of(1));
    int good = 1;
    for (int64_t b = 0; b < B; b++)
        good &= memcmp(part.x + b * D, y.x + list[b] * D, D * sizeof *y.x) == 0;
    ok(good, "gathered rows are dropped as in the whole");
    free(list);
    o.step = 2;
    dropout_apply(&o, &x, NULL, &z, exec_of(2));
    ok(!same_bytes(&y, &z), "another step, another mask");
    o.step = 1;
    o.stream = 2;
    dropout_apply(&o, &x, NULL, &z, exec_of(2));
    ok(!same_bytes(&y, &z), "another tensor, another mask");
    o.p = 0;
    dropout_apply(&o, &x, NULL, &z, exec_of(2));
    ok(same_bytes(&x, &z), "dropping nothing");
}

int
main(void)
{
    test_segments(0, 1);
    test_segments(1, 1);
    test_segments(1000, 1);
    test_segments(1000, 37);
    test_segments(3000, 5000);
    test_segments(500, INT32_MAX);
    test_rows();
    static const int64_t widths[] = {1, 15, 16, 64, 79, 128, 384};
    for (int k = 0; k < 7; k++)
        test_spmm(widths[k], k & 1, k & 2, k & 4, k % 3 ? 1.0f : 0.0f);
    test_spmm(64, 1, 1, 1, .5f);
    test_spmm(64, 0, 0, 1, 1);
    test_spmm(64, 0, 0, 0, 0);
    for (int layers = 0; layers < 5; layers++)
        test_propagate(layers, layers == 2 ? 64 : 9);
    test_adam(0, 0);
    test_adam(.1, 0);
    test_adam(0, .3);
    test_exp();
    test_init();
    test_dropout();
    pool_free();
    return done();
}
