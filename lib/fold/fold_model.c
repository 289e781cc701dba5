#include "lib/fold/fold_model.h"

#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A side of the model that comes out: vectors and parameters. */
struct side {
    struct mat vector, param; /* param.x NULL: none */
};

struct work {
    const struct fold_plan *plan;
    const struct fold_opt *opt;
    struct side user, item;
    unsigned char *state;
};

static const struct mat *
param_of(const struct side *s)
{
    return s->param.x ? &s->param : NULL;
}

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
take_sides(struct work *w, const struct ranker_part *r, struct err *e)
{
    const struct fold_plan *p = w->plan;
    int64_t users = p->data->n_users, items = p->data->n_items;
    int rc = copy_rows(&w->user.vector, &r->user, p->user_row, users, e);
    if (!rc)
        rc = copy_rows(&w->item.vector, &r->item, p->item_row, items, e);
    if (rc || !r->user_param.x || !r->item_param.x)
        return rc;
    rc = copy_rows(&w->user.param, &r->user_param, p->user_row, users, e);
    if (!rc)
        rc = copy_rows(&w->item.param, &r->item_param, p->item_row, items, e);
    return rc;
}

static void
free_sides(struct work *w)
{
    mat_free(&w->user.vector);
    mat_free(&w->user.param);
    mat_free(&w->item.vector);
    mat_free(&w->item.param);
}

/* The parameters of near items have the median norm whatever the boost. */
static int
items_from_graph(struct work *w, struct err *e)
{
    const struct csr *graph = w->opt->graph;
    int64_t n = w->item.vector.n;
    if (w->item.param.x) {
        unsigned char *copy = mem_new(n, 1, e);
        if (!copy)
            return ERR_NOMEM;
        memcpy(copy, w->state, (size_t)n);
        int rc = fold_items(&w->item.param, graph, 1, copy, e);
        free(copy);
        if (rc)
            return rc;
    }
    return fold_items(&w->item.vector, graph, w->opt->boost, w->state, e);
}

/* Rows of one side by a map from the other. */
struct rows {
    const struct fold_map *map;
    const struct csr *history;
    const int64_t *wanted; /* [n] rows */
    int64_t n;
    struct side *to;
    unsigned char *got; /* [n] */
    double *room;       /* [threads][from + to] */
    float *y;           /* [threads][to] */
};

enum { ROWS = 64 };

static void
map_rows(void *ctx, int64_t chunk, int thread)
{
    struct rows *r = ctx;
    const struct fold_map *m = r->map;
    double *room = r->room + thread * (m->from + m->to);
    float *y = r->y + thread * m->to;
    int64_t d = r->to->vector.d, last = (chunk + 1) * ROWS;
    for (int64_t k = chunk * ROWS; k < last && k < r->n; k++) {
        int64_t i = r->wanted[k], from = r->history->indptr[i];
        r->got[k] = (unsigned char)fold_map_row(m, r->history->indices + from,
            r->history->indptr[i + 1] - from, room, y);
        if (!r->got[k])
            continue;
        memcpy(r->to->vector.x + i * d, y, (size_t)d * sizeof *y);
        if (m->to > d)
            memcpy(r->to->param.x + i * (m->to - d), y + d,
                (size_t)(m->to - d) * sizeof *y);
    }
}

/* Maps the wanted rows; got[k] tells whether row k had anything to go by. */
static int
map_wanted(const struct fold_map *m, const struct csr *history,
    const int64_t *wanted, int64_t n, struct side *to, unsigned char *got,
    struct exec *exec, struct err *e)
{
    int threads = exec_threads(exec);
    struct rows r = {m, history, wanted, n, to, got, NULL, NULL};
    r.room = mem_new((m->from + m->to) * threads, sizeof *r.room, e);
    r.y = mem_new(m->to * threads, sizeof *r.y, e);
    int rc = r.room && r.y ? 0 : ERR_NOMEM;
    if (!rc)
        exec_for(exec, (n + ROWS - 1) / ROWS, map_rows, &r);
    free(r.room);
    free(r.y);
    return rc;
}

