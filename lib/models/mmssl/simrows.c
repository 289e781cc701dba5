#include "lib/models/mmssl/simrows.h"

#include "lib/base/exec.h"
#include "lib/base/mem.h"
#include "lib/la/blas.h"
#include "lib/models/mmssl/wide.h"
#include "lib/nn/chunk.h"
#include "lib/nn/loops.h"
#include "lib/nn/matmul.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 32,  /* of S at once */
    COLS = 128, /* of a gradient's columns, per task */
    COST = 16   /* known entries per user, to share work by */
};

int
simrows_known_set(struct simrows_known *k, const struct csr *train,
    const int32_t *users, int64_t n, struct err *e)
{
    int64_t nnz = 0;
    for (int64_t b = 0; b < n; b++)
        nnz += train->indptr[users[b] + 1] - train->indptr[users[b]];
    int rc =
        mem_grow((void **)&k->start, &k->user_cap, n + 1, sizeof *k->start, e);
    if (!rc)
        rc = mem_grow((void **)&k->item, &k->item_cap, nnz, sizeof *k->item, e);
    if (rc)
        return rc;
    k->users = n;
    k->start[0] = 0;
    for (int64_t b = 0; b < n; b++) {
        int64_t from = train->indptr[users[b]],
                m = train->indptr[users[b] + 1] - from;
        memcpy(k->item + k->start[b], train->indices + from,
            (size_t)m * sizeof *k->item);
        k->start[b + 1] = k->start[b] + m;
    }
    return 0;
}

void
simrows_known_free(struct simrows_known *k)
{
    free(k->start);
    free(k->item);
    *k = (struct simrows_known){0};
}

struct simrows
simrows_in(struct arena *p, int64_t b, int64_t d, int64_t h)
{
    struct simrows s = {.kw = mat_in(p, d, h)};
    s.qz = mat_in(p, d, h);
    s.sk = mat_in(p, b, d);
    s.zk = mat_in(p, b, d);
    s.dd = mat_in(p, d, d);
    s.inverse = arena_new(p, b, sizeof *s.inverse);
    s.dot = arena_new(p, b, sizeof *s.dot);
    return s;
}

void
simrows_free(struct simrows *s)
{
    free(s->raw);
    free(s->coef);
    *s = (struct simrows){0};
}

struct job {
    struct simrows *s;
    const struct wide *wide;
    const struct loops *loops;
    const float *w, *z, *dz;
    float *out;
    int64_t h;
    struct mat *dense, *dq, *dk;
};

static void
row(struct simrows *s, int64_t b, float *x, int64_t items, const struct job *j)
{
    const struct simrows_known *n = s->known;
    for (int64_t k = n->start[b]; k < n->start[b + 1]; k++) {
        s->raw[k] = x[n->item[k]];
        x[n->item[k]] = 0;
    }
    double norm = sqrt(j->loops->dot(items, x, x));
    s->inverse[b] = norm > 0 ? (float)(1.0 / (norm > 1e-12 ? norm : 1e-12)) : 0;
    j->loops->scale(items, s->inverse[b], 1.0f, x, x);
}

static void
rows(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    struct simrows *s = j->s;
    int64_t d = s->q->d, items = s->k->n;
    blas_sgemm(0, 1, to - from, items, d, 1.0f, s->q->x + from * d, d, s->k->x,
        d, 0.0f, j->dense->x + from * items, items);
    for (int64_t b = from; b < to; b++)
        row(s, b, j->dense->x + b * items, items, j);
}

int
simrows_set(struct simrows *s, const struct simrows_known *known,
    const struct mat *q, const struct mat *k, struct mat *dense,
    struct exec *exec, struct err *e)
{
    assert(q->n == known->users && dense->n >= q->n && dense->d == k->n);
    int64_t nnz = known->start[known->users];
    int rc = mem_grow((void **)&s->raw, &s->raw_cap, nnz, sizeof *s->raw, e);
    if (!rc)
        rc = mem_grow((void **)&s->coef, &s->coef_cap, nnz, sizeof *s->coef, e);
    if (rc)
        return rc;
    s->known = known;
    s->q = q;
    s->k = k;
    struct job j = {.s = s, .loops = loops_of(exec), .dense = dense};
    exec_blocks(exec, q->n, ROWS, rows, &j);
    return 0;
}

/* z_b = inverse_b (z_b - sum of the known raw_i w_i) */
static void
times(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    const struct simrows *s = j->s;
    const struct simrows_known *n = s->known;
    for (int64_t b = from; b < to; b++) {
        float *z = j->out + b * j->h;
        for (int64_t k = n->start[b]; k < n->start[b + 1]; k++)
            j->loops->axpy(j->h, -s->raw[k], j->w + n->item[k] * j->h, z);
        j->loops->scale(j->h, s->inverse[b], 1.0f, z, z);
    }
}

void
simrows_times(
    struct simrows *s, const struct mat *w, struct mat *z, struct exec *exec)
{
    matmul(1, 0, 1.0f, s->k, w, 0.0f, &s->kw, exec);
    matmul(0, 0, 1.0f, s->q, &s->kw, 0.0f, z, exec);
    struct job j = {
        .s = s, .loops = loops_of(exec), .w = w->x, .h = w->d, .out = z->x};
    chunk_for(exec, z->n, z->d * COST, times, &j);
}

