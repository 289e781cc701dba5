/* Rows with more candidates than there is room for: float products with all
 * rows, and scores of what is near the k-th found so far. */
#include "lib/base/exec.h"
#include "lib/base/mem.h"
#include "lib/knn/knn_work.h"

#include <stdlib.h>

enum {
    HARD = 120,  /* hard rows per task */
    STRIP = 1920 /* rows they are compared with at once */
};

_Static_assert(
    HARD *STRIP <= KNN_TILE * KNN_TILE, "hard rows share the tiles' scratch");

struct knn_hard {
    struct knn_work *w;
    const int64_t *row;
    const float *x;
    int64_t m;
    struct knn_best *best;       /* [m] */
    const struct knn_rows *with; /* of the present call */
};

int
knn_hard_init(struct knn_hard **out, struct knn_work *w, const int64_t *row,
    const float *x, int64_t m, struct err *e)
{
    struct knn_hard *h = mem_zero(1, sizeof *h, e);
    if (!h)
        return ERR_NOMEM;
    *h = (struct knn_hard){.w = w, .row = row, .x = x, .m = m};
    h->best = mem_zero(m, sizeof *h->best, e);
    int rc = h->best ? 0 : ERR_NOMEM;
    for (int64_t r = 0; !rc && r < m; r++) {
        rc = knn_best_init(&h->best[r], w->k + 1, e);
        if (!rc)
            knn_best_push(&h->best[r], w, row[r], 1.0);
    }
    if (rc)
        knn_hard_free(h);
    else
        *out = h;
    return rc;
}

/* No product of floats below it belongs to one of the k best. */
static float
cut(const struct knn_hard *h, int64_t r)
{
    const struct knn_best *b = &h->best[r];
    float bar = h->w->bar[h->row[r]];
    if (b->n == b->most && b->score[b->n - 1] > (double)bar)
        bar = (float)b->score[b->n - 1];
    return bar - knn_tile_bound(h->w->d);
}

static void
hard_rows(void *ctx, int64_t task, int thread)
{
    struct knn_hard *h = ctx;
    struct knn_work *w = h->w;
    const struct knn_rows *b = h->with;
    float *c = w->tile[thread];
    int64_t r0 = task * HARD, m = h->m - r0 < HARD ? h->m - r0 : HARD;
    for (int64_t at = 0; at < b->n; at += STRIP) {
        int64_t nb = b->n - at < STRIP ? b->n - at : STRIP;
        knn_tile_multiply(
            w->d, h->x + r0 * w->d, m, b->x + at * w->d, nb, c, nb);
        for (int64_t r = r0; r < r0 + m; r++) {
            int64_t i = h->row[r];
            float least = cut(h, r), scale = w->inverse[i];
            const float *v = c + (r - r0) * nb;
            for (int64_t p = 0; p < nb; p++) {
                int64_t j = b->first + at + p;
                if (v[p] * (scale * w->inverse[j]) < least || j == i ||
                    knn_best_settled(&h->best[r], w, j))
                    continue;
                knn_best_push(&h->best[r], w, j,
                    knn_exact_score(
                        w, i, h->x + r * w->d, j, b->x + (at + p) * w->d));
                least = cut(h, r);
            }
        }
    }
}

void
knn_hard_pairs(struct knn_hard *h, const struct knn_rows *b)
{
    h->with = b;
    exec_for(h->w->exec, (h->m + HARD - 1) / HARD, hard_rows, h);
}

void
knn_hard_finish(struct knn_hard *h)
{
    for (int64_t r = 0; r < h->m; r++)
        knn_best_emit(&h->best[r], h->w, h->row[r]);
}

void
knn_hard_free(struct knn_hard *h)
{
    for (int64_t r = 0; h->best && r < h->m; r++)
        knn_best_free(&h->best[r]);
    free(h->best);
    free(h);
}
