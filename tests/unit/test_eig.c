/* lib/whiten: the block eigenvalue solver against LAPACK on whole spectra. */
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/la/blas.h"
#include "lib/whiten/cheb.h"
#include "lib/whiten/eig.h"
#include "lib/whiten/tall.h"
#include "tests/unit/execs.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct matrix {
    int64_t n;
    double *a;
};

static int
apply(void *ctx, int64_t m, const double *x, double *y, struct err *e)
{
    (void)e;
    const struct matrix *a = ctx;
    tall_mul(exec_of(2), a->n, a->n, 1.0, a->a, a->n, m, x, m, 0.0, y, m);
    return 0;
}

static int
serial(void *ctx, int64_t m, const double *x, double *y, struct err *e)
{
    (void)e;
    const struct matrix *a = ctx;
    tall_mul(NULL, a->n, a->n, 1.0, a->a, a->n, m, x, m, 0.0, y, m);
    return 0;
}

/* The ways to ask for products: whole blocks, dear or cheap, and panels. */
static struct eig_op
as_op(struct matrix *a, int how)
{
    return (struct eig_op){.n = a->n,
        .apply = how == 2 ? serial : apply,
        .ctx = a,
        .panel = how == 2 ? 8 : 0,
        .cheap = how > 0};
}

/* A symmetric matrix with these eigenvalues: a diagonal one, reflected at a few
 * random hyperplanes. */
static struct matrix
with_spectrum(int64_t n, const double *value, uint32_t seed)
{
    struct matrix a = {n, mem_zero(n * n, sizeof(double), NULL)};
    double *v = mem_new(n, sizeof *v, NULL), *w = mem_new(n, sizeof *w, NULL);
    for (int64_t i = 0; i < n; i++)
        a.a[i * n + i] = value[i];
    for (uint32_t pass = 0; pass < 3; pass++) {
        double norm = 0, vav = 0;
        for (int64_t i = 0; i < n; i++) {
            v[i] = rng_normal(seed, RNG_TEST, pass, (uint64_t)i, 0);
            norm += v[i] * v[i];
        }
        for (int64_t i = 0; i < n; i++)
            v[i] /= sqrt(norm);
        for (int64_t i = 0; i < n; i++) {
            w[i] = 0;
            for (int64_t j = 0; j < n; j++)
                w[i] += a.a[i * n + j] * v[j];
            vav += v[i] * w[i];
        }
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++)
                a.a[i * n + j] -=
                    2 * (v[i] * w[j] + w[i] * v[j]) - 4 * vav * v[i] * v[j];
    }
    free(v);
    free(w);
    return a;
}

static int
descending(const void *x, const void *y)
{
    const double *a = x, *b = y;
    return *a < *b ? 1 : *a > *b ? -1 : 0;
}

static int
last_is_tiny(const double *value, int64_t d)
{
    return fabs(value[d - 1]) < 1e-5 * fabs(value[0]);
}

/* Values, residuals and orthogonality of the d largest pairs. */
static void
check_pairs(
    const char *name, struct matrix *a, int how, const double *value, int64_t d)
{
    int64_t n = a->n;
    struct eig r;
    struct err e = {""};
    struct eig_opt opt = {
        .d = d, .tol = 1e-8, .max_iter = 5000, .exec = exec_of(2)};
    struct eig_op op = as_op(a, how);
    int rc = eig_largest(&op, &opt, &r, &e);
    if (!ok(rc == 0, "%s: converges in %d products (%s)", name, (int)r.products,
            e.msg))
        return;
    double scale = fmax(fabs(value[0]), fabs(value[n - 1])), worst = 0;
    for (int64_t k = 0; k < d; k++)
        worst = fmax(worst, fabs(r.value[k] - value[k]) / scale);
    ok(worst < 1e-12, "%s: the %d largest values (%.2g)", name, (int)d, worst);
    worst = 0;
    for (int64_t k = 0; k < d; k++)
        for (int64_t q = 0; q <= k; q++) {
            double s = 0;
            for (int64_t i = 0; i < n; i++)
                s += r.vector[i * d + k] * r.vector[i * d + q];
            worst = fmax(worst, fabs(s - (k == q)));
        }
    ok(worst < 1e-12, "%s: orthonormal vectors (%.2g)", name, worst);
    double *y = mem_new(n * d, sizeof *y, NULL), reported = 0;
    if (apply(a, d, r.vector, y, NULL))
        abort();
    worst = 0;
    for (int64_t k = 0; k < d; k++) {
        double sum = 0, w = fabs(r.value[k]);
        for (int64_t i = 0; i < n; i++) {
            double x = y[i * d + k] - r.value[k] * r.vector[i * d + k];
            sum += x * x;
        }
        worst = fmax(worst, sqrt(sum) / fmax(1e-8 * w, 1e-14 * scale));
        reported = fmax(reported, sqrt(sum) / w);
    }
    ok(worst <= 1 || value[0] == 0, "%s: residuals (%.2g of tol)", name, worst);
    ok(fabs(reported - r.residual) <= 1e-12 || last_is_tiny(value, d),
        "%s: the reported residual is the true one", name);
    free(y);
    eig_free(&r);
}

