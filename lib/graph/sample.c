#include "lib/graph/sample.h"

#include "lib/base/mem.h"
#include "lib/graph/sample_inline.h"

#include <inttypes.h>
#include <stdlib.h>

int
sample_init(struct sampler *s, enum sample_kind kind, const struct csr *train,
    uint64_t seed, struct err *e)
{
    *s = (struct sampler){.kind = kind,
        .train = train,
        .n = train->nnz,
        .negatives = 1,
        .seed = seed};
    if (train->nnz == 0)
        return err_set(e, ERR_FORMAT, "the train split is empty");
    for (int64_t u = 0; u < train->rows && kind != SAMPLE_POSITIVES; u++)
        if (train->indptr[u + 1] - train->indptr[u] == train->cols)
            return err_set(e, ERR_RANGE,
                "user %" PRId64 " has every item in train, so there is no "
                "negative to draw",
                u);
    if (sample_inline_by_pairs(kind)) {
        s->pair_user = mem_new(train->nnz, sizeof *s->pair_user, e);
        if (!s->pair_user)
            return ERR_NOMEM;
        for (int64_t u = 0; u < train->rows; u++)
            for (int64_t k = train->indptr[u]; k < train->indptr[u + 1]; k++)
                s->pair_user[k] = (int32_t)u;
    } else {
        s->active = mem_new(train->rows, sizeof *s->active, e);
        if (!s->active)
            return ERR_NOMEM;
        for (int64_t u = 0; u < train->rows; u++)
            if (train->indptr[u + 1] > train->indptr[u])
                s->active[s->n_active++] = (int32_t)u;
    }
    return 0;
}

int
sample_distinct(struct sampler *s, const struct csr *train, int64_t batch,
    uint64_t seed, struct err *e)
{
    int rc = sample_init(s, SAMPLE_DISTINCT, train, seed, e);
    if (rc)
        return rc;
    s->batch = batch < s->n_active ? batch : s->n_active;
    s->n = (train->nnz / s->batch + 1) * s->batch;
    return 0;
}

int
sample_replay(struct sampler *s, const struct csr *train,
    const int32_t *triples, int64_t n, const char *what, struct err *e)
{
    *s = (struct sampler){.kind = SAMPLE_REPLAY,
        .train = train,
        .n = n,
        .negatives = 1,
        .triples = triples};
    if (n == 0)
        return err_set(e, ERR_FORMAT, "'%s' holds no triples", what);
    for (int64_t t = 0; t < n; t++) {
        const int32_t *r = triples + 3 * t;
        if (r[0] < 0 || r[0] >= train->rows)
            return err_set(e, ERR_RANGE,
                "'%s': row %" PRId64 ": user %" PRId32
                " is outside 0..%" PRId64,
                what, t, r[0], train->rows - 1);
        for (int k = 1; k < 3; k++)
            if (r[k] < 0 || r[k] >= train->cols)
                return err_set(e, ERR_RANGE,
                    "'%s': row %" PRId64 ": item %" PRId32
                    " is outside 0..%" PRId64,
                    what, t, r[k], train->cols - 1);
        if (r[1] == r[2])
            return err_set(e, ERR_RANGE,
                "'%s': row %" PRId64 ": item %" PRId32
                " is both the positive and the negative",
                what, t, r[1]);
    }
    return 0;
}

int
sample_negatives(struct sampler *s, int64_t k, const char *what, struct err *e)
{
    s->negatives = k;
    if (s->kind != SAMPLE_REPLAY) {
        s->n *= k;
        return 0;
    }
    for (int64_t t = 0; t < s->n || t % k; t++) {
        const int32_t *r = s->triples + 3 * t, *first = r - 3 * (t % k);
        if (t == s->n || r[0] != first[0] || r[1] != first[1])
            return err_set(e, ERR_FORMAT,
                "'%s': row %" PRId64 ": each %" PRId64
                " rows, one for each negative, have the same user and positive",
                what, t, k);
    }
    return 0;
}

void
sample_epoch(struct sampler *s, uint32_t epoch)
{
    s->epoch = epoch;
    if (sample_inline_by_pairs(s->kind))
        rng_perm_init(
            &s->order, s->n / s->negatives, s->seed, RNG_SHUFFLE, epoch);
}

void
sample_triple(const struct sampler *s, int64_t index, int32_t *user,
    int32_t *positive, int32_t *negative)
{
    int32_t out[3];
    sample_inline_triple(s, s->train, s->epoch, &s->order, index, out);
    *user = out[0];
    *positive = out[1];
    *negative = out[2];
}

void
sample_free(struct sampler *s)
{
    free(s->pair_user);
    free(s->active);
    *s = (struct sampler){0};
}
