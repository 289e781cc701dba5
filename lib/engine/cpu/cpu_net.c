#include "lib/engine/cpu/cpu_net.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/io/npz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The three matrices of a tensor: its value and Adam's two moments. */
enum { MATRICES = 3 };

_Static_assert(
    MATRICES *NET_TENSORS <= ENGINE_TENSORS, "a checkpoint holds any net");
_Static_assert(
    NET_NAME + sizeof "now_.npy" <= NPZ_NAME, "and a member any name");

/* The engine of a net. Its memory is the net's arena. */
struct cpu_net {
    struct engine base;
    struct net *net;
    struct sampler *sampler;
    int64_t batch;
    int32_t *user, *item; /* [batch]; [2 batch] positives, then negatives */
    struct engine_tensor *tensor;
    struct mat **matrix; /* of each tensor */
};

static void
release(struct engine *base)
{
    net_free(((struct cpu_net *)base)->net);
    free(base);
}

static int
get(const struct engine *base, int tensor, int64_t first, struct mat *x,
    struct err *e)
{
    (void)e;
    const struct mat *from = ((const struct cpu_net *)base)->matrix[tensor];
    memcpy(x->x, from->x + first * x->d, (size_t)(x->n * x->d) * sizeof *x->x);
    return 0;
}

static int
set(struct engine *base, int tensor, int64_t first, const struct mat *x,
    struct err *e)
{
    (void)e;
    struct mat *to = ((struct cpu_net *)base)->matrix[tensor];
    memcpy(to->x + first * x->d, x->x, (size_t)(x->n * x->d) * sizeof *x->x);
    return 0;
}

static int
vectors(struct engine *base, struct mat *user, struct mat *item, struct err *e)
{
    struct net *m = ((struct cpu_net *)base)->net;
    return m->kind->vectors(m, user, item, e);
}

static void
zero_gradients(struct net *m)
{
    for (int k = 0; k < m->tensors; k++) {
        struct net_tensor *t = &m->tensor[k];
        if (t->role == NET_PARAM)
            memset(t->g.x, 0, (size_t)(t->g.n * t->g.d) * sizeof *t->g.x);
    }
}

static void
adam(struct net *m, int64_t step)
{
    for (int k = 0; k < m->tensors; k++) {
        struct net_tensor *t = &m->tensor[k];
        if (t->role != NET_PARAM)
            continue;
        struct adam a = adam_scalars(&t->adam, step);
        adam_step(&a, t->x.n * t->x.d, t->x.x, t->m.x, t->v.x, t->g.x, m->exec);
    }
}

static struct net_batch
draw(struct cpu_net *g, const struct engine_cursor *c)
{
    int64_t first = c->step * g->batch, n = g->sampler->n - first;
    n = n < g->batch ? n : g->batch;
    for (int64_t k = 0; k < n; k++)
        sample_triple(
            g->sampler, first + k, &g->user[k], &g->item[k], &g->item[n + k]);
    return (struct net_batch){c->epoch, c->step, c->t + 1, n, g->user, g->item};
}

static int
epoch(struct engine *base, struct engine_cursor *c, const volatile int *stop,
    void (*progress)(void *, int64_t, int64_t), void *ctx, struct err *e)
{
    struct cpu_net *g = (struct cpu_net *)base;
    struct net *m = g->net;
    sample_epoch(g->sampler, (uint32_t)c->epoch);
    int rc = m->kind->epoch ? m->kind->epoch(m, c->epoch, e) : 0;
    while (!rc && c->step < base->steps && !(stop && *stop)) {
        double t0 = clock_seconds(), loss;
        struct net_batch b = draw(g, c);
        zero_gradients(m);
        double t1 = clock_seconds();
        rc = m->kind->step(m, &b, &loss, e);
        if (rc == ERR_NUM)
            rc = engine_bad_step(base, c, c->step + 1, e);
        else if (!rc && !isfinite(loss))
            rc = engine_bad_loss(base, c, c->step + 1, e);
        if (rc)
            break;
        double t2 = clock_seconds();
        adam(m, b.t);
        base->times.sample += t1 - t0;
        base->times.forward += t2 - t1;
        base->times.adam += clock_seconds() - t2;
        base->times.steps++;
        c->loss += loss;
        c->t = b.t;
        c->step++;
        if (progress)
            progress(ctx, c->step, base->steps);
    }
    return rc;
}

static const struct engine_kind kind = {release, epoch, vectors, get, set};

static const char *
joined(struct arena *p, const char *a, const char *b)
{
    char *text;
    if (asprintf(&text, "%s%s", a, b) >= 0)
        return arena_take(p, text);
    arena_fail(p, ERR_NOMEM, "out of memory");
    return NULL;
}

/* One matrix of a tensor of the net: "now_" and "", "m_" and " first moment".
 */
static void
list(struct cpu_net *g, const struct net_tensor *t, struct mat *x,
    const char *prefix, const char *suffix)
{
    struct arena *p = &g->net->arena;
    if (p->rc)
        return;
    g->matrix[g->base.tensors] = x;
    g->tensor[g->base.tensors++] = (struct engine_tensor){
        joined(p, prefix, t->name), joined(p, t->name, suffix), x->n, x->d};
}

/* The embeddings' values come first, see ENGINE_USER. */
static void
list_all(struct cpu_net *g)
{
    struct net *m = g->net;
    struct arena *p = &m->arena;
    g->tensor = arena_new(p, MATRICES * m->tensors, sizeof *g->tensor);
    g->matrix = arena_new(p, MATRICES * m->tensors, sizeof *g->matrix);
    for (int k = 0; k < m->tensors; k++)
        list(g, &m->tensor[k], &m->tensor[k].x, "now_", " parameter");
    for (int k = 0; k < m->tensors; k++) {
        struct net_tensor *t = &m->tensor[k];
        if (t->role == NET_STATE)
            continue;
        list(g, t, &t->m, "m_", " first moment");
        list(g, t, &t->v, "v_", " second moment");
    }
    g->base.tensor = g->tensor;
}

int
cpu_net_new(struct engine **out, struct net *m, struct sampler *s,
    int64_t batch, struct err *e)
{
    *out = NULL;
    struct cpu_net *g = mem_zero(1, sizeof *g, e);
    if (!g) {
        net_free(m);
        return ERR_NOMEM;
    }
    g->net = m;
    g->sampler = s;
    g->batch = batch < s->n ? batch : s->n;
    g->base = (struct engine){.kind = &kind,
        .what = "BLAS",
        .width = m->width,
        .steps = (s->n + g->batch - 1) / g->batch,
        .positives = s->n};
    g->user = arena_new(&m->arena, g->batch, sizeof *g->user);
    g->item = arena_new(&m->arena, 2 * g->batch, sizeof *g->item);
    list_all(g);
    int rc = arena_check(&m->arena, e);
    if (rc)
        release(&g->base);
    else
        *out = &g->base;
    return rc;
}
