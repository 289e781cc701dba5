/*
 * LATTICE (Zhang et al., MM 2021): LightGCN plus item graphs of the modalities,
 * a part of which is learned: made afresh from projected features at each step.
 *
 *   x_m = F_m W_m^T + 1 b_m^T,  y_m = rownorm(x_m)
 *   K_m[i,j] = <y_mi, y_mj> / k for the k nearest j of item i, i included
 *   O_m      = the same of the raw features, fixed (neighbours.h)
 *   M   = sum_m w_m (r O_m + (1 - r) K_m),  w = softmax(a)
 *   h_0 = E_i, h_l = M h_{l-1};  H = 1/(L+1) sum_{l<=L} A^l E
 *   z_i = H_i + rownorm(h_i);  score <H_u, z_i>
 *
 * The lists of neighbours are constants of a step, their cosines are not. With
 * one item layer only the rows of M that belong to the batch's items are made.
 */
#include "lib/graph/graph.h"
#include "lib/models/lattice_graph.h"
#include "lib/models/system.h"
#include "lib/nn/bpr_rows.h"
#include "lib/nn/norm.h"
#include "lib/nn/propagate.h"
#include "lib/nn/rows.h"
#include "lib/nn/segments.h"
#include "lib/nn/spmm.h"

struct lattice {
    int64_t users, items;
    int layers, item_layers;
    struct graph ui; /* A */
    struct propagate scratch;
    struct lattice_graph *graph; /* M */
    struct mat *hop;             /* [item_layers] h_1 .. */
    struct mat h, dh;            /* N x d: H and its gradient */
    struct mat z, dz;            /* I x d: of the wanted items; gradients */
    struct mat unit, d_hop[2];   /* I x d: rownorm(h); gradients of h */
    float *norm;                 /* [I] of h's rows */
    struct segments user, item;  /* the batch's */
    int32_t *place;              /* [2 batch] 0, 1, .. */
    int32_t *all;                /* [I] 0, 1, .. */
    int32_t *node;               /* [3 batch] the batch's users and items */
    float *coef;                 /* [batch] */
    struct mat da, db; /* batch x d, 2 batch x d: of the batch's rows */
};

/* h_0, or the h that layer l makes. */
static const struct mat *
hop(const struct net *m, int l)
{
    struct lattice *g = m->own;
    return l ? &g->hop[l - 1] : &m->tensor[NET_ITEM].x;
}

/* Whether M has the wanted items' rows alone. */
static int
is_partial(const struct lattice *g)
{
    return g->item_layers == 1;
}

/* H of all nodes, or in the batch's rows. */
static void
convolve(struct net *m, int batch)
{
    struct lattice *g = m->own;
    struct mat e = net_embeddings(m);
    int64_t n = 0;
    for (int64_t k = 0; k < g->user.rows && batch; k++)
        g->node[n++] = g->user.row[k];
    for (int64_t k = 0; k < g->item.rows && batch; k++)
        g->node[n++] = (int32_t)(g->users + g->item.row[k]);
    propagate_mean_rows(&g->scratch, &g->ui, g->layers, &e,
        batch ? g->node : NULL, batch ? n : e.n, &g->h, m->exec);
}

/* z of the n listed items, distinct and ascending: H_i + rownorm(h_i). */
static int
forward(struct net *m, const int32_t *list, int64_t n, struct err *e)
{
    struct lattice *g = m->own;
    int partial = is_partial(g);
    int rc = g->item_layers
                 ? lattice_graph_make(g->graph, m, partial ? list : g->all,
                       partial ? n : g->items, e)
                 : 0;
    if (rc)
        return rc;
    struct spmm_op op = {.s = lattice_graph_matrix(g->graph)};
    for (int l = 0; l < g->item_layers; l++) {
        g->hop[l].n = op.s->rows;
        spmm(&op, hop(m, l), 0.0f, &g->hop[l], m->exec);
    }
    g->unit.n = g->z.n = n;
    rows_gather(
        hop(m, g->item_layers), partial ? NULL : list, &g->unit, m->exec);
    norm_rows_forward(&g->unit, &g->unit, g->norm, m->exec);
    struct mat h = mat_rows(&g->h, g->users, g->items);
    rows_gather(&h, list, &g->z, m->exec);
    rows_add(1.0f, &g->unit, NULL, &g->z, m->exec);
    return 0;
}

/* From dz, of the listed items, through rownorm(h) and M to E_i, the weights of
 * the modalities, the projections and the features. */
static void
backward_items(struct net *m, const int32_t *list)
{
    struct lattice *g = m->own;
    int partial = is_partial(g);
    struct mat d = mat_rows(&g->d_hop[0], 0, g->unit.n);
    rows_zero(&d, m->exec);
    norm_rows_backward(&g->unit, g->norm, &g->dz, &d, m->exec);
    if (!partial) {
        struct mat all = g->d_hop[1];
        rows_zero(&all, m->exec);
        rows_add_at(1.0f, &d, list, &all, m->exec);
        d = all;
    }
    struct spmm_op op = {.s = lattice_graph_transposed(g->graph)};
    for (int l = g->item_layers - 1; l >= 0; l--) {
        lattice_graph_values(g->graph, &d, hop(m, l), m->exec);
        struct mat next = g->d_hop[d.x == g->d_hop[0].x];
        spmm(&op, &d, 0.0f, &next, m->exec);
        d = next;
    }
    rows_add(1.0f, &d, NULL, &m->tensor[NET_ITEM].g, m->exec);
    if (g->item_layers)
        lattice_graph_backward(g->graph, m);
}

