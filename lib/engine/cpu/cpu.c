#include "lib/engine/cpu/cpu.h"

#include "lib/base/mem.h"
#include "lib/engine/cpu/cpu_priv.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_SHARE = 16, /* threads at one panel that still help */
    ROW_COST = 8    /* of a row's own work, in gathered rows */
};

/* The row of a at which share number `share` of `of` begins; shares cost about
 * the same. The cost of a row is its neighbours in a, those in b (may be NULL),
 * and ROW_COST. */
static int64_t
border(const struct kgraph *a, const struct kgraph *b, int share, int of)
{
    int64_t total = a->indptr[a->n] - a->indptr[0] + a->n * ROW_COST +
                    (b ? b->indptr[b->n] : 0);
    int64_t sum = 0, r = 0;
    for (; r < a->n && sum < total * share / of; r++)
        sum += a->indptr[r + 1] - a->indptr[r] + ROW_COST +
               (b ? b->indptr[r + 1] - b->indptr[r] : 0);
    return share == of ? a->n : r;
}

static void
set_crew(struct crew *c, struct cpu *g)
{
    int64_t rows = g->n_users < 2 * g->n_items ? 2 * g->n_items : g->n_users;
    c->users = arena_new(&g->arena, rows * PANEL, sizeof(float));
    c->items = arena_new(&g->arena, g->n_items * PANEL, sizeof(float));
    c->spare = arena_new(&g->arena, g->n_items * PANEL, sizeof(float));
}

static void
set_worker(struct worker *w, struct cpu *g, int thread)
{
    w->first = thread % g->crews;
    w->crew = &g->crew[w->first];
    w->rank = thread / g->crews;
    int size = w->crew->gate.size;
    const struct kgraph *similar = g->smooth ? &g->similar : NULL;
    w->users = (struct part){border(&g->users, NULL, w->rank, size),
        border(&g->users, NULL, w->rank + 1, size)};
    w->items = (struct part){border(&g->items, similar, w->rank, size),
        border(&g->items, similar, w->rank + 1, size)};
    int64_t floats = (3 * g->batch + 1) * PANEL;
    w->slots = arena_zero(&g->arena, floats, sizeof(float));
    w->mid = arena_zero(&g->arena, floats, sizeof(float));
    w->own = arena_zero(&g->arena, floats, sizeof(float));
    w->batch = batch_in(&g->arena, g->batch, g->n_users, g->n);
}

static void
set_workers(struct cpu *g, int crews)
{
    g->crews = crews ? crews : g->threads;
    if (g->crews > g->panels)
        g->crews = g->panels ? g->panels : 1;
    if (g->crews > g->threads)
        g->crews = g->threads;
    g->crew = arena_zero(&g->arena, g->crews, sizeof *g->crew);
    g->worker = arena_zero(&g->arena, g->threads, sizeof *g->worker);
    for (int c = 0; g->crew && c < g->crews; c++) {
        gate_init(&g->crew[c].gate,
            g->threads / g->crews + (c < g->threads % g->crews),
            exec_spins(g->exec));
        set_crew(&g->crew[c], g);
    }
    for (int t = 0; g->worker && t < g->threads; t++)
        set_worker(&g->worker[t], g, t);
}

/* The model's columns, [layer][d], as panels: [panel][layer][PANEL], padded
 * with zero columns. */
static float *
panel_coef(struct cpu *g, const float *c, int layers)
{
    assert(c);
    float *out = arena_zero(
        &g->arena, (int64_t)g->panels * (layers + 1) * PANEL, sizeof *out);
    for (int64_t j = g->d0; out && j < g->d1; j++)
        for (int l = 0; l <= layers; l++)
            out[((j - g->d0) / PANEL * (layers + 1) + l) * PANEL + j % PANEL] =
                c[l * g->d + j];
    return out;
}

/* The rows of the engine are the nodes by descending degree, see
 * graph_by_degree; users and items are numbered from 0 each. */
