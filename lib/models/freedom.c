/*
 * FREEDOM (Zhou and Shen, MM 2023): LightGCN on a thinned user-item graph that
 * is drawn afresh in every epoch, plus a frozen item graph of the features.
 *
 *   H   = 1/(L+1) sum_{l<=L} A^l E       A: of the epoch's edges, normalised
 *   z_i = H_i + (M^Li E)_i               M = sum_m w_m S_m, neighbours.h
 *   loss = BPR(H_u; z_p - z_n) + w sum_m BPR(H_u; x_p - x_n),  x_i = W_m f_i
 *
 * The projection needs no bias: it cancels in x_p - x_n = W_m (f_p - f_n),
 * which is what is computed. Scores are <H_u, z_i> on the graph of all edges.
 */
#include "lib/base/mem.h"
#include "lib/graph/edges.h"
#include "lib/graph/graph.h"
#include "lib/models/modal.h"
#include "lib/models/neighbours.h"
#include "lib/nn/bpr_rows.h"
#include "lib/nn/linear.h"
#include "lib/nn/propagate.h"
#include "lib/nn/rows.h"
#include "lib/nn/spmm.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct freedom {
    const struct csr *train;
    int64_t n_keep;
    int layers, item_layers;
    double modal_loss;
    struct graph all, kept;    /* every edge; the epoch's */
    struct csr items, items_t; /* M and its transpose */
    struct modal *modal;
    int modals;
    struct propagate scratch;
    struct mat hop[2];               /* I x d, of more than one item layer */
    struct mat h, dh;                /* N x d: H, in items' rows z; gradients */
    struct segments user, item_rows; /* the batch's distinct rows */
    int32_t *node;                   /* [3B] both, as rows of h */
    float *coef;                     /* [B] */
    struct mat da, dz;               /* B x d, 2B x d: of a batch's rows */
    struct mat f, df;                /* B x F: f_p - f_n and its gradient */
    struct mat x, dx;                /* B x d: W (f_p - f_n) */
};

/* y += S^l x; in the n rows of y that list names, in all where it is NULL. */
static void
add_hops(struct freedom *f, const struct csr *s, int l, const struct mat *x,
    const int32_t *list, int64_t n, struct mat *y, struct exec *exec)
{
    struct spmm_op op = {.s = s};
    for (int k = 0; k < l - 1; k++) {
        spmm(&op, x, 0, &f->hop[k & 1], exec);
        x = &f->hop[k & 1];
    }
    if (l)
        spmm_rows(&op, x, 1, list, n, y, exec);
    else
        rows_add(1, x, NULL, y, exec);
}

/* h: H of users, z of items; in the batch's rows */
static void
forward(struct net *m)
{
    struct freedom *f = m->own;
    struct mat e = net_embeddings(m);
    int64_t users = f->train->rows, n = f->user.rows + f->item_rows.rows;
    struct mat z = mat_rows(&f->h, users, f->train->cols);
    for (int64_t k = 0; k < f->user.rows; k++)
        f->node[k] = f->user.row[k];
    for (int64_t k = 0; k < f->item_rows.rows; k++)
        f->node[f->user.rows + k] = (int32_t)(users + f->item_rows.row[k]);
    propagate_mean_rows(
        &f->scratch, &f->kept, f->layers, &e, f->node, n, &f->h, m->exec);
    add_hops(f, &f->items, f->item_layers, &m->tensor[NET_ITEM].x,
        f->item_rows.row, f->item_rows.rows, &z, m->exec);
}

/* The embeddings' gradients from dh, those of h. A is symmetric, M is not. */
static void
backward(struct net *m)
{
    struct freedom *f = m->own;
    struct mat g = net_embeddings_gradients(m);
    struct mat dz = mat_rows(&f->dh, f->train->rows, f->train->cols);
    propagate_mean(&f->scratch, &f->kept, f->layers, &f->dh, &g, m->exec);
    add_hops(f, &f->items_t, f->item_layers, &dz, NULL, dz.n,
        &m->tensor[NET_ITEM].g, m->exec);
}

/* f_p - f_n of the batch's triples */
static void
differences(const struct mat *from, const struct net_batch *b, struct mat *f,
    struct exec *exec)
{
    rows_gather(from, b->item, f, exec);
    rows_add(-1, from, b->item + b->n, f, exec);
}

