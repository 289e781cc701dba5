/* MMSSL against a twin in double: the generator's whole loss, the gradient of
 * every parameter and the output vectors, for one to three modalities and each
 * of the three kinds of modality graphs. */
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/la/blas.h"
#include "lib/models/mmssl/mmssl_priv.h"
#include "lib/models/registry.h"
#include "lib/nn/dropout.h"
#include "tests/unit/execs.h"
#include "tests/unit/fd.h"
#include "tests/unit/mats.h"
#include "tests/unit/mmssl_twin.h"
#include "tests/unit/tap.h"

static struct csr train;
static struct mat features[MOST];

static void
make_inputs(void)
{
    struct err e;
    must(csr_init(&train, U, I, U * I, 0, &e), &e);
    int64_t n = 0;
    for (int64_t u = 0; u < U; u++) {
        /* the last item is nobody's */
        for (int64_t i = 0; i < I - 1; i++)
            if (rng_u64(1, RNG_TEST, 1, (uint64_t)(u * I + i), 0) % 5 == 0 ||
                i == u)
                train.indices[n++] = (int32_t)i;
        train.indptr[u + 1] = n;
    }
    train.nnz = n;
    for (int m = 0; m < MOST; m++)
        features[m] = random_mat(I, width[m], 70 + (uint32_t)m);
}

static struct net *
make_net(int64_t neighbours, int threads)
{
    struct err e;
    struct model m;
    char names[MOST][2] = {"a", "b", "c"};
    struct net_features f[MOST];
    for (int k = 0; k < modals; k++)
        f[k] = (struct net_features){.name = names[k],
            .x = random_mat(I, width[k], 70 + (uint32_t)k),
            .weight = 1};
    struct system_args o;
    system_defaults(&o, &mmssl_system);
    o.train = &train;
    o.features = f;
    o.n_features = modals;
    o.batch = B + 2;
    o.seed = seed;
    o.exec = exec_of(threads);
    system_set(&o, "layers", L);
    system_set(&o, "dim", D);
    system_set(&o, "modal-loss", 0.3);
    system_set(&o, "penalty", 1e-3);
    if (neighbours)
        system_set(&o, "neighbors", (double)neighbours);
    must(system_make(&m, &o, &e), &e);
    return m.net;
}

static void
fill(struct twin *w, const struct net *m, const struct net_batch *b)
{
    const struct mmssl *s = m->own;
    memset(w, 0, sizeof *w);
    w->b = b;
    for (int64_t u = 0; u < U; u++) {
        for (int64_t k = train.indptr[u]; k < train.indptr[u + 1]; k++)
            w->r[u][train.indices[k]] = 1;
        for (int i = 0; i < modals; i++) {
            const struct csr *a = &s->modal[i].g.a;
            for (int64_t k = a->indptr[u]; k < a->indptr[u + 1]; k++)
                w->g[i][u][a->indices[k]] = 1;
        }
    }
    for (int k = 0; k < modals; k++) {
        struct mat ones = random_mat(I, D, 0);
        for (int i = 0; i < I * D; i++)
            ones.x[i] = 1;
        struct dropout o = {0.2, seed, (uint32_t)(modals + k), (uint32_t)b->t};
        dropout_apply(&o, &ones, NULL, &ones, exec_of(1));
        for (int i = 0; i < I * D; i++)
            w->mask[k][i / D][i % D] = (double)ones.x[i];
        for (int i = 0; i < I * width[k]; i++)
            w->f[k][i / width[k]][i % width[k]] = (double)features[k].x[i];
        mat_free(&ones);
    }
}

/* Every tensor but the critic, in a row. */
static void
flat(const struct net *m, float *x, float *g)
{
    int64_t at = 0;
    for (int k = 0; k < m->tensors; k++) {
        const struct net_tensor *t = &m->tensor[k];
        if (t->role != NET_PARAM)
            continue;
        memcpy(x + at, t->x.x, (size_t)(t->x.n * t->x.d) * sizeof *x);
        memcpy(g + at, t->g.x, (size_t)(t->x.n * t->x.d) * sizeof *x);
        at += t->x.n * t->x.d;
    }
    if (at != parameters())
        abort();
}

static void
zero_gradients(struct net *m)
{
    for (int k = 0; k < m->tensors; k++)
        if (m->tensor[k].role == NET_PARAM)
            memset(m->tensor[k].g.x, 0,
                (size_t)(m->tensor[k].g.n * m->tensor[k].g.d) * sizeof(float));
}

static const int32_t users[B] = {3, 17, 0, 9, 12, 5, 19};

static struct net_batch
make_batch(int64_t step)
{
    static int32_t pos[2 * B], *neg = pos + B;
    for (int b = 0; b < B; b++) {
        pos[b] = train.indices[train.indptr[users[b]] + step % 2];
        neg[b] = (int32_t)(I - 1 - (step + b) % 3);
        while (csr_has(&train, users[b], neg[b]))
            neg[b] = (neg[b] + 1) % I;
    }
    return (struct net_batch){0, step, step + 1, B, users, pos};
}

