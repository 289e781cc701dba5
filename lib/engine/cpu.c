#include "lib/engine/cpu.h"

#include "lib/base/mem.h"
#include "lib/base/par.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CREW_BYTES = 16 << 20, /* of cache that all crews' buffers may fill */
    MAX_SHARE = 16,        /* threads at one panel that still help */
    ROW_COST = 8           /* of a row's own work, in gathered rows */
};

/* As many crews as there are threads and panels for, while their buffers and
 * the parameters that they are at fit in the cache together. */
static int
choose_crews(const struct engine *g)
{
    int crews = g->threads < g->panels ? g->threads : g->panels;
    int64_t each = 4 * g->n * PANEL * (int64_t)sizeof(float);
    while (crews > 1 && crews * each > CREW_BYTES)
        crews--;
    return crews;
}

/* The row at which `share` of `of` equal shares of the cost of rows from..to
 * begins; cost of a row: its neighbours in both graphs and ROW_COST. */
static int64_t
border(const struct engine *g, int64_t from, int64_t to, int share, int of)
{
    int64_t total = 0, sum = 0;
    const int64_t *p = g->ui.indptr, *q = g->items.indptr;
    for (int pass = 0; pass < 2; pass++)
        for (int64_t r = from; r < to; r++) {
            int64_t i = r - g->n_users;
            int64_t cost = p[r + 1] - p[r] + ROW_COST +
                           (g->smooth && i >= 0 ? q[i + 1] - q[i] : 0);
            if (pass == 0)
                total += cost;
            else if (sum >= total * share / of)
                return r;
            else
                sum += cost;
        }
    return to;
}

static int
crew_init(struct crew *c, const struct engine *g, struct err *e)
{
    c->y0 = mem_new(g->n * PANEL, sizeof(float), e);
    c->y1 = mem_new(g->n * PANEL, sizeof(float), e);
    c->sum = mem_zero(g->n * PANEL, sizeof(float), e);
    return c->y0 && c->y1 && c->sum ? 0 : ERR_NOMEM;
}

static int
worker_init(struct worker *w, const struct engine *g, int thread, struct err *e)
{
    w->first = thread % g->crews;
    w->crew = &g->crew[w->first];
    w->rank = thread / g->crews;
    int size = w->crew->gate.size;
    w->rows.n = 2;
    for (int i = 0; i < 2; i++) {
        int64_t from = i ? g->n_users : 0, to = i ? g->n : g->n_users;
        w->rows.from[i] = border(g, from, to, w->rank, size);
        w->rows.to[i] =
            w->rank + 1 < size ? border(g, from, to, w->rank + 1, size) : to;
    }
    w->items = (struct part){
        1, {w->rows.from[1] - g->n_users}, {w->rows.to[1] - g->n_users}};
    int64_t floats = (3 * g->batch + 1) * PANEL;
    w->slots = mem_zero(floats, sizeof(float), e);
    w->mid = mem_zero(floats, sizeof(float), e);
    w->own = mem_zero(floats, sizeof(float), e);
    if (!w->slots || !w->mid || !w->own)
        return ERR_NOMEM;
    return batch_init(&w->batch, g->batch, g->n, e);
}

static int
set_workers(struct engine *g, int crews, struct err *e)
{
    g->crews = crews ? crews : choose_crews(g);
    if (g->crews > g->panels)
        g->crews = g->panels;
    if (g->crews > g->threads)
        g->crews = g->threads;
    g->crew = mem_zero(g->crews, sizeof *g->crew, e);
    g->worker = mem_zero(g->threads, sizeof *g->worker, e);
    if (!g->crew || !g->worker)
        return ERR_NOMEM;
    for (int c = 0; c < g->crews; c++)
        par_gate_init(&g->crew[c].gate,
            g->threads / g->crews + (c < g->threads % g->crews));
    for (int c = 0; c < g->crews; c++)
        if (crew_init(&g->crew[c], g, e))
            return ERR_NOMEM;
    for (int t = 0; t < g->threads; t++)
        if (worker_init(&g->worker[t], g, t, e))
            return ERR_NOMEM;
    return 0;
}

static void
free_workers(struct engine *g)
{
    for (int t = 0; g->worker && t < g->threads; t++) {
        struct worker *w = &g->worker[t];
        free(w->slots);
        free(w->mid);
        free(w->own);
        batch_free(&w->batch);
    }
    for (int c = 0; g->crew && c < g->crews; c++) {
        par_gate_free(&g->crew[c].gate);
        free(g->crew[c].y0);
        free(g->crew[c].y1);
        free(g->crew[c].sum);
    }
    free(g->worker);
    free(g->crew);
}

