#include "lib/rec/whiten.h"

#include "lib/base/mem.h"
#include "lib/base/par.h"
#include "lib/la/blas.h"
#include "lib/la/eig.h"
#include "lib/la/tall.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An eigenvalue of this part of the largest is 0: singular values of 1e-6,
 * which is what float32 features can hold. */
static const double zero = 1e-12;

/* Sign rule and scale. */
static void
finish(double *q, int64_t n, int64_t d)
{
    double scale = sqrt((double)n / (double)d);
    for (int64_t k = 0; k < d; k++) {
        int64_t top = 0;
        for (int64_t i = 1; i < n; i++)
            if (fabs(q[i * d + k]) > fabs(q[top * d + k]))
                top = i;
        double s = q[top * d + k] < 0 ? -scale : scale;
        for (int64_t i = 0; i < n; i++)
            q[i * d + k] *= s;
    }
}

static int
solve(int64_t n, eig_apply *apply, void *ctx, const struct whiten_opt *opt,
    struct eig *r, struct whiten_info *info, struct err *e)
{
    struct eig_opt eo = {.d = opt->d, .tol = opt->tol};
    eo.max_iter = opt->max_iter;
    eo.threads = opt->threads;
    int rc = eig_largest(n, apply, ctx, zero, &eo, r, e);
    if (rc)
        return rc;
    info->residual = r->residual;
    info->products = r->products;
    return 0;
}

struct sparse {
    const struct csr *k;
    int threads;
    double *mean;
    const double *x;
    double *y;
    int64_t m;
};

enum { ROWS = 512 };

static void
sparse_rows(void *ctx, int64_t chunk, int thread)
{
    (void)thread;
    const struct sparse *s = ctx;
    const struct csr *k = s->k;
    int64_t m = s->m;
    int64_t end = (chunk + 1) * ROWS < k->rows ? (chunk + 1) * ROWS : k->rows;
    for (int64_t i = chunk * ROWS; i < end; i++) {
        double *y = s->y + i * m;
        for (int64_t c = 0; c < m; c++)
            y[c] = 0;
        for (int64_t p = k->indptr[i]; p < k->indptr[i + 1]; p++) {
            double v = (double)k->data[p];
            const double *x = s->x + k->indices[p] * m;
            for (int64_t c = 0; c < m; c++)
                y[c] += v * (x[c] - s->mean[c]);
        }
    }
}

static void
column_means(const double *x, int64_t n, int64_t m, double *mean)
{
    for (int64_t c = 0; c < m; c++)
        mean[c] = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < m; c++)
            mean[c] += x[i * m + c];
    for (int64_t c = 0; c < m; c++)
        mean[c] /= (double)n;
}

/* y = J K J x */
static int
sparse_apply(void *ctx, int64_t m, const double *x, double *y, struct err *e)
{
    struct sparse *s = ctx;
    int64_t n = s->k->rows;
    s->mean = mem_new(m, sizeof *s->mean, e);
    if (!s->mean)
        return ERR_NOMEM;
    s->x = x;
    s->y = y;
    s->m = m;
    column_means(x, n, m, s->mean);
    par_for(s->threads, (n + ROWS - 1) / ROWS, sparse_rows, s);
    column_means(y, n, m, s->mean);
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < m; c++)
            y[i * m + c] -= s->mean[c];
    free(s->mean);
    return 0;
}

static int64_t
merge_row(const struct csr *a, const struct csr *t, int64_t i, struct csr *s,
    int64_t at)
{
    int64_t p = a->indptr[i], q = t->indptr[i];
    while (p < a->indptr[i + 1] || q < t->indptr[i + 1]) {
        int64_t c = p < a->indptr[i + 1] ? a->indices[p] : INT64_MAX;
        int64_t r = q < t->indptr[i + 1] ? t->indices[q] : INT64_MAX;
        if (s) {
            float v = c <= r ? a->data[p] : t->data[q];
            if (c == r && t->data[q] > v)
                v = t->data[q];
            s->indices[at] = (int32_t)(c < r ? c : r);
            s->data[at] = v;
        }
        p += c <= r;
        q += r <= c;
        at++;
    }
    return at;
}

static int
symmetric(const struct csr *a, struct csr *s, struct err *e)
{
    struct csr t;
    int rc = csr_transpose(a, &t, e);
    if (rc)
        return rc;
    int64_t nnz = 0;
    for (int64_t i = 0; i < a->rows; i++)
        nnz = merge_row(a, &t, i, NULL, nnz);
    rc = csr_init(s, a->rows, a->cols, nnz, 1, e);
    int64_t at = 0;
    for (int64_t i = 0; !rc && i < a->rows; i++)
        s->indptr[i + 1] = at = merge_row(a, &t, i, s, at);
    csr_free(&t);
    return rc;
}

