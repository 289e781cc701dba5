/* lib/rank/metrics: check vectors, a naive twin, the trainer's evaluation. */
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/rank/metrics.h"
#include "tests/unit/execs.h"
#include "tests/unit/mats.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 60, I = 40 };

static int
near(double a, double b)
{
    return fabs(a - b) < 1e-12;
}

/* Straight from the definitions, with libm, one cut-off at a time. */
static void
naive(const int32_t *list, int64_t n, const char *is_target, int64_t k,
    double out[METRICS_KINDS])
{
    int64_t targets = 0, hits = 0, all = 0;
    for (int i = 0; i < I; i++)
        targets += is_target[i];
    memset(out, 0, METRICS_KINDS * sizeof *out);
    double dcg = 0, ideal = 0, own = 0, precision = 0;
    for (int64_t r = 0; r < n && list[r] >= 0; r++) {
        all += is_target[list[r]];
        if (r >= k || !is_target[list[r]])
            continue;
        hits++;
        dcg += 1 / log2((double)r + 2);
        precision += (double)hits / (double)(r + 1);
        if (hits == 1)
            out[METRICS_MRR] = 1 / (double)(r + 1);
    }
    int64_t short_of = k < targets ? k : targets;
    for (int64_t r = 0; r < short_of; r++)
        ideal += 1 / log2((double)r + 2);
    for (int64_t r = 0; r < k && r < all; r++)
        own += 1 / log2((double)r + 2);
    out[METRICS_RECALL] = (double)hits / (double)targets;
    out[METRICS_NDCG] = dcg / ideal;
    out[METRICS_PRECISION] = (double)hits / (double)k;
    out[METRICS_HIT] = hits > 0;
    out[METRICS_MAP] = precision / (double)short_of;
    out[METRICS_MMSSL_NDCG] = all ? dcg / own : 0;
}

static void
test_lists(void)
{
    struct err e;
    struct metrics_gain g;
    must(metrics_gain_init(&g, 50, &e), &e);
    int64_t cuts[] = {1, 3, 10, 20, 50};
    int bad = 0;
    for (uint32_t t = 0; t < 500; t++) {
        int32_t list[50], target[I], n_target = 0, n = 0;
        char is[I] = {0};
        double p = rng_uniform(1, RNG_TEST, 20, t, 0);
        for (int64_t i = 0; i < I; i++)
            if (rng_uniform(1, RNG_TEST, 21, t * 1000 + (uint64_t)i, 0) < p)
                is[target[n_target++] = (int32_t)i] = 1;
        if (!n_target)
            is[target[n_target++] = 3] = 1;
        int32_t length = (int32_t)rng_below(I, 1, RNG_TEST, 22, t, 0);
        for (n = 0; n < length; n++)
            list[n] = (int32_t)rng_permute(I, n, t, RNG_TEST, 0);
        for (; n < 50; n++)
            list[n] = -1;
        double value[METRICS_KINDS][METRICS_CUTS], want[METRICS_KINDS];
        metrics_list(&g, list, 50, target, n_target, cuts, 5, value);
        for (int c = 0; c < 5; c++) {
            naive(list, 50, is, cuts[c], want);
            for (int m = 0; m < METRICS_KINDS; m++)
                bad += !near(value[m][c], want[m]);
        }
    }
    ok(!bad, "500 random lists equal the definitions");

    int32_t list[] = {4, 9, 2, 7}, target[] = {2, 4, 7, 9};
    double v[METRICS_KINDS][METRICS_CUTS];
    int64_t four = 4;
    metrics_list(&g, list, 4, target, 4, &four, 1, v);
    int exact = 1;
    for (int m = 0; m < METRICS_KINDS; m++)
        exact &= fabs(v[m][0] - 1) <= 0;
    ok(exact, "a perfect list scores exactly 1 everywhere");
    metrics_gain_free(&g);
}

static int
run_metrics(struct metrics *m, const struct mat *user, const struct mat *item,
    const struct csr *target, const struct csr *mask0, const struct csr *mask1,
    const int64_t *cuts, int n_cuts, struct exec *exec, struct err *e)
{
    struct scorer s;
    must(scorer_dense(&s, user, item, e), e);
    struct metrics_opt o = {.target = target,
        .mask = {mask0, mask1},
        .cuts = cuts,
        .n_cuts = n_cuts,
        .exec = exec};
    return metrics_run(m, &s, &o, e);
}

/* Scores given directly: user vector 1, item "vectors" the scores. */
static struct metrics
score(const float *scores, int n, const int32_t *targets, int n_targets,
    int64_t k)
{
    struct err e;
    struct mat u, v;
    struct csr t;
    must(mat_init(&u, 1, 1, &e), &e);
    must(mat_init(&v, n, 1, &e), &e);
    must(csr_init(&t, 1, n, n_targets, 0, &e), &e);
    u.x[0] = 1;
    memcpy(v.x, scores, (size_t)n * sizeof *scores);
    memcpy(t.indices, targets, (size_t)n_targets * sizeof *targets);
    t.indptr[1] = n_targets;
    struct metrics m;
    must(run_metrics(&m, &u, &v, &t, NULL, NULL, &k, 1, exec_of(1), &e), &e);
    mat_free(&u);
    mat_free(&v);
    csr_free(&t);
    return m;
}

