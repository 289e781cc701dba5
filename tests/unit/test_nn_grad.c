/* lib/nn: every adjoint against differences of a naive forward pass. */
#include "lib/base/rng_words.h"
#include "lib/la/blas.h"
#include "lib/nn/act.h"
#include "lib/nn/bpr_rows.h"
#include "lib/nn/cosine.h"
#include "lib/nn/dropout.h"
#include "lib/nn/linear.h"
#include "lib/nn/norm.h"
#include "lib/nn/propagate.h"
#include "lib/nn/rows.h"
#include "lib/nn/spmm.h"
#include "tests/unit/execs.h"
#include "tests/unit/fd.h"
#include "tests/unit/pool.h"
#include "tests/unit/tap.h"

#include <stdlib.h>
#include <string.h>

enum { MAX = 4096 };

/* Weights of a loss sum_k c_k y_k: c is then bar(Y). */
static double
weighted(const struct mat *c, const double *y)
{
    double s = 0;
    for (int64_t k = 0; k < c->n * c->d; k++)
        s += (double)c->x[k] * y[k];
    return s;
}

struct ctx {
    const struct mat *a, *b, *c;
    const int32_t *list;
    const int32_t *more;
    const struct csr *s;
    const struct dropout *drop;
    const float *scale;
    double w;
    int64_t n, p, q;
};

static double
linear(const double *x, const double *w, const double *b, const struct ctx *t)
{
    double y[MAX];
    for (int64_t r = 0; r < t->n; r++)
        for (int64_t o = 0; o < t->q; o++) {
            double s = b[o];
            for (int64_t k = 0; k < t->p; k++)
                s += x[(t->list ? t->list[r] : r) * t->p + k] * w[o * t->p + k];
            y[r * t->q + o] = s;
        }
    return weighted(t->c, y);
}

/* X, W and b one after the other; rows is that of X. */
static double
linear_loss(void *ctx, const double *v)
{
    const struct ctx *t = ctx;
    int64_t rows = t->a->n;
    return linear(v, v + rows * t->p, v + rows * t->p + t->q * t->p, t);
}

static void
test_linear(int64_t n, int64_t p, int64_t q, const int32_t *list, int64_t rows)
{
    struct mat x = values(list ? rows : n, p), w = values(q, p);
    struct mat b = values(1, q), dy = values(n, q), y = values(n, q);
    struct ctx t = {.a = &x, .c = &dy, .list = list, .n = n, .p = p, .q = q};
    int64_t nx = x.n * p, nw = q * p;
    float at[MAX], grad[MAX] = {0};
    memcpy(at, x.x, (size_t)nx * sizeof *at);
    memcpy(at + nx, w.x, (size_t)nw * sizeof *at);
    memcpy(at + nx + nw, b.x, (size_t)q * sizeof *at);
    struct mat dx = {x.n, p, grad}, dw = {q, p, grad + nx};
    float *db = grad + nx + nw;
    char what[96];
    snprintf(what, sizeof what, "linear %lld x %lld -> %lld%s", (long long)n,
        (long long)p, (long long)q, list ? " of listed rows" : "");
    int rc = 0;
    if (list) {
        struct arena arena = {0};
        struct segments s = segments_in(&arena, n);
        struct mat gathered = zeros(n, p);
        rc = linear_rows_forward(&x, list, &w, b.x, &y, exec_of(2), NULL) ||
             linear_rows_backward(&x, list, &dy, &dw, db, exec_of(2), NULL);
        linear_backward(NULL, &w, &dy, &gathered, NULL, NULL, exec_of(2));
        segments_set(&s, list, n);
        rows_scatter(&s, &gathered, &dx, exec_of(2));
        arena_free(&arena);
    } else {
        linear_forward(&x, &w, b.x, &y, exec_of(2));
        linear_backward(&x, &w, &dy, &dx, &dw, db, exec_of(2));
    }
    fd_check(what, nx + nw + q, at, grad, linear_loss, &t, 2e-6);
    double value[MAX];
    for (int64_t k = 0; k < nx + nw + q; k++)
        value[k] = (double)at[k];
    double yd[MAX];
    for (int64_t k = 0; k < n * q; k++)
        yd[k] = (double)y.x[k];
    double want = linear_loss(&t, value);
    ok(!rc && fabs(weighted(&dy, yd) - want) <= 1e-5 * (1 + fabs(want)),
        "%s: values", what);
}

