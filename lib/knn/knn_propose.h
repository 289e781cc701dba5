#ifndef STAIR_KNN_PROPOSE_H
#define STAIR_KNN_PROPOSE_H

#include "lib/knn/knn_pack.h"

#include <pthread.h>
#include <stdint.h>

/*
 * Candidates of every row: tiles of packed products give approximate cosines,
 * and a row keeps those that may be among its k best, as far as there is room.
 * A row that had no room for all of them is hard.
 */
struct knn_propose {
    struct knn_pack *pack;
    struct exec *exec;
    int64_t n, k, cap;   /* rows at most, list length, candidates of a row */
    float *score;        /* [n][cap] approximate cosines */
    int32_t *id;         /* [n][cap] */
    int32_t *count;      /* [n] */
    float *unit, *shift; /* [n] */
    float *bar;          /* [n] below it nothing enters a row's list */
    float *lost;         /* [n] the largest cosine that there was no room for */
    struct knn_packed *packed; /* [n] */
    char *hard;                /* [n] */
    float *tile;               /* [threads] KNN_TILE x KNN_TILE */
    pthread_mutex_t *lock;     /* one per KNN_TILE rows */
};

/* Consecutive packed rows; first is a multiple of KNN_TILE. */
struct knn_half {
    uint32_t *half;
    int64_t first, n;
};

/* Makes empty lists. The memory is the arena's, m, which remembers a
 * failure. */
void knn_propose_init(struct knn_propose *w, struct knn_pack *pack,
    struct exec *exec, int64_t n, int64_t k, struct arena *m);

/* Packs rows h->first .. at x for the pairs; factor is [n] of all rows. */
void knn_propose_pack(struct knn_propose *w, const float *x,
    const float *factor, const struct knn_half *h);

/* Leaves out row i: it has no candidates and is none. */
void knn_propose_leave_out(struct knn_propose *w, int64_t i);

/* Looks at every pair of a row of a and a row of b, or at this rank's share of
 * the pairs, as candidates of each other; a and b are the same rows or
 * disjoint. */
void knn_propose_pairs(
    struct knn_propose *w, const struct knn_half *a, const struct knn_half *b);

/* Called after all pairs, of which each rank (ranks.h) has looked at its share.
 * The candidates of a rank's own rows, its ranks_part of them, come together
 * there; the candidates of other rows are then of no use. */
int knn_propose_collect(struct knn_propose *w, struct err *e) ERR_CHECKED;

/*
 * Called after that: decides which rows are hard, and puts the candidates of
 * the others in order, the k of largest approximate cosines first. Then bar is
 * a bound below the k-th largest cosine.
 */
void knn_propose_plan(struct knn_propose *w);

/* How far the approximate cosines of row i may be from the cosines. */
float knn_propose_margin(const struct knn_propose *w, int64_t i);

#endif
