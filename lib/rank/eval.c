#include "lib/rank/eval.h"

#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRATA = 10 };
static const int64_t from[STRATA] = {0, 1, 5, 10, 20, 50, 100, 200, 500, 1000};

static int32_t
stratum(int64_t degree)
{
    int s = 0;
    while (s + 1 < STRATA && degree >= from[s + 1])
        s++;
    return s;
}

static int
add_label(struct eval_groups *g, int s, struct err *e)
{
    char buf[64];
    if (s == STRATA - 1)
        snprintf(buf, sizeof buf, "%" PRId64 "+", from[s]);
    else if (from[s + 1] == from[s] + 1)
        snprintf(buf, sizeof buf, "%" PRId64, from[s]);
    else
        snprintf(
            buf, sizeof buf, "%" PRId64 "-%" PRId64, from[s], from[s + 1] - 1);
    int64_t at = ids_add(&g->label, text_of(buf), e);
    return at < 0 ? (int)at : 0;
}

int
eval_groups_degree(
    struct eval_groups *g, const struct csr *train, int of_items, struct err *e)
{
    int64_t n = of_items ? train->cols : train->rows;
    *g = (struct eval_groups){
        .name = of_items ? "item-degree" : "user-degree", .of_items = of_items};
    int64_t *items = of_items ? csr_column_counts(train, e) : NULL;
    g->of = mem_new(n, sizeof *g->of, e);
    int rc = g->of && (items || !of_items) ? 0 : ERR_NOMEM;
    for (int s = 0; s < STRATA && !rc; s++)
        rc = add_label(g, s, e);
    for (int64_t i = 0; i < n && !rc; i++)
        g->of[i] =
            stratum(items ? items[i] : train->indptr[i + 1] - train->indptr[i]);
    free(items);
    return rc;
}

/* Sets the groups' means to zero, ready for metrics_add. */
static int
start_groups(struct eval_groups *g, int n_cuts, struct err *e)
{
    int64_t n = g->label.n;
    g->means = mem_zero(n, sizeof *g->means, e);
    g->last = mem_new(n, sizeof *g->last, e);
    if (!g->means || !g->last)
        return ERR_NOMEM;
    for (int64_t i = 0; i < n; i++) {
        g->means[i].n_cuts = n_cuts;
        g->last[i] = -1;
    }
    return 0;
}

void
eval_groups_free(struct eval_groups *g)
{
    ids_free(&g->label);
    free(g->of);
    free(g->means);
    free(g->last);
    *g = (struct eval_groups){0};
}

struct run {
    const struct eval_opt *o;
    struct exposure exposure;
    int32_t *part; /* [items] the targets of one group */
};

static void
add_item_groups(
    struct run *run, struct eval_groups *g, const struct metrics_user *u)
{
    const struct metrics_opt *o = &run->o->lists;
    double value[METRICS_KINDS][METRICS_CUTS];
    for (int64_t t = 0; t < u->n_target; t++) {
        int32_t group = g->of[u->target[t]];
        if (group < 0 || g->last[group] == u->user)
            continue;
        int64_t n = 0;
        for (int64_t k = t; k < u->n_target; k++)
            if (g->of[u->target[k]] == group)
                run->part[n++] = u->target[k];
        metrics_list(u->gain, u->list, u->gain->n, run->part, n, o->cuts,
            o->n_cuts, value);
        metrics_add(&g->means[group], value);
        g->last[group] = u->user;
    }
}

static int
add_user(void *ctx, const struct metrics_user *u, struct err *e)
{
    struct run *run = ctx;
    const struct metrics_opt *o = &run->o->lists;
    exposure_add(&run->exposure, u->list, u->gain->n);
    for (int i = 0; i < run->o->groups; i++) {
        struct eval_groups *g = &run->o->group[i];
        if (g->of_items)
            add_item_groups(run, g, u);
        else if (g->of[u->user] >= 0)
            metrics_add(&g->means[g->of[u->user]], u->value);
    }
    return o->each ? o->each(o->ctx, u, e) : 0;
}

static int
prepare(struct run *run, int64_t items, struct err *e)
{
    const struct metrics_opt *o = &run->o->lists;
    run->part = mem_new(items, sizeof *run->part, e);
    if (!run->part)
        return ERR_NOMEM;
    for (int i = 0; i < run->o->groups; i++) {
        int rc = start_groups(&run->o->group[i], o->n_cuts, e);
        if (rc)
            return rc;
    }
    return exposure_init(&run->exposure, items, o->cuts, o->n_cuts, e);
}

static int
check_train(const struct csr *a, const struct scorer *s, struct err *e)
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
    struct run run = {.o = o};
    struct metrics_opt lists = o->lists;
    lists.least = METRICS_MMSSL_LIST;
    lists.each = add_user;
    lists.ctx = &run;
    int rc = check_train(o->train, s, e);
    if (!rc)
        rc = prepare(&run, s->n_items, e);
    if (!rc)
        rc = metrics_run(&v->all, s, &lists, e);
    for (int i = 0; i < o->groups && !rc; i++)
        for (int64_t g = 0; g < o->group[i].label.n; g++)
            metrics_divide(&o->group[i].means[g]);
    if (!rc)
        rc = exposure_finish(
            &run.exposure, o->train, v->exposure[0], METRICS_CUTS, e);
    exposure_free(&run.exposure);
    free(run.part);
    return rc;
}

/* Puts the items with (warm 1) or without train interactions on the first shelf
 * and leaves the others out. target gets the targets on the first shelf. */
static int
take_side(const struct eval_opt *o, int warm, unsigned char *shelf,
    struct csr *target, struct err *e)
{
    int64_t n = o->train->cols, *item = csr_column_counts(o->train, e);
    if (!item)
        return ERR_NOMEM;
    for (int64_t i = 0; i < n; i++) {
        int first = (item[i] > 0) == warm;
        shelf[i] = first ? RANK_FIRST : RANK_LEFT_OUT;
        item[i] = first ? i : -1;
    }
    int rc = csr_select(
        o->lists.target, NULL, o->lists.target->rows, item, n, target, e);
    free(item);
    return rc;
}

int
eval_side(struct eval *v, const struct scorer *s, const struct eval_opt *o,
    int warm, struct err *e)
{
    struct eval_opt part = *o;
    struct csr target = {0};
    struct rank_items items = {0};
    unsigned char *shelf = mem_new(s->n_items, 1, e);
    int rc = shelf ? check_train(o->train, s, e) : ERR_NOMEM;
    if (!rc)
        rc = take_side(o, warm, shelf, &target, e);
    if (!rc)
        rc = rank_items_init(&items, s->n_items, shelf, NULL, e);
    part.lists.target = &target;
    part.lists.items = &items;
    part.lists.each = NULL;
    part.groups = 0;
    if (!rc)
        rc = eval_run(v, s, &part, e);
    rank_items_free(&items);
    csr_free(&target);
    free(shelf);
    return rc;
}
