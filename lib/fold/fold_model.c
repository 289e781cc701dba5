#include "lib/fold/fold_model.h"

#include "lib/base/arena.h"
#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct work {
    const struct fold_plan *plan;
    const struct fold_opt *opt;
    struct ranker_part now; /* what comes out: its matrices */
    unsigned char *state;
};

/* Rows of old by their numbers, 0 where there is none. */
static int
copy_rows(struct mat *to, const struct mat *old, const int64_t *row, int64_t n,
    struct err *e)
{
    int rc = mat_init(to, n, old->d, e);
    if (rc)
        return rc;
    size_t bytes = (size_t)old->d * sizeof *to->x;
    for (int64_t i = 0; i < n; i++)
        if (row[i] >= 0)
            memcpy(to->x + i * old->d, old->x + row[i] * old->d, bytes);
        else
            memset(to->x + i * old->d, 0, bytes);
    return 0;
}

static int
take_rows(struct work *w, const struct ranker_part *r, struct err *e)
{
    const struct fold_plan *p = w->plan;
    const int64_t *row[] = {p->user_row, p->item_row};
    int64_t n[] = {p->data->n_users, p->data->n_items};
    int rc = 0, mats = r->user_param.x && r->item_param.x ? RANKER_MATS : 2;
    for (int k = 0; k < mats && !rc; k++)
        rc = copy_rows(&w->now.mat[k], &r->mat[k], row[k % 2], n[k % 2], e);
    return rc;
}

/* The parameters of near items have the median norm whatever the boost. */
static int
items_from_graph(struct work *w, struct err *e)
{
    const struct csr *graph = w->opt->graph;
    int64_t n = w->now.item.n;
    if (w->now.item_param.x) {
        unsigned char *copy = mem_new(n, 1, e);
        if (!copy)
            return ERR_NOMEM;
        memcpy(copy, w->state, (size_t)n);
        int rc = fold_items(&w->now.item_param, graph, 1, copy, e);
        free(copy);
        if (rc)
            return rc;
    }
    return fold_items(&w->now.item, graph, w->opt->boost, w->state, e);
}

/* Rows of one side by a map from the other. */
struct rows {
    const struct fold_map *map;
    const struct csr *history;
    const int64_t *wanted; /* [n] rows */
    int64_t n;
    struct mat *vector, *param; /* where they go; param NULL: not wanted */
    unsigned char *got;         /* [n] 1: the row had anything to go by */
    double *room;               /* [threads][from + to] */
    float *y;                   /* [threads][to] */
};

enum { ROWS = 64 };

static void
map_rows(void *ctx, int64_t chunk, int thread)
{
    struct rows *r = ctx;
    const struct fold_map *m = r->map;
    double *room = r->room + thread * (m->from + m->to);
    float *y = r->y + thread * m->to;
    int64_t d = r->vector->d, last = (chunk + 1) * ROWS;
    for (int64_t k = chunk * ROWS; k < last && k < r->n; k++) {
        int64_t i = r->wanted[k], from = r->history->indptr[i];
        r->got[k] = (unsigned char)fold_map_row(m, r->history->indices + from,
            r->history->indptr[i + 1] - from, room, y);
        if (!r->got[k])
            continue;
        memcpy(r->vector->x + i * d, y, (size_t)d * sizeof *y);
        if (r->param && m->to > d)
            memcpy(r->param->x + i * (m->to - d), y + d,
                (size_t)(m->to - d) * sizeof *y);
    }
}

/* Makes the wanted rows and fills got. */
static int
map_wanted(struct rows *r, struct exec *exec, struct err *e)
{
    int64_t from = r->map->from, to = r->map->to, threads = exec_threads(exec);
    struct arena m = {0};
    r->room = arena_new(&m, (from + to) * threads, sizeof *r->room);
    r->y = arena_new(&m, to * threads, sizeof *r->y);
    int rc = arena_check(&m, e);
    if (!rc)
        exec_for(exec, (r->n + ROWS - 1) / ROWS, map_rows, r);
    arena_free(&m);
    return rc;
}

/* Makes the wanted rows of r by a map that is fitted to r's rows in use, from
 * vector and param of the other side. */
