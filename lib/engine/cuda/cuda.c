#include "lib/engine/cuda/cuda.h"

#include "lib/base/mem.h"
#include "lib/engine/cuda/cuda_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MANY = 96,  /* neighbours of a row that gets a thread per column */
    ROUND = 256 /* what a block of device memory is rounded up to */
};

static int64_t
whole(int64_t bytes)
{
    return bytes < ROUND ? ROUND : (bytes + ROUND - 1) / ROUND * ROUND;
}

/* One pass over what the device keeps: adds up its bytes, or allocates. */
struct layout {
    struct cuda *g;
    int make, rc;
    struct err *e;
};

/* n things, a copy of from, or zero if that is NULL. */
static void *
take(struct layout *l, const void *from, int64_t n, size_t size)
{
    int64_t bytes = n * (int64_t)size;
    struct cuda *g = l->g;
    if (!l->make) {
        g->bytes += whole(bytes);
        return NULL;
    }
    void *p = NULL;
    if (!l->rc)
        l->rc = g->dev->alloc(g->dev, &p, whole(bytes), l->e);
    if (l->rc)
        return NULL;
    g->block[g->blocks++] = p;
    if (from && bytes)
        l->rc = g->dev->put(g->dev, p, from, bytes, l->e);
    return p;
}

static struct cuda_graph
take_graph(struct layout *l, const struct graph *x)
{
    const struct csr *a = &x->a;
    struct cuda_graph g = {0};
    g.indptr = take(l, a->indptr, a->rows + 1, sizeof *a->indptr);
    g.indices = take(l, a->indices, a->nnz, sizeof *a->indices);
    if (a->data)
        g.value = take(l, a->data, a->nnz, sizeof *a->data);
    g.q = take(l, x->q, a->rows, sizeof *x->q);
    return g;
}

/* The tables that a sampler of this kind reads. */
static void
take_sampler(struct layout *l, const struct sampler *s)
{
    struct cuda_mem *m = &l->g->mem;
    m->sampler = *s;
    m->sampler.train = NULL;
    m->train = *s->train;
    m->train.data = NULL;
    if (s->kind == SAMPLE_REPLAY) {
        m->sampler.triples = take(l, s->triples, 3 * s->n, sizeof *s->triples);
        return;
    }
    const struct csr *t = s->train;
    m->train.indptr = take(l, t->indptr, t->rows + 1, sizeof *t->indptr);
    m->train.indices = take(l, t->indices, t->nnz, sizeof *t->indices);
    if (s->kind == SAMPLE_PAIRS)
        m->sampler.pair_user =
            take(l, s->pair_user, t->nnz, sizeof *s->pair_user);
    else
        m->sampler.active = take(l, s->active, s->n_active, sizeof *s->active);
}

/* All that lies on the device; graphs are renumbered, coefficients padded. */
static void
lay_out(struct layout *l, const struct graph *ui, const struct graph *items,
    const float *coef, const float *item_coef)
{
    struct cuda *g = l->g;
    struct cuda_mem *m = &g->mem;
    const int64_t w = m->width, entries = 3 * m->batch, f = sizeof(float);
    int64_t rows = m->n < 2 * m->n_items ? 2 * m->n_items : m->n;
    m->graph = take_graph(l, ui);
    if (m->smooth) {
        m->similar = take_graph(l, items);
        m->item_coef = take(l, item_coef, (g->item_layers + 1) * w, f);
    }
    m->coef = take(l, coef, (g->layers + 1) * w, f);
    take_sampler(l, g->sampler);
    m->place = take(l, g->place, m->n, sizeof *g->place);
    m->theta = take(l, NULL, m->n * w, f);
    m->m = take(l, NULL, m->n * w, f);
    m->v = take(l, NULL, m->n * w, f);
    m->y[0] = take(l, NULL, rows * w, f);
    m->y[1] = take(l, NULL, rows * w, f);
    m->row = take(l, NULL, entries, sizeof *m->row);
    m->slot = take(l, NULL, m->n, sizeof *m->slot);
    m->at = take(l, NULL, entries, sizeof *m->at);
    m->count = take(l, NULL, entries, sizeof *m->count);
    m->arrive = take(l, NULL, entries, sizeof *m->arrive);
    m->base = take(l, NULL, entries, sizeof *m->base);
    m->seg = take(l, NULL, entries, sizeof *m->seg);
    m->sorted = take(l, NULL, entries, sizeof *m->sorted);
    m->h = take(l, NULL, m->bands * entries * w, f);
    m->slots = take(l, NULL, entries * w, f);
    if (m->bands == 2 || m->penalty > 0)
        m->own = take(l, NULL, entries * w, f);
    m->partial = take(l, NULL, m->bands * m->panels * m->batch, f);
    m->score_coef = take(l, NULL, m->batch, f);
    m->loss = take(l, NULL, m->batch, sizeof *m->loss);
    m->state = take(l, NULL, 1, sizeof *m->state);
}