/* Of the users whom the model has, before others are made. */
static void
choose_users(const struct fold_plan *p, unsigned char *use)
{
    for (int64_t u = 0; u < p->data->n_users; u++)
        use[u] = p->users[FOLD_USER_KEPT] ? p->user[u] == FOLD_USER_KEPT
                                          : p->user[u] == FOLD_USER_CHANGED;
}

/* Items without neighbours, by who has them. */
static int
map_items(struct work *w, const struct csr *buyers, const int64_t *wanted,
    int64_t n, struct err *e)
{
    unsigned char *use = mem_new(w->item.vector.n, 1, e);
    unsigned char *got = mem_new(n, 1, e);
    struct fold_map map = {0};
    int rc = use && got ? 0 : ERR_NOMEM;
    if (!rc) {
        for (int64_t i = 0; i < w->item.vector.n; i++)
            use[i] = w->state[i] == FOLD_OWN;
        struct fold_map_fit fit = {
            buyers, use, &w->item.vector, param_of(&w->item), w->opt->exec};
        rc = fold_map_make(&map, &w->user.vector, param_of(&w->user), &fit, e);
    }
    if (!rc)
        rc =
            map_wanted(&map, buyers, wanted, n, &w->item, got, w->opt->exec, e);
    for (int64_t k = 0; k < n && !rc; k++)
        if (got[k])
            w->state[wanted[k]] = FOLD_MAPPED;
    fold_map_free(&map);
    free(use);
    free(got);
    return rc;
}

static int
items_from_users(struct work *w, struct err *e)
{
    int64_t items = w->item.vector.n, n = 0;
    struct csr buyers = {0};
    int rc = csr_transpose(&w->plan->data->train, &buyers, e);
    int64_t *wanted = mem_new(items, sizeof *wanted, e);
    if (!rc && !wanted)
        rc = ERR_NOMEM;
    for (int64_t i = 0; i < items && !rc; i++)
        if (w->state[i] == FOLD_NONE && buyers.indptr[i + 1] > buyers.indptr[i])
            wanted[n++] = i;
    if (!rc && n)
        rc = map_items(w, &buyers, wanted, n, e);
    free(wanted);
    csr_free(&buyers);
    return rc;
}

static int
fold_users(struct work *w, struct fold_count *count, struct err *e)
{
    const struct fold_plan *p = w->plan;
    const struct csr *train = &p->data->train;
    int64_t users = p->data->n_users, n = 0;
    unsigned char *use = mem_new(users, 1, e), *got = mem_new(users, 1, e);
    int64_t *wanted = mem_new(users, sizeof *wanted, e);
    struct fold_map map = {0};
    int rc = use && got && wanted ? 0 : ERR_NOMEM;
    for (int64_t u = 0; u < users && !rc; u++)
        if (w->opt->all_users || p->user[u] != FOLD_USER_KEPT)
            wanted[n++] = u;
    if (!rc && n) {
        choose_users(p, use);
        struct fold_map_fit fit = {
            train, use, &w->user.vector, param_of(&w->user), w->opt->exec};
        rc = fold_map_make(&map, &w->item.vector, param_of(&w->item), &fit, e);
    }
    if (!rc && n)
        rc = map_wanted(&map, train, wanted, n, &w->user, got, w->opt->exec, e);
    for (int64_t k = 0; k < n && !rc; k++) {
        count->folded += got[k];
        count->empty += !got[k] && p->user_row[wanted[k]] < 0;
    }
    fold_map_free(&map);
    free(use);
    free(got);
    free(wanted);
    return rc;
}

static void
count_items(const struct work *w, struct fold_count *count)
{
    for (int64_t i = 0; i < w->item.vector.n; i++) {
        count->near += w->state[i] == FOLD_NEAR;
        count->mapped += w->state[i] == FOLD_MAPPED;
        count->none += w->state[i] == FOLD_NONE;
    }
}