static int
map_side(struct rows *r, const unsigned char *use, const struct mat *vector,
    const struct mat *param, struct exec *exec, struct err *e)
{
    struct fold_map map;
    struct fold_map_fit fit = {r->history, use, r->vector, r->param, exec};
    int rc = fold_map_make(&map, vector, param, &fit, e);
    if (rc)
        return rc;
    r->map = &map;
    rc = map_wanted(r, exec, e);
    fold_map_free(&map);
    return rc;
}

/* Items without neighbours get vectors from the users who have them. */
static int
items_from_users(struct work *w, struct err *e)
{
    struct ranker_part *now = &w->now;
    int64_t items = now->item.n;
    struct csr buyers = {0};
    struct arena m = {0};
    unsigned char *use = arena_new(&m, items, 1);
    int64_t *wanted = arena_new(&m, items, sizeof *wanted);
    struct rows r = {.history = &buyers,
        .wanted = wanted,
        .vector = &now->item,
        .param = &now->item_param,
        .got = arena_new(&m, items, 1)};
    int rc = arena_check(&m, e);
    if (!rc)
        rc = csr_transpose(&w->plan->data->train, &buyers, e);
    for (int64_t i = 0; i < items && !rc; i++) {
        use[i] = w->state[i] == FOLD_OWN;
        if (w->state[i] == FOLD_NONE && buyers.indptr[i + 1] > buyers.indptr[i])
            wanted[r.n++] = i;
    }
    if (!rc && r.n)
        rc = map_side(&r, use, &now->user, &now->user_param, w->opt->exec, e);
    for (int64_t k = 0; k < r.n && !rc; k++)
        if (r.got[k])
            w->state[wanted[k]] = FOLD_MAPPED;
    csr_free(&buyers);
    arena_free(&m);
    return rc;
}

/* Users get vectors by the map of those who are kept, or of all whom the model
 * has if none is kept. */
static int
fold_users(struct work *w, struct fold_count *count, struct err *e)
{
    const struct fold_plan *p = w->plan;
    struct ranker_part *now = &w->now;
    int64_t users = p->data->n_users;
    struct arena m = {0};
    unsigned char *use = arena_new(&m, users, 1);
    int64_t *wanted = arena_new(&m, users, sizeof *wanted);
    struct rows r = {.history = &p->data->train,
        .wanted = wanted,
        .vector = &now->user,
        .param = &now->user_param,
        .got = arena_new(&m, users, 1)};
    int rc = arena_check(&m, e);
    int teachers =
        p->users[FOLD_USER_KEPT] ? FOLD_USER_KEPT : FOLD_USER_CHANGED;
    for (int64_t u = 0; u < users && !rc; u++) {
        use[u] = p->user[u] == teachers;
        if (w->opt->all_users || p->user[u] != FOLD_USER_KEPT)
            wanted[r.n++] = u;
    }
    if (!rc && r.n)
        rc = map_side(&r, use, &now->item, &now->item_param, w->opt->exec, e);
    for (int64_t k = 0; k < r.n && !rc; k++)
        count->empty += !r.got[k] && p->user_row[wanted[k]] < 0;
    arena_free(&m);
    return rc;
}

static void
count_items(const struct work *w, struct fold_count *count)
{
    for (int64_t i = 0; i < w->now.item.n; i++) {
        count->near += w->state[i] == FOLD_NEAR;
        count->mapped += w->state[i] == FOLD_MAPPED;
        count->none += w->state[i] == FOLD_NONE;
    }
}

/* Vectors near the largest number of a float may lead beyond it. */
static int
check_rows(const struct work *w, struct err *e)
{
    static const char *const what[RANKER_MATS] = {"folded vectors of users",
        "folded vectors of items", "folded parameters of users",
        "folded parameters of items"};
    int rc = 0;
    for (int k = 0; k < RANKER_MATS && !rc; k++)
        rc = mat_check_finite(&w->now.mat[k], what[k], e);
    return rc;
}

