#include "lib/models/modal.h"

void
modal_take(struct net *m, struct net_features *f, int train, struct modal *t)
{
    *t = (struct modal){.features = -1, .bias = -1};
    if (train)
        t->features = net_add_value(m, &f->x, "feature_%s", f->name);
    else
        t->frozen = f->x;
    f->x = (struct mat){0};
}

struct modal *
modal_make(struct net *m, const struct system_args *o, int with_bias)
{
    struct modal *all = arena_zero(&m->arena, o->n_features, sizeof *all);
    int train = system_param(o->system, "train-features") >= 0 &&
                system_int(o, "train-features");
    for (int k = 0; all && k < o->n_features; k++) {
        struct net_features *f = &o->features[k];
        struct modal *t = &all[k];
        int64_t width = f->x.d;
        modal_take(m, f, train, t);
        arena_take(&m->arena, t->frozen.x);
        t->weight =
            net_add(m, NET_PARAM, m->width, width, "weight_%s", f->name);
        if (with_bias)
            t->bias = net_add(m, NET_PARAM, 1, m->width, "bias_%s", f->name);
        for (int i = t->weight; i < m->tensors && !m->arena.rc; i++) {
            struct init init = net_init(m, i);
            struct mat *x = &m->tensor[i].x;
            init_linear(&init, width, x->x, x->n * x->d);
        }
    }
    return m->arena.rc ? NULL : all;
}

const struct mat *
modal_features(const struct net *m, const struct modal *t)
{
    return t->features < 0 ? &t->frozen : &m->tensor[t->features].x;
}

int64_t
modal_widest(const struct net *m, const struct modal *t, int n)
{
    int64_t most = 0;
    for (int k = 0; k < n; k++)
        if (modal_features(m, &t[k])->d > most)
            most = modal_features(m, &t[k])->d;
    return most;
}

int
modal_weights(const struct system_args *o, double *w, struct err *e)
{
    double sum = 0;
    for (int k = 0; k < o->n_features; k++)
        sum += o->features[k].weight;
    if (!(sum > 0))
        return err_set(e, ERR_RANGE, "all features have weight 0");
    for (int k = 0; k < o->n_features; k++)
        w[k] = o->features[k].weight / sum;
    return 0;
}