/* Vectors near the largest number of a float may lead beyond it. */
static int
check_sides(const struct work *w, struct err *e)
{
    int rc = mat_check_finite(&w->user.vector, "folded vectors of users", e);
    if (!rc)
        rc = mat_check_finite(&w->item.vector, "folded vectors of items", e);
    if (!rc && w->user.param.x)
        rc = mat_check_finite(&w->user.param, "folded parameters of users", e);
    if (!rc && w->item.param.x)
        rc = mat_check_finite(&w->item.param, "folded parameters of items", e);
    return rc;
}

static void
put_sides(struct ranker_part *r, struct work *w)
{
    mat_free(&r->user);
    mat_free(&r->item);
    mat_free(&r->user_param);
    mat_free(&r->item_param);
    r->user = w->user.vector;
    r->item = w->item.vector;
    r->user_param = w->user.param;
    r->item_param = w->item.param;
}

int
fold_model(struct ranker_part *r, const struct fold_plan *plan,
    const struct fold_opt *o, unsigned char *state, struct fold_count *count,
    struct err *e)
{
    struct work w = {.plan = plan, .opt = o, .state = state};
    *count = (struct fold_count){0};
    memcpy(state, plan->item, (size_t)plan->data->n_items);
    int rc = take_sides(&w, r, e);
    if (!rc)
        rc = items_from_graph(&w, e);
    if (!rc)
        rc = items_from_users(&w, e);
    if (!rc)
        rc = fold_users(&w, count, e);
    if (!rc)
        rc = check_sides(&w, e);
    if (rc) {
        free_sides(&w);
        return rc;
    }
    count_items(&w, count);
    put_sides(r, &w);
    return 0;
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
    int params = r->user_param.x && r->item_param.x &&
                 r->user_param.n == r->user.n && r->item_param.n == r->item.n;
    struct fold_map_fit fit = {
        train, use, &r->user, params ? &r->user_param : NULL, exec};
    int rc =
        fold_map_make(m, &r->item, params ? &r->item_param : NULL, &fit, e);
    free(use);
    return rc;
}

int
fold_model_users(struct mat *user, const struct fold_map *m,
    const struct csr *history, struct exec *exec, struct err *e)
{
    int64_t n = history->rows, d = m->vector->d;
    struct side to = {{0}, {0}};
    int64_t *all = mem_new(n, sizeof *all, e);
    unsigned char *got = mem_new(n, 1, e);
    int rc = all && got ? mat_init(&to.vector, n, d, e) : ERR_NOMEM;
    if (!rc && m->to > d)
        rc = mat_init(&to.param, n, m->to - d, e);
    if (!rc) {
        for (int64_t u = 0; u < n; u++)
            all[u] = u;
        memset(to.vector.x, 0, (size_t)(n * d) * sizeof(float));
        rc = map_wanted(m, history, all, n, &to, got, exec, e);
    }
    mat_free(&to.param);
    free(all);
    free(got);
    if (rc)
        mat_free(&to.vector);
    *user = to.vector;
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
    int64_t items = plan->data->n_items, n = 0;
    int64_t *today = find_today(plan, old->rows, e);
    int rc = today ? csr_init(&a, items, items, old->nnz, old->data != NULL, e)
                   : ERR_NOMEM;
    for (int64_t i = 0; i < items && !rc; i++) {
        int64_t row = plan->item_row[i];
        for (int64_t k = row < 0 ? 0 : old->indptr[row];
             row >= 0 && k < old->indptr[row + 1]; k++) {
            if (today[old->indices[k]] < 0)
                continue;
            a.indices[n] = (int32_t)today[old->indices[k]];
            if (a.data)
                a.data[n] = old->data[k];
            n++;
        }
        a.indptr[i + 1] = n;
    }
    a.nnz = n;
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