static int
set_graphs(struct cpu *g, const struct graph *ui, const struct graph *items,
    struct err *e)
{
    g->place = arena_new(&g->arena, g->n, sizeof *g->place);
    int64_t *no_edges = arena_zero(&g->arena, g->n + 1, sizeof *no_edges);
    int rc = arena_check(&g->arena, e);
    if (!rc)
        rc = graph_by_degree(ui, g->n_users, g->place, e);
    if (!rc)
        rc = graph_renumber(ui, g->place, &g->ui_graph, e);
    if (rc)
        return rc;
    struct csr *a = &g->ui_graph.a;
    for (int64_t k = 0; k < a->indptr[g->n_users]; k++)
        a->indices[k] -= (int32_t)g->n_users;
    g->users = (struct kgraph){
        g->n_users, a->indptr, a->indices, a->data, g->ui_graph.q};
    g->items = (struct kgraph){g->n_items, a->indptr + g->n_users, a->indices,
        a->data, g->ui_graph.q + g->n_users};
    g->lone_users = g->users;
    g->lone_items = g->items;
    g->lone_users.indptr = g->lone_items.indptr = no_edges;
    if (!g->smooth)
        return 0;
    int32_t *place = mem_new(g->n_items, sizeof *place, e);
    if (!place)
        return ERR_NOMEM;
    for (int64_t i = 0; i < g->n_items; i++)
        place[i] = (int32_t)(g->place[g->n_users + i] - g->n_users);
    rc = graph_renumber(items, place, &g->item_graph, e);
    free(place);
    const struct graph *s = &g->item_graph;
    if (!rc)
        g->similar = (struct kgraph){
            g->n_items, s->a.indptr, s->a.indices, s->a.data, s->q};
    return rc;
}

static void
release(struct engine *base)
{
    struct cpu *g = (struct cpu *)base;
    for (int c = 0; g->crew && c < g->crews; c++)
        gate_free(&g->crew[c].gate);
    graph_free(&g->ui_graph);
    graph_free(&g->item_graph);
    arena_free(&g->arena);
    free(g);
}

static float *
tensor_of(const struct cpu *g, int which)
{
    return which == 0 ? g->theta : which == 1 ? g->m : g->v;
}

/* Column j of node r. */
static float *
cell(const struct cpu *g, float *x, int64_t r, int64_t j)
{
    return x + ((j - g->d0) / PANEL * g->n + g->place[r]) * PANEL + j % PANEL;
}

/* Tensors alternate between users and items: parameters, then moments. */
static int
get(const struct engine *base, int tensor, int64_t first, struct mat *x,
    struct err *e)
{
    (void)e;
    const struct cpu *g = (const struct cpu *)base;
    first += tensor % 2 ? g->n_users : 0;
    for (int64_t r = 0; r < x->n; r++)
        for (int64_t j = g->d0; j < g->d1; j++)
            x->x[r * g->d + j] =
                *cell(g, tensor_of(g, tensor / 2), first + r, j);
    return 0;
}

static int
set(struct engine *base, int tensor, int64_t first, const struct mat *x,
    struct err *e)
{
    (void)e;
    struct cpu *g = (struct cpu *)base;
    first += tensor % 2 ? g->n_users : 0;
    for (int64_t r = 0; r < x->n; r++)
        for (int64_t j = g->d0; j < g->d1; j++)
            *cell(g, tensor_of(g, tensor / 2), first + r, j) =
                x->x[r * g->d + j];
    return 0;
}

struct vectors {
    struct cpu *g;
    struct mat *user, *item;
    const int32_t *node;
};

/* The worker's rows of panel p, of one side, go to a band's columns of the
 * output: node r is row place[r] - at. */
static void
copy_columns(const struct cpu *g, struct part part, int64_t at, int p, int band,
    const float *h, const int32_t *node, struct mat *out)
{
    int64_t column = g->d0 + p * PANEL;
    int64_t width = g->d1 - column < PANEL ? g->d1 - column : PANEL;
    for (int64_t r = part.from; r < part.to; r++)
        memcpy(out->x + node[at + r] * out->d + band * g->d + column,
            h + r * PANEL, (size_t)width * sizeof(float));
}

/* The vectors of one side, both bands; h holds the first band. */
static void
side_vectors(const struct cpu *g, struct part part, int64_t at, int p,
    struct krows x, float *h, const int32_t *node, struct mat *out)
{
    copy_columns(g, part, at, p, 0, h, node, out);
    if (g->bands == 1)
        return;
    for (int64_t r = part.from; r < part.to; r++)
        g->k->band((int32_t[]){(int32_t)r}, 1, (float)g->mid, x, h + r * PANEL,
            h + r * PANEL);
    copy_columns(g, part, at, p, 1, h, node, out);
}

static void
vectors_thread(void *ctx, int rank, struct gate *team)
{
    (void)team;
    struct vectors *o = ctx;
    struct cpu *g = o->g;
    struct worker *w = &g->worker[rank];
    struct crew *crew = w->crew;
    for (int p = w->first; p < g->panels; p += g->crews) {
        struct blocks x = cpu_theta(g, p);
        const float *c = g->coef + p * (g->layers + 1) * PANEL;
        float *users = crew->users, *items = crew->items, *h = crew->spare;
        cpu_inner_layers(g, w, c, x, users, &items, &h);
        g->k->last(g->layers ? &g->items : &g->lone_items, w->items.from,
            w->items.to, c, x.items, users, h);
        gate_wait(&crew->gate); /* users are read no more */
        g->k->last(g->layers ? &g->users : &g->lone_users, w->users.from,
            w->users.to, c, x.users, items, users);
        side_vectors(g, w->items, g->n_users, p, x.items, h, o->node, o->item);
        side_vectors(g, w->users, 0, p, x.users, users, o->node, o->user);
        gate_wait(&crew->gate);
    }
}

