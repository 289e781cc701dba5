#include "lib/nn/bpr_rows.h"

#include "lib/base/mem.h"
#include "lib/graph/bpr.h"
#include "lib/nn/chunk.h"
#include "lib/nn/loops.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

struct job {
    const struct loops *loops;
    const struct bpr_rows *t;
    double w, *loss;
    float *coef;
    const float *given;
    float *da, *dz;
};

static const float *
row(const struct mat *m, const int32_t *list, int64_t b)
{
    return m->x + (list ? list[b] : b) * m->d;
}

static void
losses(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    const struct bpr_rows *t = j->t;
    int64_t d = t->a->d;
    for (int64_t b = from; b < to; b++) {
        const float *a = row(t->a, t->u, b);
        double x = j->loops->dot(d, a, row(t->z, t->i, b));
        if (t->i)
            x -= j->loops->dot(d, a, row(t->z, t->i, t->batch + b));
        float c;
        j->loss[b] = bpr_triple(x, t->batch, &c);
        j->coef[b] = (float)(j->w * (double)c);
    }
}

int
bpr_rows_loss(const struct bpr_rows *t, double w, double *loss, float *coef,
    struct exec *exec, struct err *e)
{
    assert(t->a->d == t->z->d && (t->i || t->z->n == t->batch));
    struct job j = {.loops = loops_of(exec), .t = t, .w = w, .coef = coef};
    j.loss = mem_new(t->batch, sizeof *j.loss, e);
    if (!j.loss)
        return ERR_NOMEM;
    chunk_for(exec, t->batch, 4 * t->a->d, losses, &j);
    double sum = 0;
    int rc = 0;
    for (int64_t b = 0; b < t->batch && !rc; b++) {
        sum += j.loss[b];
        if (!isfinite(j.loss[b]))
            rc = err_set(e, ERR_NUM,
                "loss of triple %" PRId64 " of the batch is not finite (%g)", b,
                j.loss[b]);
    }
    if (!rc)
        *loss = sum;
    free(j.loss);
    return rc;
}

static void
gradients(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    const struct bpr_rows *t = j->t;
    int64_t d = t->a->d;
    for (int64_t b = from; b < to; b++) {
        const float *a = row(t->a, t->u, b);
        float c = j->given[b], *da = j->da + b * d;
        j->loops->axpy(d, c, row(t->z, t->i, b), da);
        j->loops->axpy(d, c, a, j->dz + b * d);
        if (!t->i)
            continue;
        j->loops->axpy(d, -c, row(t->z, t->i, t->batch + b), da);
        j->loops->axpy(d, -c, a, j->dz + (t->batch + b) * d);
    }
}

void
bpr_rows_backward(const struct bpr_rows *t, const float *coef, struct mat *da,
    struct mat *dz, struct exec *exec)
{
    assert(da->n == t->batch && da->d == t->a->d);
    assert(dz->n == (t->i ? 2 : 1) * t->batch && dz->d == t->a->d);
    struct job j = {.loops = loops_of(exec),
        .t = t,
        .given = coef,
        .da = da->x,
        .dz = dz->x};
    chunk_for(exec, t->batch, 4 * t->a->d, gradients, &j);
}