/* Do the recorded items have the K largest similarities? */
static int
recorded(const struct net *m, const struct twin *w)
{
    const struct mmssl *s = m->own;
    const struct mat *r = &m->tensor[s->record].x;
    int good = 1;
    for (int k = 0; k < modals; k++)
        for (int b = 0; b < B; b++) {
            good &= r->x[b] == (float)users[b];
            for (int j = 0; j < TOP; j++) {
                int item = (int)r->x[(1 + k * TOP + j) * r->d + b], above = 0;
                for (int i = 0; i < I; i++)
                    above += w->s[k][b][i] > w->s[k][b][item] + 1e-6;
                good &= above <= j;
            }
        }
    return good;
}

/* The output vectors, for which nothing is dropped, with the graphs that the
 * step has left. */
static void
test_vectors(struct net *m, struct twin *w, const struct net_batch *b,
    const double *parameter, const char *graph)
{
    struct err e;
    struct mat user, item;
    must(mat_init(&user, U, D, &e), &e);
    must(mat_init(&item, I, D, &e), &e);
    must(m->kind->vectors(m, &user, &item, &e), &e);
    fill(w, m, b);
    for (int k = 0; k < modals * I * D; k++)
        w->mask[k / (I * D)][k / D % I][k % D] = 1;
    loss_of(w, parameter);
    double du = off(w->user, user.x, U * D), di = off(w->item, item.x, I * D);
    ok(du < 1e-6 && di < 1e-6, "vectors after %s (off by %.1e, %.1e)", graph,
        du, di);
    mat_free(&user);
    mat_free(&item);
}

static void
test_gradients(void)
{
    static const char *const graph[] = {
        "train pairs", "train pairs", "recorded", "empty"};
    static struct twin w;
    struct err e;
    struct net *m = make_net(TOP, 2);
    struct mmssl *s = m->own;
    const int all = parameters();
    must(m->kind->epoch(m, 0, &e), &e);
    for (int step = 0; step < 4; step++) {
        struct net_batch b = make_batch(step);
        float x[MOST_PARAMETERS], g[MOST_PARAMETERS];
        double at[MOST_PARAMETERS], got;
        fill(&w, m, &b);
        zero_gradients(m);
        must(m->kind->step(m, &b, &got, &e), &e);
        for (int64_t k = 0; k < s->critic.size; k++)
            w.critic[k] = (double)s->critic.theta[k];
        flat(m, x, g);
        for (int k = 0; k < all; k++)
            at[k] = (double)x[k];
        double want = loss_of(&w, at);
        ok(fabs(got / B - want) < 1e-5 * fmax(1, fabs(want)),
            "%d modalities, loss with graphs %s: %.5f", modals, graph[step],
            got / B);
        if (step == 0)
            ok(recorded(m, &w), "the first step records the most similar");
        fd_check(graph[step], all, x, g, loss_of, &w,
            3e-6); /* the critic's share is 1e-4 */
        ok((s->modal[0].g.a.nnz > 0) == (step < 2) || step == 3,
            "%lld edges afterwards", (long long)s->modal[0].g.a.nnz);
        test_vectors(m, &w, &b, at, graph[step]);
    }
    net_free(m);
}

static void
test_threads(void)
{
    struct err e;
    struct net *m[3];
    int equal = 1;
    for (int t = 0; t < 3; t++) {
        m[t] = make_net(0, t + 1);
        must(m[t]->kind->epoch(m[t], 0, &e), &e);
        for (int step = 0; step < 3; step++) {
            struct net_batch b = make_batch(step);
            double loss;
            must(m[t]->kind->step(m[t], &b, &loss, &e), &e);
        }
        for (int k = 0; k < m[0]->tensors; k++) {
            const struct net_tensor *a = &m[0]->tensor[k],
                                    *b = &m[t]->tensor[k];
            size_t bytes = (size_t)(a->x.n * a->x.d) * sizeof(float);
            equal &= memcmp(a->x.x, b->x.x, bytes) == 0;
            if (a->role != NET_STATE)
                equal &= memcmp(a->g.x, b->g.x, bytes) == 0;
        }
    }
    ok(equal, "1, 2 and 3 threads");
    ok(((struct mmssl *)m[0]->own)->modal[0].g.a.nnz == 0,
        "few items: the graphs are empty after the second step");
    for (int t = 0; t < 3; t++)
        net_free(m[t]);
}

int
main(void)
{
    blas_init();
    make_inputs();
    for (modals = 1; modals <= MOST; modals++)
        test_gradients();
    modals = 2;
    test_threads();
    csr_free(&train);
    for (int m = 0; m < MOST; m++)
        mat_free(&features[m]);
    return done();
}