/* Adds to users' rows da, and to the modality's gradients. */
static int
modal_step(struct net *m, const struct modal *t, const struct net_batch *b,
    struct mat *da, double *loss, struct err *e)
{
    struct freedom *own = m->own;
    const struct mat *feature = modal_features(m, t);
    struct net_tensor *w = &m->tensor[t->weight];
    struct mat f = {b->n, feature->d, own->f.x}, x = mat_rows(&own->x, 0, b->n);
    struct mat dx = mat_rows(&own->dx, 0, b->n);
    differences(feature, b, &f, m->exec);
    linear_forward(&f, &w->x, NULL, &x, m->exec);
    const struct bpr_rows rows = {
        .batch = b->n, .a = &own->h, .z = &x, .u = b->user};
    int rc = bpr_rows_loss(&rows, own->modal_loss, loss, own->coef, m->exec, e);
    if (rc)
        return rc;
    *loss *= own->modal_loss;
    rows_zero(&dx, m->exec);
    bpr_rows_backward(&rows, own->coef, da, &dx, m->exec);
    if (t->features < 0) {
        linear_backward(&f, NULL, &dx, NULL, &w->g, NULL, m->exec);
        return 0;
    }
    struct mat both = {2 * b->n, feature->d, own->df.x};
    struct mat df = mat_rows(&both, 0, b->n), dn = mat_rows(&both, b->n, b->n);
    rows_zero(&df, m->exec);
    linear_backward(&f, &w->x, &dx, &df, &w->g, NULL, m->exec);
    rows_gather(&df, NULL, &dn, m->exec);
    rows_scale(-1, &dn, m->exec);
    rows_scatter(&own->item_rows, &both, &m->tensor[t->features].g, m->exec);
    return 0;
}

/* Zeros in the rows that were scattered to: x is zero again. */
static void
clear(const struct segments *s, struct mat *x)
{
    for (int64_t k = 0; k < s->rows; k++)
        memset(x->x + s->row[k] * x->d, 0, (size_t)x->d * sizeof *x->x);
}

static int
step(struct net *m, const struct net_batch *b, double *loss, struct err *e)
{
    struct freedom *f = m->own;
    struct exec *exec = m->exec;
    int64_t users = f->train->rows;
    struct mat z = mat_rows(&f->h, users, f->train->cols);
    struct mat da = mat_rows(&f->da, 0, b->n),
               dz = mat_rows(&f->dz, 0, 2 * b->n);
    segments_set(&f->user, b->user, b->n);
    segments_set(&f->item_rows, b->item, 2 * b->n);

    forward(m);
    const struct bpr_rows rows = {
        .batch = b->n, .a = &f->h, .z = &z, .u = b->user, .i = b->item};
    int rc = bpr_rows_loss(&rows, 1, loss, f->coef, exec, e);
    if (rc)
        return rc;
    rows_zero(&da, exec);
    rows_zero(&dz, exec);
    bpr_rows_backward(&rows, f->coef, &da, &dz, exec);
    for (int k = 0; k < f->modals; k++) {
        double more;
        rc = modal_step(m, &f->modal[k], b, &da, &more, e);
        if (rc)
            return rc;
        *loss += more;
    }

    struct mat dh_items = mat_rows(&f->dh, users, f->train->cols);
    rows_scatter(&f->user, &da, &f->dh, exec);
    rows_scatter(&f->item_rows, &dz, &dh_items, exec);
    backward(m);
    clear(&f->user, &f->dh);
    clear(&f->item_rows, &dh_items);
    return 0;
}

static int
epoch(struct net *m, int64_t epoch, struct err *e)
{
    struct freedom *f = m->own;
    struct csr kept;
    int rc = edges_sample(
        f->train, f->n_keep, m->seed, (uint32_t)epoch, m->exec, &kept, e);
    if (rc)
        return rc;
    graph_free(&f->kept);
    rc = graph_bipartite(&kept, &f->kept, e);
    csr_free(&kept);
    return rc;
}

static int
vectors(struct net *m, struct mat *user, struct mat *item, struct err *e)
{
    (void)e;
    struct freedom *f = m->own;
    struct mat x = net_embeddings(m);
    struct mat z = mat_rows(&f->h, f->train->rows, f->train->cols);
    propagate_mean(&f->scratch, &f->all, f->layers, &x, &f->h, m->exec);
    add_hops(f, &f->items, f->item_layers, &m->tensor[NET_ITEM].x, NULL, z.n,
        &z, m->exec);
    rows_gather(&f->h, NULL, user, m->exec);
    rows_gather(&z, NULL, item, m->exec);
    return 0;
}

static void
release(struct net *m)
{
    struct freedom *f = m->own;
    graph_free(&f->kept);
}

