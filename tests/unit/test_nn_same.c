/* lib/nn: the same bytes for any number of threads and any instruction set, and
 * what happens to nothing. */
#include "lib/knn/knn_learned.h"
#include "lib/la/blas.h"
#include "lib/nn/act.h"
#include "lib/nn/adam.h"
#include "lib/nn/bpr_rows.h"
#include "lib/nn/cosine.h"
#include "lib/nn/dropout.h"
#include "lib/nn/init.h"
#include "lib/nn/linear.h"
#include "lib/nn/loops.h"
#include "lib/nn/norm.h"
#include "lib/nn/propagate.h"
#include "lib/nn/rows.h"
#include "lib/nn/spmm.h"
#include "tests/unit/execs.h"
#include "tests/unit/pool.h"
#include "tests/unit/tap.h"

/* Everything once with a number of threads, results one after the other. */
struct everything {
    struct mat x, w, wide, theta;
    struct csr ones, valued;
    struct graph g;
    int32_t *list;
    struct segments s;
    double sums[6];
};

enum { N = 1501, D = 70, Q = 33, BATCH = 900 };

static struct mat
everything(struct everything *t, int threads)
{
    struct mat out = zeros(1, 32 * N * D);
    float *at = out.x;
#define NEXT(n, d)                                                             \
    (struct mat)                                                               \
    {                                                                          \
        (n), (d), (at += (n) * (d)) - (n) * (d)                                \
    }
    struct mat y = NEXT(N, Q), dx = NEXT(N, D), dw = NEXT(Q, D);
    struct mat db = NEXT(1, Q), rows = NEXT(BATCH, Q), dw2 = NEXT(Q, D);
    linear_forward(&t->x, &t->w, t->theta.x, &y, exec_of(threads));
    linear_backward(&t->x, &t->w, &y, &dx, &dw, db.x, exec_of(threads));
    int rc = linear_rows_forward(
        &t->x, t->list, &t->w, NULL, &rows, exec_of(threads), NULL);
    rc |= linear_rows_backward(
        &t->x, t->list, &rows, &dw2, db.x, exec_of(threads), NULL);
    struct mat y1 = NEXT(N, D), y2 = NEXT(N, D), y3 = NEXT(N, D);
    struct mat norm = NEXT(1, N), val = NEXT(1, t->valued.nnz);
    struct spmm_op a = {&t->ones, t->theta.x, NULL};
    struct spmm_op b = {&t->valued, NULL, t->theta.x};
    spmm(&a, &t->x, 0, &y1, exec_of(threads));
    spmm(&b, &t->x, 1, &y1, exec_of(threads));
    spmm_values(&b, .5f, &y1, &t->x, val.x, exec_of(threads));
    norm_rows_forward(&t->x, &y2, norm.x, exec_of(threads));
    norm_rows_backward(&y2, norm.x, &t->x, &y3, exec_of(threads));
    struct mat y4 = NEXT(N, D), y5 = NEXT(N, D), y6 = NEXT(N, D);
    t->sums[0] =
        norm_squared(&t->x, t->list, BATCH, .1, NULL, exec_of(threads));
    t->sums[1] = norm_frobenius(&t->x, .1, &y4, exec_of(threads));
    t->sums[2] = cosine_loss(&t->x, &y1, 2, &y4, exec_of(threads));
    act_leaky_forward(&t->x, &y5, exec_of(threads));
    act_leaky_backward(&y5, &t->x, &y6, exec_of(threads));
    struct mat y7 = NEXT(N, D), y8 = NEXT(N, D), y9 = NEXT(N, D);
    act_softmax_forward(&t->x, &y7, exec_of(threads));
    act_softmax_backward(&y7, &t->x, &y8, exec_of(threads));
    dropout_apply(&(struct dropout){.p = .5, .seed = 1, .stream = 1, .step = 1},
        &t->x, NULL, &y9, exec_of(threads));
    struct mat du = NEXT(BATCH / 2, D), dz = NEXT(BATCH, D);
    struct mat coef = NEXT(1, BATCH / 2), sum = NEXT(N, D);
    struct bpr_rows bpr = {
        .batch = BATCH / 2, .a = &t->x, .z = &y1, .u = t->list, .i = t->list};
    rc |= bpr_rows_loss(&bpr, 1, &t->sums[3], coef.x, exec_of(threads), NULL);
    bpr_rows_backward(&bpr, coef.x, &du, &dz, exec_of(threads));
    rows_scatter(&t->s, &dz, &sum, exec_of(threads));
    struct mat h = NEXT(N, D), m = NEXT(N, D), v = NEXT(N, D);
    struct mat theta = NEXT(N, D);
    struct arena arena = {0};
    struct propagate p = propagate_in(&arena, N, D);
    propagate_mean(&p, &t->g, 3, &t->x, &h, exec_of(threads));
    arena_free(&arena);
    struct adam s = adam_scalars(&(struct adam_opt){.rate = .1}, 1);
    rows_add(1, &t->theta, NULL, &theta, exec_of(threads));
    adam_step(&s, N * D, theta.x, m.x, v.x, h.x, exec_of(threads));
    struct mat i = NEXT(N, D), j = NEXT(N, D);
    init_xavier_normal(&(struct init){2, 1, exec_of(threads)}, &i);
    init_xavier_uniform(&(struct init){2, 1, exec_of(threads)}, &j);
    struct knn_learned knn;
    rc |= knn_learned_init(&knn, N, 10, NULL);
    rc |= knn_learned_build(&knn, &t->x, NULL, N, exec_of(threads), NULL);
    struct mat k = NEXT(1, 10 * N);
    for (int64_t q = 0; q < knn.s.nnz; q++)
        k.x[q] = knn.s.data[q] + (float)knn.s.indices[q];
    knn_learned_free(&knn);
    if (rc || at > out.x + out.d)
        abort();
    return out;
}

