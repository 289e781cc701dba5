#include "lib/engine/cpu/cpu_priv.h"

#include "lib/base/clock.h"
#include "lib/base/exec.h"
#include "lib/graph/bpr.h"

#include <math.h>
#include <string.h>

static void
swap(float **a, float **b)
{
    float *t = *a;
    *a = *b;
    *b = t;
}

struct blocks
cpu_theta(const struct cpu *g, int panel)
{
    const float *x = g->theta + panel * g->n * PANEL;
    return (struct blocks){{x, NULL}, {x + g->n_users * PANEL, NULL}};
}

/* One layer for users and *items. Items come first and go into the spare. Then
 * users are overwritten: nobody needs their old rows any more. */
static void
layer(const struct cpu *g, struct worker *w, const float *c, struct blocks x,
    float *users, float **items, float **spare)
{
    g->k->layer(
        &g->items, w->items.from, w->items.to, c, x.items, users, *spare);
    gate_wait(&w->crew->gate);
    g->k->layer(
        &g->users, w->users.from, w->users.to, c, x.users, *items, users);
    gate_wait(&w->crew->gate);
    swap(items, spare);
}

void
cpu_inner_layers(const struct cpu *g, struct worker *w, const float *c,
    struct blocks x, float *users, float **items, float **spare)
{
    int last = g->layers;
    if (last == 0)
        return;
    g->k->start(&g->users, w->users.from, w->users.to, c + last * PANEL,
        x.users, users);
    g->k->start(&g->items, w->items.from, w->items.to, c + last * PANEL,
        x.items, *items);
    gate_wait(&w->crew->gate);
    for (int l = last - 1; l > 0; l--)
        layer(g, w, c + l * PANEL, x, users, items, spare);
}

static float *
vectors_of(const struct cpu *g, int band, int panel)
{
    return g->h + (band * g->panels + panel) * 3 * g->batch * PANEL;
}

/* The worker's share of n things: it begins at *from; returns how many they
 * are. */
static int64_t
share(const struct worker *w, int64_t n, int64_t *from)
{
    int size = w->crew->gate.size;
    *from = n * w->rank / size;
    return n * (w->rank + 1) / size - *from;
}

/* The vectors of the worker's share of the batch's nodes in [from, to), made
 * from the other side's rows y. */
static void
batch_vectors(const struct cpu *g, struct worker *w, int panel,
    const struct kgraph *graph, struct krows x, const float *y, int64_t from,
    int64_t to)
{
    const float *c = g->coef + panel * (g->layers + 1) * PANEL;
    const int32_t *node = w->batch.node;
    int64_t at, n = share(w, to - from, &at);
    float *h = vectors_of(g, 0, panel) + (from + at) * PANEL;
    g->k->last_rows(graph, node + from + at, n, c, x, y, h);
    if (g->bands == 2)
        g->k->band(node + from + at, n, (float)g->mid, x, h,
            vectors_of(g, 1, panel) + (from + at) * PANEL);
}

static void
forward(struct cpu *g, int panel, struct worker *w)
{
    const struct batch *b = &w->batch;
    const struct blocks x = cpu_theta(g, panel);
    float *users = w->crew->users, *items = w->crew->items,
          *spare = w->crew->spare;
    cpu_inner_layers(g, w, g->coef + panel * (g->layers + 1) * PANEL, x, users,
        &items, &spare);
    batch_vectors(g, w, panel, g->layers ? &g->users : &g->lone_users, x.users,
        items, 0, b->user_nodes);
    batch_vectors(g, w, panel, g->layers ? &g->items : &g->lone_items, x.items,
        users, b->user_nodes, b->n_nodes);
    gate_wait(&w->crew->gate);
    int64_t at, n = share(w, b->n, &at);
    for (int band = 0; band < g->bands; band++)
        g->k->scores(n, b->user + at, b->pos + at, b->neg + at,
            vectors_of(g, band, panel),
            g->partial + (band * g->all_panels + g->panel0 + panel) * g->batch +
                at);
}

/* The gradient of the batch's vectors goes to w->slots. What reaches the
 * parameters without propagation goes to w->own. */
static void
scatter(const struct cpu *g, int panel, struct worker *w)
{
    const struct kernels *k = g->k;
    const struct batch *b = &w->batch;
    size_t bytes = (size_t)b->n_nodes * PANEL * sizeof(float);
    memset(w->slots, 0, bytes);
    k->scatter(b->n, b->user, b->pos, b->neg, g->score_coef,
        vectors_of(g, 0, panel), w->slots);
    if (g->bands == 2) {
        memset(w->mid, 0, bytes);
        k->scatter(b->n, b->user, b->pos, b->neg, g->score_coef,
            vectors_of(g, 1, panel), w->mid);
        k->fold(b->n_nodes, (float)g->mid, w->mid, w->slots, w->own);
    } else if (g->penalty > 0) {
        memset(w->own, 0, bytes);
    }
    if (g->penalty > 0) {
        float weight = (float)(g->penalty / (double)b->n);
        int64_t u = b->user_nodes;
        struct blocks x = cpu_theta(g, panel);
        k->penalise(b->node, b->count, u, weight, x.users, w->own);
        k->penalise(b->node + u, b->count + u, b->n_nodes - u, weight, x.items,
            w->own + u * PANEL);
    }
}

