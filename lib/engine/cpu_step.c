#include "lib/engine/cpu.h"

#include "lib/base/fmath.h"
#include "lib/base/par.h"
#include "lib/rec/bpr.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

static double
seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Adam's scalars of optimiser step t, counted from 1. */
static struct kadam
adam_scalars(const struct engine *g, int64_t t)
{
    const double b1 = 0.9, b2 = 0.999;
    return (struct kadam){
        .coupled = (float)g->coupled,
        .keep = (float)(1.0 - g->rate * g->decoupled),
        .rate = (float)g->rate,
        .b1 = (float)b1,
        .b2 = (float)b2,
        .a1 = (float)(1.0 - b1),
        .a2 = (float)(1.0 - b2),
        .r1 = (float)(1.0 / (1.0 - fm_powi(b1, t))),
        .r2 = (float)(1.0 / sqrt(1.0 - fm_powi(b2, t))),
        .eps = 1e-8f,
    };
}

static void
swap(float **a, float **b)
{
    float *t = *a;
    *a = *b;
    *b = t;
}

const float *
cpu_inner_layers(const struct kernels *k, struct worker *w,
    const struct part *part, const struct kgraph *graph, int layers,
    const float *c, struct krows x, float *y, float *other)
{
    if (layers == 0)
        return y;
    for (int i = 0; i < part->n; i++)
        k->start(graph, part->from[i], part->to[i], c + layers * PANEL, x, y);
    par_gate_wait(&w->crew->gate);
    for (int l = layers - 1; l > 0; l--) {
        for (int i = 0; i < part->n; i++)
            k->layer(
                graph, part->from[i], part->to[i], c + l * PANEL, x, y, other);
        par_gate_wait(&w->crew->gate);
        swap(&y, &other);
    }
    return y;
}

static float *
vectors_of(const struct engine *g, int band, int panel)
{
    return g->h + (band * g->panels + panel) * 3 * g->batch * PANEL;
}

/* The worker's share of n things: *from, and how many. */
static int64_t
share(const struct worker *w, int64_t n, int64_t *from)
{
    int size = w->crew->gate.size;
    *from = n * w->rank / size;
    return n * (w->rank + 1) / size - *from;
}

static void
forward(struct engine *g, int panel, struct worker *w)
{
    const struct kernels *k = g->k;
    const struct krows x = {g->theta + panel * g->n * PANEL, NULL};
    const float *c = g->coef + panel * (g->layers + 1) * PANEL;
    const struct batch *b = &w->batch;
    const float *y = cpu_inner_layers(
        k, w, &w->rows, &g->ui, g->layers, c, x, w->crew->y0, w->crew->y1);
    int64_t at, n = share(w, b->n_nodes, &at);
    float *h = vectors_of(g, 0, panel), *mid = vectors_of(g, 1, panel);
    k->last_rows(g->layers ? &g->ui : &g->none, b->node + at, n, c, x, y,
        h + at * PANEL);
    if (g->bands == 2)
        k->band(b->node + at, n, (float)g->mid, x, h + at * PANEL,
            mid + at * PANEL);
    par_gate_wait(&w->crew->gate);
    n = share(w, b->n, &at);
    for (int band = 0; band < g->bands; band++)
        k->scores(n, b->user + at, b->pos + at, b->neg + at,
            vectors_of(g, band, panel),
            g->partial + (band * g->panels + panel) * g->batch + at);
}

/* Gradient of the batch's vectors into w->slots, and of what reaches the
 * parameters without propagation into w->own. */
static void
scatter(const struct engine *g, int panel, struct worker *w)
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
    if (g->penalty > 0)
        k->penalise(b->node, b->count, b->n_nodes,
            (float)(g->penalty / (double)b->n),
            (struct krows){g->theta + panel * g->n * PANEL, NULL}, w->own);
}

/* The gradient is non-zero on the batch's nodes only: the first product pushes
 * from these, which adds the same numbers in the same order as gathering. */