static int
step(struct net *m, const struct net_batch *b, double *loss, struct err *e)
{
    struct lattice *g = m->own;
    segments_set(&g->item, b->item, 2 * b->n);
    segments_set(&g->user, b->user, b->n);
    convolve(m, 1);
    int rc = forward(m, g->item.row, g->item.rows, e);
    if (rc)
        return rc;
    const struct bpr_rows triples = {
        .batch = b->n, .a = &g->h, .z = &g->z, .u = b->user, .i = g->item.of};
    rc = bpr_rows_loss(&triples, 1.0, loss, g->coef, m->exec, e);
    if (rc)
        return rc;
    struct mat da = mat_rows(&g->da, 0, b->n),
               db = mat_rows(&g->db, 0, 2 * b->n);
    rows_zero(&da, m->exec);
    rows_zero(&db, m->exec);
    bpr_rows_backward(&triples, g->coef, &da, &db, m->exec);

    /* row k of z is that of the k-th distinct item */
    struct segments places = g->item;
    places.row = g->place;
    g->dz.n = g->item.rows;
    rows_zero(&g->dz, m->exec);
    rows_scatter(&places, &db, &g->dz, m->exec);

    struct mat d_items = mat_rows(&g->dh, g->users, g->items);
    struct mat d_embedding = net_embeddings_gradients(m);
    rows_zero(&g->dh, m->exec);
    rows_scatter(&g->user, &da, &g->dh, m->exec);
    rows_add_at(1.0f, &g->dz, g->item.row, &d_items, m->exec);
    propagate_mean(
        &g->scratch, &g->ui, g->layers, &g->dh, &d_embedding, m->exec);
    backward_items(m, g->item.row);
    return 0;
}

static int
vectors(struct net *m, struct mat *user, struct mat *item, struct err *e)
{
    struct lattice *g = m->own;
    convolve(m, 0);
    int rc = forward(m, g->all, g->items, e);
    if (rc)
        return rc;
    rows_gather(&g->h, NULL, user, m->exec);
    rows_gather(&g->z, NULL, item, m->exec);
    return 0;
}

static void
release(struct net *m)
{
    lattice_graph_free(((struct lattice *)m->own)->graph);
}

/* 0, 1, .. */
static int32_t *
count(struct arena *p, int64_t n)
{
    int32_t *x = arena_new(p, n, sizeof *x);
    for (int64_t k = 0; x && k < n; k++)
        x[k] = (int32_t)k;
    return x;
}

static void
buffers(struct net *m, int64_t batch)
{
    struct lattice *g = m->own;
    struct arena *p = &m->arena;
    int64_t n = g->users + g->items, d = m->width;
    g->h = mat_in(p, n, d);
    g->dh = mat_in(p, n, d);
    g->z = mat_in(p, g->items, d);
    g->dz = mat_in(p, g->items, d);
    g->unit = mat_in(p, g->items, d);
    g->d_hop[0] = mat_in(p, g->items, d);
    g->d_hop[1] = mat_in(p, g->items, d);
    g->da = mat_in(p, batch, d);
    g->db = mat_in(p, 2 * batch, d);
    g->hop = arena_zero(p, g->item_layers, sizeof *g->hop);
    for (int l = 0; g->hop && l < g->item_layers; l++)
        g->hop[l] = mat_in(p, g->items, d);
    g->norm = arena_new(p, g->items, sizeof *g->norm);
    g->node = arena_new(p, 3 * batch, sizeof *g->node);
    g->coef = arena_new(p, batch, sizeof *g->coef);
    g->place = count(p, 2 * batch);
    g->all = count(p, g->items);
    g->scratch = propagate_in(p, n, d);
    g->user = segments_in(p, batch);
    g->item = segments_in(p, 2 * batch);
}

static int
make(struct net *m, const struct system_args *o, struct err *e)
{
    struct lattice *g = m->own;
    g->users = o->train->rows;
    g->items = o->train->cols;
    g->layers = (int)system_int(o, "layers");
    g->item_layers = (int)system_int(o, "item-layers");
    m->sampling = SAMPLE_USERS;
    net_add_embeddings(m, g->users, g->items, m->width);
    for (int k = 0; k < m->tensors; k++) {
        struct init i = net_init(m, k);
        init_xavier_normal(&i, &m->tensor[k].x);
    }
    g->ui = graph_in(&m->arena, o->train);
    buffers(m, o->batch);
    return lattice_graph_new(&g->graph, m, o, e);
}

static const struct net_kind kind = {.own = sizeof(struct lattice),
    .make = make,
    .step = step,
    .vectors = vectors,
    .free = release};

static const struct system_param params[] = {SYSTEM_LAYERS(2, 0, 16),
    SYSTEM_DIM, SYSTEM_RATE(1e-3),
    SYSTEM_DECAY(1e-6, "weight decay, in the gradient"), SYSTEM_TRAIN_FEATURES,
    SYSTEM_ITEM_GRAPH,
    {"origin", "R", SYSTEM_REAL, 0.9, 0, 1,
        "share of the raw features' graph in the item graph"},
    SYSTEM_TRAINING(2048, 500, 5, 0)};

const struct system lattice_system = {.name = "lattice",
    .line = "H_i = LightGCN + rownorm(M^l E)_i, M partly learned",
    .kind = MODEL_NET,
    .param = params,
    .reads = {.features = SYSTEM_MUST},
    .net = &kind};
