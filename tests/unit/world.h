#ifndef TEST_WORLD_H
#define TEST_WORLD_H

/* A small random graph with a model on it, for the tests of engines. */

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/graph/graph.h"
#include "lib/graph/layers.h"
#include "lib/models/poly.h"

#include <stdlib.h>
#include <string.h>

struct world {
    struct csr train, items;
    struct graph ui, graph;
    struct poly m;
    int32_t *triples;
    int64_t n_triples;
};

static uint64_t
rnd(int seed, int what, int64_t i)
{
    return rng_u64((uint64_t)seed, RNG_TEST, (uint32_t)what, (uint64_t)i, 0);
}

/* A random graph in which user 1 and item 2 have no train entry, and replayed
 * triples with repeated rows. */
static void
make_world(struct world *w, int seed, int64_t users, int64_t items, int64_t d,
    int layers, int smooth)
{
    struct err e;
    *w = (struct world){0};
    int64_t cap = users * items;
    if (csr_init(&w->train, users, items, cap, 0, &e))
        abort();
    int64_t nnz = 0;
    for (int64_t u = 0; u < users; u++) {
        for (int64_t i = 0; i < items; i++)
            if (u != 1 && i != 2 && rnd(seed, 1, u * items + i) % 5 == 0)
                w->train.indices[nnz++] = (int32_t)i;
        w->train.indptr[u + 1] = nnz;
    }
    w->train.nnz = nnz;
    char *dense = calloc((size_t)(items * items), 1);
    for (int64_t i = 0; i < items; i++)
        for (int64_t j = 0; j < i; j++)
            if (i != 3 && j != 3 && rnd(seed, 2, i * items + j) % 4 == 0)
                dense[i * items + j] = dense[j * items + i] =
                    (char)(1 + rnd(seed, 3, i * items + j) % 2);
    if (csr_init(&w->items, items, items, items * items, 1, &e))
        abort();
    nnz = 0;
    for (int64_t i = 0; i < items; i++) {
        for (int64_t j = 0; j < items; j++)
            if (dense[i * items + j]) {
                w->items.indices[nnz] = (int32_t)j;
                w->items.data[nnz++] =
                    (float)dense[i * items + j] * (seed % 2 ? 0.7f : 1.0f);
            }
        w->items.indptr[i + 1] = nnz;
    }
    w->items.nnz = nnz;
    free(dense);
    if (graph_bipartite(&w->train, &w->ui, &e) ||
        graph_items(&w->items, items, "items", &w->graph, &e))
        abort();
    struct poly *m = &w->m;
    *m = (struct poly){.name = "stair",
        .d = d,
        .bands = 1,
        .negatives = 1,
        .layers = layers,
        .item_layers = layers,
        .adam = {.rate = 5e-3, .decoupled = 0.3}};
    m->coef = mem_new((layers + 1) * d, sizeof(float), &e);
    layers_forward(m->coef, d, layers, 0.3);
    if (smooth) {
        m->item_coef = mem_new((layers + 1) * d, sizeof(float), &e);
        layers_backward(m->item_coef, d, layers, 0.3);
    }
    if (mat_init(&m->user, users, d, &e) || mat_init(&m->item, items, d, &e))
        abort();
    for (int64_t k = 0; k < users * d; k++)
        m->user.x[k] = (float)rng_normal(3, RNG_TEST, 4, (uint64_t)k, 0) / 4;
    for (int64_t k = 0; k < items * d; k++)
        m->item.x[k] = (float)rng_normal(3, RNG_TEST, 5, (uint64_t)k, 0) / 4;
    w->n_triples = 90;
    w->triples = mem_new(3 * w->n_triples, sizeof(int32_t), &e);
    for (int64_t t = 0; t < w->n_triples; t++) {
        int32_t *r = w->triples + 3 * t;
        r[0] = (int32_t)(rnd(seed, 6, t) % (uint64_t)users);
        r[1] = (int32_t)(rnd(seed, 7, t) % (uint64_t)items);
        r[2] =
            (int32_t)((r[1] + 1 +
                          (int64_t)(rnd(seed, 8, t) % (uint64_t)(items - 1))) %
                      items);
        if (t % 7 == 3)
            memcpy(r, r - 3, 3 * sizeof *r);
    }
}

/* k negatives for each positive of the replayed triples. */
static inline void
world_negatives(struct world *w, int64_t k)
{
    w->m.negatives = k;
    for (int64_t t = 0; t < w->n_triples; t++) {
        int32_t *r = w->triples + 3 * t;
        memcpy(r, r - 3 * (t % k), 2 * sizeof *r);
        if (r[2] == r[1])
            r[2] = (int32_t)((r[2] + 1) % w->m.item.n);
    }
}

static void
free_world(struct world *w)
{
    csr_free(&w->train);
    csr_free(&w->items);
    graph_free(&w->ui);
    graph_free(&w->graph);
    poly_free(&w->m);
    free(w->triples);
}

#endif
