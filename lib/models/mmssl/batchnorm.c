#include "lib/models/mmssl/batchnorm.h"

#include "lib/base/exec.h"
#include "lib/models/mmssl/wide.h"
#include "lib/nn/chunk.h"

#include <assert.h>
#include <stddef.h>

static const double eps = 1e-5;
enum { LITTLE = 1 << 15 /* elements that are not worth a second thread */ };

struct job {
    const struct wide *wide;
    int64_t n, d;
    const float *xh, *r, *g, *xb, *rb, *b, *ay;
    float *z, *y, *az, *set, *gb, *bb;
};

static void
by_columns(struct job *j, const struct mat *m, struct exec *exec,
    void (*f)(void *, int64_t, int64_t))
{
    j->wide = wide_of(exec);
    j->n = m->n;
    j->d = m->d;
    if (m->n)
        exec_blocks(m->n * m->d < LITTLE ? NULL : exec, m->d, WIDE_TILE, f, j);
}

static void
forward(void *ctx, int64_t c, int64_t to)
{
    const struct job *j = ctx;
    j->wide->normalise(j->n, to - c, j->d, j->z + c, eps, j->set + c);
}

void
batchnorm_forward(struct mat *z, float *r, struct exec *exec)
{
    struct job j = {.z = z->x, .set = r};
    by_columns(&j, z, exec, forward);
}

static void
affine(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    for (int64_t i = from; i < to; i++)
        j->wide->affine(j->d, j->xh + i * j->d, j->g, j->b, j->y + i * j->d);
}

void
batchnorm_affine(const struct mat *xh, const float *g, const float *b,
    struct mat *y, struct exec *exec)
{
    assert(xh->n == y->n && xh->d == y->d);
    struct job j = {.wide = wide_of(exec),
        .d = xh->d,
        .xh = xh->x,
        .g = g,
        .b = b,
        .y = y->x};
    chunk_for(exec, xh->n, xh->d, affine, &j);
}

static void
backward(void *ctx, int64_t c, int64_t to)
{
    const struct job *j = ctx;
    double gb[WIDE_TILE], bb[WIDE_TILE];
    j->wide->backward(j->n, to - c, j->d, j->xh + c, j->r + c, j->g + c,
        j->xb ? j->xb + c : NULL, j->rb ? j->rb + c : NULL, j->y + c, gb, bb);
    for (int64_t k = 0; j->gb && k < to - c; k++) {
        j->gb[c + k] += (float)gb[k];
        j->bb[c + k] += (float)bb[k];
    }
}

void
batchnorm_backward(const struct mat *xh, const float *r, const float *g,
    const struct mat *xb, const float *rb, struct mat *y, float *gb, float *bb,
    struct exec *exec)
{
    assert(!gb == !bb && !xb == !rb && xh->n == y->n && xh->d == y->d);
    struct job j = {.xh = xh->x,
        .r = r,
        .g = g,
        .xb = xb ? xb->x : NULL,
        .rb = rb,
        .y = y->x,
        .gb = gb,
        .bb = bb};
    by_columns(&j, xh, exec, backward);
}

static void
project(void *ctx, int64_t c, int64_t to)
{
    const struct job *j = ctx;
    j->wide->project(j->n, to - c, j->d, j->xh + c, j->r + c, j->g + c,
        j->ay + c, j->az + c);
}

void
batchnorm_project(const struct mat *xh, const float *r, const float *g,
    const struct mat *ay, struct mat *az, struct exec *exec)
{
    struct job j = {.xh = xh->x, .r = r, .g = g, .ay = ay->x, .az = az->x};
    by_columns(&j, xh, exec, project);
}

static void
second(void *ctx, int64_t c, int64_t to)
{
    const struct job *j = ctx;
    double gb[WIDE_TILE];
    j->wide->second(j->n, to - c, j->d, j->xh + c, j->r + c, j->g + c, j->y + c,
        j->az + c, gb, j->set + c);
    for (int64_t k = 0; k < to - c; k++)
        j->gb[c + k] += (float)gb[k];
}

void
batchnorm_second(const struct mat *xh, const float *r, const float *g,
    struct mat *ay, struct mat *az, float *gb, float *rb, struct exec *exec)
{
    struct job j = {.xh = xh->x,
        .r = r,
        .g = g,
        .y = ay->x,
        .az = az->x,
        .gb = gb,
        .set = rb};
    by_columns(&j, xh, exec, second);
}