static int
vectors(struct engine *base, struct mat *user, struct mat *item, struct err *e)
{
    struct cpu *g = (struct cpu *)base;
    /* node[r]: the user or item whose row is r, numbered from 0 each */
    int32_t *node = mem_new(g->n, sizeof *node, e);
    if (!node)
        return ERR_NOMEM;
    for (int64_t x = 0; x < g->n; x++)
        node[g->place[x]] = (int32_t)(x < g->n_users ? x : x - g->n_users);
    struct vectors o = {g, user, item, node};
    int rc = exec_team(g->exec, g->threads, vectors_thread, &o, e);
    free(node);
    return rc;
}

static const struct engine_kind kind = {release, cpu_epoch, vectors, get, set};

static int
set_panels(struct cpu *g, const struct cpu_opt *o, struct err *e)
{
    g->all_panels = (int)((g->d + PANEL - 1) / PANEL);
    int to = o->from || o->to ? o->to : g->all_panels;
    if (o->from < 0 || o->from > to || to > g->all_panels)
        return err_set(e, ERR_RANGE,
            "panels %d to %d are not among the model's %d", o->from, to - 1,
            g->all_panels);
    assert(o->exchange || to - o->from == g->all_panels);
    g->exchange = o->exchange;
    g->exchange_ctx = o->ctx;
    g->panel0 = o->from;
    g->panels = to - o->from;
    g->d0 = (int64_t)o->from * PANEL;
    g->d1 = (int64_t)to * PANEL < g->d ? (int64_t)to * PANEL : g->d;
    int threads = exec_threads(o->exec);
    int most = g->panels ? MAX_SHARE * g->panels : 1;
    g->threads = threads < most ? threads : most;
    return 0;
}

static void
set_memory(struct cpu *g, const struct poly *m)
{
    struct arena *p = &g->arena;
    int64_t floats = (int64_t)g->panels * g->n * PANEL;
    g->coef = panel_coef(g, m->coef, g->layers);
    if (g->smooth)
        g->item_coef = panel_coef(g, m->item_coef, g->item_layers);
    g->theta = arena_zero(p, floats, sizeof(float));
    g->m = arena_zero(p, floats, sizeof(float));
    g->v = arena_zero(p, floats, sizeof(float));
    g->h = arena_new(
        p, g->bands * g->panels * 3 * g->batch * PANEL, sizeof(float));
    g->partial =
        arena_new(p, g->bands * g->all_panels * g->batch, sizeof(float));
    g->score_coef = arena_new(p, g->batch, sizeof(float));
    g->loss = arena_new(p, g->batch, sizeof(double));
    g->triple[0] = arena_new(p, 3 * g->batch, sizeof(int32_t));
    g->triple[1] = arena_new(p, 3 * g->batch, sizeof(int32_t));
}

int
cpu_new(struct engine **out, const struct poly *m, const struct graph *ui,
    const struct graph *items, struct sampler *s, const struct cpu_opt *o,
    struct err *e)
{
    *out = NULL;
    struct cpu *g = mem_zero(1, sizeof *g, e);
    if (!g)
        return ERR_NOMEM;
    int64_t batch = o->batch < s->n ? o->batch : s->n;
    *g = (struct cpu){.exec = o->exec,
        .k = kernels_of(o->exec),
        .n_users = m->user.n,
        .n_items = m->item.n,
        .n = m->user.n + m->item.n,
        .d = m->d,
        .layers = m->layers,
        .item_layers = m->item_layers,
        .smooth = m->item_coef != NULL,
        .batch = batch,
        .bands = m->bands,
        .mid = m->mid,
        .penalty = m->penalty,
        .adam = m->adam,
        .sampler = s};
    g->base = (struct engine){.kind = &kind,
        .what = g->k->name,
        .tensor = g->tensor,
        .tensors = ENGINE_LINEAR,
        .width = m->bands * m->d,
        .steps = (s->n + batch - 1) / batch,
        .positives = s->n / s->negatives};
    engine_linear(g->tensor, m->user.n, m->item.n, m->d);
    int rc = set_panels(g, o, e);
    if (!rc)
        rc = set_graphs(g, ui, items, e);
    if (!rc) {
        set_memory(g, m);
        set_workers(g, o->crews);
        rc = arena_check(&g->arena, e);
    }
    if (!rc)
        rc = set(&g->base, ENGINE_USER, 0, &m->user, e);
    if (!rc)
        rc = set(&g->base, ENGINE_ITEM, 0, &m->item, e);
    if (rc)
        release(&g->base);
    else
        *out = &g->base;
    return rc;
}