/* [layer][d] to [layer][width]. */
static float *
padded(const float *c, int layers, int64_t d, int64_t width, struct err *e)
{
    float *out = mem_zero((layers + 1) * width, sizeof *out, e);
    for (int l = 0; out && l <= layers; l++)
        memcpy(out + l * width, c + l * d, (size_t)d * sizeof *c);
    return out;
}

/* How many of the rows from..to-1, by descending degree, have many neighbours.
 */
static int64_t
many(const struct graph *g, int64_t from, int64_t to)
{
    int64_t r = from;
    while (r < to && g->a.indptr[r + 1] - g->a.indptr[r] > MANY)
        r++;
    return r - from;
}

/* Counts the memory, asks for it, fills it. */
static int
set_memory(struct cuda *g, const struct poly *m, const struct graph *ui,
    const struct graph *items, struct err *e)
{
    int rc = ERR_NOMEM;
    float *item_coef = NULL;
    float *coef = padded(m->coef, g->layers, g->d, g->mem.width, e);
    if (m->item_coef)
        item_coef = padded(m->item_coef, g->item_layers, g->d, g->mem.width, e);
    if (coef && (item_coef || !m->item_coef)) {
        struct layout l = {g, 0, 0, e};
        lay_out(&l, ui, items, coef, item_coef);
        rc = g->dev->room(g->dev, g->bytes, e);
        if (!rc) {
            l.make = 1;
            lay_out(&l, ui, items, coef, item_coef);
            rc = l.rc;
        }
    }
    free(coef);
    free(item_coef);
    return rc;
}

/* Rows are the nodes by descending degree, see graph_by_degree. */
static int
set_graphs(struct cuda *g, const struct poly *m, const struct graph *ui,
    const struct graph *items, struct err *e)
{
    const struct cuda_mem *k = &g->mem;
    struct graph a = {0}, b = {0};
    int32_t *place = NULL;
    g->place = mem_new(k->n, sizeof *g->place, e);
    int rc =
        g->place ? graph_by_degree(ui, k->n_users, g->place, e) : ERR_NOMEM;
    if (!rc)
        rc = graph_renumber(ui, g->place, &a, e);
    if (!rc && k->smooth) {
        place = mem_new(k->n_items, sizeof *place, e);
        for (int64_t i = 0; place && i < k->n_items; i++)
            place[i] = (int32_t)(g->place[k->n_users + i] - k->n_users);
        rc = place ? graph_renumber(items, place, &b, e) : ERR_NOMEM;
    }
    if (!rc) {
        g->rows = (struct cuda_rows){k->n_users, k->n,
            {many(&a, 0, k->n_users), many(&a, k->n_users, k->n)}};
        g->items = (struct cuda_rows){k->n_items, k->n_items, {0, 0}};
        rc = set_memory(g, m, &a, &b, e);
    }
    free(place);
    graph_free(&a);
    graph_free(&b);
    return rc;
}

static void
release(struct engine *base)
{
    struct cuda *g = (struct cuda *)base;
    for (int k = 0; k < g->blocks; k++)
        g->dev->free(g->dev, g->block[k]);
    g->dev->close(g->dev);
    free(g->place);
    free(g);
}

/* A block of rows of a tensor: where the tensor's matrix is, and which rows of
 * it the nodes have. */
struct block {
    float *x;
    const int32_t *row;
    int64_t floats;
};

static struct block
block_of(const struct cuda *g, int tensor, int64_t first, int64_t n)
{
    const struct cuda_mem *m = &g->mem;
    return (struct block){tensor / 2 == 0   ? m->theta
                          : tensor / 2 == 1 ? m->m
                                            : m->v,
        m->place + (tensor % 2 ? m->n_users : 0) + first, n * m->width};
}

/* Blocks pass through a buffer of the steps, which is free between them. */
static int
get(const struct engine *base, int tensor, int64_t first, struct mat *x,
    struct err *e)
{
    const struct cuda *g = (const struct cuda *)base;
    struct block b = block_of(g, tensor, first, x->n);
    float *buf = mem_new(b.floats, sizeof *buf, e);
    if (!buf)
        return ERR_NOMEM;
    struct cuda_arg a = {.x = b.x, .slot = b.row, .out = g->mem.y[0]};
    int rc = g->dev->launch(g->dev, 0, CUDA_fetch, &g->mem, &a, b.floats, e);
    if (!rc)
        rc =
            g->dev->get(g->dev, buf, a.out, b.floats * (int64_t)sizeof *buf, e);
    for (int64_t r = 0; !rc && r < x->n; r++)
        memcpy(x->x + r * x->d, buf + r * g->mem.width,
            (size_t)x->d * sizeof *buf);
    free(buf);
    return rc;
}

