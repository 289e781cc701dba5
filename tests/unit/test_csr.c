/* lib/la/csr and mat: invariants and transposition against naive loops. */
#include "lib/base/rng.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A random matrix, about a third full; symmetric if asked for. */
static struct csr
make(int64_t rows, int64_t cols, int with_data, int symmetric, uint32_t seed)
{
    struct csr a;
    struct err e;
    if (csr_init(&a, rows, cols, rows * cols, with_data, &e))
        abort();
    a.nnz = 0;
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < cols; j++) {
            int64_t p = symmetric && j < i ? j : i;
            int64_t q = symmetric && j < i ? i : j;
            double u =
                rng_uniform(seed, RNG_TEST, 0, (uint64_t)(p * cols + q), 0);
            if (u > 0.33)
                continue;
            a.indices[a.nnz] = (int32_t)j;
            if (with_data)
                a.data[a.nnz] = (float)(u + 0.1);
            a.nnz++;
        }
        a.indptr[i + 1] = a.nnz;
    }
    return a;
}

static float *
dense(const struct csr *a)
{
    float *x = calloc((size_t)(a->rows * a->cols) + 1, sizeof *x);
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t k = a->indptr[i]; k < a->indptr[i + 1]; k++)
            x[i * a->cols + a->indices[k]] = a->data ? a->data[k] : 1;
    return x;
}

static void
test_transpose(void)
{
    static const int64_t size[][2] = {
        {0, 0}, {0, 5}, {5, 0}, {1, 1}, {7, 3}, {40, 61}};
    struct err e;
    for (size_t s = 0; s < sizeof size / sizeof *size; s++)
        for (int with_data = 0; with_data < 2; with_data++) {
            struct csr a =
                make(size[s][0], size[s][1], with_data, 0, (uint32_t)s);
            struct csr t = {0};
            int good = csr_transpose(&a, &t, &e) == 0 && t.rows == a.cols &&
                       t.cols == a.rows && t.nnz == a.nnz &&
                       !t.data == !a.data && csr_check(&t, "t", &e) == 0;
            float *x = dense(&a), *y = dense(&t);
            for (int64_t i = 0; i < a.rows; i++)
                for (int64_t j = 0; j < a.cols; j++) {
                    float v = x[i * a.cols + j], w = y[j * a.rows + i];
                    good &= !(v < w || v > w) &&
                            csr_has(&a, i, (int32_t)j) == (v > 0);
                }
            ok(good, "transpose of %d x %d, values %d", (int)a.rows,
                (int)a.cols, with_data);
            free(x);
            free(y);
            csr_free(&a);
            csr_free(&t);
            csr_free(&t);
        }
}

static void
test_symmetric(void)
{
    struct err e;
    int64_t r, c;
    for (int with_data = 0; with_data < 2; with_data++) {
        struct csr a = make(30, 30, with_data, 1, 5);
        ok(csr_is_symmetric(&a, &r, &c, &e) == 1 && r == -1, "symmetric");
        struct csr b = make(30, 30, with_data, 0, 6);
        float *x = dense(&b);
        int64_t wr = -1, wc = -1;
        for (int64_t i = 0; i < 30 && wr < 0; i++)
            for (int64_t j = 0; j < 30 && wr < 0; j++) {
                float v = x[i * 30 + j], w = x[j * 30 + i];
                if (v < w || v > w)
                    wr = i, wc = j;
            }
        ok(csr_is_symmetric(&b, &r, &c, &e) == 0 && r == wr && c == wc,
            "not symmetric, first at (%d, %d)", (int)wr, (int)wc);
        free(x);
        if (with_data) {
            int64_t k = a.indptr[1] - 1;
            a.data[k] += 1;
            int want = a.indices[k] != 0;
            ok(csr_is_symmetric(&a, &r, &c, &e) == !want,
                "one value differs from its mirror image");
        }
        csr_free(&a);
        csr_free(&b);
    }
    struct csr wide = make(3, 4, 0, 0, 1);
    ok(csr_is_symmetric(&wide, &r, &c, &e) == 0, "not square");
    csr_free(&wide);
}

static void
checked(struct csr *a, int code, const char *why)
{
    struct err e = {"fine"};
    int rc = csr_check(a, "f.npz", &e);
    ok(rc == code && !strcmp(e.msg, why), "%s", e.msg);
}

