#include "lib/models/mmgcn_layer.h"

#include "lib/nn/act.h"
#include "lib/nn/linear.h"
#include "lib/nn/rows.h"
#include "lib/nn/spmm.h"

#include <string.h>

/* The weights q x p and, behind them, the bias of one linear map. */
static int
add_linear(struct net *m, int64_t q, int64_t p, const char *modality,
    const char *letter, int number)
{
    int place =
        net_add(m, NET_PARAM, q, p, "%s%d_weight_%s", letter, number, modality);
    net_add(m, NET_PARAM, 1, q, "%s%d_bias_%s", letter, number, modality);
    struct init o = net_init(m, place);
    init_xavier_normal(&o, &m->tensor[place].x);
    return place;
}

void
mmgcn_layer_init(struct mmgcn_layer *l, struct net *m, const char *modality,
    int number, int64_t p)
{
    int64_t users = m->tensor[NET_USER].x.n, items = m->tensor[NET_ITEM].x.n;
    int64_t n = users + items, d = m->width;
    int64_t side = users < items ? users : items;
    l->a = add_linear(m, p, p, modality, "a", number);
    l->b = add_linear(m, d, p, modality, "b", number);
    l->c = add_linear(m, d, p, modality, "c", number);
    l->h = mat_in(&m->arena, n, p);
    l->t = mat_in(&m->arena, n, d);
    l->out = mat_in(&m->arena, n, d);
    for (int k = 0; k < 2; k++)
        l->mean[k] = mat_in(&m->arena, side, p);
}

static float *
bias(struct net *m, int place)
{
    return m->tensor[place + 1].x.x;
}

static float *
d_bias(struct net *m, int place)
{
    return m->tensor[place + 1].g.x;
}

/* Users' rows (k = 0), made of items', or items' rows, made of users'. */
struct half {
    int64_t first, n; /* rows made */
    int64_t at, from; /* rows read */
    struct spmm_op down, up;
    int mean_first; /* the mean before A */
};

static struct half
half(const struct reach *r, int k)
{
    struct half h = {.first = k ? r->users : 0,
        .n = k ? r->n - r->users : r->users,
        .at = k ? 0 : r->of_users,
        .from = k ? r->of_users : r->from - r->of_users};
    h.down = (struct spmm_op){&r->down[k], r->mean + h.first, NULL};
    h.up = (struct spmm_op){&r->up[k], NULL, r->mean + h.first};
    h.mean_first = h.n < h.from;
    return h;
}

/* Rows without neighbours have the mean 0, not the bias. */
static void
clear_lonely(const struct reach *r, const struct half *f, struct mat *x)
{
    for (int64_t b = 0; b < f->n; b++)
        if (r->mean[f->first + b] == 0.0f)
            memset(x->x + b * x->d, 0, (size_t)x->d * sizeof *x->x);
}

/* Ar (X A^T + 1 a^T) on the half's rows of h. */
static void
forward_half(struct mmgcn_layer *l, struct net *m, const struct reach *r, int k,
    const struct mat *x, struct mmgcn_scratch *s)
{
    struct half f = half(r, k);
    const struct mat *a = &m->tensor[l->a].x;
    struct mat made = mat_rows(&l->h, f.first, f.n),
               read = mat_rows(x, f.at, f.from);
    if (f.mean_first) {
        struct mat mean = mat_rows(&l->mean[k], 0, f.n);
        spmm(&f.down, &read, 0.0f, &mean, m->exec);
        linear_forward(&mean, a, bias(m, l->a), &made, m->exec);
        clear_lonely(r, &f, &made);
    } else {
        struct mat y = {f.from, x->d, s->side.x};
        linear_forward(&read, a, bias(m, l->a), &y, m->exec);
        spmm(&f.down, &y, 0.0f, &made, m->exec);
    }
}

