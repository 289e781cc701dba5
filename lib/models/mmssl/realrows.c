#include "lib/models/mmssl/realrows.h"

#include "lib/base/exec.h"
#include "lib/base/fmath.h"
#include "lib/models/mmssl/wide.h"
#include "lib/nn/chunk.h"
#include "lib/nn/loops.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    COLS = 128, /* of a gradient's columns, per task */
    COST = 16   /* known entries per user, to share work by */
};
static const double own = 100; /* weight of S */

struct realrows
realrows_in(struct arena *p, int64_t b, int64_t h)
{
    struct realrows r = {.dz = mat_in(p, b, h)};
    r.flat = arena_new(p, b, sizeof *r.flat);
    r.known = arena_new(p, b, sizeof *r.known);
    r.part = arena_new(p, b, sizeof *r.part);
    r.row = arena_new(p, h, sizeof *r.row);
    return r;
}

struct job {
    struct realrows *r;
    const struct wide *wide;
    const struct loops *loops;
    const struct mat *dense;
    const float *w, *dz;
    float *out;
    int64_t h;
};

static void
lengths(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    struct realrows *r = j->r;
    const struct simrows_known *k = r->s->known;
    double items = (double)j->dense->d, more = fm_exp(1.0) - 1.0;
    for (int64_t b = from; b < to; b++) {
        double n = (double)(k->start[b + 1] - k->start[b]);
        double c = 1.0 / (items + more * n);
        double sum = j->wide->sum(j->dense->d, j->dense->x + b * j->dense->d);
        double one = r->s->inverse[b] > 0; /* S has length 1, or is 0 */
        double square = c * c * (items + (2.0 + more) * more * n) +
                        2.0 * own * c * sum + own * own * one;
        double length = sqrt(square);
        r->flat[b] = (float)(c / length);
        r->known[b] = (float)(more * c / length);
        r->part[b] = (float)(own / length);
    }
}

void
realrows_set(struct realrows *r, struct simrows *s, const struct mat *dense,
    struct exec *exec)
{
    assert(dense->n == s->q->n && s->q->n <= r->dz.n);
    r->s = s;
    struct job j = {.r = r, .wide = wide_of(exec), .dense = dense};
    chunk_for(exec, dense->n, dense->d, lengths, &j);
}

/* out_c = sum over the rows of w, a block of columns. */
static void
column_sums(void *ctx, int64_t c, int64_t to)
{
    const struct job *j = ctx;
    double sum[WIDE_TILE];
    j->wide->sums(j->r->s->k->n, to - c, j->h, j->w + c, sum);
    for (int64_t k = 0; k < to - c; k++)
        j->r->row[c + k] = (float)sum[k];
}

static void
times(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    const struct realrows *r = j->r;
    const struct simrows_known *n = r->s->known;
    for (int64_t b = from; b < to; b++) {
        float *z = j->out + b * j->h;
        j->loops->scale(j->h, r->part[b], 1.0f, z, z);
        j->wide->add(j->h, r->flat[b], r->row, z);
        for (int64_t k = n->start[b]; k < n->start[b + 1]; k++)
            j->loops->axpy(j->h, r->known[b], j->w + n->item[k] * j->h, z);
    }
}

void
realrows_times(
    struct realrows *r, const struct mat *w, struct mat *z, struct exec *exec)
{
    assert(w->d == r->dz.d);
    struct job j = {.r = r,
        .wide = wide_of(exec),
        .loops = loops_of(exec),
        .w = w->x,
        .out = z->x,
        .h = w->d};
    simrows_times(r->s, w, z, exec);
    exec_blocks(exec, j.h, WIDE_TILE, column_sums, &j);
    chunk_for(exec, z->n, j.h * COST, times, &j);
}

static void
parts(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    for (int64_t b = from; b < to; b++)
        j->loops->scale(
            j->h, j->r->part[b], 1.0f, j->dz + b * j->h, j->r->dz.x + b * j->h);
}

/* A block of columns: what is known, entry after entry, and what all items
 * get. */
static void
scatter(void *ctx, int64_t c, int64_t to)
{
    const struct job *j = ctx;
    const struct realrows *r = j->r;
    const struct simrows_known *n = r->s->known;
    int64_t w = to - c;
    float all[COLS] = {0};
    for (int64_t b = 0; b < n->users; b++) {
        const float *dz = j->dz + b * j->h + c;
        j->loops->axpy(w, r->flat[b], dz, all);
        for (int64_t k = n->start[b]; k < n->start[b + 1]; k++)
            j->loops->axpy(w, r->known[b], dz, j->out + n->item[k] * j->h + c);
    }
    for (int64_t k = 0; k < r->s->k->n; k++)
        j->wide->add(w, 1.0f, all, j->out + k * j->h + c);
}

void
realrows_weights(
    struct realrows *r, const struct mat *dz, struct mat *dw, struct exec *exec)
{
    struct job j = {.r = r,
        .wide = wide_of(exec),
        .loops = loops_of(exec),
        .dz = dz->x,
        .out = dw->x,
        .h = dz->d};
    struct mat part = mat_rows(&r->dz, 0, dz->n);
    chunk_for(exec, dz->n, j.h, parts, &j);
    simrows_weights(r->s, &part, dw, exec);
    exec_blocks(exec, j.h, COLS, scatter, &j);
}
