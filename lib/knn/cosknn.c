#include "lib/knn/cosknn.h"

#include "lib/base/mem.h"
#include "lib/knn/cosknn_half.h"
#include "lib/nn/chunk.h"
#include "lib/nn/norm.h"
#include "lib/rank/rank.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int
cosknn_init(struct cosknn *c, int64_t n, int64_t k, struct err *e)
{
    *c = (struct cosknn){.k = k < n ? k : n};
    int64_t nnz;
    if (c->k < 0 || __builtin_mul_overflow(n, c->k, &nnz))
        return err_set(e, ERR_RANGE,
            "%" PRId64 " neighbours of %" PRId64 " rows are out of range", c->k,
            n);
    int rc = csr_init(&c->s, n, n, nnz, 1, e);
    if (rc)
        return rc;
    for (int64_t r = 0; r < n; r++)
        c->s.indptr[r + 1] = (r + 1) * c->k;
    c->near = mem_new(nnz, sizeof *c->near, e);
    for (int64_t p = 0; c->near && p < nnz; p++)
        c->near[p] = -1;
    return c->near ? 0 : ERR_NOMEM;
}

void
cosknn_free(struct cosknn *c)
{
    csr_free(&c->s);
    free(c->near);
    c->near = NULL;
}

/* Lists are short: insertion sort by column. */
static void
sort_rows(void *ctx, int64_t from, int64_t to)
{
    const struct cosknn *c = ctx;
    for (int64_t r = from; r < to; r++) {
        int32_t *id = c->s.indices + r * c->k;
        float *value = c->s.data + r * c->k;
        for (int64_t p = 1; p < c->k; p++) {
            int32_t i = id[p];
            float v = value[p];
            int64_t at = p;
            for (; at > 0 && id[at - 1] > i; at--) {
                id[at] = id[at - 1];
                value[at] = value[at - 1];
            }
            id[at] = i;
            value[at] = v;
        }
    }
}

struct lists {
    struct cosknn *c;
    const int64_t *place; /* in c->s of the lists that come */
};

static int
take(void *ctx, int64_t first, int64_t n, const int32_t *id, const float *score)
{
    const struct lists *l = ctx;
    int64_t k = l->c->k;
    for (int64_t r = 0; r < n; r++) {
        int64_t at = l->place[first + r] * k;
        memcpy(l->c->s.indices + at, id + r * k, (size_t)k * sizeof *id);
        memcpy(l->c->s.data + at, score + r * k, (size_t)k * sizeof *score);
    }
    return 0;
}

/* The lists at m places, by comparing with every row. */
static int
rank(struct cosknn *c, const struct mat *x, const int32_t *list,
    const int64_t *place, int64_t m, struct exec *exec, struct err *e)
{
    struct scorer cosines;
    int rc = scorer_dense(&cosines, x, x, e);
    if (rc)
        return rc;
    int64_t *row = mem_new(m, sizeof *row, e);
    if (!row)
        return ERR_NOMEM;
    for (int64_t p = 0; p < m; p++)
        row[p] = list ? list[place[p]] : place[p];
    struct lists l = {c, place};
    struct rank_opt o = {.k = c->k, .users = row, .n_users = m, .exec = exec};
    rc = rank_run(&cosines, &o, take, &l, e);
    free(row);
    return rc;
}

int
cosknn_build(struct cosknn *c, const struct mat *x, const int32_t *list,
    int64_t n, struct exec *exec, struct err *e)
{
    assert(x->n == c->s.cols && n <= x->n);
    int64_t k = c->k;
    c->s.rows = n;
    c->s.nnz = n * k;
    if (c->s.nnz == 0)
        return 0;
    /* A value that is not finite would be in no list. */
    if (!isfinite(norm_squared(x, NULL, x->n, 1, NULL, exec))) {
        int64_t i = mat_not_finite(x);
        return err_set(e, ERR_NUM,
            "vector %" PRId64 " is not finite at column %" PRId64, i / x->d,
            i % x->d);
    }
    struct cosknn_half h = {c, x, list, n, exec, NULL, 0};
    h.left = mem_new(n, sizeof *h.left, e);
    int rc = h.left ? cosknn_half_build(&h, e) : ERR_NOMEM;
    if (!rc && h.n_left)
        rc = rank(c, x, list, h.left, h.n_left, exec, e);
    free(h.left);
    if (rc)
        return rc;
    chunk_for(exec, n, k * k, sort_rows, c);
    for (int64_t b = 0; b < n; b++)
        memcpy(c->near + (list ? list[b] : b) * k, c->s.indices + b * k,
            (size_t)k * sizeof *c->near);
    return 0;
}