int
mmgcn_layer_forward(struct mmgcn_layer *l, struct net *m, const struct reach *r,
    const struct mat *x, struct mmgcn_scratch *s, struct err *e)
{
    struct mat embedding = net_embeddings(m);
    l->h.n = l->t.n = l->out.n = r->n;
    forward_half(l, m, r, 0, x, s);
    forward_half(l, m, r, 1, x, s);
    act_leaky_forward(&l->h, &l->h, m->exec);
    int rc = linear_rows_forward(
        x, r->self, &m->tensor[l->b].x, bias(m, l->b), &l->t, m->exec, e);
    if (rc)
        return rc;
    act_leaky_forward(&l->t, &l->t, m->exec);
    linear_forward(&l->h, &m->tensor[l->c].x, bias(m, l->c), &l->out, m->exec);
    rows_add(1.0f, &l->t, NULL, &l->out, m->exec);
    rows_add(1.0f, &embedding, r->node, &l->out, m->exec);
    act_leaky_forward(&l->out, &l->out, m->exec);
    return 0;
}

/* The gradient of the rows that the half reads, into dx if not NULL, from that
 * of the rows it makes. */
static void
backward_half(struct mmgcn_layer *l, struct net *m, const struct reach *r,
    int k, const struct mat *x, const struct mat *dh, struct mat *dx,
    struct mmgcn_scratch *s)
{
    struct half f = half(r, k);
    struct net_tensor *a = &m->tensor[l->a];
    struct mat made = mat_rows(dh, f.first, f.n),
               read = mat_rows(x, f.at, f.from);
    struct mat d_read = {f.from, x->d, dx ? dx->x + f.at * x->d : NULL};
    if (f.mean_first) {
        struct mat mean = mat_rows(&l->mean[k], 0, f.n);
        struct mat d_mean = {f.n, x->d, s->side.x};
        clear_lonely(r, &f, &made);
        rows_zero(&d_mean, m->exec);
        linear_backward(&mean, &a->x, &made, dx ? &d_mean : NULL, &a->g,
            d_bias(m, l->a), m->exec);
        if (dx)
            spmm(&f.up, &d_mean, 0.0f, &d_read, m->exec);
    } else {
        struct mat dy = {f.from, x->d, s->side.x};
        spmm(&f.up, &made, 0.0f, &dy, m->exec);
        if (dx)
            rows_zero(&d_read, m->exec);
        linear_backward(&read, &a->x, &dy, dx ? &d_read : NULL, &a->g,
            d_bias(m, l->a), m->exec);
    }
}

int
mmgcn_layer_backward(struct mmgcn_layer *l, struct net *m,
    const struct reach *r, const struct mat *x, struct mat *d_out,
    int users_only, struct mat *dx, struct mmgcn_scratch *s, struct err *e)
{
    struct net_tensor *b = &m->tensor[l->b], *c = &m->tensor[l->c];
    struct mat d_embedding = net_embeddings_gradients(m);
    struct mat dh = {r->n, x->d, s->dh.x};

    act_leaky_backward(&l->out, d_out, d_out, m->exec);
    rows_add_at(1.0f, d_out, r->node, &d_embedding, m->exec);

    rows_zero(&dh, m->exec);
    linear_backward(&l->h, &c->x, d_out, &dh, &c->g, d_bias(m, l->c), m->exec);
    act_leaky_backward(&l->h, &dh, &dh, m->exec);

    /* h is not needed any more */
    *dx = (struct mat){r->from, x->d, l->h.x};
    backward_half(l, m, r, 0, x, &dh, users_only ? NULL : dx, s);
    backward_half(l, m, r, 1, x, &dh, dx, s);

    act_leaky_backward(&l->t, d_out, &l->t, m->exec);
    int rc = linear_rows_backward(
        x, r->self, &l->t, &b->g, d_bias(m, l->b), m->exec, e);
    if (rc)
        return rc;
    struct mat dt = mat_rows(&l->t, 0, users_only ? r->users : r->n);
    return linear_rows_inputs(r->self, &b->x, &dt, dx, m->exec, e);
}
