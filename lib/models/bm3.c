/*
 * BM3 (Zhou et al., WWW 2023): no negatives. A predictor learns to turn one
 * vector of a pair into the direction of the other. The target is marked ~: it
 * has lost a share p of its numbers (dropout, scaled by 1 / (1 - p)) and counts
 * as a constant.
 *
 *   H = 1/(L+1) sum_{l<=L} A^l E,   a_u = H_u,   a_i = H_i + E_i
 *   x_m = W_m f_i + b_m of modality m,   g(y) = W y + b the predictor of all
 *   C(x, y) = mean of the cosines over the batch's pairs (u, i)
 *
 *   loss = 1 - C(g(a_u), a_i~) + 1 - C(g(a_i), a_u~)
 *        + w sum_m [1 - C(g(x_m), a_i~) + 1 - C(g(x_m), x_m~)]
 *        + penalty (||a_U||_F + ||a_I||_F) / items
 *
 * The penalty is on the whole matrices; all else needs the batch's rows only.
 * Scores are <g(a_u), g(a_i)>.
 */
#include "lib/graph/graph.h"
#include "lib/models/modal.h"
#include "lib/nn/cosine.h"
#include "lib/nn/dropout.h"
#include "lib/nn/linear.h"
#include "lib/nn/norm.h"
#include "lib/nn/propagate.h"
#include "lib/nn/rows.h"

/* Blocks of the batch's B rows: users, items, then the modalities. */
enum { USERS, ITEMS, MODAL };

struct bm3 {
    struct graph graph;
    int64_t users, items;
    int layers, weight, bias; /* tensors: of the predictor */
    double dropout, modal_loss, penalty;
    struct modal *modal;
    int modals;
    struct propagate scratch;
    struct mat a, da;           /* N x d and its gradient, whose rows are */
    struct mat a_u, da_u;       /* users' first, */
    struct mat a_i, da_i;       /* then items' */
    struct mat in, target;      /* blocks of a, x_m; their ~ */
    struct mat out, dout, din;  /* g(in); gradients */
    struct mat df;              /* B x F: of trained features */
    struct segments user, item; /* the batch's */
};

/* a = H, plus E in items' rows */
static void
forward(struct net *m)
{
    struct bm3 *t = m->own;
    struct mat e = net_embeddings(m);
    propagate_mean(&t->scratch, &t->graph, t->layers, &e, &t->a, m->exec);
    rows_add(1, &m->tensor[NET_ITEM].x, NULL, &t->a_i, m->exec);
}

/* The embeddings' gradients from da. */
static void
backward(struct net *m)
{
    struct bm3 *t = m->own;
    struct mat g = net_embeddings_gradients(m);
    propagate_mean(&t->scratch, &t->graph, t->layers, &t->da, &g, m->exec);
    rows_add(1, &t->da_i, NULL, &m->tensor[NET_ITEM].g, m->exec);
}

/* The predictor on any rows. */
static void
predict(const struct net *m, const struct mat *x, struct mat *y)
{
    const struct bm3 *t = m->own;
    linear_forward(
        x, &m->tensor[t->weight].x, m->tensor[t->bias].x.x, y, m->exec);
}

/* The batch's rows and their ~. */
static int
inputs(struct net *m, const struct net_batch *b, struct err *e)
{
    struct bm3 *t = m->own;
    struct mat in = mat_rows(&t->in, USERS * b->n, b->n);
    rows_gather(&t->a_u, b->user, &in, m->exec);
    in = mat_rows(&t->in, ITEMS * b->n, b->n);
    rows_gather(&t->a_i, b->item, &in, m->exec);
    for (int k = 0; k < t->modals; k++) {
        const struct modal *f = &t->modal[k];
        in = mat_rows(&t->in, (MODAL + k) * b->n, b->n);
        int rc = linear_rows_forward(modal_features(m, f), b->item,
            &m->tensor[f->weight].x, m->tensor[f->bias].x.x, &in, m->exec, e);
        if (rc)
            return rc;
    }
    for (int k = 0; k < MODAL + t->modals; k++) {
        struct mat target = mat_rows(&t->target, k * b->n, b->n);
        const struct dropout drop = {.p = t->dropout,
            .seed = m->seed,
            .stream = (uint32_t)k,
            .step = (uint32_t)b->t};
        in = mat_rows(&t->in, k * b->n, b->n);
        dropout_apply(
            &drop, &in, k == USERS ? b->user : b->item, &target, m->exec);
    }
    return 0;
}

