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
#include "lib/nn/init.h"
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
side_free(struct mmssl_side *a, int modals)
{
    struct mat *one[] = {
        &a->mean, &a->out, &a->k, &a->z, &a->zn, &a->d_out, &a->d_k, &a->s};
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        mat_free(one[i]);
    for (int l = 0; l <= MMSSL_LAYERS; l++)
        mat_free(&a->layer[l]);
    for (int k = 0; a->part && k < modals; k++) {
        struct mmssl_part *p = &a->part[k];
        mat_free(&p->f);
        mat_free(&p->y);
        mat_free(&p->k);
        mat_free(&p->d_f);
        mat_free(&p->d_k);
        free(p->norm);
    }
    free(a->part);
    free(a->z_norm);
}

static void
release(struct net *m)
{
    struct mmssl *s = m->own;
    if (!s)
        return;
    mmssl_graph_free(&s->r);
    side_free(&s->user, s->modals);
    side_free(&s->item, s->modals);
    segments_free(&s->users);
    segments_free(&s->items);
    simrows_known_free(&s->known);
    realrows_free(&s->real);
    infonce_free(&s->nce);
    critic_free(&s->critic);
    struct mat *one[] = {&s->w, &s->d_w, &s->drop, &s->d_x, &s->da, &s->dz,
        &s->q, &s->dn, &s->kb, &s->dense};
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        mat_free(one[i]);
    simrows_free(&s->sim);
    for (int k = 0; s->fake && k < s->modals; k++)
        simrows_free(&s->fake[k].s);
    free(s->fake);
    for (int k = 0; s->modal && k < s->modals; k++) {
        struct mmssl_modal *f = &s->modal[k];
        mmssl_graph_free(&f->g);
        mat_free(&f->feature);
        mat_free(&f->x);
        mat_free(&f->q);
        mat_free(&f->dq);
    }
    free(s->modal);
    free(s->list);
    free(s->coef);
    free(s->top_score);
    free(s->top_item);
    free(s);
}

static int
side_init(struct mmssl_side *a, int64_t n, int64_t d, int layers, int modals,
    struct err *e)
{
    struct mat *one[] = {
        &a->mean, &a->out, &a->k, &a->z, &a->zn, &a->d_out, &a->d_k, &a->s};
    int rc = 0;
    a->n = n;
    for (size_t i = 0; i < sizeof one / sizeof *one && !rc; i++)
        rc = mat_init(one[i], n, d, e);
    for (int l = 0; l <= layers && !rc; l++)
        rc = mat_init(&a->layer[l], n, d, e);
    a->part = rc ? NULL : mem_zero(modals, sizeof *a->part, e);
    if (!rc && !a->part)
        rc = ERR_NOMEM;
    for (int k = 0; k < modals && !rc; k++) {
        struct mmssl_part *p = &a->part[k];
        struct mat *each[] = {&p->f, &p->y, &p->k, &p->d_f, &p->d_k};
        for (int i = 0; i < 5 && !rc; i++)
            rc = mat_init(each[i], n, d, e);
        p->norm = rc ? NULL : mem_new(n, sizeof *p->norm, e);
        if (!rc && !p->norm)
            rc = ERR_NOMEM;
    }
    if (rc)
        return rc;
    a->z_norm = mem_new(n, sizeof *a->z_norm, e);
    return a->z_norm ? 0 : ERR_NOMEM;
}

static int
is_bias(const struct mmssl *s, int tensor)
{
    for (int k = 0; k < s->modals; k++)
        if (s->modal[k].bias == tensor)
            return 1;
    return 0;
}

/* AdamW on everything that is learned, the embeddings first. */
static int
parameters(struct net *m, const struct system_args *o, struct err *e)
{
    struct mmssl *s = m->own;
    int64_t d = s->d;
    int rc = net_add_embeddings(m, o->train->rows, o->train->cols, d, e);
    for (int k = 0; k < s->modals && !rc; k++) {
        const struct net_features *f = &o->features[k];
        struct mmssl_modal *own = &s->modal[k];
        rc = net_add(
            m, NET_PARAM, d, f->x.d, &own->weight, e, "weight_%s", f->name);
        if (!rc)
            rc = net_add(m, NET_PARAM, 1, d, &own->bias, e, "bias_%s", f->name);
    }
    if (!rc)
        rc = net_add(m, NET_PARAM, MMSSL_HEADS * d, d, &s->heads, e, "heads");
    for (int k = 0; k < m->tensors && !rc; k++) {
        struct net_tensor *t = &m->tensor[k];
        struct init init = {o->seed, (uint32_t)k, o->exec};
        t->adam = (struct adam_opt){.rate = system_real(o, "lr"),
            .decoupled = system_real(o, "weight-decay")};
        if (is_bias(s, k))
            init_linear(&init, m->tensor[k - 1].x.d, t->x.x, d);
        else
            init_xavier_uniform(&init, &t->x);
    }
    return rc;
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
    int rc = net_add(m, NET_STATE, 1, MMSSL_STATES, &s->graphs, e, "graphs");
    if (!rc)
        rc = net_add(m, NET_STATE, rows, s->batch, &s->edges, e, "edges");
    if (!rc)
        rc = net_add(m, NET_STATE, rows, s->batch, &s->record, e, "record");
    if (rc)
        return rc;
    s->top_score = mem_new(s->top, sizeof *s->top_score, e);
    s->top_item = mem_new(s->top, sizeof *s->top_item, e);
    return s->top_score && s->top_item ? 0 : ERR_NOMEM;
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
    rc = net_add(m, NET_OWN, 1, size, &s->critic_at, e, "critic");
    if (rc == ERR_NOMEM)
        rc = critic_no_memory(items, s->batch, s->modals, e);
    if (rc)
        return rc;
    const struct net_tensor *t = &m->tensor[s->critic_at];
    struct critic_store store = {t->x.x, t->m.x, t->v.x, t->g.x};
    return critic_init(&s->critic, items, s->batch, s->modals, critic_rate,
        o->seed, CRITIC_TENSORS, o->exec, &store, e);
}

