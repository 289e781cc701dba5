#include "lib/nn/cosknn.h"

#include "lib/nn/chunk.h"
#include "lib/nn/norm.h"
#include "lib/rec/rank.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>

int
cosknn_init(struct csr *s, int64_t n, int64_t k, struct err *e)
{
    if (k > n)
        k = n;
    int64_t nnz;
    if (k < 0 || __builtin_mul_overflow(n, k, &nnz))
        return err_set(e, ERR_RANGE,
            "%" PRId64 " neighbours of %" PRId64 " rows are out of range", k,
            n);
    int rc = csr_init(s, n, n, nnz, 1, e);
    for (int64_t r = 0; !rc && r < n; r++)
        s->indptr[r + 1] = (r + 1) * k;
    return rc;
}

struct lists {
    struct csr *s;
    int64_t k, first;
    const int32_t *id;
    const float *score;
};

/* Lists are short: insertion sort by column. */
static void
sort_rows(void *ctx, int64_t from, int64_t to)
{
    const struct lists *l = ctx;
    int64_t k = l->k;
    for (int64_t r = from; r < to; r++) {
        int32_t *id = l->s->indices + (l->first + r) * k;
        float *value = l->s->data + (l->first + r) * k;
        for (int64_t p = 0; p < k; p++) {
            int32_t i = l->id[r * k + p];
            float v = l->score[r * k + p];
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

struct emit {
    struct csr *s;
    int64_t k;
    int threads;
};

static int
take(void *ctx, int64_t first, int64_t n, const int32_t *id, const float *score)
{
    const struct emit *m = ctx;
    struct lists l = {m->s, m->k, first, id, score};
    chunk_for(m->threads, n, m->k * m->k, sort_rows, &l);
    return 0;
}

int
cosknn_build_rows(struct csr *s, const struct mat *q, const struct mat *x,
    int threads, struct err *e)
{
    assert(x->n == s->cols && q->n <= x->n && q->d == x->d);
    int64_t k = x->n ? s->indptr[1] : 0;
    s->rows = q->n;
    s->nnz = q->n * k;
    if (s->nnz == 0)
        return 0;
    /* A value that is not finite would be in no list. */
    if (!isfinite(norm_squared(x, NULL, x->n, 1, NULL, threads)))
        return mat_check_finite(x, "vectors", e);
    struct emit m = {s, k, threads};
    struct rank_opt o = {.k = k, .threads = threads};
    struct scorer cosines;
    int rc = scorer_dense(&cosines, q, x, e);
    return rc ? rc : rank_run(&cosines, &o, take, &m, e);
}

int
cosknn_build(struct csr *s, const struct mat *x, int threads, struct err *e)
{
    return cosknn_build_rows(s, x, x, threads, e);
}
