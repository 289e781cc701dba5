/*
 * MMSSL (Wei et al., WWW 2023) as its authors' program computes it, which is
 * not in all parts what the paper says: the attention over modalities is a sum
 * of four matrices, the critic's activations are linear, and the graphs that
 * are learned per modality hold what one batch recorded.
 *
 *   Ru = D_u^-1/2 R, Ri = D_i^-1/2 R^T; Gu_m, Gi_m alike of a modality's graph
 *   x_m = dropout(F_m W_m^T + b_m), fu_m = Ru x_m, fi_m = Ri fu_m
 *   Z_m = k_m (W_1 + W_2 + W_3 + W_4), ku_m = Gu_m E_i, ki_m = Gi_m E_u
 *   e = E + .36 rownorm(mean_m Z_m), for users and items
 *   u_l = Ru i_{l-1}, i_l = Ri u_l, the last ones softmax of that; i_0 = e_i
 *   U* = mean_l u_l + .55 sum_m rownorm(fu_m), u_0 = e_u;   I* alike
 *   loss = BPR(U*_u; I*_p - I*_n)
 *        + penalty (sum of the batch's three squared norms / (2 B)
 *                   + sum of those of all fu_m, fi_m / (2 I))
 *        + w sum_m NCE(ku_m, U*) over the batch's users       infonce.h
 *        - 1e-4 mean D(S_m of all modalities)                 simrows.h
 *
 * with the critic D (critic.h) trained for a step before each step of these.
 * Parts that belong to a modality's graph are skipped while it has no edge.
 *
 * The graphs are R at the start. The first step of an epoch records, for each
 * of the batch's users, the items of the K largest entries of S_m; every later
 * step replaces the graphs by what is recorded, and the record by nothing.
 * K is --neighbors, by default floor(I / 10000): 0 for fewer than 10000 items.
 *
 * w is --modal-loss. There are any number of modalities, two in the authors'
 * program, and at least 8 items. Users may repeat in a batch.
 */
#include "lib/base/mem.h"
#include "lib/models/mmssl/mmssl_priv.h"
#include "lib/models/system.h"
#include "lib/nn/rows.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CRITIC_TENSORS = 100, /* its random numbers', far from the net's */
    EXACT = 1 << 24       /* whole numbers that float32 holds */
};
static const double critic_rate = 3e-4;

static int
epoch(struct net *m, int64_t number, struct err *e)
{
    (void)number;
    return mmssl_graph_load(m, e);
}

static int
vectors(struct net *m, struct mat *user, struct mat *item, struct err *e)
{
    struct mmssl *s = m->own;
    int rc = mmssl_graph_load(m, e);
    if (rc)
        return rc;
    mmssl_forward_base(m);
    mmssl_forward_modal(m, 0, 0);
    rows_gather(&s->user.out, NULL, user, m->exec);
    rows_gather(&s->item.out, NULL, item, m->exec);
    return 0;
}

static void
release(struct net *m)
{
    struct mmssl *s = m->own;
    mmssl_graph_free(&s->r);
    simrows_known_free(&s->known);
    simrows_free(&s->sim);
    for (int k = 0; s->fake && k < s->modals; k++) {
        simrows_free(&s->fake[k].s);
        mmssl_graph_free(&s->modal[k].g);
    }
}

static void
side_init(struct net *m, struct mmssl_side *a, int64_t n)
{
    struct mmssl *s = m->own;
    struct arena *p = &m->arena;
    struct mat *one[] = {
        &a->mean, &a->out, &a->k, &a->z, &a->zn, &a->d_out, &a->d_k, &a->s};
    a->n = n;
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        *one[i] = mat_in(p, n, s->d);
    for (int l = 0; l <= s->layers; l++)
        a->layer[l] = mat_in(p, n, s->d);
    a->part = arena_zero(p, s->modals, sizeof *a->part);
    for (int k = 0; a->part && k < s->modals; k++) {
        struct mmssl_part *t = &a->part[k];
        struct mat *each[] = {&t->f, &t->y, &t->k, &t->d_f, &t->d_k};
        for (int i = 0; i < 5; i++)
            *each[i] = mat_in(p, n, s->d);
        t->norm = arena_new(p, n, sizeof *t->norm);
    }
    a->z_norm = arena_new(p, n, sizeof *a->z_norm);
}

