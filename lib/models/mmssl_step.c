#include "lib/models/mmssl_priv.h"

#include "lib/nn/bpr_rows.h"
#include "lib/nn/norm.h"
#include "lib/nn/rows.h"

#include <string.h>

/* Weight of the critic's opinion, temperature of the contrast. */
static const double critic_weight = 1e-4, tau = 0.5;

/* Calls with dropout masks of their own. */
enum { FOR_CRITIC, FOR_GENERATOR };

/* The rows S_m of the batch, as the forward pass left it. */
static int
similarities(struct net *m, const struct net_batch *b, int modal, struct err *e)
{
    struct mmssl *s = m->own;
    struct mat *q = &s->q[modal], dense = mmssl_rows(&s->dense, b->n);
    const struct mat *f =
        modal < MMSSL_MODALS ? &s->user.f[modal] : &s->user.out;
    q->n = b->n;
    rows_gather(f, b->user, q, m->threads);
    return simrows_set(&s->sim[modal], &s->known, q,
        modal < MMSSL_MODALS ? &s->item.f[modal] : &s->item.out, &dense,
        m->threads, e);
}

static int
train_critic(struct net *m, const struct net_batch *b, struct err *e)
{
    struct mmssl *s = m->own;
    struct critic_losses losses;
    struct simrows *fake[2] = {&s->sim[0], &s->sim[1]};
    mmssl_forward_modal(m, FOR_CRITIC, (uint32_t)b->t);
    for (int k = 0; k <= MMSSL_MODALS; k++) {
        int rc = similarities(m, b, k, e);
        if (rc)
            return rc;
    }
    struct mat real = mmssl_rows(&s->dense, b->n);
    realrows_set(&s->real, &s->sim[MMSSL_MODALS], &real, m->threads);
    critic_step(&s->critic, fake, &s->real, (uint32_t)b->t, &losses);
    return 0;
}

/* BPR and the norms of the batch's vectors. */
static int
rank_loss(struct net *m, const struct net_batch *b, double *loss, struct err *e)
{
    struct mmssl *s = m->own;
    int64_t n = b->n;
    struct mat da = mmssl_rows(&s->da, n), dz = mmssl_rows(&s->dz, 2 * n);
    memcpy(s->list, b->pos, (size_t)n * sizeof *s->list);
    memcpy(s->list + n, b->neg, (size_t)n * sizeof *s->list);
    segments_set(&s->users, b->user, n);
    segments_set(&s->items, s->list, 2 * n);
    const struct bpr_rows rows = {.batch = n,
        .a = &s->user.out,
        .z = &s->item.out,
        .u = b->user,
        .i = s->list};
    int rc = bpr_rows_loss(&rows, 1, loss, s->coef, m->threads, e);
    if (rc)
        return rc;
    rows_zero(&da, m->threads);
    rows_zero(&dz, m->threads);
    bpr_rows_backward(&rows, s->coef, &da, &dz, m->threads);
    double w = s->penalty / (double)n;
    *loss /= (double)n;
    *loss += norm_squared(&s->user.out, b->user, n, w, &da, m->threads);
    *loss += norm_squared(&s->item.out, s->list, 2 * n, w, &dz, m->threads);
    rows_scatter(&s->users, &da, &s->user.d_out, m->threads);
    rows_scatter(&s->items, &dz, &s->item.d_out, m->threads);
    return 0;
}

static double
contrast_loss(struct net *m, const struct net_batch *b)
{
    struct mmssl *s = m->own;
    struct mat kb = mmssl_rows(&s->kb, b->n), out = mmssl_rows(&s->da, b->n);
    struct mat dk = mmssl_rows(&s->dq[0], b->n), dn = mmssl_rows(&s->dn, b->n);
    double loss = 0;
    rows_gather(&s->user.out, b->user, &out, m->threads);
    rows_zero(&dn, m->threads);
    for (int k = 0; k < MMSSL_MODALS; k++) {
        rows_gather(&s->user.km[k], b->user, &kb, m->threads);
        rows_zero(&dk, m->threads);
        loss += infonce_loss(
            &s->nce, &kb, &out, tau, s->contrast, &dk, &dn, m->threads);
        rows_scatter(&s->users, &dk, &s->user.d_km[k], m->threads);
    }
    rows_scatter(&s->users, &dn, &s->user.d_out, m->threads);
    return loss;
}

/* What the critic makes of the similarities; at an epoch's first step these are
 * recorded. */
static int
critic_loss(
    struct net *m, const struct net_batch *b, double *loss, struct err *e)
{
    struct mmssl *s = m->own;
    struct simrows *fake[2] = {&s->sim[0], &s->sim[1]};
    struct mat dq[MMSSL_MODALS], dense = mmssl_rows(&s->dense, b->n);
    for (int k = 0; k < MMSSL_MODALS; k++) {
        int rc = similarities(m, b, k, e);
        if (rc)
            return rc;
        if (b->step == 0)
            mmssl_graph_record(m, k, b->user, &dense);
        dq[k] = mmssl_rows(&s->dq[k], b->n);
        rows_zero(&dq[k], m->threads);
    }
    struct mat *dqp[2] = {&dq[0], &dq[1]};
    struct mat *dkp[2] = {&s->item.d_f[0], &s->item.d_f[1]};
    *loss += critic_generator(
        &s->critic, fake, critic_weight, (uint32_t)b->t, dqp, dkp);
    for (int k = 0; k < MMSSL_MODALS; k++)
        rows_scatter(&s->users, &dq[k], &s->user.d_f[k], m->threads);
    return 0;
}

int
mmssl_step(
    struct net *m, const struct net_batch *b, double *loss, struct err *e)
{
    struct mmssl *s = m->own;
    struct mmssl_side *side[] = {&s->user, &s->item};
    critic_batch(&s->critic, b->n);
    int rc = simrows_known_set(&s->known, s->train, b->user, b->n, e);
    if (rc)
        return rc;
    mmssl_forward_base(m);
    rc = train_critic(m, b, e);
    if (rc)
        return rc;

    mmssl_forward_modal(m, FOR_GENERATOR, (uint32_t)b->t);
    for (int i = 0; i < 2; i++) {
        rows_zero(&side[i]->d_out, m->threads);
        for (int k = 0; k < MMSSL_MODALS; k++) {
            rows_zero(&side[i]->d_f[k], m->threads);
            rows_zero(&side[i]->d_km[k], m->threads);
        }
    }
    rc = rank_loss(m, b, loss, e);
    if (rc)
        return rc;
    double w = s->penalty / (double)s->item.n;
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < MMSSL_MODALS; k++)
            *loss += norm_squared(&side[i]->f[k], NULL, side[i]->n, w,
                &side[i]->d_f[k], m->threads);
    if (mmssl_graph_any(s))
        *loss += contrast_loss(m, b);
    rc = critic_loss(m, b, loss, e);
    if (rc)
        return rc;
    mmssl_backward(m, FOR_GENERATOR, (uint32_t)b->t);
    *loss *= (double)b->n;
    return mmssl_graph_refresh(m, b->step, b->n, e);
}
