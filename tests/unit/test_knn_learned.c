/* lib/knn: lists of nearest learned rows against a naive twin, whatever earlier
 * builds left, and for rows that are equal, or nearly so, or of any size. */
#include "lib/knn/knn_learned.h"
#include "lib/nn/norm.h"
#include "tests/unit/execs.h"
#include "tests/unit/pool.h"
#include "tests/unit/tap.h"

#include <math.h>

#ifdef __SANITIZE_ADDRESS__
enum { MANY = 700 };
#else
enum { MANY = 1100 };
#endif

static float
chain(const struct mat *x, int64_t i, int64_t j)
{
    float s = 0;
    for (int64_t c = 0; c < x->d; c++)
        s = fmaf(x->x[i * x->d + c], x->x[j * x->d + c], s);
    return s;
}

/* 1 if list b of c is that of row i: j is in iff fewer than k beat it. */
static int
is_list(const struct knn_learned *c, const struct mat *x, int64_t i, int64_t b)
{
    int64_t n = x->n, k = c->k, found = 0;
    const int32_t *id = c->s.indices + b * k;
    const float *value = c->s.data + b * k;
    float *score = malloc((size_t)n * sizeof *score), least = INFINITY;
    for (int64_t j = 0; j < n; j++)
        score[j] = chain(x, i, j);
    int right = c->s.indptr[b] == b * k && c->s.indptr[b + 1] == (b + 1) * k;
    int64_t last = 0; /* the worst of the list */
    for (int64_t p = 0; p < k; p++) {
        right = right && id[p] >= 0 && id[p] < n && (!p || id[p] > id[p - 1]) &&
                memcmp(&value[p], &score[id[p]], sizeof *value) == 0;
        if (right && score[id[p]] <= least) {
            least = score[id[p]];
            last = id[p];
        }
    }
    for (int64_t j = 0; j < n && right; j++) {
        if (found < k && id[found] == j)
            found++;
        else
            right = score[j] < least || (score[j] == least && j > last);
    }
    free(score);
    return right && found == k;
}

static int
are_lists(const struct knn_learned *c, const struct mat *x, const int32_t *list,
    int64_t n)
{
    int right = c->s.rows == n && c->s.nnz == n * c->k && c->s.cols == x->n;
    for (int64_t b = 0; b < n && right; b++)
        right = is_list(c, x, list ? list[b] : b, b);
    return right;
}

/* Rows of norm 1 with exact ties. */
static struct mat
rows(int64_t n, int64_t d)
{
    struct mat x = values(n, d);
    for (int64_t r = 3; r + 7 < n; r += 7)
        memcpy(x.x + (r + 5) * d, x.x + r * d, (size_t)d * sizeof *x.x);
    norm_rows_forward(&x, &x, NULL, exec_of(2));
    return x;
}

static void
test_sizes(int64_t n, int64_t d, int64_t k)
{
    struct mat x = rows(n, d);
    struct knn_learned c;
    struct err e;
    int good = knn_learned_init(&c, n, k, &e) == 0 && c.k == (k < n ? k : n);
    for (int round = 0; round < 2 && good; round++)
        good = knn_learned_build(&c, &x, NULL, n, exec_of(2), &e) == 0 &&
               csr_check(&c.s, "s", &e) == 0 && are_lists(&c, &x, NULL, n);
    ok(good, "%lld neighbours among %lld rows of %lld", (long long)k,
        (long long)n, (long long)d);
    knn_learned_free(&c);
}

static void
move(struct mat *x, float by)
{
    struct mat step = values(x->n, x->d);
    for (int64_t i = 0; i < x->n * x->d; i++)
        x->x[i] += by * step.x[i];
    norm_rows_forward(x, x, NULL, exec_of(2));
}

/* Rows that move a little, a lot, and not at all between builds of some. */
static void
test_moves(void)
{
    enum { D = 24 };
    static const float by[] = {0, 0, .01f, .1f, 1, 1e-4f};
    struct mat x = rows(MANY, D);
    struct knn_learned c, fresh;
    int32_t list[MANY];
    int rc = knn_learned_init(&c, MANY, 10, NULL);
    for (int round = 0; round < 6; round++) {
        int64_t n = 0;
        for (int i = round; i < MANY; i += 1 + round % 3)
            list[n++] = i;
        move(&x, by[round]);
        rc |= knn_learned_init(&fresh, MANY, 10, NULL);
        rc |= knn_learned_build(&c, &x, list, n, exec_of(1 + round % 3), NULL);
        rc |= knn_learned_build(&fresh, &x, list, n, exec_of(1), NULL);
        size_t all = (size_t)(n * 10);
        ok(!rc && are_lists(&c, &x, list, n) &&
                memcmp(c.s.indices, fresh.s.indices,
                    all * sizeof *c.s.indices) == 0 &&
                memcmp(c.s.data, fresh.s.data, all * sizeof *c.s.data) == 0,
            "the lists of %lld of %d rows, all moved by %g", (long long)n, MANY,
            (double)by[round]);
        knn_learned_free(&fresh);
    }
    knn_learned_free(&c);
}