static void
start(struct net *m, int tensor)
{
    struct init init = net_init(m, tensor);
    init_xavier_uniform(&init, &m->tensor[tensor].x);
}

/* AdamW on everything that is learned, the embeddings first. */
static void
parameters(struct net *m, const struct system_args *o)
{
    struct mmssl *s = m->own;
    int64_t d = s->d;
    m->adam = (struct adam_opt){.rate = system_real(o, "lr"),
        .decoupled = system_real(o, "weight-decay")};
    net_add_embeddings(m, o->train->rows, o->train->cols, d);
    s->feature = modal_make(m, o, 1);
    s->heads = net_add(m, NET_PARAM, MMSSL_HEADS * d, d, "heads");
    start(m, NET_USER);
    start(m, NET_ITEM);
    for (int k = 0; s->feature && k < s->modals; k++)
        start(m, s->feature[k].weight);
    start(m, s->heads);
}

/* What recording needs; the graphs begin as the train pairs. */
static int
state(struct net *m, const struct system_args *o, struct err *e)
{
    struct mmssl *s = m->own;
    int64_t items = o->train->cols;
    if (o->train->rows > EXACT || items > EXACT)
        return err_set(e, ERR_RANGE,
            "mmssl is for at most %d users and as many items", EXACT);
    double wanted = system_real(o, "neighbors");
    s->top = isnan(wanted) ? items / 10000 : (int64_t)wanted;
    if (s->top > items)
        s->top = items;
    int64_t rows = 1 + s->modals * s->top;
    s->graphs = net_add(m, NET_STATE, 1, MMSSL_STATES, "graphs");
    s->edges = net_add(m, NET_STATE, rows, s->batch, "edges");
    s->record = net_add(m, NET_STATE, rows, s->batch, "record");
    s->top_score = arena_new(&m->arena, s->top, sizeof *s->top_score);
    s->top_item = arena_new(&m->arena, s->top, sizeof *s->top_item);
    return arena_check(&m->arena, e);
}

static int
note(const struct system_args *o, char *text, size_t size, struct err *e)
{
    int64_t items = o->train->cols, weights, bytes;
    int rc = critic_bytes(items, o->batch, o->n_features, &weights, &bytes, e);
    if (!rc && bytes > mem_machine())
        rc = critic_no_memory(items, o->batch, o->n_features, e);
    if (rc)
        return rc;
    snprintf(text, size, "a critic of %.1f million weights needs %.0f MB",
        (double)weights / 1e6, (double)bytes / 1e6);
    return 0;
}

/* The critic's weights are a tensor that it steps itself. */
static int
add_critic(struct net *m, const struct system_args *o, struct err *e)
{
    struct mmssl *s = m->own;
    int64_t items = o->train->cols, size, bytes;
    int rc = critic_bytes(items, s->batch, s->modals, &size, &bytes, e);
    if (rc)
        return rc;
    s->critic_at = net_add(m, NET_OWN, 1, size, "critic");
    rc = arena_check(&m->arena, e);
    if (rc == ERR_NOMEM)
        rc = critic_no_memory(items, s->batch, s->modals, e);
    if (rc)
        return rc;
    const struct net_tensor *t = &m->tensor[s->critic_at];
    struct critic_store store = {t->x.x, t->m.x, t->v.x, t->g.x};
    return critic_init(&s->critic, &m->arena, items, s->batch, s->modals,
        critic_rate, o->seed, CRITIC_TENSORS, o->exec, &store, e);
}

