#include "lib/rec/graph.h"

#include "lib/base/mem.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* q = degree^-1/2, the degree a sum of stored values in double. */
static int
set_scale(struct graph *g, struct err *e)
{
    g->q = mem_new(g->a.rows, sizeof *g->q, e);
    if (!g->q)
        return ERR_NOMEM;
    for (int64_t r = 0; r < g->a.rows; r++) {
        double degree = 0;
        for (int64_t k = g->a.indptr[r]; k < g->a.indptr[r + 1]; k++)
            degree += g->a.data ? (double)g->a.data[k] : 1.0;
        g->q[r] = degree > 0 ? (float)(1.0 / sqrt(degree)) : 0.0f;
    }
    return 0;
}

int
graph_bipartite(const struct csr *train, struct graph *g, struct err *e)
{
    *g = (struct graph){0};
    int64_t users = train->rows, items = train->cols, n = users + items;
    if (n > INT32_MAX)
        return err_set(e, ERR_RANGE,
            "%" PRId64 " users and items are more than 2^31 - 1", n);
    struct csr t = {0};
    int rc = csr_transpose(train, &t, e);
    if (!rc)
        rc = csr_init(&g->a, n, n, 2 * train->nnz, 0, e);
    if (!rc) {
        for (int64_t u = 0; u <= users; u++)
            g->a.indptr[u] = train->indptr[u];
        for (int64_t i = 0; i <= items; i++)
            g->a.indptr[users + i] = train->nnz + t.indptr[i];
        for (int64_t k = 0; k < train->nnz; k++)
            g->a.indices[k] = (int32_t)(users + train->indices[k]);
        memcpy(g->a.indices + train->nnz, t.indices,
            (size_t)t.nnz * sizeof *t.indices);
        rc = set_scale(g, e);
    }
    csr_free(&t);
    if (rc)
        graph_free(g);
    return rc;
}

int
graph_items(const struct csr *s, int64_t n_items, const char *what,
    struct graph *g, struct err *e)
{
    *g = (struct graph){0};
    if (s->rows != n_items || s->cols != n_items)
        return err_set(e, ERR_SHAPE,
            "'%s': item graph is %" PRId64 " x %" PRId64
            ", but the dataset has %" PRId64 " items",
            what, s->rows, s->cols, n_items);
    int binary = 1;
    for (int64_t k = 0; k < s->nnz; k++) {
        if (s->data && !(s->data[k] > 0.0f))
            return err_set(e, ERR_RANGE,
                "'%s': item graph has the entry %g, which is not positive",
                what, (double)s->data[k]);
        binary &= !s->data || !(s->data[k] < 1.0f || s->data[k] > 1.0f);
    }
    int64_t row, col;
    int rc = csr_is_symmetric(s, &row, &col, e);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return err_set(e, ERR_FORMAT,
            "'%s': item graph is not symmetric: entries (%" PRId64 ", %" PRId64
            ") and (%" PRId64 ", %" PRId64 ") differ",
            what, row, col, col, row);
    rc = csr_init(&g->a, s->rows, s->cols, s->nnz, !binary, e);
    if (!rc) {
        memcpy(
            g->a.indptr, s->indptr, (size_t)(s->rows + 1) * sizeof *s->indptr);
        memcpy(g->a.indices, s->indices, (size_t)s->nnz * sizeof *s->indices);
        if (!binary)
            memcpy(g->a.data, s->data, (size_t)s->nnz * sizeof *s->data);
        rc = set_scale(g, e);
    }
    if (rc)
        graph_free(g);
    return rc;
}

void
graph_free(struct graph *g)
{
    csr_free(&g->a);
    free(g->q);
    *g = (struct graph){0};
}
