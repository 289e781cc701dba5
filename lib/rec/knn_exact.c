#include "lib/base/mem.h"
#include "lib/base/par.h"
#include "lib/rec/knn_work.h"

#include <math.h>
#include <stdlib.h>

enum {
    ROWS = 256,  /* rows per task */
    HARD = 128,  /* hard rows per task */
    STRIP = 2048 /* rows they are compared with at once */
};

/* Eight interleaved partial sums and a fixed tree; products of floats are exact
 * in double. */
double
knn_exact_dot(const float *a, const float *b, int64_t d)
{
    double s[8] = {0};
    int64_t c = 0;
    for (; c + 8 <= d; c += 8)
        for (int q = 0; q < 8; q++)
            s[q] += (double)a[c + q] * (double)b[c + q];
    for (int q = 0; c < d; c++, q++)
        s[q] += (double)a[c] * (double)b[c];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/* On a grid of 2^-44, so that what ties in exact arithmetic, such as multiples
 * of one vector, ties here. A row with itself: 1. */
static double
cosine(const struct knn_work *w, int64_t i, const float *x, int64_t j,
    const float *y)
{
    double c = knn_exact_dot(x, y, w->d) / (w->norm[i] * w->norm[j]);
    return rint(c * 0x1p44) * 0x1p-44;
}

/* The best k + 1 items of one row, its own included. */
struct best {
    int64_t n, most;
    double *score;
    int64_t *item;
};

static int
best_init(struct best *b, int64_t most)
{
    *b = (struct best){.most = most};
    b->score = mem_new(most, sizeof *b->score, NULL);
    b->item = mem_new(most, sizeof *b->item, NULL);
    return b->score && b->item ? 0 : ERR_NOMEM;
}

static void
best_free(struct best *b)
{
    free(b->score);
    free(b->item);
    *b = (struct best){0};
}

static void
best_push(struct best *b, double s, int64_t item)
{
    int64_t p = b->n;
    while (p > 0 && (b->score[p - 1] < s ||
                        (!(b->score[p - 1] > s) && b->item[p - 1] > item)))
        p--;
    if (p >= b->most)
        return;
    if (b->n < b->most)
        b->n++;
    for (int64_t q = b->n - 1; q > p; q--) {
        b->score[q] = b->score[q - 1];
        b->item[q] = b->item[q - 1];
    }
    b->score[p] = s;
    b->item[p] = item;
}

/* 1 if the list is full of ones at smaller items, as where rows are equal in
 * crowds: no item from this one on can enter. */
static int
is_settled(const struct best *b, int64_t item)
{
    return b->n == b->most && b->score[b->n - 1] >= 1.0 &&
           b->item[b->n - 1] < item;
}

/* All items of row j at score s; they are ascending, so the first ones do. */
static void
best_push_row(struct best *b, const struct knn_work *w, int64_t j, double s)
{
    int64_t end = w->start[j + 1];
    if (end > w->start[j] + b->most)
        end = w->start[j] + b->most;
    for (int64_t p = w->start[j]; p < end; p++)
        best_push(b, s, w->member[p]);
}

/* Every item of row i gets the list, without itself. */
static void
best_emit(const struct best *b, const struct knn_work *w, int64_t i)
{
    struct knn_list *l = w->list;
    for (int64_t m = w->start[i]; m < w->start[i + 1]; m++) {
        int64_t item = w->member[m], at = item * l->k, end = at + l->k;
        for (int64_t p = 0; p < b->n && at < end; p++) {
            if (b->item[p] == item && !w->opt->self)
                continue;
            l->id[at] = (int32_t)b->item[p];
            l->score[at++] = (float)b->score[p];
        }
    }
}

/* The k-th largest approximate cosine less what rounding may have hidden: no
 * row below it can be among the k best. */
static float
cut_of(const struct knn_work *w, const struct topk *t)
{
    return t->n < w->k ? -2.0f : t->score[w->k - 1] - 2.0f * w->bound;
}

static int64_t
rows_end(int64_t chunk, int64_t n)
{
    return (chunk + 1) * ROWS < n ? (chunk + 1) * ROWS : n;
}

static void
plan_rows(void *ctx, int64_t chunk, int thread)
{
    (void)thread;
    struct knn_work *w = ctx;
    for (int64_t i = chunk * ROWS; i < rows_end(chunk, w->u); i++) {
        struct topk *t = &w->top[i];
        topk_sort(t);
        float cut = cut_of(w, t);
        int32_t c = 0;
        while (c < t->n && t->score[c] >= cut)
            c++;
        w->count[i] = c;
        /* a full list of candidates may have lost some; one of all rows not */
        w->hard[i] = c == w->cap && w->cap < w->u - 1;
    }
}

void
knn_exact_plan(struct knn_work *w)
{
    par_for(w->threads, (w->u + ROWS - 1) / ROWS, plan_rows, w);
}

struct pairs {
    struct knn_work *w;
    const struct knn_rows *of, *with;
};

/* Scores of those candidates of rows `of` that are among rows `with`. */
static void
score_rows(void *ctx, int64_t chunk, int thread)
{
    (void)thread;
    const struct pairs *p = ctx;
    struct knn_work *w = p->w;
    int64_t from = p->with->first, to = from + p->with->n;
    for (int64_t r = chunk * ROWS; r < rows_end(chunk, p->of->n); r++) {
        int64_t i = p->of->first + r;
        for (int64_t c = 0; !w->hard[i] && c < w->count[i]; c++) {
            int64_t j = w->id[i * w->cap + c];
            if (j >= from && j < to)
                w->exact[i * w->cap + c] = cosine(w, i, p->of->x + r * w->d, j,
                    p->with->x + (j - from) * w->d);
        }
    }
}

void
knn_exact_pairs(
    struct knn_work *w, const struct knn_rows *a, const struct knn_rows *b)
{
    struct pairs p = {w, a, b};
    par_for(w->threads, (a->n + ROWS - 1) / ROWS, score_rows, &p);
    if (a->first == b->first)
        return;
    p = (struct pairs){w, b, a};
    par_for(w->threads, (b->n + ROWS - 1) / ROWS, score_rows, &p);
}

struct lists {
    struct knn_work *w;
    struct best *best; /* [threads] */
};

static void
list_rows(void *ctx, int64_t chunk, int thread)
{
    struct lists *l = ctx;
    struct knn_work *w = l->w;
    struct best *b = &l->best[thread];
    for (int64_t i = chunk * ROWS; i < rows_end(chunk, w->u); i++) {
        if (w->hard[i] || !(w->norm[i] > 0))
            continue;
        b->n = 0;
        best_push_row(b, w, i, 1.0);
        for (int64_t c = 0; c < w->count[i]; c++)
            best_push_row(
                b, w, w->id[i * w->cap + c], w->exact[i * w->cap + c]);
        best_emit(b, w, i);
    }
}

int
knn_exact_lists(struct knn_work *w, struct err *e)
{
    struct lists l = {.w = w};
    l.best = mem_zero(w->threads, sizeof *l.best, e);
    int rc = l.best ? 0 : ERR_NOMEM;
    for (int t = 0; !rc && t < w->threads; t++)
        if (best_init(&l.best[t], w->k + 1))
            rc = err_set(e, ERR_NOMEM, "out of memory");
    if (!rc)
        par_for(w->threads, (w->u + ROWS - 1) / ROWS, list_rows, &l);
    for (int t = 0; l.best && t < w->threads; t++)
        best_free(&l.best[t]);
    free(l.best);
    return rc;
}

struct knn_hard {
    struct knn_work *w;
    const int64_t *row;
    const float *x;
    int64_t m;
    struct best *best;           /* [m] */
    const struct knn_rows *with; /* of the present call */
};

int
knn_exact_hard_init(struct knn_hard **out, struct knn_work *w,
    const int64_t *row, const float *x, int64_t m, struct err *e)
{
    struct knn_hard *h = mem_zero(1, sizeof *h, e);
    if (!h)
        return ERR_NOMEM;
    *h = (struct knn_hard){.w = w, .row = row, .x = x, .m = m};
    h->best = mem_zero(m, sizeof *h->best, e);
    int rc = h->best ? 0 : ERR_NOMEM;
    for (int64_t r = 0; !rc && r < m; r++) {
        if (best_init(&h->best[r], w->k + 1))
            rc = err_set(e, ERR_NOMEM, "out of memory");
        else
            best_push_row(&h->best[r], w, row[r], 1.0);
    }
    if (rc)
        knn_exact_hard_free(h);
    else
        *out = h;
    return rc;
}

static void
hard_rows(void *ctx, int64_t chunk, int thread)
{
    struct knn_hard *h = ctx;
    struct knn_work *w = h->w;
    const struct knn_rows *b = h->with;
    float *c = w->tile[thread];
    int64_t r0 = chunk * HARD, m = h->m - r0 < HARD ? h->m - r0 : HARD;
    for (int64_t at = 0; at < b->n; at += STRIP) {
        int64_t nb = b->n - at < STRIP ? b->n - at : STRIP;
        knn_tile_multiply(w->d, h->x + r0 * w->d, m, b->x + at * w->d, nb, c);
        for (int64_t r = r0; r < r0 + m; r++) {
            int64_t i = h->row[r];
            float cut = cut_of(w, &w->top[i]), scale = w->inverse[i];
            const float *v = c + (r - r0) * nb;
            for (int64_t p = 0; p < nb; p++) {
                int64_t j = b->first + at + p;
                if (v[p] * (scale * w->inverse[j]) >= cut && j != i &&
                    !is_settled(&h->best[r], w->member[w->start[j]]))
                    best_push_row(&h->best[r], w, j,
                        cosine(
                            w, i, h->x + r * w->d, j, b->x + (at + p) * w->d));
            }
        }
    }
}

_Static_assert(
    HARD *STRIP <= KNN_TILE * KNN_TILE, "hard rows share the tiles' scratch");

void
knn_exact_hard_pairs(struct knn_hard *h, const struct knn_rows *b)
{
    h->with = b;
    par_for(h->w->threads, (h->m + HARD - 1) / HARD, hard_rows, h);
}

void
knn_exact_hard_finish(struct knn_hard *h)
{
    for (int64_t r = 0; r < h->m; r++)
        best_emit(&h->best[r], h->w, h->row[r]);
}

void
knn_exact_hard_free(struct knn_hard *h)
{
    for (int64_t r = 0; h->best && r < h->m; r++)
        best_free(&h->best[r]);
    free(h->best);
    free(h);
}