static void
buffers(struct net *m, const struct system_args *o)
{
    struct mmssl *s = m->own;
    struct arena *p = &m->arena;
    int64_t users = o->train->rows, items = o->train->cols, d = s->d,
            b = s->batch, h = s->critic.h[0];
    side_init(m, &s->user, users);
    side_init(m, &s->item, items);
    s->w = mat_in(p, d, d);
    s->d_w = mat_in(p, d, d);
    s->drop = mat_in(p, items, d);
    s->d_x = mat_in(p, items, d);
    s->da = mat_in(p, b, d);
    s->dz = mat_in(p, 2 * b, d);
    s->dn = mat_in(p, b, d);
    s->kb = mat_in(p, b, d);
    s->q = mat_in(p, b, d);
    s->dense = mat_in(p, b, items);
    s->coef = arena_new(p, b, sizeof *s->coef);
    for (int k = 0; s->item.part && k < s->modals; k++) {
        struct mmssl_modal *f = &s->modal[k];
        f->x = mat_in(p, items, d);
        f->q = mat_in(p, b, d);
        f->dq = mat_in(p, b, d);
        s->fake[k].dq = &f->dq;
        s->fake[k].dk = &s->item.part[k].d_f;
        s->fake[k].s = simrows_in(p, b, d, h);
    }
    s->sim = simrows_in(p, b, d, h);
    s->real = realrows_in(p, b, h);
    s->nce = infonce_in(p, b, d);
    s->users = segments_in(p, b);
    s->items = segments_in(p, 2 * b);
}

static int
make(struct net *m, const struct system_args *o, struct err *e)
{
    struct mmssl *s = m->own;
    *s = (struct mmssl){.train = o->train,
        .d = m->width,
        .batch = o->batch,
        .layers = (int)system_int(o, "layers"),
        .modals = o->n_features,
        .dropout = system_real(o, "dropout"),
        .contrast = system_real(o, "modal-loss"),
        .penalty = system_real(o, "penalty")};
    m->sampling = SAMPLE_DISTINCT;
    s->modal = arena_zero(&m->arena, s->modals, sizeof *s->modal);
    s->fake = arena_zero(&m->arena, s->modals, sizeof *s->fake);
    int rc = arena_check(&m->arena, e);
    if (!rc)
        rc = mmssl_graph_make(&s->r, o->train, e);
    if (rc)
        return rc;
    parameters(m, o);
    rc = state(m, o, e);
    if (!rc)
        rc = add_critic(m, o, e);
    if (!rc)
        buffers(m, o);
    return rc;
}

static const struct net_kind kind = {.own = sizeof(struct mmssl),
    .make = make,
    .epoch = epoch,
    .step = mmssl_step,
    .vectors = vectors,
    .free = release};

static const struct system_param params[] = {SYSTEM_LAYERS(2, 0, MMSSL_LAYERS),
    SYSTEM_DIM, SYSTEM_RATE(5.5e-4),
    SYSTEM_DECAY(0.01, "weight decay, decoupled"),
    {"neighbors", "K", SYSTEM_WHOLE, (double)NAN, 1, 1e6,
        "items of a user that are noted for a modality's graph, by default one "
        "in 10000"},
    {"dropout", "P", SYSTEM_REAL, 0.2, 0, 0.99,
        "share of the numbers that are dropped, from projected features"},
    {"modal-loss", "W", SYSTEM_REAL, 0.03, 0, 1e6,
        "weight of the modalities' part of the loss, a contrast"},
    {"penalty", "W", SYSTEM_REAL, 1e-5, 0, 1e6,
        "weight of norms in the loss, squared"},
    SYSTEM_TRAINING(1024, 1000, 1, 8)};

const struct system mmssl_system = {.name = "mmssl",
    .line = "H = mean of layers + modalities' vectors, with a critic",
    .kind = MODEL_NET,
    .param = params,
    .reads = {.features = SYSTEM_MUST},
    .net = &kind,
    .note = note};
