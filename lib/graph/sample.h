#ifndef STAIR_SAMPLE_H
#define STAIR_SAMPLE_H

#include "lib/base/err.h"
#include "lib/base/rng.h"
#include "lib/la/csr.h"

#include <stdint.h>

/*
 * Training triples (user, positive, negative) as a function of (seed, epoch,
 * index): no state between calls, any thread may draw any index.
 */
enum sample_kind {
    SAMPLE_PAIRS,     /* every train pair once per epoch, in a fresh order */
    SAMPLE_POSITIVES, /* the same with -1 as the negative; for nets only */
    SAMPLE_USERS, /* user uniform, then one of his train items; with repeats */
    SAMPLE_DISTINCT, /* batches of distinct users, an item of each */
    SAMPLE_REPLAY    /* given triples in their order, the same in every epoch */
};

struct sampler {
    enum sample_kind kind;
    const struct csr *train;
    int64_t n;         /* triples per epoch */
    int64_t negatives; /* triples of one user and positive, one after another */
    uint64_t seed;
    uint32_t epoch;
    struct rng_perm order;
    int32_t *pair_user; /* PAIRS, POSITIVES: user of train entry k */
    int64_t batch;      /* DISTINCT: users per batch */
    int32_t *active;    /* USERS, DISTINCT: users that have a train item */
    int64_t n_active;
    const int32_t *triples; /* REPLAY: [n][3], borrowed */
};

/*
 * Borrows train. A negative, if the kind has any, is uniform over all items,
 * redrawn until the user does not have it in train; ERR_RANGE if a user has
 * every item (there is no negative), ERR_FORMAT if train is empty.
 */
int sample_init(struct sampler *s, enum sample_kind kind,
    const struct csr *train, uint64_t seed, struct err *e) ERR_CHECKED;

/*
 * Batches of users without repeats, as MMSSL draws them. An epoch has
 * floor(pairs / batch) + 1 batches. Each is a fresh uniform choice of `batch`
 * users that have a train item, or of all such users if there are fewer;
 * s->batch is their number. Positive and negative are drawn as for
 * SAMPLE_USERS. Indices run through batch after batch. Errors as sample_init's.
 */
int sample_distinct(struct sampler *s, const struct csr *train, int64_t batch,
    uint64_t seed, struct err *e) ERR_CHECKED;

/*
 * Replays triples, n x 3 row-major, borrowed. Each user and item must be in
 * range and the positive differ from the negative; the sentence names the row.
 */
int sample_replay(struct sampler *s, const struct csr *train,
    const int32_t *triples, int64_t n, const char *what,
    struct err *e) ERR_CHECKED;

/*
 * Lets each positive have k negatives, k triples one after another, instead of
 * 1: n becomes k times as large. Replayed triples are then read in groups of k
 * rows; ERR_FORMAT if a group has more than one user or positive.
 */
int sample_negatives(
    struct sampler *s, int64_t k, const char *what, struct err *e) ERR_CHECKED;

/* Chooses the epoch; not while other threads draw. */
void sample_epoch(struct sampler *s, uint32_t epoch);

/* Triple `index` of the chosen epoch. */
void sample_triple(const struct sampler *s, int64_t index, int32_t *user,
    int32_t *positive, int32_t *negative);

void sample_free(struct sampler *s);

#endif
