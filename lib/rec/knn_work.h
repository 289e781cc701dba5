#ifndef STAIR_KNN_WORK_H
#define STAIR_KNN_WORK_H

#include "lib/la/source.h"
#include "lib/la/topk.h"
#include "lib/rec/knn.h"

#include <pthread.h>
#include <stdint.h>

/*
 * What the parts of knn_dense share. "Rows" are the distinct rows where x is in
 * memory, else all rows. Float GEMM tiles propose candidates (knn_tile): every
 * row keeps the `cap` largest approximate cosines. Candidates within twice the
 * rounding bound of the k-th are scored in double (knn_exact). A row with more
 * of those than it could keep is "hard" and compared with all once more.
 */

enum { KNN_TILE = 512 }; /* rows and columns of a tile */

/* Consecutive rows in memory, scaled to norm 1 .. 2; first is a multiple of
 * KNN_TILE. */
struct knn_rows {
    const float *x;
    int64_t first, n;
};

struct knn_work {
    const struct knn_opt *opt;
    struct knn_list *list; /* the result */
    int threads;
    int64_t n, u, d, k, cap; /* items, rows, columns */
    float *x;                /* [u][d], or NULL: read again from s */
    struct source *s;
    int64_t panel, block; /* rows in memory at once when reading again */
    float *panel_x, *block_x;
    double *norm;     /* [u], 0 for zero rows */
    float *inverse;   /* [u] 1 / norm; NaN for zero rows: it enters nowhere */
    int64_t *member;  /* items by row, ascending within a row */
    int64_t *start;   /* [u + 1] into member */
    struct topk *top; /* [u], over score and id [u][cap] */
    float *score;
    int32_t *id;
    float *bar;    /* [u]: below it nothing enters the row's list */
    double *exact; /* [u][cap] scores of the first count[i] of the list */
    int32_t *count;
    char *hard;            /* [u] */
    float bound;           /* on the rounding of an approximate cosine */
    pthread_mutex_t *lock; /* one per KNN_TILE rows */
    int64_t locks;
    float **tile; /* [threads], KNN_TILE x KNN_TILE */
};

/* c [na][nb] = the inner products of rows a and b, in float, as sums over
 * slices of columns, so that the rounding does not grow with d; knn_tile_bound
 * is the bound on what it adds to a cosine, whatever order and fma BLAS uses.
 */
void knn_tile_multiply(int64_t d, const float *a, int64_t na, const float *b,
    int64_t nb, float *c);
float knn_tile_bound(int64_t d);

/* Offers every pair of a row of a and a row of b to both rows' lists; a and b
 * are the same rows or disjoint. */
void knn_tile_pairs(
    struct knn_work *w, const struct knn_rows *a, const struct knn_rows *b);

/* Sum of products in double, in an order that depends on d alone. */
double knn_exact_dot(const float *a, const float *b, int64_t d);

/* Sorts the lists; how many of each are near enough to be scored, and which
 * rows are hard. */
void knn_exact_plan(struct knn_work *w);

/* Scores the candidates among the pairs of a and b. */
void knn_exact_pairs(
    struct knn_work *w, const struct knn_rows *a, const struct knn_rows *b);

/* The result of all rows that are not hard. ERR_NOMEM. */
int knn_exact_lists(struct knn_work *w, struct err *e) ERR_CHECKED;

/* The result of the m hard rows at row[]; their features are x [m][d]. Call
 * knn_exact_hard_pairs with all rows, in any portions, in between. */
struct knn_hard;
int knn_exact_hard_init(struct knn_hard **h, struct knn_work *w,
    const int64_t *row, const float *x, int64_t m, struct err *e) ERR_CHECKED;
void knn_exact_hard_pairs(struct knn_hard *h, const struct knn_rows *b);
void knn_exact_hard_finish(struct knn_hard *h);
void knn_exact_hard_free(struct knn_hard *h);

#endif