static const float *
inner_gradient(const struct engine *g, const float *c, struct worker *w)
{
    const struct kernels *k = g->k;
    const struct krows dh = {w->slots, w->batch.slot};
    float *y = w->crew->y0, *other = w->crew->y1, *sum = w->crew->sum;
    if (g->layers < 2) {
        /* own rows of the penalty are read from theta, hence wait here too */
        par_gate_wait(&w->crew->gate);
        return cpu_inner_layers(
            k, w, &w->rows, &g->ui, g->layers, c, dh, y, other);
    }
    const struct part *p = &w->rows;
    for (int i = 0; i < p->n; i++) {
        k->push_rows(&g->ui, p->from[i], p->to[i], w->batch.node,
            w->batch.n_nodes, c + g->layers * PANEL, w->slots, sum);
        k->layer_summed(&g->ui, p->from[i], p->to[i],
            c + (g->layers - 1) * PANEL, dh, sum, y);
    }
    par_gate_wait(&w->crew->gate);
    for (int l = g->layers - 2; l > 0; l--) {
        for (int i = 0; i < p->n; i++)
            k->layer(&g->ui, p->from[i], p->to[i], c + l * PANEL, dh, y, other);
        par_gate_wait(&w->crew->gate);
        swap(&y, &other);
    }
    return y;
}

/* Backward stepwise convolution of the items' directions, then their step. The
 * directions lie in one of the two buffers; the other one is free once the crew
 * has met, and the sums' buffer is lent and given back zeroed. */
static void
smooth(const struct engine *g, int panel, struct worker *w,
    const struct kadam *a, int in_y1, float *theta)
{
    struct crew *crew = w->crew;
    const struct krows dir = {in_y1 ? crew->y1 : crew->y0, NULL};
    const float *c = g->item_coef + panel * (g->item_layers + 1) * PANEL;
    const struct kgraph none = {
        g->n_items, g->no_edges, NULL, NULL, g->items.q};
    int64_t from = w->items.from[0], to = w->items.to[0];
    par_gate_wait(&crew->gate);
    const float *y = cpu_inner_layers(g->k, w, &w->items, &g->items,
        g->item_layers, c, dir, in_y1 ? crew->y0 : crew->y1, crew->sum);
    g->k->last_step(
        g->item_layers ? &g->items : &none, from, to, c, dir, y, a, theta);
    if (g->item_layers > 1) {
        par_gate_wait(&crew->gate);
        memset(crew->sum + from * PANEL, 0,
            (size_t)(to - from) * PANEL * sizeof(float));
    }
}

/* Gradient, Adam and smoothing of one panel. */
static void
backward(struct engine *g, int panel, struct worker *w, const struct kadam *a,
    struct engine_times *times)
{
    const struct kernels *k = g->k;
    const struct kgraph *ui = g->layers ? &g->ui : &g->none;
    const struct part *p = &w->rows;
    const float *c = g->coef + panel * (g->layers + 1) * PANEL;
    float *theta = g->theta + panel * g->n * PANEL;
    float *m = g->m + panel * g->n * PANEL, *v = g->v + panel * g->n * PANEL;
    const struct krows dh = {w->slots, w->batch.slot};
    double t0 = seconds();
    scatter(g, panel, w);
    const float *y = inner_gradient(g, c, w);
    double t1 = seconds();
    for (int i = 0; i < (g->smooth ? 1 : p->n); i++)
        k->last_adam(
            ui, p->from[i], p->to[i], c, dh, y, w->own, a, theta, m, v);
    if (g->smooth) {
        float *dir = y == w->crew->y0 ? w->crew->y1 : w->crew->y0;
        k->last_direction(ui, p->from[1], p->to[1], c, dh, y, w->own, a, theta,
            m, v, dir + w->items.from[0] * PANEL);
    }
    double t2 = seconds();
    if (g->smooth)
        smooth(g, panel, w, a, y == w->crew->y0, theta + g->n_users * PANEL);
    par_gate_wait(&w->crew->gate);
    times->backward += t1 - t0;
    times->adam += t2 - t1;
    times->smooth += seconds() - t2;
}

/* Slice `rank` of the step's triples. */
static void
draw(struct engine *g, int64_t step, int rank)
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

/* Slice `rank` of the losses and their derivatives; scores are joined panel by
 * panel in ascending order, in double. */
static int
losses(struct engine *g, int64_t n, int rank)
{
    int finite = 1;
    for (int64_t b = n * rank / g->threads; b < n * (rank + 1) / g->threads;
         b++) {
        double x = 0;
        for (int p = 0; p < g->bands * g->panels; p++)
            x += (double)g->partial[p * g->batch + b];
        g->loss[b] = bpr_triple(x, n, &g->score_coef[b]);
        finite &= isfinite(g->loss[b]) != 0;
    }
    return finite;
}