/* [layer][d] to [panel][layer][PANEL], padded with zero columns. */
static float *
panel_coef(const float *c, int layers, int64_t d, int panels, struct err *e)
{
    float *out =
        mem_zero((int64_t)panels * (layers + 1) * PANEL, sizeof *out, e);
    if (!out)
        return NULL;
    for (int64_t j = 0; j < d; j++)
        for (int l = 0; l <= layers; l++)
            out[(j / PANEL * (layers + 1) + l) * PANEL + j % PANEL] =
                c[l * d + j];
    return out;
}

static struct kgraph
kernel_graph(const struct graph *g)
{
    return (struct kgraph){
        g->a.rows, g->a.indptr, g->a.indices, g->a.data, g->q};
}

/* The engine's rows are the nodes by descending degree; see graph_by_degree. */
static int
set_graphs(struct engine *g, const struct graph *ui, const struct graph *items,
    struct err *e)
{
    g->place = mem_new(g->n, sizeof *g->place, e);
    g->no_edges = mem_zero(g->n + 1, sizeof *g->no_edges, e);
    if (!g->place || !g->no_edges)
        return ERR_NOMEM;
    int rc = graph_by_degree(ui, g->n_users, g->place, e);
    if (!rc)
        rc = graph_renumber(ui, g->place, &g->ui_graph, e);
    if (rc)
        return rc;
    g->ui = g->none = kernel_graph(&g->ui_graph);
    g->none.indptr = g->no_edges;
    if (!g->smooth)
        return 0;
    int32_t *item_place = mem_new(g->n_items, sizeof *item_place, e);
    if (!item_place)
        return ERR_NOMEM;
    for (int64_t i = 0; i < g->n_items; i++)
        item_place[i] = (int32_t)(g->place[g->n_users + i] - g->n_users);
    rc = graph_renumber(items, item_place, &g->item_graph, e);
    free(item_place);
    if (!rc)
        g->items = kernel_graph(&g->item_graph);
    return rc;
}

int
engine_new(struct engine **out, const struct model *m, const struct graph *ui,
    const struct graph *items, struct sampler *s, const struct engine_opt *o,
    struct err *e)
{
    *out = NULL;
    struct engine *g = mem_zero(1, sizeof *g, e);
    if (!g)
        return ERR_NOMEM;
    int rc = ERR_NOMEM;
    g->k = kernels_get(o->isa);
    if (!g->k) {
        rc = err_set(e, ERR_RANGE,
            "'%s' names no kernels that this processor can run", o->isa);
        goto fail;
    }
    g->n_users = m->user.n;
    g->n_items = m->item.n;
    g->n = g->n_users + g->n_items;
    g->d = m->d;
    g->panels = (int)((m->d + PANEL - 1) / PANEL);
    g->threads =
        o->threads < MAX_SHARE * g->panels ? o->threads : MAX_SHARE * g->panels;
    g->layers = m->layers;
    g->item_layers = m->item_layers;
    g->smooth = m->item_coef != NULL;
    g->batch = o->batch < s->n ? o->batch : s->n;
    g->bands = m->bands;
    g->mid = m->mid;
    g->penalty = m->penalty;
    g->rate = m->rate;
    g->coupled = m->coupled;
    g->decoupled = m->decoupled;
    g->sampler = s;
    rc = set_graphs(g, ui, items, e);
    if (rc)
        goto fail;
    rc = ERR_NOMEM;
    int64_t floats = (int64_t)g->panels * g->n * PANEL;
    g->coef = panel_coef(m->coef, g->layers, g->d, g->panels, e);
    if (g->smooth)
        g->item_coef =
            panel_coef(m->item_coef, g->item_layers, g->d, g->panels, e);
    g->theta = mem_zero(floats, sizeof(float), e);
    g->m = mem_zero(floats, sizeof(float), e);
    g->v = mem_zero(floats, sizeof(float), e);
    g->h =
        mem_new(g->bands * g->panels * 3 * g->batch * PANEL, sizeof(float), e);
    g->partial = mem_new(g->bands * g->panels * g->batch, sizeof(float), e);
    g->score_coef = mem_new(g->batch, sizeof(float), e);
    g->loss = mem_new(g->batch, sizeof(double), e);
    g->triple[0] = mem_new(3 * g->batch, sizeof(int32_t), e);
    g->triple[1] = mem_new(3 * g->batch, sizeof(int32_t), e);
    if (!g->coef || (g->smooth && !g->item_coef) || !g->theta || !g->m ||
        !g->v || !g->h || !g->partial || !g->score_coef || !g->loss ||
        !g->triple[0] || !g->triple[1])
        goto fail;
    if (set_workers(g, o->crews, e))
        goto fail;
    engine_set(g, 0, &m->user, &m->item);
    *out = g;
    return 0;
fail:
    engine_free(g);
    return rc;
}

void
engine_free(struct engine *g)
{
    if (!g)
        return;
    free_workers(g);
    free(g->no_edges);
    free(g->place);
    graph_free(&g->ui_graph);
    graph_free(&g->item_graph);
    free(g->coef);
    free(g->item_coef);
    free(g->theta);
    free(g->m);
    free(g->v);
    free(g->h);
    free(g->partial);
    free(g->score_coef);
    free(g->loss);
    free(g->triple[0]);
    free(g->triple[1]);
    free(g);
}

