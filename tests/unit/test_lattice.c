/* LATTICE's gradients against a naive twin in double, its vectors, and its
 * equal bytes. */
#include "lib/la/blas.h"
#include "lib/models/registry.h"
#include "tests/unit/net_toy.h"

static double *
numbers(int64_t n)
{
    double *x = calloc((size_t)(n + 1), sizeof *x);
    if (!x)
        abort();
    return x;
}

static double
dot(const double *a, const double *b, int64_t n)
{
    double s = 0;
    for (int64_t k = 0; k < n; k++)
        s += a[k] * b[k];
    return s;
}

/* m += c times the graph of the k nearest rows of x [n][d] by cosine; `away` is
 * that of a missing item. */
static void
add_graph(double *m, const double *x, int64_t n, int64_t d, int64_t k, double c,
    const struct missing *missing, double away)
{
    double *cosine = numbers(n);
    for (int64_t i = 0; i < n; i++) {
        if (missing_at(missing, i))
            continue;
        for (int64_t j = 0; j < n; j++)
            cosine[j] = missing_at(missing, j)
                            ? away
                            : dot(x + i * d, x + j * d, d) /
                                  sqrt(dot(x + i * d, x + i * d, d) *
                                       dot(x + j * d, x + j * d, d));
        for (int64_t j = 0; j < n; j++) {
            int64_t better = 0;
            for (int64_t q = 0; q < n; q++)
                better += cosine[q] > cosine[j];
            if (better < k)
                m[i * n + j] += c / (double)k * cosine[j];
        }
    }
    free(cosine);
}

/* M from the logits and each modality's features if they are trained, W, b. */
static double *
item_graph(const struct toy *t, double *const *tensor)
{
    int64_t n = t->train.cols, d = t->d;
    const double *a = tensor[2];
    double *const *next = tensor + 3;
    double *m = numbers(n * n), total = 0;
    for (int k = 0; k < t->o.n_features; k++)
        total += exp(a[k]);
    for (int k = 0; k < t->o.n_features; k++) {
        int64_t width = t->features[k].x.d;
        double w = exp(a[k]) / total, *raw = numbers(n * width),
               *x = numbers(n * d);
        for (int64_t j = 0; j < n * width; j++)
            raw[j] = (double)t->features[k].x.x[j];
        add_graph(m, raw, n, width, system_int(&t->o, "neighbors"),
            w * system_real(&t->o, "origin"), &t->features[k].missing,
            -INFINITY);
        const double *f = system_int(&t->o, "train-features") ? *next++ : raw;
        for (int64_t i = 0; i < n; i++)
            for (int64_t c = 0; c < d; c++)
                x[i * d + c] =
                    next[1][c] + dot(f + i * width, next[0] + c * width, width);
        add_graph(m, x, n, d, system_int(&t->o, "neighbors"),
            w * (1 - system_real(&t->o, "origin")), &t->features[k].missing, 0);
        next += 2;
        free(raw);
        free(x);
    }
    return m;
}

static void
outputs(const struct toy *t, double *const *tensor, double *z)
{
    int64_t users = t->train.rows, items = t->train.cols, d = t->d;
    double *e = toy_embeddings(t, tensor), *h = numbers(items * d);
    memcpy(h, tensor[1], (size_t)(items * d) * sizeof *e);
    double *m = item_graph(t, tensor);
    toy_propagate(&t->train, system_int(&t->o, "layers"), e, d, z);
    for (int64_t l = 0; l < system_int(&t->o, "item-layers"); l++) {
        double *next = numbers(items * d);
        for (int64_t i = 0; i < items; i++)
            for (int64_t j = 0; j < items; j++)
                for (int64_t c = 0; c < d; c++)
                    next[i * d + c] += m[i * items + j] * h[j * d + c];
        free(h);
        h = next;
    }
    for (int64_t i = 0; i < items; i++) {
        double norm = sqrt(dot(h + i * d, h + i * d, d));
        for (int64_t c = 0; c < d; c++)
            z[(users + i) * d + c] += h[i * d + c] / norm;
    }
    free(e);
    free(h);
    free(m);
}

static double
twin(const struct toy *t, double *const *tensor)
{
    int64_t users = t->train.rows, items = t->train.cols, d = t->d;
    double *z = numbers((users + items) * d), loss = 0;
    outputs(t, tensor, z);
    for (int64_t b = 0; b < TOY_BATCH; b++) {
        const double *u = z + t->user[b] * d, *p = z + (users + t->item[b]) * d,
                     *q = z + (users + t->item[TOY_BATCH + b]) * d;
        loss += log1p(exp(dot(u, q, d) - dot(u, p, d))) / TOY_BATCH;
    }
    free(z);
    return loss;
}

static void
test(int64_t image, int64_t text, int64_t layers, int64_t item_layers,
    double origin, int train, int missing)
{
    struct toy t;
    unsigned char mask[11] = {[2] = 1, [7] = 1, [8] = 1};
    const int64_t width[] = {image, text};
    char what[120];
    toy_init(&t, &lattice_system, 12, 11, width);
    system_set(&t.o, "layers", (double)layers);
    system_set(&t.o, "item-layers", (double)item_layers);
    system_set(&t.o, "neighbors", 3);
    system_set(&t.o, "origin", origin);
    system_set(&t.o, "train-features", train);
    if (missing)
        t.features[0].missing = (struct missing){mask, 3};
    snprintf(what, sizeof what, "widths %d %d, layers %d and %d, origin %g%s%s",
        (int)image, (int)text, (int)layers, (int)item_layers, origin,
        train ? ", trained" : "", missing ? ", some missing" : "");
    toy_gradients(&t, twin, .3, 60, 3e-4, what);
    toy_bytes(&t, what);
    toy_vectors(&t, outputs, .3, what);
    toy_free(&t);
}

int
main(void)
{
    blas_init();
    test(6, 5, 2, 1, .9, 0, 0);
    test(6, 5, 2, 1, .2, 1, 0);
    test(0, 5, 1, 2, .5, 1, 0);
    test(6, 5, 3, 3, 0, 0, 0);
    test(6, 5, 2, 1, 1, 0, 0);
    test(6, 0, 0, 0, .5, 0, 0);
    test(6, 5, 2, 1, .4, 0, 1);
    test(6, 5, 2, 2, .4, 1, 1);
    return done();
}
