#ifndef STAIR_NET_TOY_H
#define STAIR_NET_TOY_H

/*
 * What the tests of nets (lib/models/net.h) share: a small random shop with
 * features, gradients against a twin in double, and the promises of equal
 * bytes.
 */

#include "lib/base/rng.h"
#include "lib/engine/cpu/cpu_net.h"
#include "lib/models/system.h"
#include "tests/unit/execs.h"
#include "tests/unit/fd.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TOY_MODALITIES = 2, TOY_BATCH = 9 };

struct toy {
    struct csr train;
    struct net_features features[TOY_MODALITIES];
    struct system_args o;
    int64_t d; /* columns of the output vectors */
    int32_t user[TOY_BATCH], item[2 * TOY_BATCH];
    struct net_batch batch;
};

static uint64_t
toy_random(int what, int64_t i)
{
    return rng_u64(7, RNG_TEST, (uint32_t)what, (uint64_t)i, 0);
}

static double
toy_normal(int what, int64_t i)
{
    return rng_normal(7, RNG_TEST, (uint32_t)what, (uint64_t)i, 0);
}

/* User 1 and item 2 have no train entry; a batch of repeated rows. Widths of 0
 * are modalities that are not there. Parameters that a test does not set are
 * 0. */
__attribute__((unused)) static void
toy_init(struct toy *t, const struct system *system, int64_t users,
    int64_t items, const int64_t width[TOY_MODALITIES])
{
    *t = (struct toy){.o.system = system};
    if (csr_init(&t->train, users, items, users * items, 0, NULL))
        abort();
    int64_t nnz = 0;
    for (int64_t u = 0; u < users; u++) {
        for (int64_t i = 0; i < items; i++)
            if (u != 1 && i != 2 && toy_random(1, u * items + i) % 3 == 0)
                t->train.indices[nnz++] = (int32_t)i;
        t->train.indptr[u + 1] = nnz;
    }
    t->train.nnz = nnz;
    for (int64_t b = 0; b < TOY_BATCH; b++) {
        t->user[b] = (int32_t)(toy_random(2, b) % (uint64_t)(users - 2));
        t->item[b] = (int32_t)(toy_random(3, b) % (uint64_t)items);
        t->item[TOY_BATCH + b] = (int32_t)(toy_random(4, b) % (uint64_t)items);
    }
    t->batch = (struct net_batch){0, 0, 1, TOY_BATCH, t->user, t->item};
    static const char *const names[] = {"image", "text"};
    for (int k = 0; k < TOY_MODALITIES; k++) {
        if (!width[k])
            continue;
        struct net_features *f = &t->features[t->o.n_features++];
        *f = (struct net_features){.name = (char *)names[k], .weight = k + 1};
        if (mat_init(&f->x, items, width[k], NULL))
            abort();
        for (int64_t j = 0; j < items * width[k]; j++)
            f->x.x[j] = (float)toy_normal(5 + k, j);
    }
    t->o.train = &t->train;
    t->o.features = t->features;
    t->o.batch = TOY_BATCH;
    t->d = 4;
    system_set(&t->o, "dim", 4);
    system_set(&t->o, "lr", 0.01);
    t->o.seed = 3;
    t->o.exec = exec_of(2);
}

/* A net of its own copy of the features. */
__attribute__((unused)) static struct net *
toy_net(const struct toy *t, int threads)
{
    struct net_features copy[TOY_MODALITIES];
    struct system_args o = t->o;
    o.features = copy;
    o.exec = exec_of(threads);
    for (int k = 0; k < o.n_features; k++) {
        const struct mat *x = &t->features[k].x;
        copy[k] = t->features[k];
        if (mat_init(&copy[k].x, x->n, x->d, NULL))
            abort();
        memcpy(copy[k].x.x, x->x, (size_t)(x->n * x->d) * sizeof *x->x);
    }
    struct model m;
    struct err e;
    int rc = system_make(&m, &o, &e);
    if (rc)
        printf("# %s\n", e.msg);
    for (int k = 0; k < o.n_features; k++)
        mat_free(&copy[k].x);
    return rc ? NULL : m.net;
}