/* Layers L .. 2 of the gradient, as in cpu_inner_layers. The gradient is zero
 * outside the batch's nodes, so the first product pushes from these. That adds
 * the same numbers in the same order as gathering would. */
static void
inner_gradient(const struct cpu *g, struct worker *w, const float *c,
    struct blocks dh, float *users, float **items, float **spare)
{
    const struct kernels *k = g->k;
    const struct batch *b = &w->batch;
    const struct part *pu = &w->users, *pi = &w->items;
    if (g->layers < 2) {
        /* another thread of the crew may still read parameters for its
         * gradients */
        gate_wait(&w->crew->gate);
        cpu_inner_layers(g, w, c, dh, users, items, spare);
        return;
    }
    int last = g->layers;
    memset(users + pu->from * PANEL, 0,
        (size_t)(pu->to - pu->from) * PANEL * sizeof(float));
    memset(*items + pi->from * PANEL, 0,
        (size_t)(pi->to - pi->from) * PANEL * sizeof(float));
    int64_t u = b->user_nodes;
    k->push_rows(&g->users, pi->from, pi->to, b->node, u, c + last * PANEL,
        w->slots, *items);
    k->push_rows(&g->items, pu->from, pu->to, b->node + u, b->n_nodes - u,
        c + last * PANEL, w->slots + u * PANEL, users);
    k->layer_summed(
        &g->items, pi->from, pi->to, c + (last - 1) * PANEL, dh.items, *items);
    k->layer_summed(
        &g->users, pu->from, pu->to, c + (last - 1) * PANEL, dh.users, users);
    gate_wait(&w->crew->gate);
    for (int l = last - 2; l > 0; l--)
        layer(g, w, c + l * PANEL, dh, users, items, spare);
}

/* Backward stepwise convolution of the items' directions dir, then their step.
 * Nobody needs the users' rows by now, so they hold its layers. */
static void
smooth(const struct cpu *g, int panel, struct worker *w, const struct adam *a,
    const float *dir, float *theta)
{
    const struct kernels *k = g->k;
    const float *c = g->item_coef + panel * (g->item_layers + 1) * PANEL;
    const struct krows x = {dir, NULL};
    int64_t from = w->items.from, to = w->items.to;
    float *y = w->crew->users, *other = y + g->n_items * PANEL;
    if (g->item_layers == 0) {
        k->last_step(&g->lone_items, from, to, c, x, y, a, theta);
        return;
    }
    gate_wait(&w->crew->gate);
    k->start(&g->similar, from, to, c + g->item_layers * PANEL, x, y);
    gate_wait(&w->crew->gate);
    for (int l = g->item_layers - 1; l > 0; l--) {
        k->layer(&g->similar, from, to, c + l * PANEL, x, y, other);
        gate_wait(&w->crew->gate);
        swap(&y, &other);
    }
    k->last_step(&g->similar, from, to, c, x, y, a, theta);
}

/* Gradient, Adam and smoothing of one panel. */
static void
backward(struct cpu *g, int panel, struct worker *w, const struct adam *a,
    struct engine_times *times)
{
    const struct kernels *k = g->k;
    const struct kgraph *gu = g->layers ? &g->users : &g->lone_users;
    const struct kgraph *gi = g->layers ? &g->items : &g->lone_items;
    const struct part *pu = &w->users, *pi = &w->items;
    const float *c = g->coef + panel * (g->layers + 1) * PANEL;
    int64_t at = panel * g->n * PANEL, ai = at + g->n_users * PANEL;
    const struct blocks dh = {
        {w->slots, w->batch.slot}, {w->slots, w->batch.slot + g->n_users}};
    float *users = w->crew->users, *items = w->crew->items,
          *spare = w->crew->spare;
    double t0 = clock_seconds();
    scatter(g, panel, w);
    inner_gradient(g, w, c, dh, users, &items, &spare);
    double t1 = clock_seconds();
    k->last_adam(gu, pu->from, pu->to, c, dh.users, items, w->own, a,
        g->theta + at, g->m + at, g->v + at, NULL);
    k->last_adam(gi, pi->from, pi->to, c, dh.items, users, w->own, a,
        g->theta + ai, g->m + ai, g->v + ai, g->smooth ? spare : NULL);
    double t2 = clock_seconds();
    if (g->smooth)
        smooth(g, panel, w, a, spare, g->theta + ai);
    gate_wait(&w->crew->gate);
    times->backward += t1 - t0;
    times->adam += t2 - t1;
    times->smooth += clock_seconds() - t2;
}

/* Slice `rank` of the step's triples. */
static void
draw(struct cpu *g, int64_t step, int rank)
{
    int64_t first = step * g->batch, n = g->sampler->n - first;
    if (n > g->batch)
        n = g->batch;
    int32_t *t = g->triple[step & 1];
    for (int64_t b = n * rank / g->threads; b < n * (rank + 1) / g->threads;
         b++)
        sample_triple(
            g->sampler, first + b, &t[3 * b], &t[3 * b + 1], &t[3 * b + 2]);
}