static void
check(const char *name, int64_t n, double *value, int64_t d)
{
    static const char *const how[] = {"dear", "cheap", "panels"};
    struct matrix a = with_spectrum(n, value, (uint32_t)n + (uint32_t)d);
    qsort(value, (size_t)n, sizeof *value, descending);
    for (int i = 0; i < 3; i++) {
        char text[80];
        snprintf(text, sizeof text, "%s, %s", name, how[i]);
        check_pairs(text, &a, i, value, d);
    }
    free(a.a);
}

static void
test_spectra(void)
{
    enum { N = 560, D = 16 };
    double v[N];
    for (int i = 0; i < N; i++)
        v[i] = rng_normal(3, RNG_TEST, 0, (uint64_t)i, 0);
    check("random spectrum", N, v, D);
    for (int i = 0; i < N; i++)
        v[i] = pow(1.007, -i);
    check("neighbours 1.007 apart", N, v, D);
    for (int i = 0; i < N; i++)
        v[i] = i < 10   ? 5
               : i < 40 ? 4
                        : rng_uniform(1, RNG_TEST, 1, (uint64_t)i, 0);
    check("multiplicity 10 and 30", N, v, D);
    for (int i = 0; i < N; i++)
        v[i] = i < 3 ? 3 - i : 0;
    check("rank 3", N, v, D);
    for (int i = 0; i < N; i++)
        v[i] = 1;
    check("identity", N, v, D);
    memset(v, 0, sizeof v);
    check("zero", N, v, D);
    for (int i = 0; i < N; i++)
        v[i] = pow(10, -i / 3.0);
    check("fast decay", N, v, D);
    for (int i = 0; i < N; i++)
        v[i] = i == 0 ? 1e7 : 2 - i * 1e-3;
    check("one dominant value", N, v, D);
    for (int i = 0; i < N; i++)
        v[i] = i == 0 ? 21 : i == 1 ? -25 : 2 - i * 4e-3;
    check("large values of both signs", N, v, D);
    for (int i = 0; i < N; i++)
        v[i] = -1 - i;
    check("negative definite", N, v, D);
    for (int i = 0; i < N; i++)
        v[i] = (i % 2 ? -1 : 1) * (10 - i * 0.01);
    check("both signs", N, v, D);
    for (int i = 0; i < N; i++)
        v[i] = 1 + i;
    check("one vector", N, v, 1);
    for (int i = 0; i < 30; i++)
        v[i] = i * i;
    check("dense: all of 30", 30, v, 30);
    check("dense: 1 of 1", 1, v, 1);
}

static void
test_errors(void)
{
    double v[600];
    for (int i = 0; i < 600; i++)
        v[i] = 1 + 1e-7 * i;
    struct matrix a = with_spectrum(600, v, 1);
    struct eig r;
    struct err e = {""};
    struct eig_opt opt = {
        .d = 4, .tol = 1e-14, .max_iter = 2, .exec = exec_of(1)};
    struct eig_op op = as_op(&a, 0);
    int rc = eig_largest(&op, &opt, &r, &e);
    ok(rc == ERR_NUM && strstr(e.msg, "did not converge in 6 products"),
        "no silent failure: %s", e.msg);
    opt.d = 601;
    ok(eig_largest(&op, &opt, &r, &e) == ERR_RANGE,
        "more vectors than rows: %s", e.msg);
    free(a.a);
}