static double
norm_loss(void *ctx, const double *x)
{
    const struct ctx *t = ctx;
    double y[MAX];
    for (int64_t r = 0; r < t->n; r++) {
        double s = 0;
        for (int64_t c = 0; c < t->p; c++)
            s += x[r * t->p + c] * x[r * t->p + c];
        for (int64_t c = 0; c < t->p; c++)
            y[r * t->p + c] = x[r * t->p + c] / fmax(sqrt(s), 1e-12);
    }
    return weighted(t->c, y);
}

static double
squares(const struct ctx *t, const double *x)
{
    double s = 0;
    for (int64_t b = 0; b < t->n; b++)
        for (int64_t c = 0; c < t->p; c++) {
            double v = x[(t->list ? t->list[b] : b) * t->p + c];
            s += v * v;
        }
    return s;
}

static double
squared_loss(void *ctx, const double *x)
{
    const struct ctx *t = ctx;
    return t->w / 2 * squares(t, x);
}

static double
frobenius_loss(void *ctx, const double *x)
{
    const struct ctx *t = ctx;
    return t->w * sqrt(squares(t, x));
}

static void
test_norms(void)
{
    enum { N = 5, D = 19 };
    struct mat x = values(N, D), y = values(N, D), dy = values(N, D);
    struct mat dx = zeros(N, D);
    float norm[N];
    struct ctx t = {.c = &dy, .n = N, .p = D, .w = .3};
    norm_rows_forward(&x, &y, norm, exec_of(2));
    norm_rows_backward(&y, norm, &dy, &dx, exec_of(2));
    fd_check("row norm", N * D, x.x, dx.x, norm_loss, &t, 2e-6);
    /* below the threshold: x / 1e-12 and dy / 1e-12 */
    float tiny[] = {3e-13f, 0, 0, 0}, out[4], grad[4] = {0};
    struct mat a = {2, 2, tiny}, b = {2, 2, out}, g = {2, 2, grad};
    struct mat one = {2, 2, (float[]){1, 2, 3, 4}};
    norm_rows_forward(&a, &b, norm, exec_of(1));
    norm_rows_backward(&b, norm, &one, &g, exec_of(1));
    ok(fabs((double)out[0] - .3) < 1e-6 && out[2] == 0 && grad[0] == 1e12f &&
            grad[3] == 4e12f,
        "row norm of rows of (almost) nothing");

    rows_zero(&dx, exec_of(1));
    double l = norm_squared(&x, NULL, N, .3, &dx, exec_of(2));
    fd_check("squared norm", N * D, x.x, dx.x, squared_loss, &t, 2e-6);
    double at[N * D];
    for (int k = 0; k < N * D; k++)
        at[k] = (double)x.x[k];
    ok(fabs(l - squared_loss(&t, at)) < 1e-12 * l, "squared norm: value");
    rows_zero(&dx, exec_of(1));
    l = norm_frobenius(&x, .3, &dx, exec_of(2));
    fd_check("unsquared norm", N * D, x.x, dx.x, frobenius_loss, &t, 2e-6);
    ok(fabs(l - frobenius_loss(&t, at)) < 1e-12 * l, "unsquared norm: value");

    static const int32_t list[] = {4, 0, 4, 4, 2, 0, 1};
    enum { B = sizeof list / sizeof *list };
    struct mat occ = zeros(B, D);
    struct arena arena = {0};
    struct segments s = segments_in(&arena, B);
    segments_set(&s, list, B);
    t.list = list;
    t.n = B;
    l = norm_squared(&x, list, B, .3, &occ, exec_of(2));
    rows_zero(&dx, exec_of(1));
    rows_scatter(&s, &occ, &dx, exec_of(2));
    arena_free(&arena);
    fd_check("squared norm of listed rows", N * D, x.x, dx.x, squared_loss, &t,
        2e-6);
    ok(fabs(l - squared_loss(&t, at)) < 1e-12 * l,
        "squared norm of listed rows: value");
    struct mat none = zeros(3, 4), dnone = zeros(3, 4);
    double f = norm_frobenius(&none, 1, &dnone, exec_of(1));
    ok(f == 0 && dnone.x[0] == 0, "a matrix of zeros has no direction");
}

