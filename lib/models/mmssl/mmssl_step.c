#include "lib/models/mmssl/mmssl_priv.h"

#include "lib/nn/bpr_rows.h"
#include "lib/nn/norm.h"
#include "lib/nn/rows.h"

/* Weight of the critic's opinion, temperature of the contrast. */
static const double critic_weight = 1e-4, tau = 0.5;

/* Calls with dropout masks of their own. */
enum { FOR_CRITIC, FOR_GENERATOR };

/* The batch's similarities by the users' and items' rows; q becomes the users'
 * rows. */
static int
similarities(struct net *m, const struct net_batch *b, struct simrows *sim,
    const struct mat *user, const struct mat *item, struct mat *q,
    struct err *e)
{
    struct mmssl *s = m->own;
    struct mat dense = mat_rows(&s->dense, 0, b->n);
    q->n = b->n;
    rows_gather(user, b->user, q, m->exec);
    return simrows_set(sim, &s->known, q, item, &dense, m->exec, e);
}

/* S_m */
static int
modal_similarities(
    struct net *m, const struct net_batch *b, int k, struct err *e)
{
    struct mmssl *s = m->own;
    return similarities(m, b, &s->fake[k].s, &s->user.part[k].f,
        &s->item.part[k].f, &s->modal[k].q, e);
}

static int
train_critic(struct net *m, const struct net_batch *b, struct err *e)
{
    struct mmssl *s = m->own;
    struct critic_losses losses;
    int rc = 0;
    mmssl_forward_modal(m, FOR_CRITIC, (uint32_t)b->t);
    for (int k = 0; k < s->modals && !rc; k++)
        rc = modal_similarities(m, b, k, e);
    if (!rc)
        rc = similarities(m, b, &s->sim, &s->user.out, &s->item.out, &s->q, e);
    if (rc)
        return rc;
    struct mat real = mat_rows(&s->dense, 0, b->n);
    realrows_set(&s->real, &s->sim, &real, m->exec);
    critic_step(&s->critic, s->fake, &s->real, (uint32_t)b->t, &losses);
    return 0;
}

/* BPR and the norms of the batch's vectors. */
static int
rank_loss(struct net *m, const struct net_batch *b, double *loss, struct err *e)
{
    struct mmssl *s = m->own;
    int64_t n = b->n;
    struct mat da = mat_rows(&s->da, 0, n), dz = mat_rows(&s->dz, 0, 2 * n);
    segments_set(&s->users, b->user, n);
    segments_set(&s->items, b->item, 2 * n);
    const struct bpr_rows rows = {.batch = n,
        .a = &s->user.out,
        .z = &s->item.out,
        .u = b->user,
        .i = b->item};
    int rc = bpr_rows_loss(&rows, 1, loss, s->coef, m->exec, e);
    if (rc)
        return rc;
    rows_zero(&da, m->exec);
    rows_zero(&dz, m->exec);
    bpr_rows_backward(&rows, s->coef, &da, &dz, m->exec);
    double w = s->penalty / (double)n;
    *loss /= (double)n;
    *loss += norm_squared(&s->user.out, b->user, n, w, &da, m->exec);
    *loss += norm_squared(&s->item.out, b->item, 2 * n, w, &dz, m->exec);
    rows_scatter(&s->users, &da, &s->user.d_out, m->exec);
    rows_scatter(&s->items, &dz, &s->item.d_out, m->exec);
    return 0;
}

static double
contrast_loss(struct net *m, const struct net_batch *b)
{
    struct mmssl *s = m->own;
    struct mat kb = mat_rows(&s->kb, 0, b->n), out = mat_rows(&s->da, 0, b->n);
    struct mat dk = mat_rows(&s->modal[0].dq, 0, b->n),
               dn = mat_rows(&s->dn, 0, b->n);
    double loss = 0;
    rows_gather(&s->user.out, b->user, &out, m->exec);
    rows_zero(&dn, m->exec);
    for (int k = 0; k < s->modals; k++) {
        rows_gather(&s->user.part[k].k, b->user, &kb, m->exec);
        rows_zero(&dk, m->exec);
        loss += infonce_loss(
            &s->nce, &kb, &out, tau, s->contrast, &dk, &dn, m->exec);
        rows_scatter(&s->users, &dk, &s->user.part[k].d_k, m->exec);
    }
    rows_scatter(&s->users, &dn, &s->user.d_out, m->exec);
    return loss;
}

/* What the critic makes of the similarities; at an epoch's first step these are
 * recorded. */
static int
critic_loss(
    struct net *m, const struct net_batch *b, double *loss, struct err *e)
{
    struct mmssl *s = m->own;
    struct mat dense = mat_rows(&s->dense, 0, b->n);
    for (int k = 0; k < s->modals; k++) {
        struct mmssl_modal *f = &s->modal[k];
        int rc = modal_similarities(m, b, k, e);
        if (rc)
            return rc;
        if (b->step == 0)
            mmssl_graph_record(m, k, b->user, &dense);
        f->dq.n = b->n;
        rows_zero(&f->dq, m->exec);
    }
    *loss +=
        critic_generator(&s->critic, s->fake, critic_weight, (uint32_t)b->t);
    for (int k = 0; k < s->modals; k++)
        rows_scatter(&s->users, &s->modal[k].dq, &s->user.part[k].d_f, m->exec);
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
        rows_zero(&side[i]->d_out, m->exec);
        for (int k = 0; k < s->modals; k++) {
            rows_zero(&side[i]->part[k].d_f, m->exec);
            rows_zero(&side[i]->part[k].d_k, m->exec);
        }
    }
    rc = rank_loss(m, b, loss, e);
    if (rc)
        return rc;
    double w = s->penalty / (double)s->item.n;
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < s->modals; k++)
            *loss += norm_squared(&side[i]->part[k].f, NULL, side[i]->n, w,
                &side[i]->part[k].d_f, m->exec);
    if (mmssl_graph_any(s))
        *loss += contrast_loss(m, b);
    rc = critic_loss(m, b, loss, e);
    if (rc)
        return rc;
    mmssl_backward(m, FOR_GENERATOR, (uint32_t)b->t);
    *loss *= (double)b->n;
    return mmssl_graph_refresh(m, b->step, b->n, e);
}