static void
test_check(void)
{
    struct csr a;
    struct err e;
    if (csr_init(&a, 3, 4, 4, 1, &e))
        abort();
    int64_t ptr[] = {0, 2, 2, 4};
    int32_t idx[] = {0, 3, 1, 2};
    float val[] = {1, 2, 3, 4};
#define RESET()                                                                \
    (memcpy(a.indptr, ptr, sizeof ptr), memcpy(a.indices, idx, sizeof idx),    \
        memcpy(a.data, val, sizeof val))
    RESET();
    checked(&a, 0, "fine");
    a.indptr[0] = 1;
    checked(&a, ERR_FORMAT, "'f.npz': row pointers do not span the 4 entries");
    RESET();
    a.indptr[3] = 5;
    checked(&a, ERR_FORMAT, "'f.npz': row pointers do not span the 4 entries");
    RESET();
    a.indptr[2] = 1;
    checked(&a, ERR_FORMAT, "'f.npz': row pointers decrease at row 1");
    RESET();
    a.indptr[1] = INT64_MAX;
    checked(&a, ERR_FORMAT, "'f.npz': row pointers decrease at row 0");
    RESET();
    a.indptr[1] = INT64_MIN;
    checked(&a, ERR_FORMAT, "'f.npz': row pointers decrease at row 0");
    RESET();
    a.indices[1] = 4;
    checked(&a, ERR_RANGE, "'f.npz': row 0: column 4 is outside 0..3");
    RESET();
    a.indices[2] = -1;
    checked(&a, ERR_RANGE, "'f.npz': row 2: column -1 is outside 0..3");
    RESET();
    a.indices[1] = 0;
    checked(
        &a, ERR_FORMAT, "'f.npz': row 0: columns are not ascending and unique");
    RESET();
    a.data[3] = NAN;
    checked(
        &a, ERR_NUM, "'f.npz': value at row 2, column 2 is not finite (nan)");
#undef RESET
    csr_free(&a);
    ok(csr_init(&a, 1, (int64_t)INT32_MAX + 2, 0, 0, &e) == ERR_RANGE &&
            !strcmp(e.msg, "sparse matrix of 1 x 2147483649 is too large"),
        "%s", e.msg);
    ok(csr_init(&a, -1, 1, 0, 0, &e) == ERR_RANGE && !a.indptr,
        "negative sizes are refused");
}

static void
test_mat(void)
{
    struct mat m;
    struct err e;
    ok(mat_init(&m, 2, 3, &e) == 0 && m.n == 2 && m.d == 3, "a matrix");
    for (int i = 0; i < 6; i++)
        m.x[i] = (float)i;
    ok(mat_check_finite(&m, "f", &e) == 0, "is finite");
    m.x[4] = -INFINITY;
    ok(mat_check_finite(&m, "f", &e) == ERR_NUM &&
            !strcmp(
                e.msg, "'f': value at row 1, column 1 is not finite (-inf)"),
        "%s", e.msg);
    mat_free(&m);
    mat_free(&m);
    ok(mat_init(&m, 0, 7, &e) == 0 && mat_check_finite(&m, "f", &e) == 0,
        "an empty matrix");
    mat_free(&m);
    ok(mat_init(&m, 1ll << 40, 1ll << 40, &e) == ERR_RANGE && !m.x, "%s",
        e.msg);
    ok(mat_init(&m, -1, 2, &e) == ERR_RANGE, "%s", e.msg);
}

static void
test_select(void)
{
    enum { ROWS = 40, COLS = 23, PICKED = 30 };
    struct err e;
    for (int with_data = 0; with_data < 2; with_data++) {
        struct csr a = make(ROWS, COLS, with_data, 0, 8), some, all;
        int64_t row[PICKED], col[COLS], cols = 0, bad = 0;
        for (int64_t i = 0; i < PICKED; i++) /* 7 is no divisor of 40 */
            row[i] = i % 5 ? i * 7 % ROWS : -1;
        for (int64_t j = 0; j < COLS; j++)
            col[j] = j % 3 ? cols++ : -1;
        float *from = dense(&a);
        if (csr_select(&a, row, PICKED, col, cols, &some, &e) ||
            csr_select(&a, NULL, ROWS, NULL, COLS, &all, &e))
            abort();
        float *to = dense(&some);
        for (int64_t i = 0; i < PICKED; i++)
            for (int64_t j = 0; j < COLS; j++)
                if (col[j] >= 0)
                    bad += to[i * cols + col[j]] !=
                           (row[i] < 0 ? 0 : from[row[i] * COLS + j]);
        ok(!bad && !csr_check(&some, "selected", &e) && some.rows == PICKED,
            "rows and columns of a matrix%s", with_data ? "" : " of ones");
        float *same = dense(&all);
        ok(!memcmp(same, from, ROWS * COLS * sizeof *same), "all of it");
        int64_t *count = csr_column_counts(&a, &e);
        for (int64_t j = 0; j < COLS && count; j++)
            for (int64_t i = 0; i < ROWS; i++)
                count[j] -= csr_has(&a, i, (int32_t)j);
        for (int64_t j = 0; j < COLS; j++)
            bad += !count || count[j];
        ok(!bad, "entries of each column");
        free(count);
        free(same);
        free(from);
        free(to);
        csr_free(&a);
        csr_free(&some);
        csr_free(&all);
    }
}

static void
test_arena(void)
{
    struct err e;
    struct arena p = {0};
    struct csr a = make(3, 4, 1, 0, 7), b = csr_in(&p, 3, 4, 5, 1);
    ok(b.rows == 3 && b.nnz == 5 && b.indptr[0] == 0 && b.data,
        "a matrix in an arena");
    arena_fail(&p, ERR_NUM, "no more");
    csr_keep(&a, &p);
    b = csr_in(&p, 3, 4, 5, 1);
    ok(!a.rows && !a.indptr && !a.data && !b.rows && !b.indptr,
        "after a failure it is empty");
    ok(arena_check(&p, &e) == ERR_NUM, "%s", e.msg);
    arena_free(&p);
}

int
main(void)
{
    test_transpose();
    test_symmetric();
    test_check();
    test_mat();
    test_select();
    test_arena();
    return done();
}
