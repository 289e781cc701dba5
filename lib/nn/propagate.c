#include "lib/nn/propagate.h"

#include "lib/nn/chunk.h"
#include "lib/nn/loops.h"

#include <assert.h>
#include <stddef.h>

struct propagate
propagate_in(struct arena *p, int64_t n, int64_t d)
{
    return (struct propagate){{mat_in(p, n, d), mat_in(p, n, d)}};
}

struct layer {
    const struct loops *loops;
    struct loops_spmm s;
    float c;
    const int32_t *list; /* rows to make, or NULL */
};

/* y = q (c x), or c x without q */
static void
start(void *ctx, int64_t from, int64_t to)
{
    const struct layer *l = ctx;
    int64_t d = l->s.d;
    for (int64_t r = from; r < to; r++)
        l->loops->scale(d, l->s.post ? l->s.post[r] : 1.0f, l->c,
            l->s.add + r * d, l->s.y + r * d);
}

static void
rows(void *ctx, int64_t from, int64_t to)
{
    const struct layer *l = ctx;
    if (!l->list)
        l->loops->spmm(&l->s, from, to);
    else
        for (int64_t k = from; k < to; k++)
            l->loops->spmm(&l->s, l->list[k], l->list[k] + 1);
}

void
propagate_mean(struct propagate *p, const struct graph *g, int layers,
    const struct mat *e, struct mat *h, struct exec *exec)
{
    propagate_mean_rows(p, g, layers, e, NULL, g->a.rows, h, exec);
}

void
propagate_mean_rows(struct propagate *p, const struct graph *g, int layers,
    const struct mat *e, const int32_t *list, int64_t wanted, struct mat *h,
    struct exec *exec)
{
    int64_t n = g->a.rows, d = e->d;
    assert(!list || h->x != e->x);
    assert(e->n == n && h->n == n && h->d == d);
    assert(p->y[0].n * p->y[0].d >= n * d);
    float c = (float)(1.0 / (double)(layers + 1));
    /* Every other layer lies in buffer[0], the last one in h; few buffers stay
     * longer in the cache. */
    float *buffer[2] = {h->x != e->x ? h->x : p->y[1].x, p->y[0].x};
    struct layer l = {.loops = loops_of(exec),
        .c = c,
        .s = {.indptr = g->a.indptr,
            .indices = g->a.indices,
            .value = g->a.data,
            .nnz = g->a.nnz,
            .d = d,
            .left = g->q,
            .post = layers ? g->q : NULL,
            .beta = c,
            .add = e->x,
            .y = layers ? buffer[layers & 1] : h->x}};
    chunk_for(exec, n, d, start, &l);
    int64_t width = n ? (g->a.nnz / n + 1) * d : 1;
    for (int k = layers - 1; k >= 0; k--) {
        l.s.x = l.s.y;
        l.s.y = k ? buffer[k & 1] : h->x;
        l.s.post = k ? g->q : NULL;
        l.list = k ? NULL : list;
        chunk_for(exec, k ? n : wanted, width, rows, &l);
    }
}
