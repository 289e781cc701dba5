#include "lib/rank/eval.h"

#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct run {
    struct eval *v;
    const struct eval_opt *o;
    struct metrics_gain gain;
    struct exposure exposure;
    int64_t k;
    int64_t *users; /* that have targets */
    int64_t n_users;
    int32_t *part; /* [longest target list] those of one group */
    struct err *e;
};

static void
add(struct eval_means *m, double value[METRICS_KINDS][METRICS_CUTS], int n_cuts)
{
    m->users++;
    for (int i = 0; i < METRICS_KINDS; i++)
        for (int c = 0; c < n_cuts; c++)
            m->value[i][c] += value[i][c];
}

static void
add_item_groups(struct run *run, struct eval_groups *g, int64_t user,
    const int32_t *list, const int32_t *target, int64_t n_target)
{
    double value[METRICS_KINDS][METRICS_CUTS];
    for (int64_t t = 0; t < n_target; t++) {
        int32_t group = g->of[target[t]];
        if (group < 0 || g->last[group] == user)
            continue;
        int64_t n = 0;
        for (int64_t k = t; k < n_target; k++)
            if (g->of[target[k]] == group)
                run->part[n++] = target[k];
        metrics_list(&run->gain, list, run->k, run->part, n, run->o->cuts,
            run->o->n_cuts, value);
        add(&g->means[group], value, run->o->n_cuts);
        g->last[group] = user;
    }
}

