#ifndef STAIR_KNN_QUERY_H
#define STAIR_KNN_QUERY_H

#include "lib/knn/knn_pack.h"

#include <stdint.h>

/*
 * Queries against packed rows. Packed products only propose: a row whose inner
 * product may be large enough for the query's list is handed to `score`, which
 * computes the product in its own way and keeps the list. So the lists are
 * those of `score`, to the bit, whatever proposes and in whatever order.
 */

enum {
    KNN_FEW = 8,     /* rows scored at a time */
    KNN_QUERIES = 96 /* per task */
};

/* The row factor x. */
struct knn_query {
    const float *x;
    float factor;
};

/* Packed rows of one scale: row p is called id[p], or first + p. */
struct knn_targets {
    const uint32_t *half;
    int64_t n, first;
    const int32_t *id; /* NULL: first + p */
};

/* Makes p, and packs all n rows of x [n][d] (factors 1, none longer than
 * `most`) as targets. The memory is the arena's, m, which remembers a
 * failure. */
struct knn_targets knn_query_targets(struct knn_pack *p, const float *x,
    int64_t n, int64_t d, double most, struct exec *exec, struct arena *m);

/*
 * Scores n rows, at most KNN_FEW, for the list of a query and returns the least
 * inner product that may still enter the list. A query begins with a call for 0
 * rows. -INFINITY says that the list has room and that any `list` of the
 * targets would fill it. A query has one thread at a time.
 */
typedef double knn_query_score(
    void *ctx, int64_t query, const int32_t *id, int64_t n);

struct knn_query_run {
    const struct knn_pack *pack;
    int64_t list;
    knn_query_score *score;
    void *ctx;
    struct knn_query_scratch *scratch; /* [threads] */
};

/* Memory is m's, which remembers a failure. */
void knn_query_init(struct knn_query_run *r, const struct knn_pack *pack,
    int64_t list, knn_query_score *score, void *ctx, struct arena *m);

/* Compares n queries with all targets. */
void knn_query_pass(struct knn_query_run *r, const struct knn_query *query,
    int64_t n, const struct knn_targets *targets);

/* Compares queries first .. first + n - 1, n at most KNN_QUERIES, of each job
 * with its own targets; a query is in one job. */
struct knn_query_job {
    int64_t first, n;
    struct knn_targets targets;
};
void knn_query_jobs(struct knn_query_run *r, const struct knn_query *query,
    const struct knn_query_job *job, int64_t jobs);

#endif
