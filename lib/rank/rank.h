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
 * smaller item, items stored in any of the masks left out. Tiles of scores with
 * a running top-k; U x I is never formed.
 *
 * items may say which items are offered, in which order ties are broken, and
 * how many of some a list may hold. The list is then what comes of this: the
 * best items of the second shelf take the reserved places; then the best of
 * what is left fill the list; an item is passed over if its group is full. All
 * of it, best first.
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
 * Receives the lists of n wanted users, first, first + 1, .. (positions in
 * opt.users), in ascending order of first, on the calling thread. id and score
 * are [n][k], best first; a list that is shorter than k ends with id -1 (score
 * 0). A non-zero return stops the run and is returned.
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
 * The same in parts. A shard is any range from .. to - 1 of the wanted users;
 * its lists do not depend on which other shards are ranked, where or when, so
 * that lists that are joined in the order of the users are those of rank_run.
 * s, opt and what they point to are borrowed until rank_close.
 */
struct rank;
int rank_open(struct rank **r, const struct scorer *s,
    const struct rank_opt *opt, struct err *e) ERR_CHECKED;

/* id and score: [to - from][k], as rank_emit receives them. */
int rank_shard(struct rank *r, int64_t from, int64_t to, int32_t *id,
    float *score, struct err *e) ERR_CHECKED;

/* Users of a shard that keeps all threads busy, of few megabytes, and at most
 * what each of the ranks gets of all users. */
int64_t rank_shard_size(const struct rank *r);

void rank_close(struct rank *r);

#endif