/* s+ - s- of triple b: partial scores are joined in double, panel by panel in
 * ascending order. */
static double
margin(const struct cpu *g, int64_t b)
{
    double x = 0;
    for (int p = 0; p < g->bands * g->all_panels; p++)
        x += (double)g->partial[p * g->batch + b];
    return x;
}

/* Slice `rank` of the losses of n triples and of their derivatives. */
static int
losses(struct cpu *g, int64_t n, int rank)
{
    int64_t each = g->sampler->negatives, positives = n / each;
    int finite = 1;
    for (int64_t i = positives * rank / g->threads;
         i < positives * (rank + 1) / g->threads; i++) {
        double *x = g->loss + i * each;
        for (int64_t k = 0; k < each; k++)
            x[k] = margin(g, i * each + k);
        bpr_group(x, each, positives, g->score_coef + i * each);
        finite &= isfinite(*x) != 0;
    }
    return finite;
}

struct epoch {
    struct cpu *g;
    struct engine_cursor *cursor;
    const volatile int *stop;
    void (*progress)(void *, int64_t, int64_t);
    void *ctx;
    int64_t steps;
    struct err *e;
    /* Written at a step's first barrier. */
    int64_t n; /* triples of the step */
    int leave, rc;
    _Atomic int64_t bad; /* 1 + the step whose loss is not finite */
};

/* All threads have written the partial scores of their panels. This gets those
 * of other engines. */
static void
exchange(void *ctx)
{
    struct epoch *ep = ctx;
    struct cpu *g = ep->g;
    ep->leave = ep->stop && *ep->stop;
    if (g->exchange)
        ep->rc = g->exchange(g->exchange_ctx, g->partial, g->batch,
            g->bands * g->all_panels, ep->n, &ep->leave, ep->e);
}

/*
 * One thread's part of an epoch. Panels are dealt to the crews for good. All
 * threads meet twice a step: when all partial scores are there, and when the
 * losses' derivatives are.
 */
static void
epoch_thread(void *ctx, int rank, struct gate *team)
{
    struct epoch *ep = ctx;
    struct cpu *g = ep->g;
    struct worker *w = &g->worker[rank];
    struct engine_times other = {0};
    struct engine_times *times = rank ? &other : &g->base.times;
    int64_t first = ep->cursor->step, t = ep->cursor->t;
    draw(g, first, rank);
    gate_wait(team);
    for (int64_t step = first; step < ep->steps; step++) {
        double t0 = clock_seconds();
        int64_t n = g->sampler->n - step * g->batch;
        if (n > g->batch)
            n = g->batch;
        if (rank == 0)
            ep->n = n;
        batch_set(&w->batch, g->triple[step & 1], n, g->place);
        double t1 = clock_seconds();
        for (int p = w->first; p < g->panels; p += g->crews)
            forward(g, p, w);
        double t2 = clock_seconds();
        gate_wait_then(team, exchange, ep);
        double t3 = clock_seconds();
        if (ep->rc)
            break;
        if (!losses(g, n, rank))
            ep->bad = step + 1;
        double t4 = clock_seconds();
        if (step + 1 < ep->steps)
            draw(g, step + 1, rank);
        double t5 = clock_seconds();
        gate_wait(team);
        double t6 = clock_seconds();
        if (rank == 0) {
            double sum = 0;
            for (int64_t b = 0; b < n; b++)
                sum += g->loss[b];
            ep->cursor->loss += sum;
        }
        if (ep->bad)
            break;
        int leave = ep->leave;
        struct adam a = adam_scalars(&g->adam, ++t);
        /* Panels run in reverse so that the one used last is still in cache. */
        int last = w->first + (g->panels - 1 - w->first) / g->crews * g->crews;
        for (int p = last; p >= 0; p -= g->crews)
            backward(g, p, w, &a, times);
        times->sample += t1 - t0 + t5 - t4;
        times->forward += t2 - t1;
        times->scores += t4 - t3;
        times->wait += t3 - t2 + t6 - t5;
        times->steps++;
        if (rank == 0) {
            ep->cursor->step = step + 1;
            ep->cursor->t = t;
            if (ep->progress)
                ep->progress(ep->ctx, step + 1, ep->steps);
        }
        if (leave)
            break;
    }
}

int
cpu_epoch(struct engine *base, struct engine_cursor *c,
    const volatile int *stop, void (*progress)(void *, int64_t, int64_t),
    void *ctx, struct err *e)
{
    struct cpu *g = (struct cpu *)base;
    struct epoch ep = {.g = g,
        .cursor = c,
        .stop = stop,
        .progress = progress,
        .ctx = ctx,
        .steps = base->steps,
        .e = e};
    sample_epoch(g->sampler, (uint32_t)c->epoch);
    int rc = exec_team(g->exec, g->threads, epoch_thread, &ep, e);
    if (!rc)
        rc = ep.rc;
    return !rc && ep.bad ? engine_bad_loss(base, c, ep.bad, e) : rc;
}
