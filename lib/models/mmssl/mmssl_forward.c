#include "lib/models/mmssl/mmssl_priv.h"

#include "lib/nn/act.h"
#include "lib/nn/dropout.h"
#include "lib/nn/linear.h"
#include "lib/nn/norm.h"
#include "lib/nn/rows.h"

#include <string.h>

static const double own_rate = 0.36, modal_rate = 0.55;

static void
copy(const struct mat *from, struct mat *to, struct exec *exec)
{
    rows_gather(from, NULL, to, exec);
}

/* Y = X W^T with d x d weights that are stored input by input. */
static void
times(const struct mat *x, const struct mat *w, struct mat *y, int transposed,
    struct exec *exec)
{
    if (transposed)
        linear_forward(x, w, NULL, y, exec);
    else {
        rows_zero(y, exec);
        linear_backward(NULL, w, x, y, NULL, NULL, exec);
    }
}

static void
sum_heads(struct net *m)
{
    struct mmssl *s = m->own;
    const struct mat *h = &m->tensor[s->heads].x;
    int64_t n = s->d * s->d;
    for (int64_t k = 0; k < n; k++) {
        float v = 0;
        for (int i = 0; i < MMSSL_HEADS; i++)
            v += h->x[i * n + k];
        s->w.x[k] = v;
    }
}

/* e = E + .36 rownorm(Z) on one side; op: that side's rows of each graph, x the
 * other side's embeddings. */
static void
blend(struct net *m, struct mmssl_side *a, const struct mat *own,
    const struct mat *x, int user)
{
    struct mmssl *s = m->own;
    copy(own, &a->layer[0], m->exec);
    if (!mmssl_graph_any(s))
        return;
    float share = 1.0f / (float)s->modals;
    rows_zero(&a->k, m->exec);
    for (int k = 0; k < s->modals; k++) {
        struct mmssl_graph *g = &s->modal[k].g;
        spmm(user ? &g->ru : &g->ri, x, 0, &a->part[k].k, m->exec);
        rows_add(share, &a->part[k].k, NULL, &a->k, m->exec);
    }
    times(&a->k, &s->w, &a->z, 0, m->exec);
    norm_rows_forward(&a->z, &a->zn, a->z_norm, m->exec);
    rows_add((float)own_rate, &a->zn, NULL, &a->layer[0], m->exec);
}

void
mmssl_forward_base(struct net *m)
{
    struct mmssl *s = m->own;
    struct exec *exec = m->exec;
    for (int k = 0; k < s->modals; k++) {
        const struct modal *f = &s->feature[k];
        linear_forward(&f->frozen, &m->tensor[f->weight].x,
            m->tensor[f->bias].x.x, &s->modal[k].x, exec);
    }
    sum_heads(m);
    const struct mat *eu = &m->tensor[NET_USER].x, *ei = &m->tensor[NET_ITEM].x;
    blend(m, &s->user, eu, ei, 1);
    blend(m, &s->item, ei, eu, 0);
    struct mat *u = s->user.layer, *i = s->item.layer;
    for (int l = 1; l <= s->layers; l++) {
        spmm(&s->r.ru, &i[l - 1], 0, &u[l], exec);
        if (l == s->layers)
            act_softmax_forward(&u[l], &u[l], exec);
        spmm(&s->r.ri, &u[l], 0, &i[l], exec);
        if (l == s->layers)
            act_softmax_forward(&i[l], &i[l], exec);
    }
    struct mmssl_side *side[] = {&s->user, &s->item};
    float share = 1.0f / (float)(s->layers + 1);
    for (int k = 0; k < 2; k++) {
        rows_zero(&side[k]->mean, exec);
        for (int l = 0; l <= s->layers; l++)
            rows_add(share, &side[k]->layer[l], NULL, &side[k]->mean, exec);
    }
}

static struct dropout
masks(const struct net *m, int modal, uint32_t call, uint32_t t)
{
    const struct mmssl *s = m->own;
    return (struct dropout){.p = t ? s->dropout : 0,
        .seed = m->seed,
        .stream = call * (uint32_t)s->modals + (uint32_t)modal,
        .step = t};
}

void
mmssl_forward_modal(struct net *m, uint32_t call, uint32_t t)
{
    struct mmssl *s = m->own;
    struct mmssl_side *side[] = {&s->user, &s->item};
    for (int k = 0; k < s->modals; k++) {
        struct dropout o = masks(m, k, call, t);
        dropout_apply(&o, &s->modal[k].x, NULL, &s->drop, m->exec);
        spmm(&s->r.ru, &s->drop, 0, &s->user.part[k].f, m->exec);
        spmm(&s->r.ri, &s->user.part[k].f, 0, &s->item.part[k].f, m->exec);
    }
    for (int i = 0; i < 2; i++) {
        struct mmssl_side *a = side[i];
        copy(&a->mean, &a->out, m->exec);
        for (int k = 0; k < s->modals; k++) {
            struct mmssl_part *p = &a->part[k];
            norm_rows_forward(&p->f, &p->y, p->norm, m->exec);
            rows_add((float)modal_rate, &p->y, NULL, &a->out, m->exec);
        }
    }
}