static int
check_d(int64_t d, int64_t n, int64_t columns, struct err *e)
{
    if (d >= n)
        return err_set(e, ERR_RANGE,
            "%" PRId64 " dimensions wanted of %" PRId64
            " centred rows, which have at most %" PRId64,
            d, n, n - 1);
    if (d > columns)
        return err_set(e, ERR_RANGE,
            "%" PRId64 " dimensions wanted of %" PRId64 " columns", d, columns);
    return 0;
}

int
whiten_sparse(const struct csr *a, const struct whiten_opt *opt, double *q,
    struct whiten_info *info, struct err *e)
{
    int64_t n = a->rows, d = opt->d;
    if (a->rows != a->cols)
        return err_set(e, ERR_SHAPE,
            "similarities must be square, not %" PRId64 " x %" PRId64, a->rows,
            a->cols);
    int rc = check_d(d, n, n, e);
    if (rc)
        return rc;
    struct csr k = {0};
    struct eig r = {0};
    rc = symmetric(a, &k, e);
    if (!rc) {
        struct sparse s = {.k = &k, .threads = opt->threads};
        rc = solve(n, sparse_apply, &s, opt, &r, info, e);
    }
    if (!rc) {
        memcpy(q, r.vector, (size_t)(n * d) * sizeof *q);
        finish(q, n, d);
    }
    eig_free(&r);
    csr_free(&k);
    return rc;
}

/* Column means in double, row order; a constant column gets its value exactly,
 * so that it centres to 0. */
static int
centre(float *x, int64_t n, int64_t d, struct err *e)
{
    double *mean = mem_zero(d, sizeof *mean, e);
    float *low = mem_new(d, sizeof *low, e),
          *high = mem_new(d, sizeof *high, e);
    int rc = mean && low && high ? 0 : ERR_NOMEM;
    if (!rc) {
        memcpy(low, x, (size_t)d * sizeof *low);
        memcpy(high, x, (size_t)d * sizeof *high);
        for (int64_t i = 0; i < n; i++)
            for (int64_t c = 0; c < d; c++) {
                float v = x[i * d + c];
                mean[c] += (double)v;
                low[c] = v < low[c] ? v : low[c];
                high[c] = v > high[c] ? v : high[c];
            }
        for (int64_t c = 0; c < d; c++)
            mean[c] = low[c] < high[c] ? mean[c] / (double)n : (double)low[c];
        for (int64_t i = 0; i < n; i++)
            for (int64_t c = 0; c < d; c++)
                x[i * d + c] = (float)((double)x[i * d + c] - mean[c]);
    }
    free(mean);
    free(low);
    free(high);
    return rc;
}

struct features {
    const float *x;
    int64_t n, d;
    int threads;
};

/* y = F^T (F x) */
static int
features_apply(void *ctx, int64_t m, const double *x, double *y, struct err *e)
{
    struct features *f = ctx;
    int64_t step = 512;
    double *block = mem_new(step * f->d, sizeof *block, e);
    double *u = mem_new(step * m, sizeof *u, e);
    int rc = block && u ? 0 : ERR_NOMEM;
    memset(y, 0, (size_t)(f->d * m) * sizeof *y);
    for (int64_t i = 0; !rc && i < f->n; i += step) {
        int64_t k = f->n - i < step ? f->n - i : step;
        for (int64_t c = 0; c < k * f->d; c++)
            block[c] = (double)f->x[i * f->d + c];
        blas_dgemm(0, 0, k, m, f->d, 1.0, block, f->d, x, m, 0.0, u, m);
        blas_dgemm(1, 0, f->d, m, k, 1.0, block, f->d, u, m, 1.0, y, m);
    }
    free(block);
    free(u);
    return rc;
}

int
whiten_dense(struct source *s, const struct whiten_opt *opt, double *q,
    struct whiten_info *info, struct err *e)
{
    int64_t n = s->n, p = s->d, d = opt->d;
    int rc = check_d(d, n, p, e);
    if (rc)
        return rc;
    float *x = NULL;
    struct eig r = {0};
    rc = source_load(s, &x, e);
    if (!rc)
        rc = centre(x, n, p, e);
    if (!rc) {
        struct features f = {x, n, p, opt->threads};
        rc = solve(p, features_apply, &f, opt, &r, info, e);
    }
    for (int64_t i = 0; !rc && i < n; i++)
        for (int64_t k = 0; k < d; k++) {
            double sum = 0;
            for (int64_t c = 0; c < p; c++)
                sum += (double)x[i * p + c] * r.vector[c * d + k];
            q[i * d + k] = sum / sqrt(r.value[k]);
        }
    if (!rc)
        finish(q, n, d);
    eig_free(&r);
    free(x);
    return rc;
}