__attribute__((unused)) static void
toy_free(struct toy *t)
{
    csr_free(&t->train);
    for (int k = 0; k < t->o.n_features; k++)
        mat_free(&t->features[k].x);
}

/* [E_u; E_i], to be freed */
__attribute__((unused)) static double *
toy_embeddings(const struct toy *t, double *const *tensor)
{
    size_t user = (size_t)(t->train.rows * t->d),
           item = (size_t)(t->train.cols * t->d);
    double *e = malloc((user + item) * sizeof *e);
    if (!e)
        abort();
    memcpy(e, tensor[0], user * sizeof *e);
    memcpy(e + user, tensor[1], item * sizeof *e);
    return e;
}

/* out = mean of layers 0..L of D^-1/2 A D^-1/2: e and out n x d */
__attribute__((unused)) static void
toy_propagate(const struct csr *r, int64_t layers, const double *e, int64_t d,
    double *out)
{
    int64_t users = r->rows, n = users + r->cols;
    double *degree = calloc((size_t)n, sizeof *degree);
    double *x = malloc((size_t)(n * d) * sizeof *x);
    double *y = malloc((size_t)(n * d) * sizeof *y);
    if (!degree || !x || !y)
        abort();
    for (int64_t u = 0; u < users; u++)
        for (int64_t k = r->indptr[u]; k < r->indptr[u + 1]; k++) {
            degree[u]++;
            degree[users + r->indices[k]]++;
        }
    memcpy(x, e, (size_t)(n * d) * sizeof *x);
    memcpy(out, e, (size_t)(n * d) * sizeof *x);
    for (int64_t l = 0; l < layers; l++) {
        memset(y, 0, (size_t)(n * d) * sizeof *y);
        for (int64_t u = 0; u < users; u++)
            for (int64_t k = r->indptr[u]; k < r->indptr[u + 1]; k++) {
                int64_t i = users + r->indices[k];
                double w = 1 / sqrt(degree[u] * degree[i]);
                for (int64_t c = 0; c < d; c++) {
                    y[u * d + c] += w * x[i * d + c];
                    y[i * d + c] += w * x[u * d + c];
                }
            }
        memcpy(x, y, (size_t)(n * d) * sizeof *x);
        for (int64_t k = 0; k < n * d; k++)
            out[k] += x[k];
    }
    for (int64_t k = 0; k < n * d; k++)
        out[k] /= (double)(layers + 1);
    free(degree);
    free(x);
    free(y);
}

/* As the equations say, from the net's parameters as arrays of doubles, one per
 * tensor: the loss of the toy's batch; the output vectors z of the users and
 * then the items, d numbers each. */
typedef double toy_loss(const struct toy *t, double *const *tensor);
typedef void toy_outputs(const struct toy *t, double *const *tensor, double *z);

struct toy_probe {
    const struct toy *t;
    toy_loss *loss;
    double **tensor;
    double **element; /* what each component of the probed vector is */
    int64_t n;
};

static double
toy_probe_loss(void *ctx, const double *x)
{
    struct toy_probe *p = ctx;
    for (int64_t k = 0; k < p->n; k++)
        *p->element[k] = x[k];
    return p->loss(p->t, p->tensor);
}

/* One tensor: up to `most` of its elements. */
static void
toy_check_tensor(struct toy_probe *p, const struct net_tensor *t, int64_t most,
    int at, double tol, const char *what)
{
    int64_t all = t->x.n * t->x.d;
    float x[64], g[64];
    double *element[64];
    p->n = all < most ? all : most;
    p->element = element;
    for (int64_t k = 0; k < p->n; k++) {
        int64_t i =
            all <= most ? k : (int64_t)(toy_random(20 + at, k) % (uint64_t)all);
        for (int64_t q = 0; q < k; q++) /* each element once */
            if (element[q] == &p->tensor[at][i]) {
                i = (i + 1) % all;
                q = -1;
            }
        element[k] = &p->tensor[at][i];
        x[k] = t->x.x[i];
        g[k] = t->g.x[i];
    }
    char text[160];
    snprintf(text, sizeof text, "%s, %s", what, t->name);
    fd_check(text, p->n, x, g, toy_probe_loss, p, tol);
    for (int64_t k = 0; k < p->n; k++)
        *element[k] = (double)x[k];
}

