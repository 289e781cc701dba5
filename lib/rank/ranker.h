#ifndef STAIR_RANKER_H
#define STAIR_RANKER_H

#include "lib/base/err.h"
#include "lib/data/dataset.h"
#include "lib/rank/scorer.h"

/*
 * What ranking needs of a model file: vectors whose inner products are the
 * scores, or a graph of items that leads from what a user has to what he may
 * want. Zero-initialise; free with ranker_free.
 */
struct ranker {
    struct mat user;  /* U x d */
    struct mat item;  /* I x d */
    struct csr graph; /* I x I; indptr NULL: the two above */
};

/*
 * Members `user` and `item` of any .npz, whoever wrote it: two axes, any
 * numeric type, finite; where neither is there, a sparse matrix as
 * store_take_csr reads it. h (may be NULL) receives the provenance under the
 * role "model", and what user_ids and item_ids, if they are there, say that the
 * model belongs to. Other members are skipped. path "-" is standard input.
 */
int ranker_read(const char *path, struct ranker *r, struct hist *h,
    struct err *e) ERR_CHECKED;

/*
 * The scores of r (from path) for the users and items of d (from data), whose
 * train items a graph starts from; r and d are borrowed. Errors as scorer_dense
 * and scorer_graph; ERR_SHAPE names both files.
 */
int ranker_scorer(const struct ranker *r, const char *path,
    const struct dataset *d, const char *data, struct scorer *s,
    struct err *e) ERR_CHECKED;

/* path as messages show it: <stdin> for "-". */
const char *ranker_shown(const char *path);

void ranker_free(struct ranker *r);

#endif