static void
test_vectors(void)
{
    float s1[] = {.2f, .3f, .5f, .0f}, s2[] = {.1f, .3f, .5f, .2f};
    int32_t t1[] = {2, 3}, t2[] = {1, 3};
    struct metrics m = score(s1, 4, t1, 2, 3);
    ok(near(m.value[METRICS_RECALL][0], .5) &&
            fabs(m.value[METRICS_NDCG][0] - .6131) < 5e-5,
        "check vector 1: recall %.4f ndcg %.4f", m.value[METRICS_RECALL][0],
        m.value[METRICS_NDCG][0]);
    m = score(s2, 4, t2, 2, 3);
    ok(near(m.value[METRICS_RECALL][0], 1) &&
            fabs(m.value[METRICS_NDCG][0] - .6934) < 5e-5,
        "check vector 2: recall %.4f ndcg %.4f", m.value[METRICS_RECALL][0],
        m.value[METRICS_NDCG][0]);
    m = score(s1, 4, t1, 2, 100);
    ok(near(m.value[METRICS_RECALL][0], 1) && m.cut[0] == 100,
        "a cut-off beyond the items counts the whole list");
}

static void
test_run(void)
{
    struct err e;
    struct mat u, v;
    must(mat_init(&u, N, 4, &e), &e);
    must(mat_init(&v, I, 4, &e), &e);
    for (int k = 0; k < N * 4; k++)
        u.x[k] = (float)rng_normal(1, RNG_TEST, 30, (uint64_t)k, 0);
    for (int k = 0; k < I * 4; k++)
        v.x[k] = (float)rng_normal(1, RNG_TEST, 31, (uint64_t)k, 0);
    struct csr target = random_csr(N, I, .03, 1), m0 = random_csr(N, I, .2, 2),
               m1 = random_csr(N, I, .1, 3);
    int64_t cuts[] = {2, 5}, users = 0;
    double want[2][METRICS_KINDS] = {{0}};
    for (int i = 0; i < N; i++) {
        int32_t list[I], n = 0;
        char out[I] = {0}, is[I] = {0};
        for (int j = 0; j < I; j++) {
            is[j] = (char)csr_has(&target, i, j);
            out[j] = (char)(csr_has(&m0, i, j) || csr_has(&m1, i, j));
        }
        if (target.indptr[i] == target.indptr[i + 1])
            continue;
        users++;
        for (;;) {
            int best = -1;
            float top = 0;
            for (int j = 0; j < I; j++) {
                float s = 0;
                for (int t = 0; t < 4; t++)
                    s = fmaf(u.x[i * 4 + t], v.x[j * 4 + t], s);
                if (!out[j] && (best < 0 || s > top)) {
                    best = j;
                    top = s;
                }
            }
            if (best < 0)
                break;
            out[list[n++] = best] = 1;
        }
        for (int c = 0; c < 2; c++) {
            double one[METRICS_KINDS];
            naive(list, n, is, cuts[c], one);
            for (int m = 0; m < METRICS_KINDS; m++)
                want[c][m] += one[m];
        }
    }
    struct metrics m, again;
    must(run_metrics(&m, &u, &v, &target, &m0, &m1, cuts, 2, exec_of(1), &e),
        &e);
    int good = m.users == users && m.n_cuts == 2 && users < N;
    for (int c = 0; c < 2; c++)
        good &= near(m.value[METRICS_RECALL][c],
                    want[c][METRICS_RECALL] / (double)users) &&
                near(m.value[METRICS_NDCG][c],
                    want[c][METRICS_NDCG] / (double)users);
    ok(good, "masks, users without targets: %d users, as defined",
        (int)m.users);
    must(
        run_metrics(&again, &u, &v, &target, &m0, &m1, cuts, 2, exec_of(3), &e),
        &e);
    ok(!memcmp(&m, &again, sizeof m), "the same bytes with 3 threads");
    target.nnz = 0;
    memset(target.indptr, 0, (N + 1) * sizeof *target.indptr);
    must(run_metrics(&m, &u, &v, &target, NULL, NULL, cuts, 2, exec_of(1), &e),
        &e);
    ok(m.users == 0 && fabs(m.value[METRICS_RECALL][0]) <= 0,
        "no targets at all gives 0");

    int64_t wrong[] = {5, 5}, zero = 0;
    ok(run_metrics(&m, &u, &v, &target, NULL, NULL, wrong, 2, exec_of(1), &e) ==
            ERR_RANGE,
        "%s", e.msg);
    ok(run_metrics(&m, &u, &v, &target, NULL, NULL, &zero, 1, exec_of(1), &e) ==
            ERR_RANGE,
        "%s", e.msg);
    ok(run_metrics(&m, &v, &u, &target, NULL, NULL, cuts, 2, exec_of(1), &e) ==
            ERR_SHAPE,
        "%s", e.msg);
    csr_free(&target);
    csr_free(&m0);
    csr_free(&m1);
    mat_free(&u);
    mat_free(&v);
}

int
main(void)
{
    test_lists();
    test_vectors();
    test_run();
    return done();
}