struct epoch {
    struct engine *g;
    struct engine_cursor *cursor;
    const volatile int *stop;
    void (*progress)(void *, int64_t, int64_t);
    void *ctx;
    int64_t steps;
    /* Written between a step's two barriers, read after the second. */
    int leave;
    _Atomic int64_t bad; /* 1 + the step whose loss is not finite */
};

/*
 * One thread's part of an epoch. Panels are dealt to the crews for good; all
 * threads meet twice a step: when all partial scores are there, and when the
 * losses' derivatives are.
 */
static void
epoch_thread(void *ctx, int rank, struct par_team *team)
{
    struct epoch *ep = ctx;
    struct engine *g = ep->g;
    struct worker *w = &g->worker[rank];
    struct engine_times times = {0};
    int64_t first = ep->cursor->step, t = ep->cursor->t;
    draw(g, first, rank);
    par_barrier(team);
    for (int64_t step = first; step < ep->steps; step++) {
        double t0 = seconds();
        int64_t n = g->sampler->n - step * g->batch;
        if (n > g->batch)
            n = g->batch;
        batch_set(&w->batch, g->triple[step & 1], n, g->n_users, g->place);
        double t1 = seconds();
        for (int p = w->first; p < g->panels; p += g->crews)
            forward(g, p, w);
        double t2 = seconds();
        par_barrier(team);
        double t3 = seconds();
        if (!losses(g, n, rank))
            ep->bad = step + 1;
        if (rank == 0)
            ep->leave = ep->stop && *ep->stop;
        double t4 = seconds();
        if (step + 1 < ep->steps)
            draw(g, step + 1, rank);
        double t5 = seconds();
        par_barrier(team);
        double t6 = seconds();
        if (rank == 0) {
            double sum = 0;
            for (int64_t b = 0; b < n; b++)
                sum += g->loss[b];
            ep->cursor->loss += sum;
        }
        if (ep->bad)
            break;
        int leave = ep->leave;
        struct kadam a = adam_scalars(g, ++t);
        /* In reverse, here as from this step's backward to the next one's
         * forward the panel that was touched last is still in the cache. */
        int last = w->first + (g->panels - 1 - w->first) / g->crews * g->crews;
        for (int p = last; p >= 0; p -= g->crews)
            backward(g, p, w, &a, &times);
        times.sample += t1 - t0 + t5 - t4;
        times.forward += t2 - t1;
        times.scores += t4 - t3;
        times.wait += t3 - t2 + t6 - t5;
        times.steps++;
        if (rank == 0) {
            ep->cursor->step = step + 1;
            ep->cursor->t = t;
            if (ep->progress)
                ep->progress(ep->ctx, step + 1, ep->steps);
        }
        if (leave)
            break;
    }
    if (rank == 0) {
        struct engine_times *all = &g->times;
        all->sample += times.sample;
        all->forward += times.forward;
        all->scores += times.scores;
        all->backward += times.backward;
        all->adam += times.adam;
        all->smooth += times.smooth;
        all->wait += times.wait;
        all->steps += times.steps;
    }
}

int64_t
engine_steps_per_epoch(const struct engine *g)
{
    return (g->sampler->n + g->batch - 1) / g->batch;
}

int64_t
engine_triples(const struct engine *g)
{
    return g->sampler->n;
}

int
engine_epoch(struct engine *g, struct engine_cursor *c,
    const volatile int *stop, void (*progress)(void *, int64_t, int64_t),
    void *ctx, struct err *e)
{
    struct epoch ep = {.g = g,
        .cursor = c,
        .stop = stop,
        .progress = progress,
        .ctx = ctx,
        .steps = engine_steps_per_epoch(g)};
    if (c->step == 0)
        c->loss = 0;
    sample_epoch(g->sampler, (uint32_t)c->epoch);
    int rc = par_team_run(g->threads, epoch_thread, &ep, e);
    if (rc)
        return rc;
    if (ep.bad) {
        rc = engine_check(g, c->t, e);
        return rc ? rc
                  : err_set(e, ERR_NUM,
                        "loss is not finite at epoch %" PRId64
                        ", step %" PRId64,
                        c->epoch + 1, ep.bad);
    }
    if (c->step == ep.steps) {
        c->epoch++;
        c->step = 0;
    }
    return 0;
}