static int
modal_buffers(struct mmssl *s, int k, struct err *e)
{
    struct mmssl_modal *f = &s->modal[k];
    int rc = mat_init(&f->x, s->item.n, s->d, e);
    if (!rc)
        rc = mat_init(&f->q, s->batch, s->d, e);
    if (!rc)
        rc = mat_init(&f->dq, s->batch, s->d, e);
    if (!rc)
        rc = simrows_init(&s->fake[k].s, s->batch, s->d, s->critic.h[0], e);
    s->fake[k].dq = &f->dq;
    s->fake[k].dk = &s->item.part[k].d_f;
    return rc;
}

static int
buffers(struct net *m, const struct system_args *o, struct err *e)
{
    struct mmssl *s = m->own;
    int64_t users = o->train->rows, items = o->train->cols, d = s->d,
            b = s->batch;
    const struct {
        struct mat *m;
        int64_t n, d;
    } mats[] = {{&s->w, d, d}, {&s->d_w, d, d}, {&s->drop, items, d},
        {&s->d_x, items, d}, {&s->da, b, d}, {&s->dz, 2 * b, d}, {&s->dn, b, d},
        {&s->kb, b, d}, {&s->q, b, d}, {&s->dense, b, items}};
    int rc = 0;
    for (size_t k = 0; k < sizeof mats / sizeof *mats && !rc; k++)
        rc = mat_init(mats[k].m, mats[k].n, mats[k].d, e);
    if (!rc)
        rc = side_init(&s->user, users, d, s->layers, s->modals, e);
    if (!rc)
        rc = side_init(&s->item, items, d, s->layers, s->modals, e);
    if (!rc)
        rc = simrows_init(&s->sim, b, d, s->critic.h[0], e);
    for (int k = 0; k < s->modals && !rc; k++)
        rc = modal_buffers(s, k, e);
    if (!rc)
        rc = realrows_init(&s->real, b, s->critic.h[0], e);
    if (!rc)
        rc = infonce_init(&s->nce, b, d, e);
    if (!rc)
        rc = segments_init(&s->users, b, e);
    if (!rc)
        rc = segments_init(&s->items, 2 * b, e);
    if (rc)
        return rc;
    s->list = mem_new(2 * b, sizeof *s->list, e);
    s->coef = mem_new(b, sizeof *s->coef, e);
    return s->list && s->coef ? 0 : ERR_NOMEM;
}

static int
make(struct net *m, const struct system_args *o, struct err *e)
{
    struct mmssl *s = m->own = mem_zero(1, sizeof *s, e);
    if (!s)
        return ERR_NOMEM;
    *s = (struct mmssl){.train = o->train,
        .d = system_int(o, "dim"),
        .batch = o->batch,
        .layers = (int)system_int(o, "layers"),
        .modals = o->n_features,
        .dropout = system_real(o, "dropout"),
        .contrast = system_real(o, "modal-loss"),
        .penalty = system_real(o, "penalty")};
    m->sampling = SAMPLE_DISTINCT;
    s->modal = mem_zero(s->modals, sizeof *s->modal, e);
    s->fake = s->modal ? mem_zero(s->modals, sizeof *s->fake, e) : NULL;
    int rc = s->fake ? mmssl_graph_make(&s->r, o->train, e) : ERR_NOMEM;
    if (!rc)
        rc = parameters(m, o, e);
    if (!rc)
        rc = state(m, o, e);
    if (!rc)
        rc = add_critic(m, o, e);
    if (!rc)
        rc = buffers(m, o, e);
    for (int k = 0; k < s->modals && !rc; k++) {
        s->modal[k].feature = o->features[k].x;
        o->features[k].x = (struct mat){0};
    }
    return rc;
}

static int
mmssl(struct model *m, const struct system_args *o, struct err *e)
{
    static const struct net_kind kind = {.make = make,
        .epoch = epoch,
        .step = mmssl_step,
        .vectors = vectors,
        .free = release};
    return net_new(&m->net, &kind, o, e);
}

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
    .make = mmssl,
    .note = note};
