/*
 * MMGCN (Wei et al., MM 2019): a graph network of its own for each modality m,
 * whose layers share the embeddings E.
 *
 *   Phi_m = F_m, or F_m W_m^T + 1 b_m^T where F_m has many columns
 *   X_0   = rownorm([P_m; Phi_m]),  P_m: what users prefer in the modality
 *   X_l   = lrelu(H C^T + 1 c^T + lrelu(X_{l-1} B^T + 1 b^T) + E),
 *           H = lrelu(Ar (X_{l-1} A^T + 1 a^T))            mmgcn_layer.h
 *   Z     = mean of X_L over modalities;  score <Z_u, Z_i>
 *   loss  = BPR(Z_u; Z_p - Z_n) + penalty [ mean of P_m^2, of the projected m
 *           + sum of the batch's squared norms of E_u, E_p, E_n / (2 B) ]
 *
 * Only the rows that the batch's vectors depend on are made (reach.h).
 */
#include "lib/models/mmgcn_layer.h"
#include "lib/models/modal.h"
#include "lib/nn/bpr_rows.h"
#include "lib/nn/linear.h"
#include "lib/nn/norm.h"
#include "lib/nn/reach.h"
#include "lib/nn/rows.h"
#include "lib/nn/segments.h"

#include <string.h>

enum {
    WIDE = 512,   /* features of more columns are projected */
    NARROW = 256, /* to as many */
    NONE = -1     /* no such tensor */
};

#define START 1e-4 /* standard deviation of the first embeddings */

struct modality {
    int64_t width;         /* c: of features or projected features */
    struct modal features; /* frozen ones are kept only if projected */
    int project;           /* W_p with b_p behind it, or NONE */
    int preference;        /* P */
    int penalised;         /* P counts in the penalty */
    struct mat x0;         /* X_0 = rownorm([P; Phi]) */
    float *norm;           /* its rows' norms before */
    struct mmgcn_layer *l; /* [layers] */
};

struct mmgcn {
    int64_t users, items;
    int layers, modalities;
    double penalty;
    struct modality *modality;
    struct reach_work *reach;
    struct mmgcn_scratch scratch;
    struct segments seen;  /* the batch's nodes */
    int32_t *node;         /* [3 batch] users, positives, negatives */
    int32_t *place;        /* [3 batch] 0, 1, ..: where seen.row's nodes are */
    float *coef;           /* [batch] */
    struct mat z;          /* nodes x d: output vectors, then their gradients */
    struct mat occurrence; /* 3 batch x d: gradients of the batch's rows */
};

/* X_0 of the users, and of the items unless they never change. */
static void
first_rows(struct net *m, struct mmgcn *g, struct modality *v)
{
    struct mat user = mat_rows(&v->x0, 0, g->users);
    struct mat item = mat_rows(&v->x0, g->users, g->items);
    norm_rows_forward(&m->tensor[v->preference].x, &user, v->norm, m->exec);
    if (v->project != NONE) {
        linear_forward(modal_features(m, &v->features),
            &m->tensor[v->project].x, m->tensor[v->project + 1].x.x, &item,
            m->exec);
        norm_rows_forward(&item, &item, v->norm + g->users, m->exec);
    } else if (v->features.features != NONE) {
        norm_rows_forward(modal_features(m, &v->features), &item,
            v->norm + g->users, m->exec);
    }
}

static const struct mat *
input(const struct modality *v, int layer)
{
    return layer ? &v->l[layer - 1].out : &v->x0;
}

/* Z = mean over modalities of X_L, on the rows that reach_set chose. */
static int
forward(struct net *m, struct err *e)
{
    struct mmgcn *g = m->own;
    g->z.n = reach_layer(g->reach, g->layers - 1)->n;
    rows_zero(&g->z, m->exec);
    float share = 1.0f / (float)g->modalities;
    int rc = 0;
    for (int k = 0; k < g->modalities && !rc; k++) {
        struct modality *v = &g->modality[k];
        first_rows(m, g, v);
        for (int l = 0; l < g->layers && !rc; l++)
            rc = mmgcn_layer_forward(&v->l[l], m, reach_layer(g->reach, l),
                input(v, l), &g->scratch, e);
        if (!rc)
            rows_add(share, &v->l[g->layers - 1].out, NULL, &g->z, m->exec);
    }
    return rc;
}

