#include "lib/engine/cuda/cuda_priv.h"

#include "lib/base/clock.h"
#include "lib/engine/cuda/cuda_body.h"

/* What one step, or a part of it, launches; the first error is kept. */
struct issue {
    struct cuda *g;
    int rc;
    struct err *e;
};

static void
launch(struct issue *s, int lane, enum cuda_kernel k, const struct cuda_arg *a,
    int64_t n)
{
    static const struct cuda_arg none;
    struct cuda_device *dev = s->g->dev;
    if (!s->rc)
        s->rc = dev->launch(dev, lane, k, &s->g->mem, a ? a : &none, n, s->e);
}

static void
fork_lane(struct issue *s)
{
    if (!s->rc)
        s->rc = s->g->dev->fork(s->g->dev, s->e);
}

static void
join_lane(struct issue *s)
{
    if (!s->rc)
        s->rc = s->g->dev->join(s->g->dev, s->e);
}

/*
 * Horner's rule as a chain of launches: a->c starts at the weights of the layer
 * 0, a->from at the rows of the innermost term. Layers `layers` - 1 .. 1 go to
 * out[0] and out[1] in turn; on return a is set for the last one, and *next is
 * the buffer that it does not read.
 */
static void
inner_layers(struct issue *s, struct cuda_arg *a, int layers,
    float *const out[2], int *next)
{
    int64_t width = s->g->mem.width;
    const float *c = a->c;
    *next = 0;
    if (layers == 0)
        a->graph.indptr = NULL;
    else
        a->from.scale = c + layers * width;
    for (int l = layers - 1; l > 0; l--) {
        a->c = c + l * width;
        a->out = out[*next];
        launch(s, 0, CUDA_layer, a, cuda_indices(&a->rows, width));
        a->from = (struct cuda_source){.y = a->out};
        *next = !*next;
    }
    a->c = c;
    a->out = NULL;
}

/* The model's propagation of its parameters, up to the last layer. */
static struct cuda_arg
forward(struct issue *s, int *next)
{
    struct cuda *g = s->g;
    struct cuda_mem *m = &g->mem;
    struct cuda_arg a = {.rows = g->rows,
        .graph = m->graph,
        .from = {.y = m->theta},
        .x = m->theta,
        .c = m->coef};
    inner_layers(s, &a, g->layers, m->y, next);
    return a;
}

int
cuda_forward_all(struct cuda *g, float **out, struct err *e)
{
    struct issue s = {g, 0, e};
    int next;
    struct cuda_arg a = forward(&s, &next);
    *out = a.out = g->mem.y[next];
    launch(&s, 0, CUDA_last, &a, cuda_indices(&a.rows, g->mem.width));
    return s.rc;
}

/* Gradient, Adam and smoothing. */
static void
backward(struct issue *s)
{
    struct cuda *g = s->g;
    struct cuda_mem *m = &g->mem;
    const int64_t w = m->width;
    int next;
    launch(s, 0, CUDA_gradient, NULL, 3 * m->batch * w);
    struct cuda_arg a = {.rows = g->rows,
        .graph = m->graph,
        .from = {.y = m->slots, .slot = m->slot},
        .x = m->slots,
        .slot = m->slot,
        .c = m->coef};
    inner_layers(s, &a, g->layers, m->y, &next);
    a.out = m->y[next];
    launch(s, 0, CUDA_adam, &a, cuda_indices(&a.rows, w));
    if (!m->smooth)
        return;
    float *other = m->y[!next];
    float *const layer[2] = {other, other + m->n_items * w};
    struct cuda_arg b = {.rows = g->items,
        .graph = m->similar,
        .from = {.y = a.out},
        .x = a.out,
        .c = m->item_coef};
    inner_layers(s, &b, g->item_layers, layer, &next);
    launch(s, 0, CUDA_step, &b, cuda_indices(&b.rows, w));
}