static void
check(const struct mat *x, const char *what)
{
    struct knn_learned c;
    int rc = knn_learned_init(&c, x->n, 10, NULL);
    for (int round = 0; round < 2; round++) {
        rc |= knn_learned_build(&c, x, NULL, x->n, exec_of(2), NULL);
        ok(!rc && are_lists(&c, x, NULL, x->n), "%s%s", what,
            round ? ", again" : "");
    }
    knn_learned_free(&c);
}

/* Such rows, as learned ones are, do not count as a crowd. */
static void
test_no_crowd(const struct mat *x)
{
    struct knn_learned c;
    int rc = knn_learned_init(&c, x->n, 10, NULL);
    rc |= knn_learned_build(&c, x, NULL, x->n, exec_of(2), NULL);
    ok(!rc && c.ranked == 0, "%lld of them are left to the ranker",
        (long long)c.ranked);
    knn_learned_free(&c);
}

/* Nearly equal rows, crowds of equal ones, rows of 0, and rows whose sizes are
 * not those of cosines. */
static void
test_kinds(void)
{
    enum { D = 16 };
    struct mat near = rows(MANY, D), crowd = rows(MANY, D), x = rows(MANY, D);
    for (int64_t i = 0; i < MANY * D; i++)
        near.x[i] = 1 + 1e-3f * near.x[i];
    norm_rows_forward(&near, &near, NULL, exec_of(2));
    check(&near, "rows that are nearly equal");
    struct mat alike = rows(MANY, D);
    for (int64_t i = 0; i < MANY * D; i++)
        alike.x[i] = 1 + .2f * alike.x[i];
    norm_rows_forward(&alike, &alike, NULL, exec_of(2));
    check(&alike, "rows with much in common");
    test_no_crowd(&alike);
    for (int64_t i = 0; i < MANY; i++)
        if (i % 8 == 5)
            memset(crowd.x + i * D, 0, D * sizeof *crowd.x);
        else if (i % 8 > 0 && i % 8 < 5)
            memcpy(crowd.x + i * D, crowd.x + (i / 1000) * D, D * sizeof *x.x);
    check(&crowd, "crowds of equal rows, rows of 0");
    for (int64_t i = 0; i < MANY * D; i++)
        x.x[i] *= ldexpf(1, (int)(i / D % 9) - 4);
    check(&x, "rows of several sizes");
    for (int64_t i = 0; i < MANY * D; i++)
        x.x[i] *= 0x1p30f;
    check(&x, "large rows");
    for (int64_t i = 0; i < MANY * D; i++)
        x.x[i] *= 0x1p-90f;
    check(&x, "small rows");
}

static void
test_errors(void)
{
    enum { N = 60, D = 16 };
    struct mat x = rows(N, D);
    struct knn_learned c;
    struct err e;
    int rc = knn_learned_init(&c, N, 10, &e);
    x.x[2 * D + 1] = NAN;
    ok(!rc && knn_learned_build(&c, &x, NULL, N, exec_of(2), &e) == ERR_NUM &&
            strcmp(e.msg, "vector 2 is not finite at column 1") == 0,
        "a vector that is not finite is named");
    for (int64_t i = 0; i < N * D; i++)
        x.x[i] = 0;
    x.x[7 * D] = 2e19f;
    x.x[9 * D] = 1e19f;
    ok(knn_learned_build(&c, &x, NULL, N, exec_of(2), &e) == ERR_NUM &&
            strcmp(e.msg,
                "the score of user 7 and item 7 may overflow: their vectors "
                "have norms 2e+19 and 2e+19") == 0,
        "vectors that are too large");
    knn_learned_free(&c);
}

int
main(void)
{
    test_sizes(60, 16, 10);
    test_sizes(5, 16, 10);
    test_sizes(1, 16, 1);
    test_sizes(17, 1, 3);
    test_sizes(600, 7, 100);
    test_sizes(98, 33, 98);
    test_sizes(40, 5000, 5);
    test_moves();
    test_kinds();
    test_errors();
    pool_free();
    return done();
}