static int
set(struct engine *base, int tensor, int64_t first, const struct mat *x,
    struct err *e)
{
    const struct cuda *g = (const struct cuda *)base;
    struct block b = block_of(g, tensor, first, x->n);
    float *buf = mem_zero(b.floats, sizeof *buf, e);
    if (!buf)
        return ERR_NOMEM;
    for (int64_t r = 0; r < x->n; r++)
        memcpy(buf + r * g->mem.width, x->x + r * x->d,
            (size_t)x->d * sizeof *buf);
    struct cuda_arg a = {.x = g->mem.y[0], .slot = b.row, .out = b.x};
    int rc = g->dev->put(
        g->dev, g->mem.y[0], buf, b.floats * (int64_t)sizeof *buf, e);
    if (!rc)
        rc = g->dev->launch(g->dev, 0, CUDA_place, &g->mem, &a, b.floats, e);
    free(buf);
    return rc;
}

/* A band of the vectors, which lie in x on the device, to its columns. */
static int
get_band(const struct cuda *g, const float *x, int band, struct mat *user,
    struct mat *item, struct err *e)
{
    const struct cuda_mem *m = &g->mem;
    int64_t w = m->width;
    float *buf = mem_new(m->n * w, sizeof *buf, e);
    if (!buf)
        return ERR_NOMEM;
    int rc = g->dev->get(g->dev, buf, x, m->n * w * (int64_t)sizeof *buf, e);
    for (int64_t k = 0; !rc && k < m->n; k++) {
        struct mat *out = k < m->n_users ? user : item;
        int64_t r = k < m->n_users ? k : k - m->n_users;
        memcpy(out->x + r * out->d + band * g->d, buf + g->place[k] * w,
            (size_t)g->d * sizeof *buf);
    }
    free(buf);
    return rc;
}

static int
vectors(struct engine *base, struct mat *user, struct mat *item, struct err *e)
{
    struct cuda *g = (struct cuda *)base;
    struct cuda_mem *m = &g->mem;
    float *h;
    int rc = cuda_forward_all(g, &h, e);
    if (!rc)
        rc = get_band(g, h, 0, user, item, e);
    if (rc || m->bands == 1)
        return rc;
    struct cuda_arg a = {.out = h};
    rc = g->dev->launch(g->dev, 0, CUDA_band, m, &a, m->n * m->width, e);
    return rc ? rc : get_band(g, h, 1, user, item, e);
}

static const struct engine_kind kind = {release, cuda_epoch, vectors, get, set};

int
cuda_new_on(struct engine **out, struct cuda_device *dev, const struct poly *m,
    const struct graph *ui, const struct graph *items, struct sampler *s,
    int64_t batch, struct err *e)
{
    *out = NULL;
    struct cuda *g = mem_zero(1, sizeof *g, e);
    if (!g) {
        dev->close(dev);
        return ERR_NOMEM;
    }
    if (batch > s->n)
        batch = s->n;
    g->base = (struct engine){.kind = &kind,
        .what = g->what,
        .tensor = g->tensor,
        .tensors = ENGINE_LINEAR,
        .width = m->bands * m->d,
        .steps = (s->n + batch - 1) / batch,
        .positives = s->n / s->negatives};
    engine_linear(g->tensor, m->user.n, m->item.n, m->d);
    g->dev = dev;
    g->d = m->d;
    g->layers = m->layers;
    g->item_layers = m->item_layers;
    g->sampler = s;
    int panels = (int)((m->d + PANEL - 1) / PANEL);
    g->mem = (struct cuda_mem){.n_users = m->user.n,
        .n_items = m->item.n,
        .n = m->user.n + m->item.n,
        .width = panels * PANEL,
        .batch = batch,
        .triples = s->n,
        .panels = panels,
        .bands = m->bands,
        .smooth = m->item_coef != NULL,
        .mid = (float)m->mid,
        .penalty = m->penalty,
        .adam = m->adam};
    int rc = set_graphs(g, m, ui, items, e);
    if (!rc)
        rc = set(&g->base, ENGINE_USER, 0, &m->user, e);
    if (!rc)
        rc = set(&g->base, ENGINE_ITEM, 0, &m->item, e);
    if (rc) {
        release(&g->base);
        return rc;
    }
    snprintf(g->what, sizeof g->what, "CUDA (%s, %.1f MB)", dev->name,
        (double)g->bytes / 1e6);
    *out = &g->base;
    return 0;
}

int
cuda_new(struct engine **out, const struct poly *m, const struct graph *ui,
    const struct graph *items, struct sampler *s, int64_t batch, struct err *e)
{
    *out = NULL;
    struct cuda_device *dev;
    int rc = cuda_open(&dev, e);
    return rc ? rc : cuda_new_on(out, dev, m, ui, items, s, batch, e);
}
