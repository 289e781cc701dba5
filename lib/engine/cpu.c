#include "lib/engine/cpu.h"

#include "lib/base/mem.h"
#include "lib/base/par.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int
scratch_init(struct scratch *s, const struct engine *g, struct err *e)
{
    s->y0 = mem_new(g->n * PANEL, sizeof(float), e);
    s->y1 = mem_new(g->n * PANEL, sizeof(float), e);
    s->sum = mem_zero(g->n * PANEL, sizeof(float), e);
    s->slots = mem_zero((3 * g->batch + 1) * PANEL, sizeof(float), e);
    s->mid = mem_zero((3 * g->batch + 1) * PANEL, sizeof(float), e);
    s->own = mem_zero((3 * g->batch + 1) * PANEL, sizeof(float), e);
    if (!s->y0 || !s->y1 || !s->sum || !s->mid || !s->own || !s->slots)
        return ERR_NOMEM;
    return batch_init(&s->batch, g->batch, g->n, e);
}

static void
scratch_free(struct scratch *s)
{
    free(s->y0);
    free(s->y1);
    free(s->sum);
    free(s->slots);
    free(s->mid);
    free(s->own);
    batch_free(&s->batch);
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
    g->threads = o->threads < g->panels ? o->threads : g->panels;
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
    g->scratch = mem_zero(g->threads, sizeof *g->scratch, e);
    if (!g->coef || (g->smooth && !g->item_coef) || !g->theta || !g->m ||
        !g->v || !g->h || !g->partial || !g->score_coef || !g->loss ||
        !g->triple[0] || !g->triple[1] || !g->scratch)
        goto fail;
    for (int t = 0; t < g->threads; t++)
        if (scratch_init(&g->scratch[t], g, e))
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
    if (g->scratch)
        for (int t = 0; t < g->threads; t++)
            scratch_free(&g->scratch[t]);
    free(g->scratch);
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

/* Panel p of a band to its columns of the output, node by node. */
static void
copy_columns(
    const struct engine *g, int p, int band, const float *h, struct vectors *o)
{
    int64_t d = g->bands * g->d, at = band * g->d + p * PANEL;
    int64_t width = g->d - p * PANEL < PANEL ? g->d - p * PANEL : PANEL;
    for (int64_t r = 0; r < g->n; r++) {
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
    struct scratch *s = &g->scratch[rank];
    for (int p = rank; p < g->panels; p += g->threads) {
        const struct krows x = {g->theta + p * g->n * PANEL, NULL};
        const float *c = g->coef + p * (g->layers + 1) * PANEL;
        const float *y =
            cpu_inner_layers(g->k, &g->ui, g->layers, c, x, s->y0, s->y1);
        float *h = y == s->y0 ? s->y1 : s->y0;
        g->k->last(g->layers ? &g->ui : &g->none, 0, g->n, c, x, y, h);
        copy_columns(g, p, 0, h, o);
        if (g->bands == 1)
            continue;
        for (int64_t r = 0; r < g->n; r++)
            g->k->band((int32_t[]){(int32_t)r}, 1, (float)g->mid, x,
                h + r * PANEL, h + r * PANEL);
        copy_columns(g, p, 1, h, o);
    }
}

void
engine_vectors(struct engine *g, struct mat *user, struct mat *item)
{
    struct vectors o = {g, user, item};
    struct err e;
    int rc = par_team_run(g->threads, vectors_thread, &o, &e);
    /* The panels are dealt by rank: with fewer threads than that, one does all
     * of them. */
    for (int t = 0; rc && t < g->threads; t++)
        vectors_thread(&o, t, NULL);
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
