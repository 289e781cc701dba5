#include "lib/api/stair.h"

#include "lib/base/mem.h"
#include "lib/data/identity.h"
#include "lib/fold/fold_model.h"
#include "lib/la/blas.h"
#include "lib/la/pairs.h"
#include "lib/rank/rank.h"
#include "lib/rank/similar.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)STAIR_NOMEM == ERR_NOMEM && (int)STAIR_IO == ERR_IO &&
                   (int)STAIR_FORMAT == ERR_FORMAT &&
                   (int)STAIR_SHAPE == ERR_SHAPE &&
                   (int)STAIR_RANGE == ERR_RANGE && (int)STAIR_NUM == ERR_NUM &&
                   (int)STAIR_DEVICE == ERR_DEVICE,
    "codes of the public header");

enum { STAIR_COSINE, STAIR_INNER, STAIR_MEASURES };

struct stair {
    struct dataset data;
    struct ranker model;
    struct scorer scorer;
    char *path; /* of the model */
    struct exec *exec;
    struct stair_offer *all; /* every item, equal scores by popularity */
    /* made when they are asked for */
    struct alike {
        int made;
        struct similar similar;
        struct scorer scorer;
    } alike[STAIR_MEASURES];
    struct fold_map map[SCORER_PARTS]; /* from items to users, of vectors */
};

struct stair_offer {
    struct rank_items items;
};

/* Copies the sentence of a failure; of the codes within, the caller knows
 * some. */
static int
report(int rc, const struct err *e, struct stair_error *error)
{
    if (!rc)
        return 0;
    if (error)
        memcpy(error->message, e->msg, sizeof error->message);
    return rc < STAIR_DEVICE ? STAIR_FORMAT : rc;
}

const char *
stair_version(void)
{
    return STAIR_VERSION;
}

/* The files, and whether they belong together. */
static int
read_files(struct stair *s, const char *data, const char *model, struct err *e)
{
    struct hist h = {0};
    int rc = dataset_read(data, &s->data, &h, e);
    if (!rc)
        rc = ranker_read(model, "model", 1, &s->model, &h, e);
    if (!rc)
        rc = identity_check(&h, 1,
            ranker_has_users(&s->model) ? IDENTITY_USERS | IDENTITY_ITEMS
                                        : IDENTITY_ITEMS,
            e);
    hist_free(&h);
    if (!rc)
        rc = ranker_scorer(&s->model, model, &s->data, data, &s->scorer, e);
    if (!rc)
        rc = ids_index(&s->data.user_ids, "user", e);
    return rc ? rc : ids_index(&s->data.item_ids, "item", e);
}

static int
make_offer(struct stair_offer **out, const struct stair *s,
    const struct stair_filter *f, struct err *e)
{
    int64_t n = s->data.n_items, groups = 0;
    struct stair_offer *o = mem_zero(1, sizeof *o, e);
    unsigned char *shelf = mem_new(n, 1, e);
    int64_t *degree = csr_column_counts(&s->data.train, e);
    int rc = o && shelf && degree ? 0 : ERR_NOMEM;
    for (int64_t i = 0; i < n && !rc; i++)
        shelf[i] = f->offered && !f->offered[i] ? RANK_LEFT_OUT
                   : f->cold && !degree[i]      ? RANK_SECOND
                                                : RANK_FIRST;
    if (!rc)
        rc = rank_items_init(&o->items, n, shelf, degree, e);
    for (int64_t i = 0; f->cap && i < n && !rc; i++) {
        if (f->group[i] < -1)
            rc = err_set(e, ERR_RANGE, "item %" PRId64 " is in group %" PRId32,
                i, f->group[i]);
        if (f->group[i] >= groups)
            groups = (int64_t)f->group[i] + 1;
    }
    if (!rc && f->cap)
        rc = rank_items_cap(&o->items, f->group, groups, f->cap, e);
    free(shelf);
    free(degree);
    if (!rc) {
        o->items.reserved = f->cold;
        *out = o;
        return 0;
    }
    stair_offer_free(o);
    return rc;
}

int
stair_open(struct stair **out, const char *data, const char *model, int threads,
    struct stair_error *error)
{
    struct err e = {{0}};
    *out = NULL;
    struct stair *s = mem_zero(1, sizeof *s, &e);
    int rc = s ? 0 : ERR_NOMEM;
    if (!rc && threads < 1)
        rc = err_set(&e, ERR_RANGE, "%d threads cannot do anything", threads);
    if (!rc)
        rc = exec_new(&s->exec, threads, NULL, &e);
    if (!rc)
        rc = read_files(s, data, model, &e);
    if (!rc) {
        struct stair_filter every = {0};
        ranker_need_history(&s->model, &s->scorer, &s->data.train);
        s->path = strdup(model);
        rc = s->path ? make_offer(&s->all, s, &every, &e)
                     : err_set(&e, ERR_NOMEM, "out of memory");
    }
    if (rc)
        stair_close(s);
    else
        *out = s;
    return report(rc, &e, error);
}

void
stair_close(struct stair *s)
{
    if (!s)
        return;
    for (int m = 0; m < STAIR_MEASURES; m++)
        similar_free(&s->alike[m].similar);
    for (int p = 0; p < SCORER_PARTS; p++)
        fold_map_free(&s->map[p]);
    stair_offer_free(s->all);
    ranker_free(&s->model);
    dataset_free(&s->data);
    exec_free(s->exec);
    free(s->path);
    free(s);
}

int64_t
stair_users(const struct stair *s)
{
    return s->data.n_users;
}

int64_t
stair_items(const struct stair *s)
{
    return s->data.n_items;
}