/* M = sum_m w_m S_m and its transpose */
static int
item_graph(struct net *m, const struct system_args *o, struct err *e)
{
    struct freedom *f = m->own;
    struct csr *s = mem_zero(o->n_features, sizeof *s, e);
    double *w = mem_new(o->n_features, sizeof *w, e);
    int rc = s && w ? modal_weights(o, w, e) : ERR_NOMEM;
    for (int k = 0; k < o->n_features && !rc; k++)
        rc = neighbours_graph(&o->features[k].x, &o->features[k].missing,
            system_int(o, "neighbors"), KNN_ONE, o->exec, &s[k], e);
    if (!rc)
        rc = neighbours_mix(s, w, o->n_features, &f->items, e);
    if (!rc)
        rc = csr_transpose(&f->items, &f->items_t, e);
    csr_keep(&f->items, &m->arena);
    csr_keep(&f->items_t, &m->arena);
    for (int k = 0; s && k < o->n_features; k++)
        csr_free(&s[k]);
    free(s);
    free(w);
    return rc;
}

static void
parameters(struct net *m, const struct system_args *o)
{
    struct freedom *f = m->own;
    net_add_embeddings(m, o->train->rows, o->train->cols, m->width);
    for (int k = 0; k < m->tensors; k++) {
        struct init init = net_init(m, k);
        init_xavier_normal(&init, &m->tensor[k].x);
    }
    f->modals = o->n_features;
    f->modal = modal_make(m, o, 0);
}

static void
buffers(struct net *m, const struct system_args *o)
{
    struct freedom *f = m->own;
    struct arena *p = &m->arena;
    int64_t items = o->train->cols, n = o->train->rows + items;
    int64_t d = m->width, batch = o->batch;
    int64_t widest = modal_widest(m, f->modal, f->modals);
    for (int k = 0; k < 2 && k < f->item_layers - 1; k++)
        f->hop[k] = mat_in(p, items, d);
    f->h = mat_in(p, n, d);
    f->dh = mat_in(p, n, d);
    f->da = mat_in(p, batch, d);
    f->dz = mat_in(p, 2 * batch, d);
    f->f = mat_in(p, batch, widest);
    if (system_int(o, "train-features"))
        f->df = mat_in(p, 2 * batch, widest);
    f->x = mat_in(p, batch, d);
    f->dx = mat_in(p, batch, d);
    f->node = arena_new(p, 3 * batch, sizeof *f->node);
    f->coef = arena_new(p, batch, sizeof *f->coef);
    rows_zero(&f->dh, o->exec);
    f->scratch = propagate_in(p, n, d);
    f->user = segments_in(p, batch);
    f->item_rows = segments_in(p, 2 * batch);
}

static int
make(struct net *m, const struct system_args *o, struct err *e)
{
    struct freedom *f = m->own;
    m->sampling = SAMPLE_PAIRS;
    f->train = o->train;
    f->n_keep = (int64_t)((double)o->train->nnz * system_real(o, "keep-edges"));
    f->layers = (int)system_int(o, "layers");
    f->item_layers = (int)system_int(o, "item-layers");
    f->modal_loss = system_real(o, "modal-loss");
    f->all = graph_in(&m->arena, o->train);
    int rc = item_graph(m, o, e);
    if (rc)
        return rc;
    parameters(m, o);
    rc = arena_check(&m->arena, e);
    if (!rc)
        buffers(m, o);
    return rc;
}

static const struct net_kind kind = {.own = sizeof(struct freedom),
    .make = make,
    .epoch = epoch,
    .step = step,
    .vectors = vectors,
    .free = release};

static const struct system_param params[] = {SYSTEM_LAYERS(2, 0, 16),
    SYSTEM_DIM, SYSTEM_RATE(1e-3),
    SYSTEM_DECAY(1e-6, "weight decay, in the gradient"), SYSTEM_TRAIN_FEATURES,
    SYSTEM_ITEM_GRAPH,
    {"keep-edges", "R", SYSTEM_ABOVE, 0.2, 0, 1,
        "share of the train pairs in an epoch's graph"},
    {"modal-loss", "W", SYSTEM_REAL, 1e-3, 0, 1e6,
        "weight of the modalities' part of the loss, BPR"},
    SYSTEM_TRAINING(2048, 500, 5, 0)};

const struct system freedom_system = {.name = "freedom",
    .line = "H_i = LightGCN on thinned graphs + (M^l E)_i, M frozen",
    .kind = MODEL_NET,
    .param = params,
    .reads = {.features = SYSTEM_MUST, .weights = 1},
    .net = &kind};
