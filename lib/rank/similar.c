#include "lib/rank/similar.h"

#include <float.h>
#include <inttypes.h>

static int64_t
items_of(const struct ranker_part *r)
{
    return r->graph.indptr ? r->graph.rows : r->item.n;
}

int64_t
similar_items(const struct ranker *r, const char *path, struct err *e)
{
    int64_t n = items_of(&r->part[0]);
    for (int p = 0; p < r->parts; p++) {
        const struct ranker_part *part = &r->part[p];
        if (part->graph.indptr && part->graph.rows != part->graph.cols)
            return err_set(e, ERR_SHAPE,
                "'%s' is a graph of %" PRId64 " x %" PRId64 ", not of items",
                ranker_shown(path), part->graph.rows, part->graph.cols);
        if (items_of(part) != n)
            return err_set(e, ERR_SHAPE,
                "'%s': part %d has %" PRId64 " items, part 1 %" PRId64,
                ranker_shown(path), p + 1, items_of(part), n);
    }
    return n;
}

static int
make_unit(struct mat *u, const struct mat *x, struct err *e)
{
    int rc = mat_init(u, x->n, x->d, e);
    for (int64_t i = 0; i < x->n && !rc; i++) {
        const float *from = x->x + i * x->d;
        double l = mat_norm(from, x->d);
        for (int64_t t = 0; t < x->d; t++)
            u->x[i * x->d + t] = l > 0 ? (float)((double)from[t] / l) : 0.0f;
    }
    return rc;
}

/* Every partial sum of an inner product is bounded by the product of lengths.
 */
static int
check_lengths(const struct mat *x, struct err *e)
{
    for (int64_t i = 0; i < x->n; i++) {
        double l = mat_norm(x->x + i * x->d, x->d);
        if (!(l * l < 0.5 * (double)FLT_MAX))
            return err_set(e, ERR_NUM,
                "the inner products of item %" PRId64
                " may overflow: its vector has norm %.3g",
                i, l);
    }
    return 0;
}

static int
part_scorer(const struct similar *m, const struct ranker_part *r,
    struct mat *unit, int cosine, struct scorer *s, struct err *e)
{
    if (r->graph.indptr)
        return scorer_graph(s, &m->self, &r->graph, e);
    int rc = cosine ? make_unit(unit, &r->item, e) : check_lengths(&r->item, e);
    const struct mat *x = cosine ? unit : &r->item;
    return rc ? rc : scorer_dense(s, x, x, e);
}

int
similar_scorer(struct similar *m, const struct ranker *r, const char *path,
    int cosine, struct scorer *s, struct err *e)
{
    int64_t n = similar_items(r, path, e);
    if (n < 0)
        return (int)n;
    int rc = scorer_check_items(n, e);
    if (!rc)
        rc = csr_init(&m->self, n, n, n, 0, e);
    for (int64_t i = 0; i < n && !rc; i++) {
        m->self.indptr[i + 1] = i + 1;
        m->self.indices[i] = (int32_t)i;
    }
    for (int p = 0; p < r->parts && !rc; p++)
        rc = part_scorer(
            m, &r->part[p], &m->unit[p], cosine, &m->share[p].scorer, e);
    if (!rc)
        rc = ranker_blend(r, m->share, s, e);
    return rc ? err_prefix(e, rc, "'%s'", ranker_shown(path)) : 0;
}

void
similar_free(struct similar *m)
{
    for (int p = 0; p < SCORER_PARTS; p++)
        mat_free(&m->unit[p]);
    csr_free(&m->self);
    *m = (struct similar){0};
}
