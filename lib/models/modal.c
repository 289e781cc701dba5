#include "lib/models/modal.h"

#include "lib/base/mem.h"
#include "lib/models/system.h"
#include "lib/nn/init.h"

#include <stdlib.h>

static int
make(struct net *m, const struct system_args *o, int with_bias,
    struct net_features *f, struct modal *t, struct err *e)
{
    const struct adam_opt adam = {.rate = system_real(o, "lr"),
        .coupled = system_real(o, "weight-decay")};
    int first = m->tensors, rc = 0;
    int64_t items = f->x.n, width = f->x.d;
    t->features = t->bias = -1;
    if (system_int(o, "train-features")) {
        rc = net_add(
            m, NET_PARAM, items, width, &t->features, e, "feature_%s", f->name);
        if (rc)
            return rc;
        mat_free(&m->tensor[t->features].x);
        m->tensor[t->features].x = f->x;
    } else {
        t->frozen = f->x;
    }
    f->x = (struct mat){0};
    rc = net_add(m, NET_PARAM, system_int(o, "dim"), width, &t->weight, e,
        "weight_%s", f->name);
    if (!rc && with_bias)
        rc = net_add(m, NET_PARAM, 1, system_int(o, "dim"), &t->bias, e,
            "bias_%s", f->name);
    for (int k = first; k < m->tensors && !rc; k++) {
        m->tensor[k].adam = adam;
        if (k == t->features)
            continue;
        struct mat *x = &m->tensor[k].x;
        struct init init = {m->seed, (uint32_t)k, m->exec};
        init_linear(&init, width, x->x, x->n * x->d);
    }
    return rc;
}

int
modal_make(struct net *m, const struct system_args *o, int with_bias,
    struct modal **t, struct err *e)
{
    *t = mem_zero(o->n_features, sizeof **t, e);
    int rc = *t ? 0 : ERR_NOMEM;
    for (int k = 0; k < o->n_features && !rc; k++)
        rc = make(m, o, with_bias, &o->features[k], &(*t)[k], e);
    return rc;
}

void
modal_free(struct modal *t, int n)
{
    for (int k = 0; t && k < n; k++)
        mat_free(&t[k].frozen);
    free(t);
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
