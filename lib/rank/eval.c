#include "lib/rank/eval.h"

#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const int64_t eval_from[EVAL_STRATA] = {
    0, 1, 5, 10, 20, 50, 100, 200, 500, 1000};

char *
eval_stratum_name(int s, char *buf)
{
    int64_t from = eval_from[s];
    if (s == EVAL_STRATA - 1)
        sprintf(buf, "%" PRId64 "+", from);
    else if (eval_from[s + 1] == from + 1)
        sprintf(buf, "%" PRId64, from);
    else
        sprintf(buf, "%" PRId64 "-%" PRId64, from, eval_from[s + 1] - 1);
    return buf;
}

static int
stratum(int64_t degree)
{
    int s = 0;
    while (s + 1 < EVAL_STRATA && degree >= eval_from[s + 1])
        s++;
    return s;
}

struct run {
    struct eval *v;
    const struct eval_opt *o;
    struct metrics_gain gain;
    int64_t k;
    int64_t *users; /* that have targets */
    int64_t n_users;
    int64_t *degree; /* [items] */
    int64_t *rank;   /* [items] best rank in any list, k if in none */
    int64_t listed[METRICS_CUTS], seen[METRICS_CUTS]; /* items, degrees */
    int32_t *part; /* [longest target list] those of one stratum */
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
count_items(struct run *run, const int32_t *list)
{
    int64_t seen = 0, r = 0;
    for (int c = 0; c < run->v->n_cuts; c++) {
        for (; r < run->k && r < run->v->cut[c] && list[r] >= 0; r++) {
            seen += run->degree[list[r]];
            if (r < run->rank[list[r]])
                run->rank[list[r]] = r;
        }
        run->listed[c] += r;
        run->seen[c] += seen;
    }
}

static void
add_item_strata(struct run *run, const int32_t *list, const int32_t *target,
    int64_t n_target)
{
    double value[METRICS_KINDS][METRICS_CUTS];
    for (int s = 0; s < EVAL_STRATA; s++) {
        int64_t n = 0;
        for (int64_t t = 0; t < n_target; t++)
            if (stratum(run->degree[target[t]]) == s)
                run->part[n++] = target[t];
        if (!n)
            continue;
        metrics_list(&run->gain, list, run->k, run->part, n, run->o->cuts,
            run->o->n_cuts, value);
        add(&run->v->item[s], value, run->o->n_cuts);
    }
}

static int
add_lists(
    void *ctx, int64_t first, int64_t n, const int32_t *id, const float *score)
{
    (void)score;
    struct run *run = ctx;
    const struct eval_opt *o = run->o;
    const struct csr *target = o->target, *train = o->train;
    double value[METRICS_KINDS][METRICS_CUTS];
    for (int64_t p = 0; p < n; p++) {
        int64_t u = run->users[first + p], from = target->indptr[u];
        int64_t n_target = target->indptr[u + 1] - from;
        const int32_t *list = id + p * run->k;
        metrics_list(&run->gain, list, run->k, target->indices + from, n_target,
            o->cuts, o->n_cuts, value);
        add(&run->v->all, value, o->n_cuts);
        add(&run->v->user[stratum(train->indptr[u + 1] - train->indptr[u])],
            value, o->n_cuts);
        count_items(run, list);
        add_item_strata(run, list, target->indices + from, n_target);
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

static void
finish(struct run *run, int64_t items)
{
    struct eval *v = run->v;
    divide(&v->all, v->n_cuts);
    for (int s = 0; s < EVAL_STRATA; s++) {
        divide(&v->user[s], v->n_cuts);
        divide(&v->item[s], v->n_cuts);
    }
    for (int c = 0; c < v->n_cuts; c++) {
        int64_t covered = 0;
        for (int64_t i = 0; i < items; i++)
            covered += run->rank[i] < run->k && run->rank[i] < v->cut[c];
        v->coverage[c] = items ? (double)covered / (double)items : 0.0;
        v->popularity[c] = run->listed[c]
                               ? (double)run->seen[c] / (double)run->listed[c]
                               : 0.0;
    }
}

static int
prepare(struct run *run, int64_t users, int64_t items, struct err *e)
{
    const struct csr *target = run->o->target, *train = run->o->train;
    int64_t longest = 0;
    run->n_users = metrics_users(target, &run->users, e);
    if (run->n_users < 0)
        return (int)run->n_users;
    run->degree = mem_zero(items, sizeof *run->degree, e);
    run->rank = mem_new(items, sizeof *run->rank, e);
    if (!run->degree || !run->rank)
        return ERR_NOMEM;
    for (int64_t u = 0; u < users; u++) {
        int64_t n = target->indptr[u + 1] - target->indptr[u];
        if (n > longest)
            longest = n;
    }
    run->part = mem_new(longest, sizeof *run->part, e);
    if (!run->part)
        return ERR_NOMEM;
    for (int64_t k = 0; k < train->nnz; k++)
        run->degree[train->indices[k]]++;
    for (int64_t i = 0; i < items; i++)
        run->rank[i] = run->k;
    return metrics_gain_init(&run->gain, run->k, e);
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
    rc = prepare(&run, s->n_users, s->n_items, e);
    if (!rc) {
        struct rank_opt opt = {.k = run.k,
            .users = run.users,
            .n_users = run.n_users,
            .exec = o->exec};
        memcpy(opt.mask, o->mask, sizeof opt.mask);
        rc = rank_run(s, &opt, add_lists, &run, e);
    }
    if (!rc)
        finish(&run, s->n_items);
    metrics_gain_free(&run.gain);
    free(run.users);
    free(run.degree);
    free(run.rank);
    free(run.part);
    return rc;
}