int
fold_model(struct ranker_part *r, const struct fold_plan *plan,
    const struct fold_opt *o, unsigned char *state, struct fold_count *count,
    struct err *e)
{
    struct work w = {.plan = plan, .opt = o, .state = state};
    *count = (struct fold_count){0};
    memcpy(state, plan->item, (size_t)plan->data->n_items);
    int rc = take_rows(&w, r, e);
    if (!rc)
        rc = items_from_graph(&w, e);
    if (!rc)
        rc = items_from_users(&w, e);
    if (!rc)
        rc = fold_users(&w, count, e);
    if (!rc)
        rc = check_rows(&w, e);
    if (!rc)
        count_items(&w, count);
    for (int k = 0; k < RANKER_MATS; k++) {
        mat_free(rc ? &w.now.mat[k] : &r->mat[k]);
        if (!rc)
            r->mat[k] = w.now.mat[k];
    }
    return rc;
}

int
fold_model_map(struct fold_map *m, const struct ranker_part *r,
    const struct csr *train, struct exec *exec, struct err *e)
{
    *m = (struct fold_map){0};
    if (r->user.n != train->rows || r->item.n != train->cols)
        return err_set(e, ERR_SHAPE,
            "the model has %" PRId64 " users and %" PRId64
            " items, but the dataset has %" PRId64 " and %" PRId64,
            r->user.n, r->item.n, train->rows, train->cols);
    unsigned char *use = mem_new(train->rows, 1, e);
    if (!use)
        return ERR_NOMEM;
    memset(use, 1, (size_t)train->rows);
    struct fold_map_fit fit = {train, use, &r->user, &r->user_param, exec};
    int rc = fold_map_make(m, &r->item, &r->item_param, &fit, e);
    free(use);
    return rc;
}

int
fold_model_users(struct mat *user, const struct fold_map *m,
    const struct csr *history, struct exec *exec, struct err *e)
{
    int64_t n = history->rows, d = m->vector->d;
    struct arena mem = {0};
    int64_t *all = arena_new(&mem, n, sizeof *all);
    struct rows r = {.map = m,
        .history = history,
        .wanted = all,
        .n = n,
        .vector = user,
        .got = arena_new(&mem, n, 1)};
    *user = (struct mat){0};
    int rc = arena_check(&mem, e);
    if (!rc)
        rc = mat_init(user, n, d, e);
    if (!rc) {
        for (int64_t u = 0; u < n; u++)
            all[u] = u;
        memset(user->x, 0, (size_t)(n * d) * sizeof *user->x);
        rc = map_wanted(&r, exec, e);
    }
    arena_free(&mem);
    if (rc)
        mat_free(user);
    return rc;
}

int
fold_model_serve(struct ranker_part *r, const struct fold_map *m,
    const struct csr *history, struct exec *exec, struct err *e)
{
    struct mat user;
    int rc = fold_model_users(&user, m, history, exec, e);
    if (rc)
        return rc;
    mat_free(&r->user);
    mat_free(&r->user_param);
    r->user = user;
    return 0;
}

/* The item of today that each row of the model is, -1: none. */
static int64_t *
find_today(const struct fold_plan *plan, int64_t rows, struct err *e)
{
    int64_t *today = mem_new(rows, sizeof *today, e);
    if (!today)
        return NULL;
    for (int64_t i = 0; i < rows; i++)
        today[i] = -1;
    for (int64_t i = 0; i < plan->data->n_items; i++)
        if (plan->item_row[i] >= 0)
            today[plan->item_row[i]] = i;
    return today;
}

int
fold_model_graph(
    struct ranker_part *r, const struct fold_plan *plan, struct err *e)
{
    struct csr *old = &r->graph, by_column = {0}, a = {0};
    int64_t items = plan->data->n_items,
            *today = find_today(plan, old->rows, e);
    int rc = today ? csr_select(old, plan->item_row, items, today, items, &a, e)
                   : ERR_NOMEM;
    /* two transpositions sort the columns */
    if (!rc)
        rc = csr_transpose(&a, &by_column, e);
    csr_free(&a);
    if (!rc)
        rc = csr_transpose(&by_column, &a, e);
    if (!rc) {
        csr_free(old);
        *old = a;
    }
    csr_free(&by_column);
    free(today);
    return rc;
}