static int64_t
find(const struct ids *ids, const char *id, int64_t length)
{
    return ids_find(ids, length < 0 ? text_of(id) : (struct text){id, length});
}

int64_t
stair_find_user(const struct stair *s, const char *id, int64_t length)
{
    return find(&s->data.user_ids, id, length);
}

int64_t
stair_find_item(const struct stair *s, const char *id, int64_t length)
{
    return find(&s->data.item_ids, id, length);
}

static const char *
id_of(const struct ids *ids, int64_t i, int64_t *length)
{
    struct text id = ids_get(ids, i);
    *length = id.n;
    return id.s;
}

const char *
stair_user_id(const struct stair *s, int64_t user, int64_t *length)
{
    return id_of(&s->data.user_ids, user, length);
}

const char *
stair_item_id(const struct stair *s, int64_t item, int64_t *length)
{
    return id_of(&s->data.item_ids, item, length);
}

int
stair_offer_make(struct stair_offer **o, const struct stair *s,
    const struct stair_filter *f, struct stair_error *error)
{
    struct err e = {{0}};
    int rc = 0;
    *o = NULL;
    if (f->cap < 0 || f->cold < 0)
        rc = err_set(&e, ERR_RANGE, "a cap or a number of places is below 0");
    else if (f->cap && !f->group)
        rc = err_set(&e, ERR_RANGE, "a cap needs groups");
    if (!rc)
        rc = make_offer(o, s, f, &e);
    return report(rc, &e, error);
}

void
stair_offer_free(struct stair_offer *o)
{
    if (!o)
        return;
    rank_items_free(&o->items);
    free(o);
}

/* Where lists go: rows of k, of which the ranking makes the first `made`. */
struct lists {
    int64_t k, made; /* made by rank_lists */
    int64_t *item;
    float *score;
};

static int
keep(void *ctx, int64_t first, int64_t n, const int32_t *id, const float *score)
{
    const struct lists *l = ctx;
    for (int64_t p = 0; p < n; p++)
        for (int64_t r = 0; r < l->k; r++) {
            int64_t to = (first + p) * l->k + r, from = p * l->made + r;
            int any = r < l->made && id[from] >= 0;
            l->item[to] = any ? id[from] : -1;
            l->score[to] = any ? score[from] : 0;
        }
    return 0;
}

/* The lists of o->n_users users, whom o->users may choose. */
static int
rank_lists(const struct stair *s, const struct scorer *scorer,
    struct rank_opt *o, const struct stair_offer *offer, struct lists *l,
    struct err *e)
{
    if (l->k < 1 || o->n_users < 0)
        return err_set(e, ERR_RANGE,
            "%" PRId64 " lists of %" PRId64 " items cannot be made", o->n_users,
            l->k);
    for (int64_t p = 0; o->users && p < o->n_users; p++)
        if (o->users[p] < 0 || o->users[p] >= scorer->n_users)
            return err_set(e, ERR_RANGE,
                "index %" PRId64 " is outside 0..%" PRId64, o->users[p],
                scorer->n_users - 1);
    if (!o->n_users)
        return 0;
    l->made = l->k < s->data.n_items ? l->k
              : s->data.n_items > 0  ? s->data.n_items
                                     : 1;
    o->k = l->made;
    o->items = offer ? &offer->items : &s->all->items;
    o->exec = s->exec;
    return rank_run(scorer, o, keep, l, e);
}

int
stair_recommend(struct stair *s, const int64_t *user, int64_t n, int64_t k,
    const struct stair_offer *offer, int keep_seen, int64_t *item, float *score,
    struct stair_error *error)
{
    struct err e = {{0}};
    const struct dataset *d = &s->data;
    struct lists l = {k, 0, item, score};
    struct rank_opt o = {.users = user, .n_users = n};
    if (!keep_seen) {
        o.mask[0] = &d->train;
        o.mask[1] = &d->valid;
        o.mask[2] = &d->test;
    }
    return report(rank_lists(s, &s->scorer, &o, offer, &l, &e), &e, error);
}

int
stair_similar(struct stair *s, const int64_t *of, int64_t n, int64_t k,
    const struct stair_offer *offer, int inner, int64_t *item, float *score,
    struct stair_error *error)
{
    struct err e = {{0}};
    struct alike *a = &s->alike[inner ? STAIR_INNER : STAIR_COSINE];
    int rc = 0;
    if (!a->made) {
        rc = similar_scorer(
            &a->similar, &s->model, s->path, !inner, &a->scorer, &e);
        a->made = !rc;
        if (rc)
            similar_free(&a->similar);
    }
    struct lists l = {k, 0, item, score};
    struct rank_opt o = {
        .mask = {&a->similar.self}, .users = of, .n_users = n, .nonzero = 1};
    if (!rc)
        rc = rank_lists(s, &a->scorer, &o, offer, &l, &e);
    return report(rc, &e, error);
}

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
            return err_set(e, ERR_RANGE,
                "item %" PRId64 " is outside 0..%" PRId64, had[k], items - 1);
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
    struct lists l = {k, 0, item, score};
    int rc = n < 0 ? err_set(&e, ERR_RANGE, "%" PRId64 " users are too few", n)
                   : take_history(&a.history, s, first, had, n, &e);
    if (!rc)
        rc = make_maps(s, &e);
    if (!rc)
        rc = make_scorers(&a, s, &e);
    struct rank_opt o = {.mask = {keep_seen ? NULL : &a.history}, .n_users = n};
    if (!rc)
        rc = rank_lists(s, &a.all, &o, offer, &l, &e);
    for (int p = 0; p < SCORER_PARTS; p++)
        mat_free(&a.user[p]);
    csr_free(&a.history);
    return report(rc, &e, error);
}
