#ifndef STAIR_RANKER_H
#define STAIR_RANKER_H

#include "lib/base/err.h"
#include "lib/data/dataset.h"
#include "lib/data/seen.h"
#include "lib/rank/scorer.h"

/*
 * What ranking needs of a model file: vectors whose inner products are the
 * scores, or a graph of items that leads from what a user has to what the user
 * may want, or several of these with a weight each, a blend. Zero-initialise;
 * free with ranker_free.
 */
struct ranker {
    char *name;      /* of the system, NULL if the file has none */
    struct mat user; /* U x d */
    struct mat item; /* I x d */
    /* The trained parameters, of a model that was read as a part, if there. */
    struct mat user_param, item_param;
    struct ids user_ids, item_ids; /* n 0: the file has none */
    /* What the rows were trained on, of a model that was read as a part, if it
     * says so. */
    struct seen seen;
    struct csr graph;    /* I x I; indptr NULL: the vectors */
    struct ranker *part; /* [parts] of a blend; the above are empty */
    double *weight;      /* [parts] above 0 */
    int parts;
    struct scorer *scorer;     /* [parts], by ranker_scorer */
    struct scorer_part *share; /* [parts] */
};

/*
 * Members `user` and `item` of any .npz, whoever wrote it: two axes, any
 * numeric type, finite; where neither is there, a sparse matrix as
 * store_take_csr reads it, or a blend as ranker_write_blend writes it. h (may
 * be NULL) receives the provenance under the role "model", and what user_ids
 * and item_ids, if they are there, say that the model belongs to. Other members
 * are skipped. path "-" is standard input.
 */
int ranker_read(const char *path, struct ranker *r, struct hist *h,
    struct err *e) ERR_CHECKED;

/* The same under another role, with the parameters and whose they are, for what
 * makes another model of it. */
int ranker_read_part(const char *path, const char *role, struct ranker *r,
    struct hist *h, struct err *e) ERR_CHECKED;

/*
 * The scores of r (from path) for the users and items of d (from data), whose
 * train items a graph starts from; r and d are borrowed. Those of a blend with
 * one part are the part's. Errors as scorer_dense, scorer_graph and
 * scorer_blend; ERR_SHAPE names both files.
 */
int ranker_scorer(struct ranker *r, const char *path, const struct dataset *d,
    const char *data, struct scorer *s, struct err *e) ERR_CHECKED;

/* A user of s (of r) who has nothing in history scores 0 everywhere, also by
 * vectors. history is borrowed. */
void ranker_need_history(
    struct ranker *r, struct scorer *s, const struct csr *history);

/* 1 if the scores depend on vectors of users. */
int ranker_has_users(const struct ranker *r);

/* The vectors, parameters and name of r as a model file for d, whose ids are
 * its members; seen says what the rows were trained on. */
int ranker_write(const char *path, const struct ranker *r,
    const struct dataset *d, const struct seen *seen, const char *history,
    struct err *e) ERR_CHECKED;

/* A blend of parts, none of which is a blend, as a file for ranker_read; the
 * ids of d and seen (may be NULL) are its members. Weights are above 0. */
int ranker_write_blend(const char *path, struct ranker *const *part,
    const double *weight, int parts, const struct dataset *d,
    const struct seen *seen, const char *history, struct err *e) ERR_CHECKED;

/* path as messages show it: <stdin> for "-". */
const char *ranker_shown(const char *path);

void ranker_free(struct ranker *r);

#endif