static void
test_threads(void)
{
    struct everything t = {.x = values(N, D),
        .w = values(Q, D),
        .theta = values(N, D),
        .ones = sparse(N, N, 9, 0),
        .valued = sparse(N, N, 5, 1),
        .list = row_list(BATCH, N, 8)};
    struct csr train = sparse(1000, N - 1000, 7, 0);
    struct arena arena = {0};
    t.g = graph_in(&arena, &train);
    t.s = segments_in(&arena, BATCH);
    segments_set(&t.s, t.list, BATCH);
    struct mat want = everything(&t, 1);
    double sums[6];
    memcpy(sums, t.sums, sizeof sums);
    static const int threads[] = {2, 3, 7};
    for (int k = 0; k < 3; k++) {
        struct mat got = everything(&t, threads[k]);
        int64_t at = 0;
        while (at < got.d && memcmp(&got.x[at], &want.x[at], 4) == 0)
            at++;
        ok(at == got.d && memcmp(sums, t.sums, sizeof sums) == 0,
            "%d threads give the bytes of one (%lld of %lld)", threads[k],
            (long long)at, (long long)got.d);
    }
    arena_free(&arena);
    csr_free(&train);
    csr_free(&t.ones);
    csr_free(&t.valued);
    free(t.list);
}

/* Gradients of a sparse matrix's values: one by one, from single inner
 * products. */
static int
are_values(const struct loops *loops, const struct csr *m, const struct mat *a,
    const struct mat *b, const float *q, int64_t d)
{
    struct mat got = zeros(1, m->nnz), want = zeros(1, m->nnz);
    struct loops_values v = {.indptr = m->indptr,
        .indices = m->indices,
        .nnz = m->nnz,
        .d = d,
        .w = .3,
        .left = d % 3 ? q : NULL,
        .right = d % 2 ? q : NULL,
        .a = a->x,
        .b = b->x,
        .out = got.x};
    loops->values(&v, 0, m->rows / 2);
    loops->values(&v, m->rows / 2, m->rows);
    for (int64_t r = 0; r < m->rows; r++)
        for (int64_t k = m->indptr[r]; k < m->indptr[r + 1]; k++) {
            int64_t j = m->indices[k];
            double t = v.w * loops->dot(d, v.a + r * d, v.b + j * d);
            t *= v.left ? (double)q[r] : 1;
            t *= v.right ? (double)q[j] : 1;
            want.x[k] += (float)t;
        }
    return same_bytes(&got, &want);
}

