#include "lib/nn/reach.h"

#include <assert.h>
#include <string.h>

struct reach_work {
    const struct csr *train; /* U x I */
    struct csr items;        /* its transpose */
    int64_t nodes;
    int layers;
    struct reach *layer; /* [layers] */
    char *mark;          /* [nodes] */
    int32_t *place;      /* [nodes] among the rows read, if they are marked */
};

static void
layer_in(
    struct arena *p, struct reach *r, const struct csr *train, int64_t nodes)
{
    r->node = arena_new(p, nodes, sizeof *r->node);
    r->self = arena_new(p, nodes, sizeof *r->self);
    r->mean = arena_new(p, nodes, sizeof *r->mean);
    for (int k = 0; k < 2; k++) {
        int64_t made = k ? train->cols : train->rows;
        r->down[k] = csr_in(p, made, 0, train->nnz, 0);
        r->up[k] = csr_in(p, nodes - made, 0, train->nnz, 0);
    }
}

struct reach_work *
reach_in(struct arena *p, const struct csr *train, int layers)
{
    assert(layers >= 1);
    struct reach_work *w = arena_zero(p, 1, sizeof *w);
    if (!w)
        return NULL;
    w->train = train;
    w->nodes = train->rows + train->cols;
    w->layers = layers;
    w->layer = arena_zero(p, layers, sizeof *w->layer);
    w->mark = arena_new(p, w->nodes, 1);
    w->place = arena_new(p, w->nodes, sizeof *w->place);
    if (!p->rc)
        p->rc = csr_transpose(train, &w->items, &p->err);
    csr_keep(&w->items, p);
    for (int l = 0; l < layers && !p->rc; l++)
        layer_in(p, &w->layer[l], train, w->nodes);
    return p->rc ? NULL : w;
}

/* A node's neighbours: entries of one of the two matrices. */
struct around {
    const struct csr *s;
    int64_t row, other; /* other: the node of column 0 */
};

static struct around
around(const struct reach_work *w, int32_t node)
{
    int64_t users = w->train->rows;
    return node < users ? (struct around){w->train, node, users}
                        : (struct around){&w->items, node - users, 0};
}

/* Rows that layer r reads: its own and their neighbours. Fills place, and
 * `below` with the list. */
static void
spread(struct reach_work *w, const struct reach *r, struct reach *below)
{
    memset(w->mark, 0, (size_t)w->nodes);
    for (int64_t b = 0; b < r->n; b++) {
        struct around a = around(w, r->node[b]);
        w->mark[r->node[b]] = 1;
        for (int64_t k = a.s->indptr[a.row]; k < a.s->indptr[a.row + 1]; k++)
            w->mark[a.other + a.s->indices[k]] = 1;
    }
    below->n = below->users = 0;
    for (int64_t v = 0; v < w->nodes; v++) {
        if (v == w->train->rows)
            below->users = below->n;
        if (w->mark[v]) {
            w->place[v] = (int32_t)below->n;
            below->node[below->n++] = (int32_t)v;
        }
    }
    if (w->train->cols == 0)
        below->users = below->n;
}

/* The entries of r's rows; columns become places. */
static void
connect(const struct reach_work *w, struct reach *r)
{
    for (int k = 0; k < 2; k++) {
        struct csr *s = &r->down[k];
        int64_t first = k ? r->users : 0, end = k ? r->n : r->users;
        int32_t base = k ? 0 : (int32_t)r->of_users;
        s->rows = end - first;
        s->cols = k ? r->of_users : r->from - r->of_users;
        s->nnz = 0;
        for (int64_t b = first; b < end; b++) {
            struct around a = around(w, r->node[b]);
            int64_t from = a.s->indptr[a.row], to = a.s->indptr[a.row + 1];
            for (int64_t p = from; p < to; p++)
                s->indices[s->nnz++] =
                    w->place[a.other + a.s->indices[p]] - base;
            s->indptr[b - first + 1] = s->nnz;
            r->mean[b] = to > from ? (float)(1.0 / (double)(to - from)) : 0.0f;
            r->self[b] = w->place[r->node[b]];
        }
        csr_transpose_into(s, &r->up[k]);
    }
}

static void
identity(struct reach_work *w, int32_t *list)
{
    for (int64_t v = 0; v < w->nodes; v++)
        list[v] = (int32_t)v;
}

void
reach_set(struct reach_work *w, const int32_t *list, int64_t n)
{
    struct reach *last = &w->layer[w->layers - 1];
    if (list) {
        memcpy(last->node, list, (size_t)n * sizeof *list);
        last->n = n;
    } else {
        identity(w, last->node);
        last->n = w->nodes;
    }
    last->users = 0;
    while (last->users < last->n && last->node[last->users] < w->train->rows)
        last->users++;
    for (int l = w->layers - 1; l >= 0; l--) {
        struct reach *r = &w->layer[l];
        if (l > 0) {
            struct reach *below = &w->layer[l - 1];
            spread(w, r, below);
            r->from = below->n;
            r->of_users = below->users;
        } else {
            identity(w, w->place);
            r->from = w->nodes;
            r->of_users = w->train->rows;
        }
        connect(w, r);
    }
}

const struct reach *
reach_layer(const struct reach_work *w, int layer)
{
    return &w->layer[layer];
}
