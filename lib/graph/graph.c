#include "lib/graph/graph.h"

#include "lib/base/mem.h"

#include <assert.h>
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

struct graph
graph_in(struct arena *p, const struct csr *train)
{
    struct graph g = {0};
    if (!p->rc)
        p->rc = graph_bipartite(train, &g, &p->err);
    csr_keep(&g.a, p);
    g.q = arena_take(p, g.q);
    return g;
}

enum { MAX_REPEAT = 4 };

/* out = s with each entry stored as often as its value says, or unchanged. */
static int
copy_repeated(const struct csr *s, int64_t nnz, int repeat, struct csr *out,
    struct err *e)
{
    int rc = csr_init(out, s->rows, s->cols, nnz, !repeat, e);
    if (rc)
        return rc;
    assert(repeat || (s->data && out->data));
    int64_t at = 0;
    for (int64_t r = 0; r < s->rows; r++) {
        for (int64_t k = s->indptr[r]; k < s->indptr[r + 1]; k++) {
            int times = repeat && s->data ? (int)s->data[k] : 1;
            if (!repeat)
                out->data[at] = s->data[k];
            while (times--)
                out->indices[at++] = s->indices[k];
        }
        out->indptr[r + 1] = at;
    }
    return 0;
}

int
graph_check_items(
    const struct csr *s, int64_t n_items, const char *what, struct err *e)
{
    if (s->rows != n_items || s->cols != n_items)
        return err_set(e, ERR_SHAPE,
            "'%s': item graph is %" PRId64 " x %" PRId64
            ", but the dataset has %" PRId64 " items",
            what, s->rows, s->cols, n_items);
    int64_t row, col;
    int rc = csr_is_symmetric(s, &row, &col, e);
    if (rc == 0)
        return err_set(e, ERR_FORMAT,
            "'%s': item graph is not symmetric: entries (%" PRId64 ", %" PRId64
            ") and (%" PRId64 ", %" PRId64 ") differ",
            what, row, col, col, row);
    return rc < 0 ? rc : 0;
}

int
graph_items(const struct csr *s, int64_t n_items, const char *what,
    struct graph *g, struct err *e)
{
    *g = (struct graph){0};
    int rc = graph_check_items(s, n_items, what, e);
    if (rc)
        return rc;
    int small = 1; /* all entries whole and at most MAX_REPEAT */
    int64_t total = 0;
    for (int64_t k = 0; k < s->nnz; k++) {
        if (s->data && !(s->data[k] > 0.0f))
            return err_set(e, ERR_RANGE,
                "'%s': item graph has the entry %g, which is not positive",
                what, (double)s->data[k]);
        float v = s->data ? s->data[k] : 1.0f;
        int times = v <= MAX_REPEAT ? (int)v : 0;
        small &= !((float)times < v) && !((float)times > v);
        total += times;
    }
    rc = copy_repeated(s, small ? total : s->nnz, small, &g->a, e);
    if (!rc)
        rc = set_scale(g, e);
    if (rc)
        graph_free(g);
    return rc;
}

int
graph_by_degree(
    const struct graph *g, int64_t split, int32_t *place, struct err *e)
{
    int64_t n = g->a.rows, max = 0;
    const int64_t *p = g->a.indptr;
    for (int64_t r = 0; r < n; r++)
        if (p[r + 1] - p[r] > max)
            max = p[r + 1] - p[r];
    /* Counting sort; bucket 0 is the largest degree. */
    int64_t *start = mem_new(max + 2, sizeof *start, e);
    if (!start)
        return ERR_NOMEM;
    const int64_t border[] = {0, split, n};
    for (int part = 0; part < 2; part++) {
        int64_t from = border[part], to = border[part + 1];
        memset(start, 0, (size_t)(max + 2) * sizeof *start);
        for (int64_t r = from; r < to; r++)
            start[max - (p[r + 1] - p[r]) + 1]++;
        for (int64_t b = 0; b <= max; b++)
            start[b + 1] += start[b];
        for (int64_t r = from; r < to; r++)
            place[r] = (int32_t)(from + start[max - (p[r + 1] - p[r])]++);
    }
    free(start);
    return 0;
}

int
graph_renumber(const struct graph *g, const int32_t *place, struct graph *out,
    struct err *e)
{
    *out = (struct graph){0};
    int64_t n = g->a.rows;
    const int64_t *p = g->a.indptr;
    int rc =
        csr_init(&out->a, n, n, g->a.nnz + GRAPH_AHEAD, g->a.data != NULL, e);
    if (rc)
        return rc;
    out->a.nnz = g->a.nnz;
    memset(out->a.indices + g->a.nnz, 0, GRAPH_AHEAD * sizeof *out->a.indices);
    out->q = mem_new(n, sizeof *out->q, e);
    if (!out->q) {
        graph_free(out);
        return ERR_NOMEM;
    }
    int64_t *to = out->a.indptr;
    for (int64_t r = 0; r < n; r++)
        to[place[r] + 1] = p[r + 1] - p[r];
    for (int64_t r = 0; r < n; r++)
        to[r + 1] += to[r];
    for (int64_t r = 0; r < n; r++) {
        int64_t at = to[place[r]];
        out->q[place[r]] = g->q[r];
        for (int64_t k = p[r]; k < p[r + 1]; k++, at++) {
            out->a.indices[at] = place[g->a.indices[k]];
            if (g->a.data)
                out->a.data[at] = g->a.data[k];
        }
    }
    return 0;
}

void
graph_free(struct graph *g)
{
    csr_free(&g->a);
    free(g->q);
    *g = (struct graph){0};
}
