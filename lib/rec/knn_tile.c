#include "lib/base/par.h"
#include "lib/la/blas.h"
#include "lib/rec/knn_work.h"

enum {
    DEPTH = 256, /* columns per GEMM */
    SPAN = 32    /* elements that are looked at together */
};

void
knn_tile_multiply(
    int64_t d, const float *a, int64_t na, const float *b, int64_t nb, float *c)
{
    for (int64_t at = 0; at < d; at += DEPTH) {
        int64_t depth = d - at < DEPTH ? d - at : DEPTH;
        blas_sgemm(0, 1, na, nb, depth, 1.0f, a + at, d, b + at, d,
            at ? 1.0f : 0.0f, c, nb);
    }
}

/* A sum of m terms in any order errs by m 2^-24 of the sum of magnitudes, which
 * Cauchy and Schwarz bound by the norms; some more for the scaling. */
float
knn_tile_bound(int64_t d)
{
    return (float)((d < DEPTH ? d : DEPTH) + d / DEPTH + 16) * 0x1.02p-24f;
}

static void
offer(struct knn_work *w, int64_t i, float s, int64_t j)
{
    struct topk *t = &w->top[i];
    if (!topk_enters(t, s, (int32_t)j))
        return;
    topk_push(t, s, (int32_t)j);
    if (t->n == t->k)
        w->bar[i] = t->score[0];
}

struct grid {
    struct knn_work *w;
    const struct knn_rows *a, *b;
    int64_t columns; /* tiles per row of the grid; 0: upper triangle */
    int64_t rows;
};

static void
place(const struct grid *g, int64_t t, int64_t *row, int64_t *column)
{
    if (g->columns) {
        *row = t / g->columns;
        *column = t % g->columns;
        return;
    }
    int64_t i = 0;
    for (; t >= g->rows - i; i++)
        t -= g->rows - i;
    *row = i;
    *column = i + t;
}

/* c holds inner products of rows i0.. and j0..; the same rows if i0 == j0, and
 * then every pair twice. */
static void
scan(struct knn_work *w, float *c, int64_t i0, int64_t na, int64_t j0,
    int64_t nb)
{
    const float *inverse = w->inverse + j0, *bar = w->bar + j0;
    for (int64_t r = 0; r < na; r++) {
        float *v = c + r * nb, scale = w->inverse[i0 + r];
        for (int64_t q = i0 == j0 ? r + 1 : 0; q < nb; q += SPAN) {
            int64_t end = q + SPAN < nb ? q + SPAN : nb;
            float own = w->bar[i0 + r];
            int hit = 0;
            for (int64_t p = q; p < end; p++) {
                v[p] *= scale * inverse[p];
                hit |= (v[p] >= own) | (v[p] >= bar[p]);
            }
            for (int64_t p = q; hit && p < end; p++) {
                if (v[p] >= w->bar[i0 + r])
                    offer(w, i0 + r, v[p], j0 + p);
                if (v[p] >= bar[p])
                    offer(w, j0 + p, v[p], i0 + r);
            }
        }
    }
}

static void
do_tile(void *ctx, int64_t t, int thread)
{
    const struct grid *g = ctx;
    struct knn_work *w = g->w;
    int64_t row, column;
    place(g, t, &row, &column);
    int64_t ra = row * KNN_TILE, rb = column * KNN_TILE;
    int64_t na = g->a->n - ra < KNN_TILE ? g->a->n - ra : KNN_TILE;
    int64_t nb = g->b->n - rb < KNN_TILE ? g->b->n - rb : KNN_TILE;
    int64_t i0 = g->a->first + ra, j0 = g->b->first + rb;
    float *c = w->tile[thread];
    knn_tile_multiply(
        w->d, g->a->x + ra * w->d, na, g->b->x + rb * w->d, nb, c);
    /* always the smaller rows' lock first */
    int64_t first = (i0 < j0 ? i0 : j0) / KNN_TILE;
    int64_t second = (i0 < j0 ? j0 : i0) / KNN_TILE;
    pthread_mutex_lock(&w->lock[first]);
    if (second != first)
        pthread_mutex_lock(&w->lock[second]);
    scan(w, c, i0, na, j0, nb);
    if (second != first)
        pthread_mutex_unlock(&w->lock[second]);
    pthread_mutex_unlock(&w->lock[first]);
}

void
knn_tile_pairs(
    struct knn_work *w, const struct knn_rows *a, const struct knn_rows *b)
{
    struct grid g = {.w = w, .a = a, .b = b};
    int64_t rows = (a->n + KNN_TILE - 1) / KNN_TILE;
    int64_t columns = (b->n + KNN_TILE - 1) / KNN_TILE;
    g.rows = rows;
    g.columns = a->first == b->first ? 0 : columns;
    par_for(w->threads, g.columns ? rows * columns : rows * (rows + 1) / 2,
        do_tile, &g);
}