/* w (1 - C(g(block x), block y ~)) */
static double
align(struct net *m, int64_t n, int x, int y, double w)
{
    struct bm3 *t = m->own;
    struct mat out = mat_rows(&t->out, x * n, n),
               dout = mat_rows(&t->dout, x * n, n);
    struct mat target = mat_rows(&t->target, y * n, n);
    return cosine_loss(&out, &target, w, &dout, m->exec);
}

/* Gradients of a modality's projection, and of its features if trained. */
static int
modal_backward(struct net *m, const struct modal *f, const struct net_batch *b,
    const struct mat *dx, struct err *e)
{
    struct bm3 *t = m->own;
    const struct mat *feature = modal_features(m, f);
    struct net_tensor *w = &m->tensor[f->weight];
    int rc = linear_rows_backward(
        feature, b->item, dx, &w->g, m->tensor[f->bias].g.x, m->exec, e);
    if (rc || f->features < 0)
        return rc;
    struct mat df = {b->n, feature->d, t->df.x};
    rows_zero(&df, m->exec);
    linear_backward(NULL, &w->x, dx, &df, NULL, NULL, m->exec);
    rows_scatter(&t->item, &df, &m->tensor[f->features].g, m->exec);
    return 0;
}

static int
step(struct net *m, const struct net_batch *b, double *loss, struct err *e)
{
    struct bm3 *t = m->own;
    int blocks = MODAL + t->modals;
    struct exec *exec = m->exec;
    int64_t n = b->n;
    forward(m);
    int rc = inputs(m, b, e);
    if (rc)
        return rc;
    struct mat in = mat_rows(&t->in, 0, blocks * n),
               din = mat_rows(&t->din, 0, in.n);
    struct mat out = mat_rows(&t->out, 0, in.n),
               dout = mat_rows(&t->dout, 0, in.n);
    predict(m, &in, &out);
    rows_zero(&dout, exec);
    double l = align(m, n, USERS, ITEMS, 1) + align(m, n, ITEMS, USERS, 1);
    for (int k = MODAL; k < blocks; k++)
        l += align(m, n, k, ITEMS, t->modal_loss) +
             align(m, n, k, k, t->modal_loss);

    struct net_tensor *w = &m->tensor[t->weight];
    rows_zero(&din, exec);
    linear_backward(
        &in, &w->x, &dout, &din, &w->g, m->tensor[t->bias].g.x, exec);
    segments_set(&t->user, b->user, n);
    segments_set(&t->item, b->item, n);
    for (int k = 0; k < t->modals; k++) {
        struct mat dx = mat_rows(&din, (MODAL + k) * n, n);
        rc = modal_backward(m, &t->modal[k], b, &dx, e);
        if (rc)
            return rc;
    }
    rows_zero(&t->da, exec);
    struct mat du = mat_rows(&din, USERS * n, n),
               di = mat_rows(&din, ITEMS * n, n);
    rows_scatter(&t->user, &du, &t->da_u, exec);
    rows_scatter(&t->item, &di, &t->da_i, exec);
    double per_item = t->penalty / (double)t->items;
    l += norm_frobenius(&t->a_u, per_item, &t->da_u, exec);
    l += norm_frobenius(&t->a_i, per_item, &t->da_i, exec);
    backward(m);
    *loss = l * (double)n;
    return 0;
}

static int
vectors(struct net *m, struct mat *user, struct mat *item, struct err *e)
{
    (void)e;
    struct bm3 *t = m->own;
    forward(m);
    predict(m, &t->a_u, user);
    predict(m, &t->a_i, item);
    return 0;
}