/* Numbers of size `spread` are added to the parameters; tensor: all as doubles,
 * to be freed. */
static void
toy_parameters(struct net *m, double spread, double *tensor[NET_TENSORS])
{
    for (int k = 0; k < m->tensors; k++) {
        struct mat *x = &m->tensor[k].x;
        int64_t n = x->n * x->d;
        tensor[k] = malloc((size_t)(n + 1) * sizeof(double));
        if (!tensor[k])
            abort();
        for (int64_t j = 0; j < n; j++) {
            x->x[j] += (float)(spread * toy_normal(10, 100000 * k + j));
            tensor[k][j] = (double)x->x[j];
        }
    }
}

/*
 * Every tensor's gradient, from random parameters of size `spread`, against the
 * twin's loss; and that loss.
 */
__attribute__((unused)) static void
toy_gradients(const struct toy *t, toy_loss *loss, double spread, int64_t most,
    double tol, const char *what)
{
    struct net *m = toy_net(t, 2);
    if (!ok(m != NULL, "%s: made", what))
        return;
    struct toy_probe p = {.t = t, .loss = loss};
    double *tensor[NET_TENSORS];
    p.tensor = tensor;
    toy_parameters(m, spread, tensor);
    double got = 0;
    struct err e = {0};
    int rc = m->kind->epoch ? m->kind->epoch(m, 0, &e) : 0;
    if (!rc)
        rc = m->kind->step(m, &t->batch, &got, &e);
    double want = loss(t, tensor);
    ok(!rc && fabs(got / TOY_BATCH - want) < 1e-5 * fabs(want),
        "%s: loss %.7g, twin %.7g%s", what, got / TOY_BATCH, want, e.msg);
    for (int k = 0; k < m->tensors; k++)
        if (m->tensor[k].role == NET_PARAM)
            toy_check_tensor(&p, &m->tensor[k], most, k, tol, what);
    for (int k = 0; k < m->tensors; k++)
        free(tensor[k]);
    net_free(m);
}

/* How far the net's output vectors are from the twin's, in parts of the largest
 * number; 1 if that is too small to say. */
static double
toy_vectors_off(
    const struct toy *t, struct net *m, double *const *tensor, toy_outputs *out)
{
    int64_t users = t->train.rows, items = t->train.cols, d = t->d;
    struct mat user, item;
    double *z = malloc((size_t)((users + items) * d) * sizeof *z);
    double worst = 0, most = 0;
    if (!z || mat_init(&user, users, d, NULL) ||
        mat_init(&item, items, d, NULL) ||
        m->kind->vectors(m, &user, &item, NULL))
        abort();
    out(t, tensor, z);
    for (int64_t k = 0; k < (users + items) * d; k++) {
        float got = k < users * d ? user.x[k] : item.x[k - users * d];
        worst = fmax(worst, fabs((double)got - z[k]));
        most = fmax(most, fabs(z[k]));
    }
    mat_free(&user);
    mat_free(&item);
    free(z);
    return most > .1 ? worst / most : 1;
}

/* The output vectors against the twin's, before a step, which may need fewer
 * rows than all, and after it. */
