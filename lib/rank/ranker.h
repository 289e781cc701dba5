#ifndef STAIR_RANKER_H
#define STAIR_RANKER_H

#include "lib/base/err.h"
#include "lib/data/dataset.h"
#include "lib/data/seen.h"
#include "lib/rank/scorer.h"

/*
 * A model that is no blend: vectors whose inner products are the scores, or a
 * graph of items that leads from what a user has to what the user may want.
 */
enum { RANKER_MATS = 4 };
struct ranker_part {
    char *name; /* of the system, NULL if the file has none */
    union {
        struct {
            struct mat user, item; /* U x d, I x d */
            /* The trained parameters, if they were asked for and are there. */
            struct mat user_param, item_param;
        };
        struct mat mat[RANKER_MATS]; /* all of them */
    };
    struct csr graph; /* I x I; indptr NULL: the vectors */
    double weight;    /* in a blend, above 0; else 1 */
};

/*
 * What ranking needs of a model file: one such model, or several that are
 * blended. Zero-initialise; free with ranker_free.
 */
struct ranker {
    struct ranker_part part[SCORER_PARTS];
    int parts;
    int blend; /* 1: the file is one, perhaps of a single part */
    struct ids user_ids, item_ids; /* n 0: the file has none */
    struct seen seen; /* what the rows were trained on, as the parameters */
    struct scorer_part share[SCORER_PARTS]; /* by ranker_scorer */
};

/*
 * Members `user` and `item` of any .npz, whoever wrote it: two axes, any
 * numeric type, finite; where neither is there, a sparse matrix as
 * store_take_csr reads it, or a blend as ranker_write writes it. With params 1
 * also the parameters and what the rows were trained on, for what makes another
 * model of it. h (may be NULL) receives the provenance under that role, and
 * what user_ids and item_ids, if they are there, say that the model belongs to.
 * Other members are skipped. path "-" is standard input.
 */
int ranker_read(const char *path, const char *role, int params,
    struct ranker *r, struct hist *h, struct err *e) ERR_CHECKED;

/*
 * The scorer of r for the users and items of d; a graph starts from the users'
 * train items. path and data are the files' names, for messages; r and d are
 * borrowed. Errors as scorer_dense, scorer_graph and scorer_blend; ERR_SHAPE
 * names both files.
 */
int ranker_scorer(struct ranker *r, const char *path, const struct dataset *d,
    const char *data, struct scorer *s, struct err *e) ERR_CHECKED;

/* Makes s the blend of the scorers share[r->parts] with the weights of r's
 * parts; a single part keeps its own scores. share is borrowed. Errors as
 * scorer_blend. */
int ranker_blend(const struct ranker *r, struct scorer_part *share,
    struct scorer *s, struct err *e) ERR_CHECKED;

/* Lets s, the scorer of r, score 0 for users who have no items in history, also
 * where vectors make the scores. history is borrowed. */
void ranker_need_history(
    struct ranker *r, struct scorer *s, const struct csr *history);

/* 1 if the scores depend on vectors of users. */
int ranker_has_users(const struct ranker *r);

/* Writes r as a file for ranker_read. Its parts have d's users and items. The
 * ids of d, and seen, which says what the rows were trained on, become members
 * of the file. An r that is no blend must have vectors. */
int ranker_write(const char *path, const struct ranker *r,
    const struct dataset *d, const struct seen *seen, const char *history,
    struct err *e) ERR_CHECKED;

/* path as messages show it: <stdin> for "-". */
const char *ranker_shown(const char *path);

void ranker_free(struct ranker *r);

#endif
