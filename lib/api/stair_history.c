#include "lib/api/stair_priv.h"
#include "lib/fold/fold_model.h"
#include "lib/la/blas.h"
#include "lib/la/pairs.h"

#include <inttypes.h>
#include <pthread.h>

/* The scores of users who are given by what they have. */
struct audience {
    struct csr history;            /* [users] x items */
    struct mat user[SCORER_PARTS]; /* of vectors */
    struct scorer_part share[SCORER_PARTS];
    struct scorer all;
};

/* BLAS is one for the whole program. */
static int
load_blas(int threads, struct err *e)
{
    static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&once);
    int rc = blas_reserve(threads, e);
    pthread_mutex_unlock(&once);
    return rc;
}

/* Maps that are made before one fails stay for the next call. */
static int
make_maps(struct stair *s, struct err *e)
{
    int rc = 0;
    for (int p = 0; p < s->model.parts && !rc; p++) {
        const struct ranker_part *part = &s->model.part[p];
        if (part->graph.indptr || s->map[p].w)
            continue;
        rc = load_blas(exec_threads(s->exec), e);
        if (!rc)
            rc = fold_model_map(&s->map[p], part, &s->data.train, s->exec, e);
    }
    return rc;
}

/* Ascending, each item once. */
static int
take_history(struct csr *h, const struct stair *s, const int64_t *first,
    const int64_t *had, int64_t n, struct err *e)
{
    int64_t items = s->data.n_items;
    for (int64_t u = 0; u < n; u++)
        if (first[u + 1] < first[u] || first[0])
            return err_set(e, ERR_RANGE,
                "what user %" PRId64 " has ends before it begins", u);
    for (int64_t k = 0; k < first[n]; k++)
        if (had[k] < 0 || had[k] >= items)
            return err_set(e, ERR_RANGE, "%" PRId64 " is not below %" PRId64,
                had[k], items);
    struct pairs pairs = {0};
    int rc = 0;
    for (int64_t u = 0; u < n; u++)
        for (int64_t k = first[u]; k < first[u + 1] && !rc; k++)
            rc = pairs_add(&pairs, u, had[k], e);
    if (!rc)
        rc = pairs_csr(&pairs, n, items, h, e);
    pairs_free(&pairs);
    return rc;
}

static int
make_scorers(struct audience *a, const struct stair *s, struct err *e)
{
    int rc = 0;
    for (int p = 0; p < s->model.parts && !rc; p++) {
        const struct ranker_part *part = &s->model.part[p];
        struct scorer *scorer = &a->share[p].scorer;
        if (part->graph.indptr) {
            rc = scorer_graph(scorer, &a->history, &part->graph, e);
            continue;
        }
        rc = fold_model_users(&a->user[p], &s->map[p], &a->history, s->exec, e);
        if (!rc)
            rc = scorer_dense(scorer, &a->user[p], &part->item, e);
        scorer->history = &a->history;
    }
    return rc ? rc : ranker_blend(&s->model, a->share, &a->all, e);
}

int
stair_history(struct stair *s, const int64_t *first, const int64_t *had,
    int64_t n, int64_t k, const struct stair_offer *offer, int keep_seen,
    int64_t *item, float *score, struct stair_error *error)
{
    struct err e = {{0}};
    struct audience a = {.all = {0}};
    struct stair_lists l = {k, 0, item, score};
    int rc = n < 0 ? err_set(&e, ERR_RANGE, "%" PRId64 " users are too few", n)
                   : take_history(&a.history, s, first, had, n, &e);
    if (!rc)
        rc = make_maps(s, &e);
    if (!rc)
        rc = make_scorers(&a, s, &e);
    struct rank_opt o = {.mask = {keep_seen ? NULL : &a.history}, .n_users = n};
    if (!rc)
        rc = stair_rank(s, &a.all, &o, offer, &l, &e);
    for (int p = 0; p < SCORER_PARTS; p++)
        mat_free(&a.user[p]);
    csr_free(&a.history);
    return stair_report(rc, &e, error);
}