static double
cosine_naive(void *ctx, const double *x)
{
    const struct ctx *t = ctx;
    double sum = 0;
    for (int64_t b = 0; b < t->n; b++) {
        double xx = 0, yy = 0, xy = 0;
        for (int64_t c = 0; c < t->p; c++) {
            double v = x[b * t->p + c], y = (double)t->c->x[b * t->p + c];
            xx += v * v;
            yy += y * y;
            xy += v * y;
        }
        sum += xy / (fmax(sqrt(xx), 1e-8) * fmax(sqrt(yy), 1e-8));
    }
    return t->w * (1 - sum / (double)t->n);
}

static void
test_cosine(void)
{
    enum { N = 7, D = 21 };
    struct mat x = values(N, D), y = values(N, D), dx = zeros(N, D);
    memset(y.x + 3 * D, 0, D * sizeof *y.x); /* all dropped out */
    struct ctx t = {.c = &y, .n = N, .p = D, .w = 2};
    double l = cosine_loss(&x, &y, 2, &dx, exec_of(2)), at[N * D];
    for (int k = 0; k < N * D; k++)
        at[k] = (double)x.x[k];
    ok(fabs(l - cosine_naive(&t, at)) < 1e-12, "cosine loss: value");
    fd_check("cosine loss", N * D, x.x, dx.x, cosine_naive, &t, 2e-6);
    ok(cosine_loss(&x, &y, 2, NULL, exec_of(1)) == l,
        "cosine loss without gradient");
    struct mat none = {0, D, x.x};
    ok(cosine_loss(&none, &none, 2, NULL, exec_of(1)) == 0,
        "cosine loss of no rows");
}

static double
leaky_naive(void *ctx, const double *x)
{
    const struct ctx *t = ctx;
    double y[MAX];
    for (int64_t k = 0; k < t->n; k++)
        y[k] = x[k] > 0 ? x[k] : .01 * x[k];
    return weighted(t->c, y);
}

static double
softmax_naive(void *ctx, const double *x)
{
    const struct ctx *t = ctx;
    double y[MAX];
    for (int64_t r = 0; r < t->n / t->p; r++) {
        double s = 0;
        for (int64_t c = 0; c < t->p; c++)
            s += exp(x[r * t->p + c]);
        for (int64_t c = 0; c < t->p; c++)
            y[r * t->p + c] = exp(x[r * t->p + c]) / s;
    }
    return weighted(t->c, y);
}

typedef void forward_fn(const struct mat *, struct mat *, struct exec *);
typedef void backward_fn(
    const struct mat *, const struct mat *, struct mat *, struct exec *);

static void
test_act(const char *what, forward_fn *forward, backward_fn *backward,
    fd_loss *naive)
{
    enum { N = 6, D = 17 };
    struct mat x = values(N, D), y = values(N, D), dy = values(N, D);
    struct mat dx = values(N, D), z = values(N, D), dz = values(N, D);
    struct ctx t = {.c = &dy, .n = N * D, .p = D};
    size_t bytes = N * D * sizeof(float);
    forward(&x, &y, exec_of(2));
    backward(&y, &dy, &dx, exec_of(2));
    fd_check(what, N * D, x.x, dx.x, naive, &t, 2e-6);
    memcpy(z.x, x.x, bytes);
    memcpy(dz.x, dy.x, bytes);
    forward(&z, &z, exec_of(1));
    backward(&z, &dz, &dz, exec_of(1));
    ok(memcmp(z.x, y.x, bytes) == 0 && memcmp(dz.x, dx.x, bytes) == 0,
        "%s in place", what);
    double sum = 0, at[N * D];
    for (int k = 0; k < N * D; k++) {
        sum += (double)dy.x[k] * (double)y.x[k];
        at[k] = (double)x.x[k];
    }
    ok(fabs(sum - naive(&t, at)) < 1e-5, "%s: values", what);
}