__attribute__((unused)) static void
toy_vectors(
    const struct toy *t, toy_outputs *out, double spread, const char *what)
{
    struct net *m = toy_net(t, 2);
    if (!ok(m != NULL, "%s: made", what))
        return;
    double *tensor[NET_TENSORS], loss = 0;
    toy_parameters(m, spread, tensor);
    if (m->kind->epoch && m->kind->epoch(m, 0, NULL))
        abort();
    double before = toy_vectors_off(t, m, tensor, out);
    if (m->kind->step(m, &t->batch, &loss, NULL))
        abort();
    double after = toy_vectors_off(t, m, tensor, out);
    ok(before < 1e-6 && after < 1e-6,
        "%s: vectors before a step and after it (off by %.1e, %.1e)", what,
        before, after);
    for (int k = 0; k < m->tensors; k++)
        free(tensor[k]);
    net_free(m);
}

/* Runs to the given epoch, stopping after `steps` steps if these are not 0. */
struct toy_stop {
    int64_t left;
    int stop;
};

static void
toy_count(void *ctx, int64_t step, int64_t steps)
{
    struct toy_stop *s = ctx;
    (void)step;
    (void)steps;
    if (s->left > 0 && --s->left == 0)
        s->stop = 1;
}

struct toy_run {
    struct sampler sampler;
    struct engine *g;
    struct engine_cursor at;
};

static void
toy_start(struct toy_run *r, const struct toy *t, int threads)
{
    struct net *m = toy_net(t, threads);
    *r = (struct toy_run){0};
    if (!m || sample_init(&r->sampler, m->sampling, &t->train, 5, NULL) ||
        cpu_net_new(&r->g, m, &r->sampler, TOY_BATCH, NULL))
        abort();
}

static void
toy_go(struct toy_run *r, int64_t epoch, int64_t steps)
{
    struct toy_stop s = {steps, 0};
    struct err e;
    while (r->at.epoch < epoch && !s.stop)
        if (engine_epoch(r->g, &r->at, &s.stop, toy_count, &s, &e)) {
            printf("# %s\n", e.msg);
            abort();
        }
}

static int
toy_same(const struct toy_run *a, const struct toy_run *b)
{
    int same = a->g->tensors == b->g->tensors && a->at.loss == b->at.loss;
    for (int k = 0; k < a->g->tensors && same; k++) {
        struct mat x, y;
        if (engine_take(a->g, k, &x, NULL) || engine_take(b->g, k, &y, NULL))
            abort();
        same = memcmp(x.x, y.x, (size_t)(x.n * x.d) * sizeof *x.x) == 0;
        if (!same)
            printf("# differs: %s\n", a->g->tensor[k].label);
        mat_free(&x);
        mat_free(&y);
    }
    return same;
}

static void
toy_end(struct toy_run *r)
{
    engine_free(r->g);
    sample_free(&r->sampler);
}

/* Three epochs on 1, 2 and 3 threads, and cut off within the second with the
 * vectors looked at in between: the same bytes. */
__attribute__((unused)) static void
toy_bytes(const struct toy *t, const char *what)
{
    struct toy_run one, other;
    toy_start(&one, t, 1);
    toy_go(&one, 3, 0);
    for (int threads = 2; threads <= 3; threads++) {
        toy_start(&other, t, threads);
        toy_go(&other, 3, 0);
        ok(toy_same(&one, &other), "%s: the same bytes on %d threads", what,
            threads);
        toy_end(&other);
    }
    struct toy_run first;
    toy_start(&first, t, 1);
    toy_go(&first, 3, one.g->steps + 1);
    toy_start(&other, t, 2);
    other.at = first.at;
    for (int k = 0; k < first.g->tensors; k++) {
        struct mat x;
        if (engine_take(first.g, k, &x, NULL) ||
            engine_set(other.g, k, 0, &x, NULL))
            abort();
        mat_free(&x);
    }
    struct mat user, item;
    if (mat_init(&user, t->train.rows, other.g->width, NULL) ||
        mat_init(&item, t->train.cols, other.g->width, NULL) ||
        engine_vectors(other.g, &user, &item, NULL))
        abort();
    toy_go(&other, 3, 0);
    ok(toy_same(&one, &other), "%s: the same bytes when continued", what);
    mat_free(&user);
    mat_free(&item);
    toy_end(&first);
    toy_end(&other);
    toy_end(&one);
}

#endif