/* Through X_0 to the preferences, the projection and trained features. */
static void
first_rows_backward(
    struct net *m, struct mmgcn *g, struct modality *v, const struct mat *d_x0)
{
    struct mat user = mat_rows(&v->x0, 0, g->users);
    struct mat item = mat_rows(&v->x0, g->users, g->items);
    struct mat d_user = mat_rows(d_x0, 0, g->users);
    struct mat d_item = mat_rows(d_x0, g->users, g->items);
    const float *norm = v->norm + g->users;
    struct mat *d_raw = v->features.features == NONE
                            ? NULL
                            : &m->tensor[v->features.features].g;
    norm_rows_backward(
        &user, v->norm, &d_user, &m->tensor[v->preference].g, m->exec);
    if (v->project != NONE) {
        struct mat d_phi = {g->items, v->width, g->scratch.dh.x};
        rows_zero(&d_phi, m->exec);
        norm_rows_backward(&item, norm, &d_item, &d_phi, m->exec);
        linear_backward(modal_features(m, &v->features),
            &m->tensor[v->project].x, &d_phi, d_raw, &m->tensor[v->project].g,
            m->tensor[v->project + 1].g.x, m->exec);
    } else if (d_raw) {
        norm_rows_backward(&item, norm, &d_item, d_raw, m->exec);
    }
}

/* From g->z, the gradient of Z times the share; overwrites it. */
static int
backward(struct net *m, struct err *e)
{
    struct mmgcn *g = m->own;
    int rc = 0;
    for (int k = 0; k < g->modalities && !rc; k++) {
        struct modality *v = &g->modality[k];
        int frozen = v->project == NONE && v->features.features == NONE;
        struct mat dx = {0}, d_out = v->l[g->layers - 1].out;
        /* the activation's sign is all that is needed of the layer's output,
         * so the gradient cannot take its place */
        d_out.x = g->occurrence.x;
        memcpy(d_out.x, g->z.x, (size_t)(d_out.n * d_out.d) * sizeof *d_out.x);
        for (int l = g->layers - 1; l >= 0 && !rc; l--) {
            rc = mmgcn_layer_backward(&v->l[l], m, reach_layer(g->reach, l),
                input(v, l), &d_out, l == 0 && frozen, &dx, &g->scratch, e);
            d_out = dx;
        }
        if (!rc)
            first_rows_backward(m, g, v, &dx);
    }
    return rc;
}

/* lam [ 1/(2B) sum of squares of the batch's embeddings + mean P^2 ] */
static double
penalties(struct net *m, const struct net_batch *b)
{
    struct mmgcn *g = m->own;
    struct mat embedding = net_embeddings(m);
    struct mat d_embedding = net_embeddings_gradients(m);
    struct mat d = mat_rows(&g->occurrence, 0, 3 * b->n);
    rows_zero(&d, m->exec);
    double loss = norm_squared(
        &embedding, g->node, 3 * b->n, g->penalty / (double)b->n, &d, m->exec);
    rows_scatter(&g->seen, &d, &d_embedding, m->exec);
    for (int k = 0; k < g->modalities; k++) {
        struct net_tensor *p = &m->tensor[g->modality[k].preference];
        double count = (double)(p->x.n * p->x.d);
        if (g->modality[k].penalised)
            loss += norm_squared(
                &p->x, NULL, p->x.n, 2.0 * g->penalty / count, &p->g, m->exec);
    }
    return loss;
}

static void
batch_nodes(struct mmgcn *g, const struct net_batch *b)
{
    memcpy(g->node, b->user, (size_t)b->n * sizeof *g->node);
    for (int64_t k = 0; k < 2 * b->n; k++)
        g->node[b->n + k] = (int32_t)g->users + b->item[k];
    segments_set(&g->seen, g->node, 3 * b->n);
    reach_set(g->reach, g->seen.row, g->seen.rows);
}

static int
step(struct net *m, const struct net_batch *b, double *loss, struct err *e)
{
    struct mmgcn *g = m->own;
    batch_nodes(g, b);
    int rc = forward(m, e);
    if (rc)
        return rc;
    /* row of[k] of Z is that of the batch's node k */
    struct bpr_rows triples = {
        b->n, &g->z, &g->z, g->seen.of, g->seen.of + b->n};
    rc =
        bpr_rows_loss(&triples, 1.0 / g->modalities, loss, g->coef, m->exec, e);
    if (rc)
        return rc;
    struct mat d = mat_rows(&g->occurrence, 0, 3 * b->n);
    struct mat d_user = mat_rows(&d, 0, b->n),
               d_item = mat_rows(&d, b->n, 2 * b->n);
    rows_zero(&d, m->exec);
    bpr_rows_backward(&triples, g->coef, &d_user, &d_item, m->exec);
    rows_zero(&g->z, m->exec);
    struct segments places = g->seen;
    places.row = g->place;
    rows_scatter(&places, &d, &g->z, m->exec);
    *loss += (double)b->n * penalties(m, b);
    return backward(m, e);
}

static int
vectors(struct net *m, struct mat *user, struct mat *item, struct err *e)
{
    struct mmgcn *g = m->own;
    reach_set(g->reach, NULL, 0);
    int rc = forward(m, e);
    if (rc)
        return rc;
    struct mat u = mat_rows(&g->z, 0, g->users);
    struct mat i = mat_rows(&g->z, g->users, g->items);
    rows_gather(&u, NULL, user, m->exec);
    rows_gather(&i, NULL, item, m->exec);
    return 0;
}

