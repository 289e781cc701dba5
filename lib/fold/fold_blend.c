#include "lib/fold/fold_blend.h"

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/fold/fold_explain.h"
#include "lib/rank/explain.h"
#include "lib/rank/scorer_work.h"

#include <stdlib.h>
#include <string.h>

struct fold_blend {
    const struct scorer *s;
    const struct fold_map *map;
    struct arena mem;
    struct scorer_work work;
    /* of vectors the mean one, [d]; of a graph the mean of each row, [items] */
    double *mean[SCORER_PARTS];
    double *room; /* [from of the widest map] */
    double *part; /* [items of the user who has most] */
    int64_t user; /* whose factors these are; -1: nobody's */
    double factor[SCORER_PARTS];
};

static int64_t
larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static double *
mean_of_vectors(struct arena *mem, const struct mat *m)
{
    double *mean = arena_zero(mem, m->d, sizeof *mean);
    for (int64_t i = 0; mean && i < m->n; i++)
        for (int64_t t = 0; t < m->d; t++)
            mean[t] += (double)m->x[i * m->d + t] / (double)m->n;
    return mean;
}

static double *
means_of_rows(struct arena *mem, const struct csr *a)
{
    double *mean = arena_zero(mem, a->rows, sizeof *mean);
    for (int64_t j = 0; mean && j < a->rows; j++) {
        for (int64_t k = a->indptr[j]; k < a->indptr[j + 1]; k++)
            mean[j] += a->data ? (double)a->data[k] : 1;
        mean[j] /= (double)a->cols;
    }
    return mean;
}

static int
make(struct fold_blend *b, struct exec *exec, struct err *e)
{
    const struct csr *h = b->s->history;
    int64_t from = 0, most = 0;
    for (int p = 0; p < b->s->parts; p++) {
        const struct scorer *s = &b->s->part[p].scorer;
        b->mean[p] = s->graph ? means_of_rows(&b->mem, s->graph)
                              : mean_of_vectors(&b->mem, s->item);
        from = larger(from, s->graph ? 0 : b->map[p].from);
    }
    for (int64_t u = 0; u < h->rows; u++)
        most = larger(most, h->indptr[u + 1] - h->indptr[u]);
    b->room = arena_new(&b->mem, from, sizeof *b->room);
    b->part = arena_new(&b->mem, most, sizeof *b->part);
    int rc = arena_check(&b->mem, e);
    return rc ? rc : scorer_open(&b->work, b->s, NULL, exec, 1, &b->mem, e);
}

int
fold_blend_open(struct fold_blend **out, const struct scorer *s,
    const struct fold_map *map, struct exec *exec, struct err *e)
{
    struct fold_blend *b = *out = mem_zero(1, sizeof *b, e);
    if (!b)
        return ERR_NOMEM;
    b->s = s;
    b->map = map;
    b->user = -1;
    int rc = make(b, exec, e);
    if (rc) {
        fold_blend_close(b);
        *out = NULL;
    }
    return rc;
}

/* Sets the factors of the parts' scores for the user. */
static void
start(struct fold_blend *b, int64_t user)
{
    b->user = user;
    b->s->kind->start(&b->work, 0, 0, user);
    for (int p = 0; p < b->s->parts; p++) {
        double d = scorer_blend_moments(&b->work, 0, 0, p).deviation;
        b->factor[p] = d > 0 ? b->s->part[p].weight / d : 0;
    }
}

int
fold_blend_top(struct fold_blend *b, int64_t user, int32_t item, int k,
    int32_t *by, float *part)
{
    const struct csr *h = b->s->history;
    const int32_t *has = h->indices + h->indptr[user];
    int64_t n = h->indptr[user + 1] - h->indptr[user];
    int top = 0;
    if (user != b->user)
        start(b, user);
    if (n)
        memset(b->part, 0, (size_t)n * sizeof *b->part);
    for (int p = 0; p < b->s->parts; p++) {
        const struct scorer *s = &b->s->part[p].scorer;
        if (!(b->factor[p] > 0))
            continue;
        if (s->graph)
            explain_add(s, user, item, b->mean[p], b->factor[p], b->part);
        else
            fold_explain_add(&b->map[p], has, n, s->item->x + item * s->item->d,
                b->mean[p], b->factor[p], b->room, b->part);
    }
    for (int64_t j = 0; j < n; j++)
        top = explain_put((float)b->part[j], has[j], top, k, by, part);
    return top;
}

void
fold_blend_close(struct fold_blend *b)
{
    if (b)
        arena_free(&b->mem);
    free(b);
}