static double
bpr_naive(void *ctx, const double *v)
{
    const struct ctx *t = ctx;
    const double *a = v, *z = v + t->a->n * t->p;
    double sum = 0;
    for (int64_t b = 0; b < t->n; b++) {
        const double *u = a + (t->list ? t->list[b] : b) * t->p;
        const double *pos = z + (t->more ? t->more[b] : b) * t->p;
        const double *neg = t->more ? z + t->more[t->n + b] * t->p : NULL;
        double x = 0;
        for (int64_t c = 0; c < t->p; c++)
            x += u[c] * (pos[c] - (neg ? neg[c] : 0));
        sum += log1p(exp(-x));
    }
    return t->w * sum / (double)t->n;
}

/* Of items that are listed, or of differences of items. */
static void
test_bpr(int listed)
{
    enum { B = 6, D = 18, USERS = 6, ITEMS = 12 };
    static const int32_t user[B] = {5, 0, 5, 5, 2, 0};
    static const int32_t item[2 * B] = {3, 3, 11, 7, 3, 0, 1, 7, 3, 3, 1, 2};
    struct mat v = values(USERS + ITEMS, D), g = zeros(USERS + ITEMS, D);
    struct mat a = {USERS, D, v.x}, da = {USERS, D, g.x};
    struct mat z = {listed ? ITEMS : B, D, v.x + USERS * D};
    struct mat dz = {z.n, D, g.x + USERS * D};
    for (int64_t k = 0; k < v.n * D; k++)
        v.x[k] *= .3f;
    struct bpr_rows t = {.batch = B,
        .a = &a,
        .z = &z,
        .u = listed ? user : NULL,
        .i = listed ? item : NULL};
    struct ctx c = {.a = &a, .list = t.u, .more = t.i, .n = B, .p = D, .w = .7};
    double loss = -1, at[MAX];
    float coef[B];
    int rc = bpr_rows_loss(&t, .7, &loss, coef, exec_of(2), NULL);
    if (listed) {
        struct mat du = zeros(B, D), di = zeros(2 * B, D);
        struct arena arena = {0};
        struct segments su = segments_in(&arena, B);
        struct segments si = segments_in(&arena, 2 * B);
        segments_set(&su, user, B);
        segments_set(&si, item, 2 * B);
        bpr_rows_backward(&t, coef, &du, &di, exec_of(2));
        rows_scatter(&su, &du, &da, exec_of(2));
        rows_scatter(&si, &di, &dz, exec_of(2));
        arena_free(&arena);
    } else
        bpr_rows_backward(&t, coef, &da, &dz, exec_of(2));
    fd_check(listed ? "BPR on listed rows" : "BPR of differences", v.n * D, v.x,
        g.x, bpr_naive, &c, 2e-6);
    for (int64_t k = 0; k < v.n * D; k++)
        at[k] = (double)v.x[k];
    ok(!rc && fabs(.7 * loss / B - bpr_naive(&c, at)) < 1e-12, "BPR: value");
    struct err e;
    v.x[0] = NAN;
    rc = bpr_rows_loss(&t, 1, &loss, coef, exec_of(1), &e);
    char want[80];
    snprintf(want, sizeof want, "loss of triple %d of the batch is not finite",
        listed ? 1 : 0);
    ok(rc == ERR_NUM && strncmp(e.msg, want, strlen(want)) == 0,
        "a loss that is not finite is named");
}

