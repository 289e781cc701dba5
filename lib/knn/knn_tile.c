#include "lib/base/exec.h"
#include "lib/knn/knn_work.h"
#include "lib/la/blas.h"

enum { PACK = 3 * KNN_STRIP }; /* rows packed per task */

_Static_assert(KNN_TILE % KNN_SPAN == 0, "whole spans");

void
knn_tile_multiply(int64_t d, const float *a, int64_t na, const float *b,
    int64_t nb, float *c, int64_t ldc)
{
    for (int64_t at = 0; at < d; at += KNN_DEPTH) {
        int64_t depth = d - at < KNN_DEPTH ? d - at : KNN_DEPTH;
        blas_sgemm(0, 1, na, nb, depth, 1.0f, a + at, d, b + at, d,
            at ? 1.0f : 0.0f, c, ldc);
    }
}

/* A sum of m terms in any order errs by m 2^-24 of the sum of magnitudes, which
 * Cauchy and Schwarz bound by the norms; some more for the scaling. */
float
knn_tile_bound(int64_t d)
{
    int64_t terms = (d < KNN_DEPTH ? d : KNN_DEPTH) + d / KNN_DEPTH + 16;
    return (float)terms * 0x1.02p-24f;
}

struct packing {
    struct knn_work *w;
    const struct knn_rows *r;
    uint32_t *h;
};

static void
pack_rows(void *ctx, int64_t task, int thread)
{
    (void)thread;
    const struct packing *p = ctx;
    struct knn_work *w = p->w;
    int64_t q = task * PACK, n = p->r->n - q < PACK ? p->r->n - q : PACK;
    int64_t i = p->r->first + q;
    int is_new = w->error[i] < 0;
    w->kernel.half->pack(p->r->x + q * w->d, n, w->d,
        p->h + knn_half_words(q, w->d), is_new ? w->error + i : NULL);
    /* norms are at least 1 */
    for (int64_t end = i + n; is_new && i < end; i++)
        w->error[i] *= w->inverse[i] * (1 + 0x1p-22f);
}

void
knn_tile_pack(struct knn_work *w, const struct knn_rows *r, uint32_t *h)
{
    struct packing p = {w, r, h};
    exec_for(w->exec, (r->n + PACK - 1) / PACK, pack_rows, &p);
    for (int64_t i = r->first; i < r->first + r->n; i++)
        if (w->error[i] > w->worst)
            w->worst = w->error[i];
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
 * then those above the diagonal count. */
static void
scan(struct knn_work *w, float *c, int64_t i0, int64_t na, int64_t j0,
    int64_t nb)
{
    const float *inverse = w->inverse + j0, *bar = w->bar + j0;
    for (int64_t r = 0; r < na; r++) {
        float *v = c + r * KNN_TILE, scale = w->inverse[i0 + r];
        const float *own = w->bar + i0 + r;
        int64_t from = i0 == j0 ? r + 1 : 0;
        for (int64_t q = from / KNN_SPAN * KNN_SPAN; q < nb; q += KNN_SPAN) {
            /* some beyond nb, which is fine, as the arrays are that long */
            if (!w->kernel.above(v + q, scale, inverse + q, *own, bar + q))
                continue;
            int64_t end = q + KNN_SPAN < nb ? q + KNN_SPAN : nb;
            for (int64_t p = q > from ? q : from; p < end; p++) {
                if (v[p] >= *own)
                    knn_cand_push(w, i0 + r, v[p], (int32_t)(j0 + p));
                if (v[p] >= bar[p])
                    knn_cand_push(w, j0 + p, v[p], (int32_t)(i0 + r));
            }
        }
    }
}

static void
do_tile(void *ctx, int64_t t, int thread)
{
    const struct grid *g = ctx;
    struct knn_work *w = g->w;
    int64_t row, column, d = w->d;
    place(g, t, &row, &column);
    int64_t ra = row * KNN_TILE, rb = column * KNN_TILE;
    int64_t na = g->a->n - ra < KNN_TILE ? g->a->n - ra : KNN_TILE;
    int64_t nb = g->b->n - rb < KNN_TILE ? g->b->n - rb : KNN_TILE;
    int64_t i0 = g->a->first + ra, j0 = g->b->first + rb;
    float *c = w->tile[thread];
    if (g->a->half)
        w->kernel.half->multiply(g->a->half + knn_half_words(ra, d), na,
            g->b->half + knn_half_words(rb, d), nb, d, i0 == j0, c);
    else
        knn_tile_multiply(
            d, g->a->x + ra * d, na, g->b->x + rb * d, nb, c, KNN_TILE);
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
    exec_for(w->exec, g.columns ? rows * columns : rows * (rows + 1) / 2,
        do_tile, &g);
}
