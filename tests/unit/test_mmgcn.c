/* MMGCN's gradients against a naive twin in double, its vectors, and its equal
 * bytes. */
#include "lib/la/blas.h"
#include "lib/models/registry.h"
#include "tests/unit/net_toy.h"

enum { PROJECTED = 256, WIDE = 512 };

static double
lrelu(double x)
{
    return x > 0 ? x : .01 * x;
}

/* y [n][q] = x [n][p] W^T + 1 b^T */
static double *
linear(const double *x, int64_t n, int64_t p, int64_t q, const double *w,
    const double *b)
{
    double *y = calloc((size_t)(n * q), sizeof *y);
    if (!y)
        abort();
    for (int64_t r = 0; r < n; r++)
        for (int64_t o = 0; o < q; o++) {
            double s = b[o];
            for (int64_t k = 0; k < p; k++)
                s += x[r * p + k] * w[o * p + k];
            y[r * q + o] = s;
        }
    return y;
}

/* Ar x, Ar = D^-1 A */
static double *
mean(const struct csr *train, const double *x, int64_t p)
{
    int64_t users = train->rows, n = users + train->cols;
    double *y = calloc((size_t)(n * p), sizeof *y);
    double *degree = calloc((size_t)n, sizeof *degree);
    if (!y || !degree)
        abort();
    for (int64_t u = 0; u < users; u++)
        for (int64_t k = train->indptr[u]; k < train->indptr[u + 1]; k++) {
            int64_t i = users + train->indices[k];
            degree[u]++;
            degree[i]++;
            for (int64_t c = 0; c < p; c++) {
                y[u * p + c] += x[i * p + c];
                y[i * p + c] += x[u * p + c];
            }
        }
    for (int64_t r = 0; r < n; r++)
        for (int64_t c = 0; c < p && degree[r] > 0; c++)
            y[r * p + c] /= degree[r];
    free(degree);
    return y;
}

/* X' of one layer; w: A, a, B, b, C, c. Frees x. */
static double *
layer(const struct toy *t, double *x, int64_t p, double *const *w,
    const double *e)
{
    int64_t n = t->train.rows + t->train.cols, d = t->d;
    double *y = linear(x, n, p, p, w[0], w[1]);
    double *h = mean(&t->train, y, p);
    for (int64_t k = 0; k < n * p; k++)
        h[k] = lrelu(h[k]);
    double *own = linear(x, n, p, d, w[2], w[3]);
    double *out = linear(h, n, p, d, w[4], w[5]);
    for (int64_t k = 0; k < n * d; k++)
        out[k] = lrelu(out[k] + lrelu(own[k]) + e[k]);
    free(x);
    free(y);
    free(h);
    free(own);
    return out;
}

static double
squares(const double *x, int64_t n)
{
    double s = 0;
    for (int64_t k = 0; k < n; k++)
        s += x[k] * x[k];
    return s;
}

/* [P; Phi] with rows of norm 1, n x p */
static double *
start(int64_t users, int64_t items, int64_t p, const double *preference,
    const double *phi)
{
    double *x = malloc((size_t)((users + items) * p) * sizeof *x);
    if (!x)
        abort();
    memcpy(x, preference, (size_t)(users * p) * sizeof *x);
    memcpy(x + users * p, phi, (size_t)(items * p) * sizeof *x);
    for (int64_t r = 0; r < users + items; r++) {
        double norm = fmax(sqrt(squares(x + r * p, p)), 1e-12);
        for (int64_t c = 0; c < p; c++)
            x[r * p + c] /= norm;
    }
    return x;
}

/* Output vectors, and what the loss has of the preferences. The tensors in
 * their order: embeddings, then for each modality its features if they are
 * trained, W_p and b_p if it is projected, P and the layers'. */
static double
forward(const struct toy *t, double *const *tensor, double *z)
{
    int64_t users = t->train.rows, items = t->train.cols, d = t->d;
    int64_t n = users + items;
    double *e = toy_embeddings(t, tensor);
    memset(z, 0, (size_t)(n * d) * sizeof *z);
    double *const *next = tensor + 2;
    double penalty = 0, first = 0;
    for (int k = 0; k < t->o.n_features; k++) {
        int64_t width = t->features[k].x.d, p = width;
        double *f = malloc((size_t)(items * width) * sizeof *f);
        if (!f)
            abort();
        for (int64_t j = 0; j < items * width; j++)
            f[j] = system_int(&t->o, "train-features")
                       ? (*next)[j]
                       : (double)t->features[k].x.x[j];
        next += system_int(&t->o, "train-features") != 0;
        if (width > WIDE) {
            p = PROJECTED;
            double *phi = linear(f, items, width, p, next[0], next[1]);
            next += 2;
            free(f);
            f = phi;
        }
        double *x = start(users, items, p, *next, f);
        double norm = squares(*next++, users * p) / (double)(users * p);
        penalty += width > WIDE ? norm : 0;
        first = k == 0 ? norm : first;
        free(f);
        for (int64_t l = 0; l < system_int(&t->o, "layers"); l++, next += 6)
            x = layer(t, x, l ? d : p, next, e);
        for (int64_t j = 0; j < n * d; j++)
            z[j] += x[j] / t->o.n_features;
        free(x);
    }
    free(e);
    return penalty > 0 ? penalty : first;
}

static void
outputs(const struct toy *t, double *const *tensor, double *z)
{
    forward(t, tensor, z);
}

static double
twin(const struct toy *t, double *const *tensor)
{
    int64_t users = t->train.rows, d = t->d;
    double *e = toy_embeddings(t, tensor);
    double *z = malloc((size_t)((users + t->train.cols) * d) * sizeof *z);
    if (!z)
        abort();
    double loss = system_real(&t->o, "penalty") * forward(t, tensor, z);
    for (int64_t b = 0; b < TOY_BATCH; b++) {
        int64_t u = t->user[b] * d, p = (users + t->item[b]) * d,
                q = (users + t->item[TOY_BATCH + b]) * d;
        double x = 0;
        for (int64_t c = 0; c < d; c++)
            x += z[u + c] * (z[p + c] - z[q + c]);
        loss += log1p(exp(-x)) / TOY_BATCH;
        loss += system_real(&t->o, "penalty") / (2 * TOY_BATCH) *
                (squares(e + u, d) + squares(e + p, d) + squares(e + q, d));
    }
    free(e);
    free(z);
    return loss;
}

static void
test(int64_t users, int64_t items, int64_t image, int64_t text, int64_t layers,
    int train, int64_t most)
{
    struct toy t;
    const int64_t width[] = {image, text};
    char what[120];
    toy_init(&t, &mmgcn_system, users, items, width);
    system_set(&t.o, "layers", (double)layers);
    system_set(&t.o, "penalty", .3);
    system_set(&t.o, "train-features", train);
    snprintf(what, sizeof what, "%d users, %d items, widths %d %d, %d layers%s",
        (int)users, (int)items, (int)image, (int)text, (int)layers,
        train ? ", trained" : "");
    toy_gradients(&t, twin, .1, most, 2e-4, what);
    toy_bytes(&t, what);
    toy_vectors(&t, outputs, .1, what);
    toy_free(&t);
}

int
main(void)
{
    blas_init();
    test(12, 7, 0, 5, 2, 0, 60);
    test(6, 9, 3, 5, 2, 1, 60);
    test(12, 7, 6, 0, 1, 0, 60);
    test(10, 9, 4, 5, 3, 1, 60);
    test(12, 7, 514, 5, 2, 0, 5);
    test(7, 9, 5, 514, 2, 1, 4);
    return done();
}