static int
broken(void *ctx, int64_t m, const double *x, double *y, struct err *e)
{
    int rc = serial(ctx, m, x, y, e);
    y[m + 1] = NAN;
    return rc;
}

/* A product that is not a number is an error, not a residual of 0. */
static void
test_nan(void)
{
    enum { N = 600, D = 8 };
    double v[N];
    for (int i = 0; i < N; i++)
        v[i] = pow(1.01, -i);
    struct matrix a = with_spectrum(N, v, 5);
    for (int how = 0; how < 3; how++) {
        struct eig_op op = as_op(&a, how);
        op.apply = broken;
        struct eig_opt opt = {.d = D, .tol = 1e-6, .max_iter = 20};
        struct eig r;
        struct err e = {""};
        ok(eig_largest(&op, &opt, &r, &e) == ERR_NUM, "not a number: %s",
            e.msg);
    }
    free(a.a);
}

static void
test_threads(void)
{
    enum { N = 600, D = 8 };
    double v[N];
    for (int i = 0; i < N; i++)
        v[i] = pow(1.01, -i);
    struct matrix a = with_spectrum(N, v, 5);
    for (int how = 0; how < 3; how++) {
        struct eig_op op = as_op(&a, how);
        struct eig r[3];
        int same = 1;
        for (int t = 0; t < 3; t++) {
            struct eig_opt opt = {.d = D, .tol = 1e-6, .max_iter = 999};
            opt.exec = exec_of(t * t + 1);
            if (eig_largest(&op, &opt, &r[t], NULL))
                abort();
            same = same &&
                   !memcmp(r[t].vector, r[0].vector, N * D * sizeof(double));
        }
        ok(same, "same bytes with 1, 2 and 5 threads, way %d", how);
        for (int t = 0; t < 3; t++)
            eig_free(&r[t]);
    }
    free(a.a);
}

/* Good start vectors are used; inexact products end without an error. */
static void
test_start(void)
{
    enum { N = 700, D = 8 };
    double v[N];
    for (int i = 0; i < N; i++)
        v[i] = pow(1.02, -i);
    struct matrix a = with_spectrum(N, v, 6);
    struct eig_op op = as_op(&a, 0);
    struct eig_opt opt = {
        .d = D, .tol = 1e-6, .max_iter = 999, .exec = exec_of(2)};
    struct eig first, second;
    if (eig_largest(&op, &opt, &first, NULL))
        abort();
    opt.start = first.vector;
    if (eig_largest(&op, &opt, &second, NULL))
        abort();
    ok(second.products == 2, "a good start needs two products, not %d",
        (int)first.products);
    eig_free(&second);
    opt.start = NULL;
    opt.rough = 1;
    opt.tol = 1e-30;
    if (eig_largest(&op, &opt, &second, NULL))
        abort();
    ok(second.residual < 1e-12, "as far as it goes: %.2g in %d products",
        second.residual, (int)second.products);
    eig_free(&first);
    eig_free(&second);
    free(a.a);
}

static void
test_cheb(void)
{
    ok(cheb_degree(-1, 2, 2.2, 3, 1e9) == 20, "degree bounded by 20");
    ok(cheb_degree(-1, 2, 2.2, 3, 50) == 11, "and by what is to be gained");
    ok(cheb_degree(0, 1e-9, 1, 1, 1e9) == 0, "none for a tiny interval");
    ok(cheb_degree(0, 1, 1, 1, 1e9) == 0, "none for nothing above");
    ok(cheb_degree(0, 1, 1.1, 1e7, 1e9) == 0, "none that drowns the least");
}

int
main(void)
{
    blas_init();
    test_spectra();
    test_errors();
    test_nan();
    test_threads();
    test_start();
    test_cheb();
    return done();
}