static double
spmm_naive(void *ctx, const double *x)
{
    const struct ctx *t = ctx;
    double y[MAX];
    const double *value = x + t->s->cols * t->p;
    for (int64_t k = 0; k < t->s->rows * t->p; k++)
        y[k] = 0;
    for (int64_t i = 0; i < t->s->rows; i++)
        for (int64_t k = t->s->indptr[i]; k < t->s->indptr[i + 1]; k++)
            for (int64_t c = 0; c < t->p; c++)
                y[i * t->p + c] +=
                    (double)t->scale[i] * value[k] *
                    (double)t->scale[t->s->rows + t->s->indices[k]] *
                    x[t->s->indices[k] * t->p + c];
    return t->w * weighted(t->c, y);
}

static void
test_spmm(void)
{
    enum { N = 4, M = 5, D = 19, NNZ = 8 };
    int64_t indptr[N + 1] = {0, 3, 3, 7, 8};
    int32_t indices[NNZ] = {0, 2, 4, 0, 1, 2, 3, 2};
    struct mat v = values(1, M * D + NNZ), g = zeros(1, M * D + NNZ);
    struct csr s = {N, M, NNZ, indptr, indices, v.x + M * D}, tr;
    struct mat x = {M, D, v.x}, dx = {M, D, g.x}, dy = values(N, D);
    float scale[N + M] = {1, .5f, .25f, 2, 3, 1.5f, 1, .75f, 2};
    if (csr_transpose(&s, &tr, NULL))
        abort();
    struct spmm_op back = {&tr, scale + N, scale}, op = {&s, scale, scale + N};
    struct ctx t = {.s = &s, .c = &dy, .scale = scale, .p = D, .w = 1};
    spmm(&back, &dy, 1, &dx, exec_of(2));
    spmm_values(&op, 1, &dy, &x, g.x + M * D, exec_of(2));
    fd_check("sparse product, operand and values", M * D + NNZ, v.x, g.x,
        spmm_naive, &t, 2e-6);
    csr_free(&tr);
}

static double
dropout_naive(void *ctx, const double *x)
{
    const struct ctx *t = ctx;
    double y[MAX];
    for (int64_t b = 0; b < t->n; b++)
        for (int64_t c = 0; c < t->p; c++) {
            int64_t k = t->list[b] * t->p + c;
            uint32_t word;
            rng_words(rng_words_of(NULL), t->drop->seed, RNG_DROPOUT,
                t->drop->step, t->drop->stream, (uint64_t)k, 1, &word);
            double u = (double)word * 0x1p-32;
            y[b * t->p + c] =
                u < t->drop->p ? 0 : x[b * t->p + c] / (1 - t->drop->p);
        }
    return weighted(t->c, y);
}

static void
test_dropout(void)
{
    enum { B = 5, D = 13 };
    static const int32_t list[B] = {7, 0, 1, 7, 3};
    struct dropout o = {.p = .3, .seed = 5, .stream = 2, .step = 9};
    struct mat x = values(B, D), dy = values(B, D), dx = values(B, D);
    struct ctx t = {.drop = &o, .c = &dy, .list = list, .n = B, .p = D};
    dropout_apply(&o, &dy, list, &dx, exec_of(2));
    fd_check("dropout", B * D, x.x, dx.x, dropout_naive, &t, 2e-6);
}

int
main(void)
{
    blas_init();
    static const int32_t list[] = {2, 0, 2, 2, 4, 1, 0};
    test_linear(7, 5, 3, NULL, 0);
    test_linear(1, 1, 1, NULL, 0);
    test_linear(9, 17, 20, NULL, 0);
    test_linear(7, 5, 3, list, 5);
    test_norms();
    test_cosine();
    test_act("leaky ReLU", act_leaky_forward, act_leaky_backward, leaky_naive);
    test_act(
        "softmax", act_softmax_forward, act_softmax_backward, softmax_naive);
    test_bpr(0);
    test_bpr(1);
    test_spmm();
    test_dropout();
    pool_free();
    return done();
}