static int
add_lists(
    void *ctx, int64_t first, int64_t n, const int32_t *id, const float *score)
{
    (void)score;
    struct run *run = ctx;
    const struct eval_opt *o = run->o;
    const struct csr *target = o->target;
    double value[METRICS_KINDS][METRICS_CUTS];
    for (int64_t p = 0; p < n; p++) {
        int64_t u = run->users[first + p], from = target->indptr[u];
        int64_t n_target = target->indptr[u + 1] - from;
        const int32_t *list = id + p * run->k;
        metrics_list(&run->gain, list, run->k, target->indices + from, n_target,
            o->cuts, o->n_cuts, value);
        add(&run->v->all, value, o->n_cuts);
        exposure_add(&run->exposure, list, run->k);
        for (int i = 0; i < o->groups; i++) {
            struct eval_groups *g = &o->group[i];
            if (g->of_items)
                add_item_groups(
                    run, g, u, list, target->indices + from, n_target);
            else if (g->of[u] >= 0)
                add(&g->means[g->of[u]], value, o->n_cuts);
        }
        int rc = o->each ? o->each(o->ctx, u, n_target, value, run->e) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

static void
divide(struct eval_means *m, int n_cuts)
{
    for (int i = 0; m->users && i < METRICS_KINDS; i++)
        for (int c = 0; c < n_cuts; c++)
            m->value[i][c] /= (double)m->users;
}

static int
finish(struct run *run, struct err *e)
{
    const struct csr *train = run->o->train;
    struct eval *v = run->v;
    divide(&v->all, v->n_cuts);
    for (int i = 0; i < run->o->groups; i++)
        for (int64_t g = 0; g < run->o->group[i].label.n; g++)
            divide(&run->o->group[i].means[g], v->n_cuts);
    int64_t *degree = mem_zero(train->cols, sizeof *degree, e), users = 0;
    if (!degree)
        return ERR_NOMEM;
    for (int64_t k = 0; k < train->nnz; k++)
        degree[train->indices[k]]++;
    for (int64_t u = 0; u < train->rows; u++)
        users += train->indptr[u + 1] > train->indptr[u];
    int rc = exposure_finish(
        &run->exposure, degree, users, v->exposure[0], METRICS_CUTS, e);
    free(degree);
    return rc;
}

static int
prepare(struct run *run, int64_t items, struct err *e)
{
    const struct csr *target = run->o->target;
    int64_t longest = 0;
    run->n_users = metrics_users(target, &run->users, e);
    if (run->n_users < 0)
        return (int)run->n_users;
    for (int64_t u = 0; u < target->rows; u++) {
        int64_t n = target->indptr[u + 1] - target->indptr[u];
        if (n > longest)
            longest = n;
    }
    run->part = mem_new(longest, sizeof *run->part, e);
    if (!run->part)
        return ERR_NOMEM;
    for (int i = 0; i < run->o->groups; i++) {
        int rc = eval_groups_start(&run->o->group[i], e);
        if (rc)
            return rc;
    }
    int rc =
        exposure_init(&run->exposure, items, run->v->cut, run->v->n_cuts, e);
    return rc ? rc : metrics_gain_init(&run->gain, run->k, e);
}

static int
check_fit(const struct csr *a, const struct scorer *s, struct err *e)
{
    if (a->rows == s->n_users && a->cols == s->n_items)
        return 0;
    return err_set(e, ERR_SHAPE,
        "interactions of %" PRId64 " x %" PRId64 " do not fit %" PRId64
        " users and %" PRId64 " items",
        a->rows, a->cols, s->n_users, s->n_items);
}

int
eval_run(struct eval *v, const struct scorer *s, const struct eval_opt *o,
    struct err *e)
{
    *v = (struct eval){0};
    int rc = metrics_check_cuts(o->cuts, o->n_cuts, e);
    if (!rc)
        rc = check_fit(o->target, s, e);
    if (!rc)
        rc = check_fit(o->train, s, e);
    if (rc)
        return rc;
    v->n_cuts = o->n_cuts;
    memcpy(v->cut, o->cuts, (size_t)o->n_cuts * sizeof *o->cuts);
    struct run run = {.v = v, .o = o, .e = e};
    run.k = o->cuts[o->n_cuts - 1];
    if (run.k < METRICS_MMSSL_LIST)
        run.k = METRICS_MMSSL_LIST;
    if (run.k > s->n_items)
        run.k = s->n_items > 0 ? s->n_items : 1;
    rc = prepare(&run, s->n_items, e);
    if (!rc) {
        struct rank_opt opt = {.k = run.k,
            .users = run.users,
            .n_users = run.n_users,
            .items = o->items,
            .exec = o->exec};
        memcpy(opt.mask, o->mask, sizeof opt.mask);
        rc = rank_run(s, &opt, add_lists, &run, e);
    }
    if (!rc)
        rc = finish(&run, e);
    metrics_gain_free(&run.gain);
    exposure_free(&run.exposure);
    free(run.users);
    free(run.part);
    return rc;
}

/* The targets that are on the first shelf. */
static int
keep_targets(struct csr *to, const struct csr *target,
    const unsigned char *shelf, struct err *e)
{
    int rc = csr_init(to, target->rows, target->cols, target->nnz, 0, e);
    if (rc)
        return rc;
    to->nnz = 0;
    for (int64_t u = 0; u < target->rows; u++) {
        for (int64_t k = target->indptr[u]; k < target->indptr[u + 1]; k++)
            if (shelf[target->indices[k]] == RANK_FIRST)
                to->indices[to->nnz++] = target->indices[k];
        to->indptr[u + 1] = to->nnz;
    }
    return 0;
}

int
eval_side(struct eval *v, const struct scorer *s, const struct eval_opt *o,
    int warm, struct err *e)
{
    struct eval_opt part = *o;
    struct csr target = {0};
    struct rank_items items = {0};
    unsigned char *shelf = mem_new(s->n_items, 1, e);
    int rc = shelf ? check_fit(o->train, s, e) : ERR_NOMEM;
    if (!rc) {
        memset(shelf, warm ? RANK_LEFT_OUT : RANK_FIRST, (size_t)s->n_items);
        for (int64_t k = 0; k < o->train->nnz; k++)
            shelf[o->train->indices[k]] = warm ? RANK_FIRST : RANK_LEFT_OUT;
        rc = keep_targets(&target, o->target, shelf, e);
    }
    if (!rc)
        rc = rank_items_init(&items, s->n_items, shelf, NULL, e);
    part.target = &target;
    part.items = &items;
    part.groups = 0;
    part.each = NULL;
    if (!rc)
        rc = eval_run(v, s, &part, e);
    rank_items_free(&items);
    csr_free(&target);
    free(shelf);
    return rc;
}
