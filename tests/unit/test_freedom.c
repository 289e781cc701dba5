/* FREEDOM's gradients against a naive twin in double, its vectors, and its
 * equal bytes. */
#include "lib/graph/edges.h"
#include "lib/la/blas.h"
#include "lib/models/registry.h"
#include "tests/unit/execs.h"
#include "tests/unit/net_toy.h"

static double
cosine(const struct mat *x, int64_t i, int64_t j)
{
    double s = 0, a = 0, b = 0;
    for (int64_t c = 0; c < x->d; c++) {
        double p = (double)x->x[i * x->d + c], q = (double)x->x[j * x->d + c];
        s += p * q;
        a += p * p;
        b += q * q;
    }
    return s / sqrt(a * b);
}

/* y = M x: the k nearest of each modality at w/k each; of x equal cosines the
 * smaller item (the toy has none). */
static void
hop(const struct toy *t, const double *x, int64_t d, double *y)
{
    int64_t items = t->train.cols;
    double total = 0;
    memset(y, 0, (size_t)(items * d) * sizeof *y);
    for (int m = 0; m < t->o.n_features; m++)
        total += t->features[m].weight;
    for (int m = 0; m < t->o.n_features; m++)
        for (int64_t i = 0; i < items; i++)
            for (int64_t j = 0; j < items; j++) {
                const struct mat *f = &t->features[m].x;
                int64_t nearer = 0;
                for (int64_t q = 0; q < items; q++)
                    nearer += cosine(f, i, q) > cosine(f, i, j);
                if (nearer >= system_int(&t->o, "neighbors"))
                    continue;
                double w = t->features[m].weight / total;
                for (int64_t c = 0; c < d; c++)
                    y[i * d + c] += w / (double)system_int(&t->o, "neighbors") *
                                    x[j * d + c];
            }
}

/* h [n][d]: H of users, z of items */
static void
nodes(const struct toy *t, const struct csr *graph, double *const *tensor,
    double *h)
{
    int64_t users = t->train.rows, items = t->train.cols, d = t->d;
    double *e = toy_embeddings(t, tensor);
    double *x = malloc((size_t)(items * d) * sizeof *x);
    double *y = malloc((size_t)(items * d) * sizeof *y);
    if (!x || !y)
        abort();
    toy_propagate(graph, system_int(&t->o, "layers"), e, d, h);
    memcpy(x, tensor[1], (size_t)(items * d) * sizeof *x);
    for (int64_t l = 0; l < system_int(&t->o, "item-layers"); l++) {
        hop(t, x, d, y);
        memcpy(x, y, (size_t)(items * d) * sizeof *x);
    }
    for (int64_t k = 0; k < items * d; k++)
        h[users * d + k] += x[k];
    free(e);
    free(x);
    free(y);
}

static double
softplus(double x)
{
    return log1p(exp(x));
}

/* <a, x_p - x_n> with x = W f + b for any b */
static double
margin(const double *a, int64_t d, const double *w, const double *f,
    int64_t width, int64_t p, int64_t n)
{
    double s = 0;
    for (int64_t o = 0; o < d; o++) {
        double xp = .7, xn = .7;
        for (int64_t c = 0; c < width; c++) {
            xp += w[o * width + c] * f[p * width + c];
            xn += w[o * width + c] * f[n * width + c];
        }
        s += a[o] * (xp - xn);
    }
    return s;
}

static struct csr
epoch_graph(const struct toy *t, uint32_t epoch)
{
    struct csr g;
    if (edges_sample(&t->train,
            (int64_t)((double)t->train.nnz * system_real(&t->o, "keep-edges")),
            t->o.seed, epoch, exec_of(1), &g, NULL))
        abort();
    return g;
}

static double
twin(const struct toy *t, double *const *tensor)
{
    int64_t users = t->train.rows, items = t->train.cols, d = t->d;
    double *h = malloc((size_t)((users + items) * d) * sizeof *h), loss = 0;
    struct csr g = epoch_graph(t, 0);
    if (!h)
        abort();
    nodes(t, &g, tensor, h);
    csr_free(&g);
    for (int64_t b = 0; b < TOY_BATCH; b++) {
        const double *a = h + t->user[b] * d;
        int64_t p = t->item[b], n = t->item[TOY_BATCH + b];
        double x = 0;
        for (int64_t c = 0; c < d; c++)
            x += a[c] * (h[(users + p) * d + c] - h[(users + n) * d + c]);
        loss += softplus(-x) / TOY_BATCH;
        double *const *next = tensor + 2;
        for (int m = 0; m < t->o.n_features; m++) {
            const struct mat *f = &t->features[m].x;
            double *copy = malloc((size_t)(items * f->d) * sizeof *copy);
            if (!copy)
                abort();
            for (int64_t k = 0; k < items * f->d; k++)
                copy[k] = system_int(&t->o, "train-features") ? (*next)[k]
                                                              : (double)f->x[k];
            next += system_int(&t->o, "train-features") != 0;
            x = margin(a, d, *next++, copy, f->d, p, n);
            loss += system_real(&t->o, "modal-loss") * softplus(-x) / TOY_BATCH;
            free(copy);
        }
    }
    free(h);
    return loss;
}

/* They come from all edges. */
static void
outputs(const struct toy *t, double *const *tensor, double *z)
{
    nodes(t, &t->train, tensor, z);
}

static void
test(const int64_t width[2], int64_t layers, int64_t hops, double keep,
    int train)
{
    struct toy t;
    char what[120];
    toy_init(&t, &freedom_system, 20, 11, width);
    system_set(&t.o, "layers", (double)layers);
    system_set(&t.o, "item-layers", (double)hops);
    system_set(&t.o, "neighbors", 4);
    system_set(&t.o, "keep-edges", keep);
    system_set(&t.o, "modal-loss", .3);
    system_set(&t.o, "weight-decay", .01);
    system_set(&t.o, "train-features", train);
    snprintf(what, sizeof what, "widths %d %d, %d and %d layers, %g of edges%s",
        (int)width[0], (int)width[1], (int)layers, (int)hops, keep,
        train ? ", trained" : "");
    toy_gradients(&t, twin, .5, 60, 3e-6, what);
    toy_bytes(&t, what);
    toy_vectors(&t, outputs, .5, what);
    toy_free(&t);
}

int
main(void)
{
    blas_init();
    const int64_t both[] = {7, 3}, one[] = {0, 5};
    test(both, 2, 1, .4, 0);
    test(both, 2, 2, .4, 1);
    test(one, 1, 3, 1, 0);
    test(both, 0, 0, 1e-6, 1);

    struct toy t;
    struct err e;
    struct model m;
    toy_init(&t, &freedom_system, 20, 11, both);
    system_set(&t.o, "neighbors", 12);
    ok(system_make(&m, &t.o, &e) == ERR_RANGE && !m.net &&
            strcmp(e.msg, "12 neighbours wanted of 11 items") == 0,
        "%s", e.msg);
    system_set(&t.o, "neighbors", 3);
    t.features[0].weight = t.features[1].weight = 0;
    ok(system_make(&m, &t.o, &e) == ERR_RANGE && !m.net &&
            strcmp(e.msg, "all features have weight 0") == 0,
        "%s", e.msg);
    toy_free(&t);
    return done();
}
