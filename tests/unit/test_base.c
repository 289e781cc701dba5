/* lib/base: the generator, our own transcendental functions. */
#include "lib/base/arena.h"
#include "lib/base/fmath.h"
#include "lib/base/mem.h"
#include "lib/base/near.h"
#include "lib/base/rng.h"
#include "tests/unit/tap.h"

#include <stdlib.h>
#include <string.h>

static double
rel(double a, double b)
{
    return fabs(a - b) / (fabs(b) > 1e-300 ? fabs(b) : 1e-300);
}

static void
test_fmath(void)
{
    double worst_exp = 0, worst_log = 0, worst_log1p = 0, worst_pow = 0;
    for (int i = 0; i < 200000; i++) {
        double u = rng_uniform(1, RNG_TEST, 0, (uint64_t)i, 0);
        double x = (u - 0.5) * 1400;
        worst_exp = fmax(worst_exp, rel(fm_exp(x), exp(x)));
        double y = exp((u - 0.5) * 1000);
        worst_log = fmax(worst_log, rel(fm_log(y), log(y)));
        double z = exp((u - 0.9) * 40);
        worst_log1p = fmax(worst_log1p, rel(fm_log1p(z), log1p(z)));
        double p = rng_uniform(1, RNG_TEST, 1, (uint64_t)i, 0);
        worst_pow = fmax(worst_pow, rel(fm_pow(u, p), pow(u, p)));
    }
    ok(worst_exp < 1e-15 * 4, "exp within 4e-15 (%.2g)", worst_exp);
    ok(worst_log < 1e-15 * 4, "log within 4e-15 (%.2g)", worst_log);
    ok(worst_log1p < 1e-15 * 4, "log1p within 4e-15 (%.2g)", worst_log1p);
    ok(worst_pow < 1e-15 * 8, "pow within 8e-15 (%.2g)", worst_pow);
    ok(fm_pow(0, .1) == 0 && fm_pow(3, 0) == 1, "pow at 0");
    ok(fabs(fm_powi(.9, 20) - pow(.9, 20)) < 1e-16, "integer power");
    ok(fm_softplus(1000) == 1000 && fm_softplus(-1000) < 1e-300,
        "softplus at the ends");
    ok(fabs(fm_softplus(0) - log(2)) < 1e-16 && fm_sigmoid(0) == 0.5,
        "softplus and sigmoid at 0");
    ok(isnan(fm_exp(NAN)), "exp keeps NaN");
}

static void
test_rng(void)
{
    /* known-answer vector of Philox4x32-10 with zero counter and key */
    ok(rng_u64(0, 0, 0, 0, 0) == 0xe169c58d6627e8d5ull,
        "Philox zero vector (%llx)",
        (unsigned long long)rng_u64(0, 0, 0, 0, 0));
    double sum = 0, sq = 0, cube = 0;
    int n = 200000;
    for (int i = 0; i < n; i++) {
        double z = rng_normal(7, RNG_TEST, 3, (uint64_t)i, 0);
        sum += z;
        sq += z * z;
        cube += z * z * z;
    }
    ok(fabs(sum / n) < .01 && fabs(sq / n - 1) < .015 && fabs(cube / n) < .03,
        "normal moments %.4f %.4f %.4f", sum / n, sq / n, cube / n);
    int hist[10] = {0};
    for (int i = 0; i < 100000; i++)
        hist[rng_below(10, 1, RNG_TEST, 9, (uint64_t)i, 0)]++;
    int fair = 1;
    for (int i = 0; i < 10; i++)
        fair &= abs(hist[i] - 10000) < 500;
    ok(fair, "below(10) is uniform");
    int sizes[] = {1, 2, 3, 4, 5, 16, 17, 1000, 118551};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        int m = sizes[s], good = 1, fixed = 0;
        char *seen = calloc((size_t)m, 1);
        for (int i = 0; i < m; i++) {
            int64_t p = rng_permute(m, i, 1, RNG_SHUFFLE, 5);
            good &= p >= 0 && p < m && !seen[p];
            if (p >= 0 && p < m)
                seen[p] = 1;
            fixed += p == i;
        }
        free(seen);
        ok(good, "permutation of %d is one", m);
        if (m > 500)
            ok(fixed < 10, "few fixed points (%d)", fixed);
    }
}

static void
test_mem(void)
{
    struct err e = {""};
    ok(!mem_new(INT64_MAX, 8, &e) && strstr(e.msg, "out of memory"),
        "overflowing size is refused: %s", e.msg);
    ok(!mem_new(-1, 8, &e), "negative size is refused");
    void *p = mem_new(0, 8, &e);
    ok(p != NULL, "zero objects are allowed");
    free(p);
    p = mem_zero(3 << 20, 8, &e);
    ok(p && (uintptr_t)p % (2 << 20) == 0, "large blocks on huge pages");
    free(p);
}

/* Many blocks, then a failure, after which nothing is given. */
static void
arenas(void)
{
    struct arena a = {0};
    struct err e = {0};
    int good = 1;
    for (int k = 0; k < 1000; k++) {
        char *x = arena_zero(&a, k, 1), *y = arena_new(&a, k, 1);
        good &= x && y && (!k || x[k - 1] == 0);
    }
    good &= arena_take(&a, mem_new(1, 1, NULL)) && !arena_take(&a, NULL);
    ok(good && arena_check(&a, &e) == 0, "an arena of 2001 blocks");
    ok(!arena_new(&a, INT64_MAX, 8) && arena_check(&a, &e) == ERR_NOMEM &&
            strstr(e.msg, "out of memory"),
        "%s", e.msg);
    arena_fail(&a, ERR_RANGE, "another %s", "failure");
    ok(!arena_new(&a, 1, 1) && !arena_take(&a, mem_new(1, 1, NULL)) &&
            arena_check(&a, &e) == ERR_NOMEM,
        "the first failure is kept");
    arena_free(&a);
    arena_fail(&a, ERR_RANGE, "a %s", "reason");
    ok(arena_check(&a, &e) == ERR_RANGE && strcmp(e.msg, "a reason") == 0,
        "an arena that is freed is empty");
    arena_free(&a);
}

static void
test_near(void)
{
    static const char *const words[] = {"stair", "mf", "lightgcn", "jgcf",
        "mmgcn", "lattice", "epochs", "eval-every", "batch", "weight-decay",
        "lr", NULL};
    static const struct {
        const char *typed, *meant;
    } row[] = {{"lightgnc", "lightgcn"}, {"LightGCN", "lightgcn"},
        {"lightgc", "lightgcn"}, {"stare", NULL}, {"lattices", "lattice"},
        {"epcohs", "epochs"}, {"num-epochs", "epochs"},
        {"decay", "weight-decay"}, {"fm", "mf"}, {"mg", "mf"}, {"x", NULL},
        {"", NULL}, {"gcn", "lightgcn"}, {"wieghtdecay", "weight-decay"},
        {"learning-rate", NULL}, {"xxxxxx", NULL},
        {"stairstairstairstairstairstairstairstairstairstairstairstairstair",
            NULL}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct near n = near_to(text_of(row[i].typed));
        for (int k = 0; words[k]; k++)
            near_try(&n, text_of(words[k]));
        ok(row[i].meant ? n.best.s && !strcmp(n.best.s, row[i].meant)
                        : !n.best.s,
            "'%s' was %s%s", row[i].typed, n.best.s ? "probably " : "nothing",
            n.best.s ? n.best.s : "");
    }
}

int
main(void)
{
    arenas();
    test_near();
    test_fmath();
    test_rng();
    test_mem();
    return done();
}
