#include "lib/api/stair_priv.h"
#include "lib/base/mem.h"
#include "lib/fold/fold_model.h"
#include "lib/la/blas.h"
#include "lib/la/pairs.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

/* The scores of users who are given by what they have. */
struct audience {
    struct csr history;        /* [users] x items */
    struct mat *user;          /* [parts] of vectors */
    struct scorer *scorer;     /* [parts] */
    struct scorer_part *share; /* [parts] */
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

static int
make_maps(struct stair *s, struct err *e)
{
    int parts = stair_parts(s);
    if (s->map)
        return 0;
    int rc =
        ranker_has_users(&s->model) ? load_blas(exec_threads(s->exec), e) : 0;
    struct fold_map *map = rc ? NULL : mem_zero(parts, sizeof *map, e);
    if (!map)
        return rc ? rc : ERR_NOMEM;
    for (int p = 0; p < parts && !rc; p++)
        if (!stair_part(s, p)->graph.indptr)
            rc = fold_model_map(
                &map[p], stair_part(s, p), &s->data.train, s->exec, e);
    if (!rc) {
        s->map = map;
        return 0;
    }
    for (int p = 0; p < parts; p++)
        fold_map_free(&map[p]);
    free(map);
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
    int parts = stair_parts(s);
    a->user = mem_zero(parts, sizeof *a->user, e);
    a->scorer = mem_zero(parts, sizeof *a->scorer, e);
    a->share = mem_zero(parts, sizeof *a->share, e);
    if (!a->user || !a->scorer || !a->share)
        return ERR_NOMEM;
    for (int p = 0; p < parts; p++) {
        const struct ranker *part = stair_part(s, p);
        int rc = part->graph.indptr
                     ? scorer_graph(&a->scorer[p], &a->history, &part->graph, e)
                     : fold_model_users(
                           &a->user[p], &s->map[p], &a->history, s->exec, e);
        if (!rc && !part->graph.indptr)
            rc = scorer_dense(&a->scorer[p], &a->user[p], &part->item, e);
        if (rc)
            return rc;
        a->scorer[p].history = &a->history;
        a->share[p] = (struct scorer_part){
            &a->scorer[p], s->model.parts ? s->model.weight[p] : 1};
    }
    a->all = a->scorer[0];
    return parts > 1 ? scorer_blend(&a->all, a->share, parts, e) : 0;
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
    for (int p = 0; a.user && p < stair_parts(s); p++)
        mat_free(&a.user[p]);
    free(a.user);
    free(a.scorer);
    free(a.share);
    csr_free(&a.history);
    return stair_report(rc, &e, error);
}
