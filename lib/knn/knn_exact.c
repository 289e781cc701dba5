#include "lib/base/exec.h"
#include "lib/base/mem.h"
#include "lib/knn/knn_work.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS = 64 }; /* per task */

#define UNKNOWN (-2.0)

/* On a grid of 2^-44, so that what ties in exact arithmetic, such as multiples
 * of one vector, ties here. A row with itself: 1. */
double
knn_exact_score(const struct knn_work *w, int64_t i, const float *x, int64_t j,
    const float *y)
{
    double c = w->kernel.dot(x, y, w->d) / (w->norm[i] * w->norm[j]);
    return rint(c * 0x1p44) * 0x1p-44;
}

static int64_t
rows_end(int64_t task, int64_t n)
{
    return (task + 1) * ROWS < n ? (task + 1) * ROWS : n;
}

struct pairs {
    struct knn_work *w;
    const struct knn_rows *of, *with;
};

/* Scores of those candidates c0 .. c1 - 1 of row i that are among rows b, if
 * their approximate cosine is not below least. */
static void
score_some(struct knn_work *w, int64_t i, const float *x,
    const struct knn_rows *b, int64_t c0, int64_t c1, double least)
{
    const float *approximate = w->score + i * w->cap;
    const int32_t *id = w->id + i * w->cap;
    for (int64_t c = c0; c < c1; c++) {
        int64_t r = id[c] - b->first;
        if (r >= 0 && r < b->n && (double)approximate[c] >= least)
            w->exact[w->at[i] + c] =
                knn_exact_score(w, i, x, id[c], b->x + r * w->d);
    }
}

/* The k that seem best come first: what the margin puts below the least of
 * their scores is not among the k best. */
static void
score_rows(void *ctx, int64_t task, int thread)
{
    (void)thread;
    const struct pairs *p = ctx;
    struct knn_work *w = p->w;
    for (int64_t r = task * ROWS; r < rows_end(task, p->of->n); r++) {
        int64_t i = p->of->first + r;
        const float *x = p->of->x + r * w->d;
        int64_t k = w->count[i] < w->k ? w->count[i] : w->k;
        score_some(w, i, x, p->with, 0, k, UNKNOWN);
        double least = 1;
        for (int64_t c = 0; c < k; c++)
            if (w->exact[w->at[i] + c] < least)
                least = w->exact[w->at[i] + c];
        score_some(w, i, x, p->with, k, w->count[i],
            least - (double)knn_cand_margin(w, i));
    }
}

int
knn_exact_init(struct knn_work *w, struct err *e)
{
    int64_t n = w->at[w->u];
    w->exact = mem_new(n, sizeof *w->exact, e);
    for (int64_t c = 0; w->exact && c < n; c++)
        w->exact[c] = UNKNOWN;
    return w->exact ? 0 : ERR_NOMEM;
}

void
knn_exact_pairs(
    struct knn_work *w, const struct knn_rows *a, const struct knn_rows *b)
{
    struct pairs p = {w, a, b};
    exec_for(w->exec, (a->n + ROWS - 1) / ROWS, score_rows, &p);
    if (a->first == b->first)
        return;
    p = (struct pairs){w, b, a};
    exec_for(w->exec, (b->n + ROWS - 1) / ROWS, score_rows, &p);
}

struct lists {
    struct knn_work *w;
    struct knn_best *best; /* [threads] */
};

static void
list_rows(void *ctx, int64_t task, int thread)
{
    struct lists *l = ctx;
    struct knn_work *w = l->w;
    struct knn_best *b = &l->best[thread];
    for (int64_t i = task * ROWS; i < rows_end(task, w->u); i++) {
        if (w->hard[i])
            continue;
        b->n = 0;
        knn_best_push(b, w, i, 1.0);
        for (int64_t c = 0; c < w->count[i]; c++)
            if (w->exact[w->at[i] + c] > UNKNOWN)
                knn_best_push(
                    b, w, w->id[i * w->cap + c], w->exact[w->at[i] + c]);
        knn_best_emit(b, w, i);
    }
}

int
knn_exact_lists(struct knn_work *w, struct err *e)
{
    struct lists l = {.w = w};
    l.best = mem_zero(exec_threads(w->exec), sizeof *l.best, e);
    int rc = l.best ? 0 : ERR_NOMEM;
    for (int t = 0; !rc && t < exec_threads(w->exec); t++)
        rc = knn_best_init(&l.best[t], w->k + 1, e);
    if (!rc)
        exec_for(w->exec, (w->u + ROWS - 1) / ROWS, list_rows, &l);
    for (int t = 0; l.best && t < exec_threads(w->exec); t++)
        knn_best_free(&l.best[t]);
    free(l.best);
    return rc;
}
