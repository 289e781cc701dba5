#include "lib/rank/eval_groups.h"

#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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
    int64_t *degree = mem_zero(n, sizeof *degree, e);
    g->of = mem_new(n, sizeof *g->of, e);
    int rc = degree && g->of ? 0 : ERR_NOMEM;
    for (int s = 0; s < STRATA && !rc; s++)
        rc = add_label(g, s, e);
    for (int64_t k = 0; of_items && k < train->nnz && !rc; k++)
        degree[train->indices[k]]++;
    for (int64_t i = 0; i < n && !rc; i++)
        g->of[i] = stratum(
            of_items ? degree[i] : train->indptr[i + 1] - train->indptr[i]);
    free(degree);
    return rc;
}

int
eval_groups_start(struct eval_groups *g, struct err *e)
{
    int64_t n = g->label.n;
    g->means = mem_zero(n, sizeof *g->means, e);
    g->last = mem_new(n, sizeof *g->last, e);
    for (int64_t i = 0; i < n && g->last; i++)
        g->last[i] = -1;
    return g->means && g->last ? 0 : ERR_NOMEM;
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