/* A weight or a table of modality `name`. */
static int
add_normal(
    struct net *m, int64_t n, int64_t d, const char *what, const char *name)
{
    int place = net_add(m, NET_PARAM, n, d, "%s_%s", what, name);
    struct init o = net_init(m, place);
    init_xavier_normal(&o, &m->tensor[place].x);
    return place;
}

static void
add_modality(
    struct net *m, struct modality *v, struct net_features *f, int train)
{
    struct mmgcn *g = m->own;
    struct arena *p = &m->arena;
    int64_t columns = f->x.d;
    v->project = NONE;
    v->width = columns > WIDE ? NARROW : columns;
    modal_take(m, f, train, &v->features);
    if (columns > WIDE) {
        v->project =
            add_normal(m, v->width, columns, "project_weight", f->name);
        net_add(m, NET_PARAM, 1, v->width, "project_bias_%s", f->name);
    }
    v->preference = add_normal(m, g->users, v->width, "preference", f->name);
    v->x0 = mat_in(p, g->users + g->items, v->width);
    v->norm = arena_new(p, g->users + g->items, sizeof *v->norm);
    v->l = arena_zero(p, g->layers, sizeof *v->l);
    for (int l = 0; v->l && l < g->layers; l++)
        mmgcn_layer_init(&v->l[l], m, f->name, l + 1, l ? m->width : v->width);
    struct mat *frozen = &v->features.frozen;
    if (v->project == NONE && !train && v->x0.x) {
        /* needed as rows of X_0 only */
        struct mat item = mat_rows(&v->x0, g->users, g->items);
        norm_rows_forward(frozen, &item, NULL, m->exec);
        mat_free(frozen);
    }
    arena_take(p, frozen->x);
}

/* Which preferences the penalty is on: the published model has one modality
 * that is projected and penalises that one. */
static void
choose_penalised(struct mmgcn *g)
{
    int any = 0;
    for (int k = 0; k < g->modalities; k++)
        any |= g->modality[k].penalised = g->modality[k].project != NONE;
    if (!any)
        g->modality[0].penalised = 1;
}

static void
buffers(struct net *m, const struct system_args *o)
{
    struct mmgcn *g = m->own;
    struct arena *p = &m->arena;
    int64_t n = g->users + g->items, widest = m->width;
    int64_t side = g->users < g->items ? g->users : g->items;
    for (int k = 0; k < g->modalities; k++)
        if (g->modality[k].width > widest)
            widest = g->modality[k].width;
    g->node = arena_new(p, 3 * o->batch, sizeof *g->node);
    g->place = arena_new(p, 3 * o->batch, sizeof *g->place);
    g->coef = arena_new(p, o->batch, sizeof *g->coef);
    for (int64_t k = 0; g->place && k < 3 * o->batch; k++)
        g->place[k] = (int32_t)k;
    g->scratch.dh = mat_in(p, n, widest);
    g->scratch.side = mat_in(p, side, widest);
    g->z = mat_in(p, n, m->width);
    g->occurrence = mat_in(p, 3 * o->batch, m->width);
    g->seen = segments_in(p, 3 * o->batch);
    g->reach = reach_in(p, o->train, g->layers);
}

static int
make(struct net *m, const struct system_args *o, struct err *e)
{
    struct mmgcn *g = m->own;
    g->users = o->train->rows;
    g->items = o->train->cols;
    g->layers = (int)system_int(o, "layers");
    g->penalty = system_real(o, "penalty");
    g->modalities = o->n_features;
    g->modality = arena_zero(&m->arena, o->n_features, sizeof *g->modality);
    m->sampling = SAMPLE_PAIRS;
    net_add_embeddings(m, g->users, g->items, m->width);
    for (int k = 0; k < m->tensors; k++) {
        struct init i = net_init(m, k);
        struct mat *x = &m->tensor[k].x;
        init_normal(&i, START, x->x, x->n * x->d);
    }
    for (int k = 0; g->modality && k < o->n_features; k++)
        add_modality(m, &g->modality[k], &o->features[k],
            (int)system_int(o, "train-features"));
    int rc = arena_check(&m->arena, e);
    if (rc)
        return rc;
    choose_penalised(g);
    buffers(m, o);
    return 0;
}

static const struct net_kind kind = {.own = sizeof(struct mmgcn),
    .make = make,
    .step = step,
    .vectors = vectors};

static const struct system_param params[] = {SYSTEM_LAYERS(2, 1, 16),
    SYSTEM_DIM, SYSTEM_RATE(1e-4),
    SYSTEM_DECAY(0, "weight decay, in the gradient"), SYSTEM_TRAIN_FEATURES,
    {"penalty", "W", SYSTEM_REAL, 1e-5, 0, 1e6,
        "weight of norms in the loss, squared"},
    SYSTEM_TRAINING(1024, 50, 1, 0)};

const struct system mmgcn_system = {.name = "mmgcn",
    .line = "H = mean over modalities of a graph network's vectors",
    .kind = MODEL_NET,
    .param = params,
    .reads = {.features = SYSTEM_MUST},
    .net = &kind};
