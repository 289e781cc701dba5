/* BM3's gradients against a naive twin in double, its vectors, and its equal
 * bytes. */
#include "lib/la/blas.h"
#include "lib/models/registry.h"
#include "lib/nn/dropout.h"
#include "tests/unit/execs.h"
#include "tests/unit/net_toy.h"

enum { BLOCKS = 2 + TOY_MODALITIES };

/* The targets are constants: those of the first call after this is NULL. */
static double *targets;

/* a [n][d]: H, plus E in items' rows */
static double *
inputs(const struct toy *t, double *const *tensor)
{
    int64_t users = t->train.rows, items = t->train.cols, d = t->d;
    double *e = toy_embeddings(t, tensor);
    double *a = malloc((size_t)((users + items) * d) * sizeof *a);
    if (!a)
        abort();
    toy_propagate(&t->train, system_int(&t->o, "layers"), e, d, a);
    for (int64_t k = users * d; k < (users + items) * d; k++)
        a[k] += e[k];
    free(e);
    return a;
}

/* y [q] = W x + b */
static void
linear(const double *w, const double *b, const double *x, int64_t p, int64_t q,
    double *y)
{
    for (int64_t o = 0; o < q; o++) {
        y[o] = b[o];
        for (int64_t c = 0; c < p; c++)
            y[o] += w[o * p + c] * x[c];
    }
}

/* x of modality m at item i: d numbers */
static void
project(const struct toy *t, double *const *tensor, int m, int64_t i, double *x)
{
    const struct mat *f = &t->features[m].x;
    double *const *w =
        tensor + 4 + m * (system_int(&t->o, "train-features") ? 3 : 2);
    double row[16];
    for (int64_t c = 0; c < f->d; c++)
        row[c] = system_int(&t->o, "train-features")
                     ? w[0][i * f->d + c]
                     : (double)f->x[i * f->d + c];
    w += system_int(&t->o, "train-features") != 0;
    linear(w[0], w[1], row, f->d, t->d, x);
}

/* Row of a block's mask: as the whole tensor would have been dropped. */
static void
mask(const struct toy *t, int block, int32_t row, float *keep)
{
    const struct dropout o = {system_real(&t->o, "dropout"), t->o.seed,
        (uint32_t)block, (uint32_t)t->batch.t};
    float one[16];
    for (int c = 0; c < 16; c++)
        one[c] = 1;
    struct mat x = {1, t->d, one}, y = {1, t->d, keep};
    dropout_apply(&o, &x, &row, &y, exec_of(1));
}

static double
cosine(const double *x, const double *y, int64_t d)
{
    double s = 0, a = 0, b = 0;
    for (int64_t c = 0; c < d; c++) {
        s += x[c] * y[c];
        a += x[c] * x[c];
        b += y[c] * y[c];
    }
    return s / fmax(sqrt(a), 1e-8) / fmax(sqrt(b), 1e-8);
}

static double
norm(const double *x, int64_t n)
{
    double s = 0;
    for (int64_t k = 0; k < n; k++)
        s += x[k] * x[k];
    return sqrt(s);
}

static double
twin(const struct toy *t, double *const *tensor)
{
    int64_t users = t->train.rows, items = t->train.cols, d = t->d;
    int blocks = 2 + t->o.n_features, fresh = !targets;
    double *a = inputs(t, tensor), loss = 0;
    if (fresh)
        targets = malloc(TOY_BATCH * BLOCKS * 16 * sizeof *targets);
    if (!targets)
        abort();
    for (int64_t b = 0; b < TOY_BATCH; b++) {
        double in[BLOCKS][16], out[BLOCKS][16], c[BLOCKS];
        double(*target)[16] = (double(*)[16])(targets + b * BLOCKS * 16);
        memcpy(in[0], a + t->user[b] * d, (size_t)d * sizeof(double));
        memcpy(in[1], a + (users + t->item[b]) * d, (size_t)d * sizeof(double));
        for (int m = 2; m < blocks; m++)
            project(t, tensor, m - 2, t->item[b], in[m]);
        for (int k = 0; k < blocks; k++) {
            float keep[16];
            linear(tensor[2], tensor[3], in[k], d, d, out[k]);
            mask(t, k, k ? t->item[b] : t->user[b], keep);
            for (int64_t j = 0; j < d && fresh; j++)
                target[k][j] = in[k][j] * (double)keep[j];
        }
        c[0] = 1 - cosine(out[0], target[1], d);
        c[1] = 1 - cosine(out[1], target[0], d);
        for (int m = 2; m < blocks; m++)
            c[m] = system_real(&t->o, "modal-loss") *
                   (2 - cosine(out[m], target[1], d) -
                       cosine(out[m], target[m], d));
        for (int k = 0; k < blocks; k++)
            loss += c[k] / TOY_BATCH;
    }
    loss += system_real(&t->o, "penalty") / (double)items *
            (norm(a, users * d) + norm(a + users * d, items * d));
    free(a);
    return loss;
}

/* W a + b */
static void
outputs(const struct toy *t, double *const *tensor, double *z)
{
    int64_t d = t->d, n = t->train.rows + t->train.cols;
    double *a = inputs(t, tensor);
    for (int64_t r = 0; r < n; r++)
        linear(tensor[2], tensor[3], a + r * d, d, d, z + r * d);
    free(a);
}

static void
test(const int64_t width[2], int64_t layers, double dropout, int train)
{
    struct toy t;
    char what[120];
    toy_init(&t, &bm3_system, 20, 11, width);
    system_set(&t.o, "layers", (double)layers);
    system_set(&t.o, "dropout", dropout);
    system_set(&t.o, "modal-loss", .7);
    system_set(&t.o, "penalty", .4);
    system_set(&t.o, "weight-decay", .01);
    system_set(&t.o, "train-features", train);
    t.batch.t = 5;
    snprintf(what, sizeof what, "widths %d %d, %d layers, %g dropped%s",
        (int)width[0], (int)width[1], (int)layers, dropout,
        train ? ", trained" : "");
    targets = NULL;
    toy_gradients(&t, twin, .5, 60, 3e-6, what);
    free(targets);
    toy_bytes(&t, what);
    toy_vectors(&t, outputs, .5, what);
    toy_free(&t);
}

int
main(void)
{
    blas_init();
    const int64_t both[] = {7, 3}, one[] = {0, 5};
    test(both, 1, .5, 0);
    test(both, 2, .3, 1);
    test(one, 0, 0, 1);
    return done();
}