/* One step. The batch is drawn while the parameters propagate, the losses are
 * added up while the gradient does. */
static int
one_step(void *ctx, struct err *e)
{
    struct cuda *g = ctx;
    struct issue s = {g, 0, e};
    const struct cuda_mem *m = &g->mem;
    const int64_t entries = 3 * m->batch;
    int next;
    fork_lane(&s);
    launch(&s, 1, CUDA_sample, NULL, m->batch);
    launch(&s, 1, CUDA_number, NULL, entries);
    launch(&s, 1, CUDA_base, NULL, entries);
    launch(&s, 1, CUDA_gather, NULL, entries);
    launch(&s, 1, CUDA_sort, NULL, entries);
    struct cuda_arg a = forward(&s, &next);
    join_lane(&s);
    launch(&s, 0, CUDA_vectors, &a, entries * m->width);
    launch(&s, 0, CUDA_scores, NULL, m->bands * m->panels * m->batch);
    launch(&s, 0, CUDA_losses, NULL, m->batch);
    fork_lane(&s);
    launch(&s, 1, CUDA_total, NULL, 1);
    backward(&s);
    join_lane(&s);
    launch(&s, 0, CUDA_next, NULL, entries);
    return s.rc;
}

static int
put_state(struct cuda *g, const struct engine_cursor *c, struct err *e)
{
    const struct cuda_mem *m = &g->mem;
    sample_epoch(g->sampler, (uint32_t)c->epoch);
    struct cuda_state s = {.step = c->step,
        .t = c->t,
        .sum = c->loss,
        .epoch = g->sampler->epoch,
        .order = g->sampler->order};
    cuda_prepare(m, &s);
    int rc = g->dev->put(g->dev, m->state, &s, sizeof s, e);
    struct issue i = {g, rc, e};
    launch(&i, 0, CUDA_reset, NULL, m->n < 3 * m->batch ? 3 * m->batch : m->n);
    return i.rc;
}

enum { CHUNK = 16 }; /* steps between two looks at the device */

/* Steps run ahead of the host by up to two chunks, so that the device never
 * waits for it. */
static int
run_steps(struct cuda *g, int64_t step, const volatile int *stop,
    void (*progress)(void *, int64_t, int64_t), void *ctx, struct err *e)
{
    struct cuda_device *dev = g->dev;
    int64_t steps = g->base.steps, done = step, end[2] = {step, step};
    int rc = 0;
    for (int mark = 0; !rc; mark = !mark) {
        int more = step < steps && !(stop && *stop);
        for (int k = 0; more && !rc && k < CHUNK && step < steps; k++, step++)
            rc = dev->repeat(dev, one_step, g, e);
        end[mark] = step;
        if (!rc && more)
            rc = dev->mark(dev, mark, e);
        if (!rc && end[!mark] > done)
            rc = dev->await(dev, !mark, e);
        for (; !rc && done < end[!mark]; done++)
            if (progress)
                progress(ctx, done + 1, steps);
        if (!more && done == step)
            break;
    }
    return rc;
}

int
cuda_epoch(struct engine *base, struct engine_cursor *c,
    const volatile int *stop, void (*progress)(void *, int64_t, int64_t),
    void *ctx, struct err *e)
{
    struct cuda *g = (struct cuda *)base;
    struct cuda_state s;
    double start = clock_seconds();
    int64_t first = c->step;
    int rc = put_state(g, c, e);
    if (!rc)
        rc = run_steps(g, first, stop, progress, ctx, e);
    if (!rc)
        rc = g->dev->get(g->dev, &s, g->mem.state, sizeof s, e);
    if (rc)
        return rc;
    c->step = s.step;
    c->t = s.t;
    c->loss = s.sum;
    base->times.steps += s.step - first;
    base->times.wait += clock_seconds() - start;
    return s.bad ? engine_bad_loss(base, c, s.bad, e) : 0;
}
