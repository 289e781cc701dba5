#ifndef STAIR_RANK_H
#define STAIR_RANK_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/csr.h"
#include "lib/rank/scorer.h"

#include <stdint.h>

enum { RANK_MASKS = 3 };

/*
 * Full ranking: for every wanted user the k items of largest score, ties to the
 * smaller item, items stored in any of the masks left out. Tiles of scores with
 * a running top-k; U x I is never formed.
 */
struct rank_opt {
    int64_t k;                          /* list length, at least 1 */
    const struct csr *mask[RANK_MASKS]; /* U x I, left out; may be NULL */
    const int64_t *users; /* indices of the wanted users; NULL: all */
    int64_t n_users;      /* length of users (ignored if NULL) */
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
 * Bytes do not depend on threads. Memory beside the inputs: what the scorer
 * takes and a few megabytes, plus 100 k bytes a thread where k is very large.
 *
 * ERR_SHAPE if sizes disagree, ERR_RANGE for k < 1 or a user beyond U.
 */
int rank_run(const struct scorer *s, const struct rank_opt *opt,
    rank_emit *emit, void *ctx, struct err *e) ERR_CHECKED;

#endif
