#ifndef STAIR_KNN_WORK_H
#define STAIR_KNN_WORK_H

#include "lib/base/exec.h"
#include "lib/knn/knn.h"
#include "lib/knn/knn_kernel.h"
#include "lib/la/source.h"

#include <pthread.h>
#include <stdint.h>

/*
 * What the parts of knn_dense share. "Rows" are the distinct rows other than
 * 0, in the order of the first item of each (knn_rows). Tiles of products in
 * bfloat16 or float propose candidates (knn_tile): every row keeps those that
 * may be among the k best, as far as there is room (knn_cand). Those are scored
 * in double (knn_exact). A row that had no room for all of them is "hard" and
 * compared with all once more (knn_hard).
 */

/* Consecutive rows in memory, scaled to norm 1 .. 2; first is a multiple of
 * KNN_TILE. x may be NULL where half is not. */
struct knn_rows {
    const float *x;
    const uint32_t *half; /* packed; NULL: BLAS works on x */
    int64_t first, n;
};

struct knn_work {
    const struct knn_opt *opt;
    struct knn_list *list; /* the result */
    struct knn_kernel kernel;
    struct exec *exec;
    int64_t n, u, d, k; /* items, rows, columns */
    float *x;           /* [u][d], or NULL: read again from s */
    struct source *s;

    /* rows: knn_rows */
    int distinct;    /* 0: equal rows are left apart */
    int unlike;      /* rows taken to be equal are not */
    int known;       /* all have been seen once */
    int64_t item;    /* the next to be read */
    int64_t row;     /* the next to be delivered */
    int32_t *row_of; /* [n], -1 for zero rows */
    int32_t *table;  /* [slots] rows by hash, -1 where free */
    int64_t slots;   /* a power of 2 */
    uint64_t *hash;  /* [u] */
    int16_t *shift;  /* [u] scaled by 2^shift */
    double *norm;    /* [u] */
    float *inverse;  /* [u] 1 / norm */
    int64_t *member; /* items by row, ascending within a row */
    int64_t *start;  /* [u + 1] into member */

    /* candidates: knn_cand */
    int64_t cap;
    float *score;   /* [u][cap] approximate cosines */
    int32_t *id;    /* [u][cap] */
    int32_t *count; /* [u] */
    float *bar;     /* [u] below it nothing enters the row's list */
    float *lost;    /* [u] the largest that there was no room for */
    float *error;   /* [u] relative, by rounding to bfloat16 */
    float worst;    /* the largest error so far */
    float bound;    /* on the error of adding up */
    char *hard;     /* [u] */
    int64_t *at;    /* [u + 1] into exact, by row */
    double *exact;  /* scores of the candidates; -2 until known */
    int64_t locks;
    pthread_mutex_t *lock; /* one per KNN_TILE rows */
    float **tile;          /* [threads], KNN_TILE x KNN_TILE */
};

/* In memory: equal rows of x become one, and all is known of them. */
void knn_rows_load(struct knn_work *w);

/* Goes to row `first`: 0, or one that was delivered before. Where rows are
 * read, x has room for `most` of them. */
int knn_rows_seek(struct knn_work *w, int64_t first, float *x, int64_t most,
    struct err *e) ERR_CHECKED;

/*
 * The next rows, at most `most`, and r->n = 0 at the end. Where they are read:
 * into x; rows that were taken to be equal to one of r or of `with` (may be
 * NULL) are compared with it, unless they are new; the end verifies the file.
 */
int knn_rows_next(struct knn_work *w, int64_t most, float *x,
    const struct knn_rows *with, struct knn_rows *r, struct err *e) ERR_CHECKED;

/* c [na][nb], rows ldc apart = the inner products of rows a and b, in float, as
 * sums over slices of columns, so that the rounding does not grow with d;
 * knn_tile_bound is the bound on what it adds to a cosine, whatever order and
 * fma BLAS uses. */
void knn_tile_multiply(int64_t d, const float *a, int64_t na, const float *b,
    int64_t nb, float *c, int64_t ldc);
float knn_tile_bound(int64_t d);

/* Packs rows r at h, and notes what rounding takes from them. */
void knn_tile_pack(struct knn_work *w, const struct knn_rows *r, uint32_t *h);

/* Offers every pair of a row of a and a row of b to both rows' lists; a and b
 * are the same rows or disjoint. */
void knn_tile_pairs(
    struct knn_work *w, const struct knn_rows *a, const struct knn_rows *b);

/* How far the approximate cosine of row i and one seen so far may be from the
 * cosine. */
float knn_cand_margin(const struct knn_work *w, int64_t i);

/* All lists empty, for the present kernel. */
void knn_cand_reset(struct knn_work *w);

/* Adds row j with score s >= bar[i] to the list of row i. */
void knn_cand_push(struct knn_work *w, int64_t i, float s, int32_t j);

/* How many of the rows i .. i + n - 1 had no room for all candidates. */
int64_t knn_cand_hard(struct knn_work *w, int64_t i, int64_t n);

/* Decides which rows are hard, and sets bar to a bound below the k-th largest
 * cosine of these; leaves the candidates in the lists of the others, the k of
 * the largest approximate cosines first. */
void knn_cand_plan(struct knn_work *w);

/* The score of rows i and j, whose features are x and y. */
double knn_exact_score(const struct knn_work *w, int64_t i, const float *x,
    int64_t j, const float *y);

/* No scores yet. ERR_NOMEM. */
int knn_exact_init(struct knn_work *w, struct err *e) ERR_CHECKED;

/* Scores the candidates among the pairs of a and b; not those that the scores
 * of others exclude. */
void knn_exact_pairs(
    struct knn_work *w, const struct knn_rows *a, const struct knn_rows *b);

/* The result of all rows that are not hard. ERR_NOMEM. */
int knn_exact_lists(struct knn_work *w, struct err *e) ERR_CHECKED;

/* The best k + 1 items of one row, its own included. */
struct knn_best {
    int64_t n, most;
    double *score;
    int64_t *item;
};
int knn_best_init(struct knn_best *b, int64_t most, struct err *e) ERR_CHECKED;
void knn_best_free(struct knn_best *b);

/* All items of row j at score s. */
void knn_best_push(
    struct knn_best *b, const struct knn_work *w, int64_t j, double s);

/* 1 if the list is full of ones at items before those of row j: none of them
 * can enter. So it is where rows are equal in crowds. */
int knn_best_settled(
    const struct knn_best *b, const struct knn_work *w, int64_t j);

/* Every item of row i gets the list, without itself. */
void knn_best_emit(
    const struct knn_best *b, const struct knn_work *w, int64_t i);

/* The result of the m hard rows at row[]; their features are x [m][d]. Call
 * knn_hard_pairs with all rows, in any portions, in between. */
struct knn_hard;
int knn_hard_init(struct knn_hard **h, struct knn_work *w, const int64_t *row,
    const float *x, int64_t m, struct err *e) ERR_CHECKED;
void knn_hard_pairs(struct knn_hard *h, const struct knn_rows *b);
void knn_hard_finish(struct knn_hard *h);
void knn_hard_free(struct knn_hard *h);

#endif