/* Visits which-th tensor of g in row-major order. */
static float *
tensor(const struct engine *g, int which)
{
    return which == 0 ? g->theta : which == 1 ? g->m : g->v;
}

/* Column j of node r. */
static float *
cell(const struct engine *g, float *x, int64_t r, int64_t j)
{
    return x + (j / PANEL * g->n + g->place[r]) * PANEL + j % PANEL;
}

int
engine_check(const struct engine *g, int64_t t, struct err *e)
{
    static const char *const name[] = {
        "parameter", "first moment", "second moment"};
    for (int which = 0; which < 3; which++)
        for (int64_t r = 0; r < g->n; r++)
            for (int64_t j = 0; j < g->d; j++)
                if (!isfinite(*cell(g, tensor(g, which), r, j))) {
                    int user = r < g->n_users;
                    return err_set(e, ERR_NUM,
                        "%s %s is not finite at row %" PRId64
                        ", column %" PRId64 " after step %" PRId64,
                        user ? "user" : "item", name[which],
                        user ? r : r - g->n_users, j, t);
                }
    return 0;
}

void
engine_get(
    const struct engine *g, int which, struct mat *user, struct mat *item)
{
    float *x = tensor(g, which);
    for (int64_t r = 0; r < g->n; r++) {
        float *to = r < g->n_users ? user->x + r * g->d
                                   : item->x + (r - g->n_users) * g->d;
        for (int64_t j = 0; j < g->d; j++)
            to[j] = *cell(g, x, r, j);
    }
}

void
engine_set(
    struct engine *g, int which, const struct mat *user, const struct mat *item)
{
    float *x = tensor(g, which);
    for (int64_t r = 0; r < g->n; r++) {
        const float *from = r < g->n_users ? user->x + r * g->d
                                           : item->x + (r - g->n_users) * g->d;
        for (int64_t j = 0; j < g->d; j++)
            *cell(g, x, r, j) = from[j];
    }
}

struct vectors {
    struct engine *g;
    struct mat *user, *item;
};

/* Rows of panel p to a band's columns of the output, this worker's nodes. */
static void
copy_columns(const struct engine *g, const struct worker *w, int p, int band,
    const float *h, struct vectors *o)
{
    int64_t d = g->bands * g->d, at = band * g->d + p * PANEL;
    int64_t width = g->d - p * PANEL < PANEL ? g->d - p * PANEL : PANEL;
    int size = w->crew->gate.size;
    for (int64_t r = g->n * w->rank / size; r < g->n * (w->rank + 1) / size;
         r++) {
        float *to = r < g->n_users ? o->user->x + r * d
                                   : o->item->x + (r - g->n_users) * d;
        memcpy(to + at, h + g->place[r] * PANEL, (size_t)width * sizeof(float));
    }
}

static void
vectors_thread(void *ctx, int rank, struct par_team *team)
{
    (void)team;
    struct vectors *o = ctx;
    struct engine *g = o->g;
    struct worker *w = &g->worker[rank];
    struct crew *crew = w->crew;
    const struct kgraph *ui = g->layers ? &g->ui : &g->none;
    for (int p = w->first; p < g->panels; p += g->crews) {
        const struct krows x = {g->theta + p * g->n * PANEL, NULL};
        const float *c = g->coef + p * (g->layers + 1) * PANEL;
        const float *y = cpu_inner_layers(
            g->k, w, &w->rows, &g->ui, g->layers, c, x, crew->y0, crew->y1);
        float *h = y == crew->y0 ? crew->y1 : crew->y0;
        for (int i = 0; i < w->rows.n; i++)
            g->k->last(ui, w->rows.from[i], w->rows.to[i], c, x, y, h);
        par_gate_wait(&crew->gate);
        copy_columns(g, w, p, 0, h, o);
        par_gate_wait(&crew->gate);
        if (g->bands == 1)
            continue;
        for (int i = 0; i < w->rows.n; i++)
            for (int64_t r = w->rows.from[i]; r < w->rows.to[i]; r++)
                g->k->band((int32_t[]){(int32_t)r}, 1, (float)g->mid, x,
                    h + r * PANEL, h + r * PANEL);
        par_gate_wait(&crew->gate);
        copy_columns(g, w, p, 1, h, o);
        par_gate_wait(&crew->gate);
    }
}

int
engine_vectors(
    struct engine *g, struct mat *user, struct mat *item, struct err *e)
{
    struct vectors o = {g, user, item};
    return par_team_run(g->threads, vectors_thread, &o, e);
}

struct engine_times
engine_times(const struct engine *g)
{
    return g->times;
}

const char *
engine_isa(const struct engine *g)
{
    return g->k->name;
}
