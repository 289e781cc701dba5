#include "lib/nn/spmm.h"

#include "lib/nn/chunk.h"
#include "lib/nn/loops.h"

#include <assert.h>
#include <stddef.h>

static int64_t
width(const struct csr *s, int64_t d)
{
    return s->rows ? (s->nnz / s->rows + 1) * d : 1;
}

struct product {
    const struct loops *loops;
    struct loops_spmm s;
    const int32_t *list;
};

static void
rows(void *ctx, int64_t from, int64_t to)
{
    const struct product *p = ctx;
    if (!p->list)
        p->loops->spmm(&p->s, from, to);
    else
        for (int64_t k = from; k < to; k++)
            p->loops->spmm(&p->s, p->list[k], p->list[k] + 1);
}

void
spmm(const struct spmm_op *op, const struct mat *x, float beta, struct mat *y,
    struct exec *exec)
{
    spmm_rows(op, x, beta, NULL, y->n, y, exec);
}

void
spmm_rows(const struct spmm_op *op, const struct mat *x, float beta,
    const int32_t *list, int64_t n, struct mat *y, struct exec *exec)
{
    const struct csr *s = op->s;
    assert(x->n == s->cols && y->n == s->rows && x->d == y->d);
    struct product p = {.loops = loops_of(exec),
        .s = {.indptr = s->indptr,
            .indices = s->indices,
            .value = s->data,
            .nnz = s->nnz,
            .d = x->d,
            .left = op->left,
            .right = op->right,
            .beta = beta,
            .x = x->x,
            .add = y->x,
            .y = y->x},
        .list = list};
    chunk_for(exec, n, width(s, x->d), rows, &p);
}

struct values {
    const struct loops *loops;
    struct loops_values v;
};

static void
value_rows(void *ctx, int64_t from, int64_t to)
{
    const struct values *v = ctx;
    v->loops->values(&v->v, from, to);
}

void
spmm_values(const struct spmm_op *op, float w, const struct mat *a,
    const struct mat *b, float *out, struct exec *exec)
{
    const struct csr *s = op->s;
    assert(a->n == s->rows && b->n == s->cols && a->d == b->d);
    struct values v = {.loops = loops_of(exec),
        .v = {.indptr = s->indptr,
            .indices = s->indices,
            .nnz = s->nnz,
            .d = a->d,
            .w = (double)w,
            .left = op->left,
            .right = op->right,
            .a = a->x,
            .b = b->x,
            .out = out}};
    chunk_for(exec, s->rows, width(s, a->d), value_rows, &v);
}