/* sk = diag(inverse) Q, which is returned, and qz = sk^T dz */
static struct mat
project(struct simrows *s, const struct mat *dz, struct exec *exec)
{
    int64_t d = s->q->d;
    struct mat sk = mat_rows(&s->sk, 0, s->q->n);
    for (int64_t i = 0; i < sk.n; i++)
        for (int64_t c = 0; c < d; c++)
            sk.x[i * d + c] = s->inverse[i] * s->q->x[i * d + c];
    matmul(1, 0, 1.0f, &sk, dz, 0.0f, &s->qz, exec);
    return sk;
}

/* A block of columns, entry after entry: items are shared by users. */
static void
scatter(void *ctx, int64_t c, int64_t to)
{
    const struct job *j = ctx;
    const struct simrows *s = j->s;
    const struct simrows_known *n = s->known;
    for (int64_t b = 0; b < n->users; b++)
        for (int64_t k = n->start[b]; k < n->start[b + 1]; k++)
            j->loops->axpy(to - c, -s->raw[k] * s->inverse[b],
                j->dz + b * j->h + c, j->out + n->item[k] * j->h + c);
}

void
simrows_weights(
    struct simrows *s, const struct mat *dz, struct mat *dw, struct exec *exec)
{
    project(s, dz, exec);
    matmul(0, 0, 1.0f, s->k, &s->qz, 1.0f, dw, exec);
    struct job j = {
        .s = s, .loops = loops_of(exec), .dz = dz->x, .h = dz->d, .out = dw->x};
    exec_blocks(exec, j.h, COLS, scatter, &j);
}

/* <S_b, bar(S)_b> = <z_b, dz_b>, and bar(S) at the known entries. */
static void
inner(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    struct simrows *s = j->s;
    const struct simrows_known *n = s->known;
    for (int64_t b = from; b < to; b++) {
        const float *dz = j->dz + b * j->h;
        s->dot[b] = (float)j->loops->dot(j->h, dz, j->z + b * j->h);
        for (int64_t k = n->start[b]; k < n->start[b + 1]; k++)
            s->coef[k] =
                (float)j->loops->dot(j->h, dz, j->w + n->item[k] * j->h);
    }
}

/* dq_b += inverse_b (bar(S)_b K - dot_b S_b K): of the two, zk and
 * inverse_b sk hold the known entries still. */
static void
queries(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    struct simrows *s = j->s;
    const struct simrows_known *n = s->known;
    int64_t d = s->q->d;
    for (int64_t b = from; b < to; b++) {
        float v = s->inverse[b], both = v * s->dot[b];
        float *dq = j->dq->x + b * d;
        j->wide->add(d, v, s->zk.x + b * d, dq);
        j->wide->add(d, -v * both, s->sk.x + b * d, dq);
        for (int64_t k = n->start[b]; k < n->start[b + 1]; k++)
            j->wide->add(d, v * (both * s->raw[k] - s->coef[k]),
                s->k->x + n->item[k] * d, dq);
    }
}

/* The known entries' share in dk, which the products below contain too. */
static void
keys(struct job *j)
{
    struct simrows *s = j->s;
    const struct simrows_known *n = s->known;
    int64_t d = s->q->d;
    for (int64_t b = 0; b < n->users; b++) {
        float v = s->inverse[b], both = v * s->dot[b];
        for (int64_t k = n->start[b]; k < n->start[b + 1]; k++)
            j->wide->add(d, v * (both * s->raw[k] - s->coef[k]),
                s->q->x + b * d, j->dk->x + n->item[k] * d);
    }
}

void
simrows_backward(struct simrows *s, const struct mat *w, const struct mat *z,
    const struct mat *dz, struct mat *dq, struct mat *dk, struct exec *exec)
{
    int64_t d = s->q->d, b = s->q->n;
    struct job j = {.s = s,
        .wide = wide_of(exec),
        .loops = loops_of(exec),
        .w = w->x,
        .z = z->x,
        .dz = dz->x,
        .h = w->d,
        .dq = dq,
        .dk = dk};
    chunk_for(exec, b, j.h * COST, inner, &j);

    /* dK += W (dZ^T diag(v) Q) - K (Q^T diag(v^2 dot) Q) */
    struct mat sk = project(s, dz, exec), zk = mat_rows(&s->zk, 0, b);
    matmul(0, 1, 1.0f, w, &s->qz, 1.0f, dk, exec);
    for (int64_t i = 0; i < b; i++)
        j.loops->scale(
            d, s->inverse[i] * s->dot[i], 1.0f, sk.x + i * d, sk.x + i * d);
    matmul(1, 0, 1.0f, &sk, s->q, 0.0f, &s->dd, exec);
    matmul(0, 0, -1.0f, s->k, &s->dd, 1.0f, dk, exec);
    keys(&j);

    matmul(1, 0, 1.0f, s->k, s->k, 0.0f, &s->dd, exec);
    matmul(0, 0, 1.0f, s->q, &s->dd, 0.0f, &sk, exec);
    matmul(0, 1, 1.0f, dz, &s->kw, 0.0f, &zk, exec);
    chunk_for(exec, b, d * COST, queries, &j);
}