/* f_m and the layers get what out has; d_out is then what e's mean gave. */
static void
split(struct mmssl *s, struct mmssl_side *a, struct exec *exec)
{
    copy(&a->d_out, &a->s, exec);
    rows_scale((float)modal_rate, &a->s, exec);
    for (int k = 0; k < s->modals; k++) {
        struct mmssl_part *p = &a->part[k];
        norm_rows_backward(&p->y, p->norm, &a->s, &p->d_f, exec);
    }
    rows_scale(1.0f / (float)(s->layers + 1), &a->d_out, exec);
}

/* From bar(e) of one side, in a->k's scratch: heads and bar(k). */
static void
blend_backward(struct net *m, struct mmssl_side *a, struct mat *de)
{
    struct mmssl *s = m->own;
    struct exec *exec = m->exec;
    float share = 1.0f / (float)s->modals;
    rows_scale((float)own_rate, de, exec);
    rows_zero(&a->z, exec);
    norm_rows_backward(&a->zn, a->z_norm, de, &a->z, exec);
    /* Z = K W, W stored input by input: dW = K^T dZ */
    linear_backward(&a->z, NULL, &a->k, NULL, &s->d_w, NULL, exec);
    times(&a->z, &s->w, &a->d_k, 1, exec);
    for (int k = 0; k < s->modals; k++)
        rows_add(share, &a->d_k, NULL, &a->part[k].d_k, exec);
}

/* Layers, last first: *du and *di become bar(e). d is what each layer gets from
 * the mean. */
static void
layers_backward(struct net *m, struct mat *du, struct mat *di)
{
    struct mmssl *s = m->own;
    struct exec *exec = m->exec;
    struct mmssl_side *u = &s->user, *i = &s->item;
    copy(&i->d_out, di, exec);
    for (int l = s->layers; l > 0; l--) {
        int last = l == s->layers;
        if (last)
            act_softmax_backward(&i->layer[l], di, di, exec);
        copy(&u->d_out, du, exec);
        spmm(&s->r.ri_t, di, 1, du, exec);
        if (last)
            act_softmax_backward(&u->layer[l], du, du, exec);
        copy(&i->d_out, di, exec);
        spmm(&s->r.ru_t, du, 1, di, exec);
    }
    copy(&u->d_out, du, exec);
}

static void
graphs_backward(struct net *m, struct mat *du, struct mat *di)
{
    struct mmssl *s = m->own;
    struct exec *exec = m->exec;
    struct mat *heads = &m->tensor[s->heads].g;
    memset(s->d_w.x, 0, (size_t)(s->d * s->d) * sizeof *s->d_w.x);
    blend_backward(m, &s->user, du);
    blend_backward(m, &s->item, di);
    for (int h = 0; h < MMSSL_HEADS; h++)
        memcpy(heads->x + h * s->d * s->d, s->d_w.x,
            (size_t)(s->d * s->d) * sizeof *s->d_w.x);
    for (int k = 0; k < s->modals; k++) {
        struct mmssl_graph *g = &s->modal[k].g;
        spmm(&g->ru_t, &s->user.part[k].d_k, 1, &m->tensor[NET_ITEM].g, exec);
        spmm(&g->ri_t, &s->item.part[k].d_k, 1, &m->tensor[NET_USER].g, exec);
    }
}

void
mmssl_backward(struct net *m, uint32_t call, uint32_t t)
{
    struct mmssl *s = m->own;
    struct exec *exec = m->exec;
    struct mat *du = &s->user.s, *di = &s->item.s;
    split(s, &s->user, exec);
    split(s, &s->item, exec);
    layers_backward(m, du, di);
    rows_add(1, du, NULL, &m->tensor[NET_USER].g, exec);
    rows_add(1, di, NULL, &m->tensor[NET_ITEM].g, exec);
    if (mmssl_graph_any(s))
        graphs_backward(m, du, di);
    for (int k = 0; k < s->modals; k++) {
        struct dropout o = masks(m, k, call, t);
        const struct modal *f = &s->feature[k];
        struct mat *d_user = &s->user.part[k].d_f;
        spmm(&s->r.ri_t, &s->item.part[k].d_f, 1, d_user, exec);
        spmm(&s->r.ru_t, d_user, 0, &s->d_x, exec);
        dropout_apply(&o, &s->d_x, NULL, &s->d_x, exec);
        linear_backward(&f->frozen, NULL, &s->d_x, NULL,
            &m->tensor[f->weight].g, m->tensor[f->bias].g.x, exec);
    }
}