/* All weights normal with sd sqrt(2 / (rows + columns)), biases uniform. */
static void
parameters(struct net *m, const struct system_args *o)
{
    struct bm3 *t = m->own;
    int64_t d = m->width;
    net_add_embeddings(m, t->users, t->items, d);
    t->weight = net_add(m, NET_PARAM, d, d, "predictor");
    t->bias = net_add(m, NET_PARAM, 1, d, "predictor_bias");
    t->modals = o->n_features;
    t->modal = modal_make(m, o, 1);
    for (int k = 0; k < m->tensors && !m->arena.rc; k++) {
        struct mat *x = &m->tensor[k].x;
        const struct init init = net_init(m, k);
        int weight = k <= t->weight;
        for (int f = 0; f < t->modals; f++)
            weight |= k == t->modal[f].weight;
        if (weight)
            init_xavier_normal(&init, x);
        else if (k == t->bias)
            init_linear(&init, d, x->x, d);
    }
}

static void
buffers(struct net *m, const struct system_args *o)
{
    struct bm3 *t = m->own;
    struct arena *p = &m->arena;
    int64_t n = t->users + t->items, d = m->width;
    int64_t all = (MODAL + t->modals) * o->batch;
    t->a = mat_in(p, n, d);
    t->da = mat_in(p, n, d);
    t->a_u = mat_rows(&t->a, 0, t->users);
    t->a_i = mat_rows(&t->a, t->users, t->items);
    t->da_u = mat_rows(&t->da, 0, t->users);
    t->da_i = mat_rows(&t->da, t->users, t->items);
    t->in = mat_in(p, all, d);
    t->target = mat_in(p, all, d);
    t->out = mat_in(p, all, d);
    t->dout = mat_in(p, all, d);
    t->din = mat_in(p, all, d);
    if (system_int(o, "train-features"))
        t->df = mat_in(p, o->batch, modal_widest(m, t->modal, t->modals));
    t->scratch = propagate_in(p, n, d);
    t->user = segments_in(p, o->batch);
    t->item = segments_in(p, o->batch);
}

static int
make(struct net *m, const struct system_args *o, struct err *e)
{
    struct bm3 *t = m->own;
    m->sampling = SAMPLE_POSITIVES;
    t->users = o->train->rows;
    t->items = o->train->cols;
    t->layers = (int)system_int(o, "layers");
    t->dropout = system_real(o, "dropout");
    t->modal_loss = system_real(o, "modal-loss");
    t->penalty = system_real(o, "penalty");
    parameters(m, o);
    int rc = arena_check(&m->arena, e);
    if (rc)
        return rc;
    t->graph = graph_in(&m->arena, o->train);
    buffers(m, o);
    return 0;
}

static const struct net_kind kind = {
    .own = sizeof(struct bm3), .make = make, .step = step, .vectors = vectors};

static const struct system_param params[] = {SYSTEM_LAYERS(1, 0, 16),
    SYSTEM_DIM, SYSTEM_RATE(1e-3),
    SYSTEM_DECAY(1e-4, "weight decay, in the gradient"), SYSTEM_TRAIN_FEATURES,
    {"dropout", "P", SYSTEM_REAL, 0.5, 0, 0.99,
        "share of the numbers that are dropped, from targets"},
    {"modal-loss", "W", SYSTEM_REAL, 2, 0, 1e6,
        "weight of the modalities' part of the loss"},
    {"penalty", "W", SYSTEM_REAL, 0.1, 0, 1e6,
        "weight of norms in the loss, of all vectors, not squared"},
    SYSTEM_TRAINING(2048, 500, 5, 0)};

const struct system bm3_system = {.name = "bm3",
    .line = "H = g(LightGCN), g trained without negatives",
    .kind = MODEL_NET,
    .param = params,
    .reads = {.features = SYSTEM_MUST},
    .net = &kind};