static void
test_loops(const char *isa)
{
    struct exec *one = exec_with(1, "portable"), *other = exec_with(1, isa);
    const struct loops *a = loops_of(one), *b = loops_of(other);
    char name[64];
    snprintf(
        name, sizeof name, "%s gives the bytes of the portable loops", isa);
    if (!other) {
        skip(name, "not on this processor");
        return;
    }
    enum { ROWS = 40, COLS = 50, WIDTH = 128 + 64 + 16 + 3 };
    int good = 1;
    struct csr s[] = {sparse(ROWS, COLS, 5, 0), sparse(ROWS, COLS, 5, 1)};
    struct mat x = values(COLS, WIDTH), add = values(ROWS, WIDTH);
    struct mat q = values(1, COLS);
    for (int kind = 0; kind < 16; kind++) {
        struct mat y = zeros(ROWS, WIDTH), z = zeros(ROWS, WIDTH);
        struct csr *m = &s[kind & 1];
        struct loops_spmm p = {.indptr = m->indptr,
            .indices = m->indices,
            .value = m->data,
            .nnz = m->nnz,
            .d = WIDTH,
            .left = kind & 2 ? q.x : NULL,
            .right = kind & 4 ? q.x : NULL,
            .post = kind & 8 ? q.x + 3 : NULL,
            .beta = kind & 4 ? .5f : 0,
            .x = x.x,
            .add = add.x,
            .y = y.x};
        a->spmm(&p, 0, ROWS);
        p.y = z.x;
        b->spmm(&p, 0, ROWS);
        good &= same_bytes(&y, &z);
    }
    ok(good, "%s: sparse product", name);
    good = 1;
    for (int64_t d = 0; d <= WIDTH; d += 1 + d / 34)
        good &= are_values(b, &s[d % 2], &add, &x, q.x, d);
    struct mat wide = values(ROWS, 272), rows = values(COLS, 272);
    for (int64_t d = 224; d <= 272; d += 16)
        good &= are_values(b, &s[0], &wide, &rows, q.x, d);
    ok(good, "%s: gradients of a sparse matrix's values", isa);
    good = 1;
    for (int64_t n = 0; n < 150; n++) {
        struct mat y = zeros(1, n), z = zeros(1, n);
        double p = a->dot(n, x.x, add.x), r = b->dot(n, x.x, add.x);
        good &= memcmp(&p, &r, sizeof p) == 0;
        a->axpy(n, .3f, x.x, y.x);
        b->axpy(n, .3f, x.x, z.x);
        good &= same_bytes(&y, &z);
        a->softmax(n, x.x, y.x);
        b->softmax(n, x.x, z.x);
        good &= same_bytes(&y, &z);
        const uint32_t *word = (const uint32_t *)(const void *)q.x;
        int64_t w = n < q.d ? n : q.d;
        a->mask(w, word, UINT32_C(0x80000000), 2, x.x, y.x);
        b->mask(w, word, UINT32_C(0x80000000), 2, x.x, z.x);
        good &= same_bytes(&y, &z);
        struct adam s2 = adam_scalars(
            &(struct adam_opt){.rate = .1, .coupled = .01, .decoupled = .1}, 3);
        struct mat m1 = zeros(3, n), m2 = zeros(3, n);
        a->adam(&s2, n, m1.x, m1.x + n, m1.x + 2 * n, y.x);
        b->adam(&s2, n, m2.x, m2.x + n, m2.x + 2 * n, z.x);
        good &= same_bytes(&m1, &m2);
    }
    ok(good, "%s: dot, axpy, softmax, sigmoid, mask, Adam", name);
    csr_free(&s[0]);
    csr_free(&s[1]);
}

/* No rows, no columns: nothing happens. */
static void
test_nothing(void)
{
    struct mat rows = {0, 5, values(0, 5).x}, w = values(4, 5);
    struct mat out = {0, 4, values(0, 4).x}, dw = zeros(4, 5);
    struct mat thin = {3, 0, values(3, 0).x}, tw = {4, 0, thin.x};
    struct mat ty = values(3, 4);
    float b[4] = {1, 2, 3, 4}, db[4] = {0};
    linear_forward(&rows, &w, b, &out, exec_of(2));
    linear_backward(&rows, &w, &out, &rows, &dw, db, exec_of(2));
    linear_forward(&thin, &tw, b, &ty, exec_of(2));
    linear_backward(&thin, &tw, &ty, &thin, &tw, NULL, exec_of(2));
    linear_forward(&w, &w, b, &out, exec_of(2));
    ok(dw.x[0] == 0 && db[3] == 0 && ty.x[11] == 4,
        "linear of no rows or columns");
    norm_rows_forward(&thin, &thin, NULL, exec_of(2));
    act_softmax_forward(&thin, &thin, exec_of(2));
    act_softmax_forward(&rows, &rows, exec_of(2));
    rows_gather(&w, NULL, &rows, exec_of(2));
    double loss = -1;
    struct bpr_rows none = {.batch = 0, .a = &rows, .z = &rows};
    int rc = bpr_rows_loss(&none, 1, &loss, db, exec_of(2), NULL);
    ok(!rc && loss == 0, "no triples");
    struct knn_learned c;
    rc = knn_learned_init(&c, 0, 10, NULL);
    rc |= knn_learned_build(&c, &rows, NULL, 0, exec_of(2), NULL);
    ok(!rc && c.s.nnz == 0, "neighbours of no rows");
    knn_learned_free(&c);
    struct arena arena = {0};
    (void)segments_in(&arena, INT64_C(1) << 31);
    ok(arena.rc == ERR_RANGE &&
            strcmp(arena.err.msg,
                "a list of 2147483648 rows is longer than 2^31 - 1") == 0,
        "a list that is too long");
    arena_free(&arena);
}

int
main(void)
{
    blas_init();
    test_threads();
    test_loops("avx2");
    test_loops("avx512");
    test_nothing();
    pool_free();
    return done();
}
