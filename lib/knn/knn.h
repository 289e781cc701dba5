#ifndef STAIR_KNN_H
#define STAIR_KNN_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/csr.h"
#include "lib/la/source.h"

#include <stdint.h>

/*
 * Exact nearest neighbours by cosine, and the item graph made of them.
 * STAIR paper, Eq. 3, with j = i left out as the authors' program does.
 */

/* The k nearest rows of each row, best first, ties to the smaller index; a
 * shorter list ends with -1. */
struct knn_list {
    int64_t n, k;
    int32_t *id;   /* [n][k] */
    float *score;  /* [n][k] */
    int64_t zeros; /* rows of zeros, which have no list and are in none */
    int64_t cells, probe; /* as searched, see knn_cells.h; 0: all rows */
    int64_t sampled; /* with cells: rows on which the recall was measured */
    double recall;   /* the part of their true neighbours that was found */
};

struct knn_opt {
    int64_t k; /* list length, 1 .. n - 1 (n if self) */
    int self;  /* 1: a row may be its own neighbour */
    struct exec *exec;
    int64_t memory; /* knn_dense_source: bytes of features at once; 0: 384 MB */
    /* knn_dense: exact if probe and recall are 0, else see knn_cells.h */
    int64_t cells, probe;
    double recall; /* 0 .. 1 */
};

/* Checks the options and allocates, every list empty. */
int knn_list_init(struct knn_list *l, int64_t n, const struct knn_opt *opt,
    struct err *e) ERR_CHECKED;
void knn_list_free(struct knn_list *l);

/*
 * Lists of the n rows of x [n][d] (finite). The score is the cosine, computed
 * from the float32 rows in double in an order that depends on d alone and then
 * rounded to a multiple of 2^-44, so that rows which are equal, or multiples of
 * each other, tie. Products of rounded rows only propose candidates, with a
 * rigorous bound on the error of rounding. So no result depends on them, on
 * block shapes or on threads.
 *
 * x is overwritten. Memory besides x and the result is bounded by 100 MB plus
 * threads x tile plus O(n k). ERR_RANGE if k is too large.
 */
int knn_dense(float *x, int64_t n, int64_t d, const struct knn_opt *opt,
    struct knn_list *l, struct err *e) ERR_CHECKED;

/*
 * knn_dense for a dense operand of which no row has been read. Some 400 MB of
 * it are in memory at a time; it is read several times and verified each time.
 * ERR_IO if s is not seekable.
 */
int knn_dense_source(struct source *s, const struct knn_opt *opt,
    struct knn_list *l, struct err *e) ERR_CHECKED;

/* Lists of the best stored entries of each row of a square matrix of
 * similarities. ERR_SHAPE if it is not square, ERR_RANGE if k is too large. */
int knn_sparse(const struct csr *a, const struct knn_opt *opt,
    struct knn_list *l, struct err *e) ERR_CHECKED;

enum knn_values {
    KNN_COUNT,  /* in how many lists j is a neighbour of i */
    KNN_COSINE, /* sum of the scores */
    KNN_ONE
};

/*
 * The graph of m >= 1 lists over the same n: entry (i, j) where j is in some
 * list of i. Unless directed, both directions get the larger of the two values
 * (models: S = max(S^, S^T)).
 */
int knn_graph(const struct knn_list *l, int m, enum knn_values values,
    int directed, struct csr *g, struct err *e) ERR_CHECKED;

#endif
