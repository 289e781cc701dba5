#ifndef STAIR_RANK_H
#define STAIR_RANK_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/csr.h"
#include "lib/rank/rank_items.h"
#include "lib/rank/scorer.h"

#include <stdint.h>

enum { RANK_MASKS = 4 };

/*
 * Full ranking: for every wanted user the k items of largest score, ties to the
 * smaller item, without the items that any of the masks stores for him. Scores
 * are made in tiles, and lists kept while they come; U x I is never formed.
 *
 * opt->items may say which items are offered, in which order ties are broken,
 * and how many of some a list may hold. A list is then made as follows. The
 * best items of the second shelf take the reserved places. Then the best of all
 * that are left fill the list. An item whose group is full is passed over. In
 * the end the list is sorted, best first.
 */
struct rank_opt {
    int64_t k;                          /* list length, at least 1 */
    const struct csr *mask[RANK_MASKS]; /* U x I, left out; may be NULL */
    const int64_t *users;           /* indices of the wanted users; NULL: all */
    int64_t n_users;                /* length of users (ignored if NULL) */
    const struct rank_items *items; /* NULL: all, ties to the smaller index */
    int nonzero;                    /* 1: an item of score 0 is in no list */
    struct exec *exec;
};

/*
 * Receives the lists of the n wanted users at positions first, first + 1, .. of
 * opt.users. Calls come in ascending order of first, on the calling thread. id
 * and score are [n][k], best first; a list that is shorter than k ends with id
 * -1 (score 0). A non-zero return stops the run and is returned.
 */
typedef int rank_emit(
    void *ctx, int64_t first, int64_t n, const int32_t *id, const float *score);

/*
 * Bytes do not depend on exec, nor on how many ranks (ranks.h) share the users:
 * every rank emits all lists. Memory beside the inputs: what the scorer takes
 * and a few megabytes a rank, plus 200 k bytes a thread where k is very large,
 * twice as much with two shelves.
 *
 * ERR_SHAPE if sizes disagree, ERR_RANGE for k < 1 or a user beyond U.
 */
int rank_run(const struct scorer *s, const struct rank_opt *opt,
    rank_emit *emit, void *ctx, struct err *e) ERR_CHECKED;

/*
 * rank_run in parts. A shard is any range from .. to - 1 of the wanted users.
 * Its lists do not depend on which other shards are ranked, where or when:
 * joined in the order of the users they are those of rank_run. s, opt and what
 * they point to are borrowed until rank_close.
 */
struct rank;
int rank_open(struct rank **r, const struct scorer *s,
    const struct rank_opt *opt, struct err *e) ERR_CHECKED;

/* id and score: [to - from][k], as rank_emit receives them. */
int rank_shard(struct rank *r, int64_t from, int64_t to, int32_t *id,
    float *score, struct err *e) ERR_CHECKED;

/* A good number of users for a shard: enough to keep all threads busy, with
 * lists of a few megabytes, and at most an equal share of each rank. */
int64_t rank_shard_size(const struct rank *r);

void rank_close(struct rank *r);

#endif
