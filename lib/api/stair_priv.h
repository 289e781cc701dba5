#ifndef STAIR_PRIV_H
#define STAIR_PRIV_H

/* What the files of the public functions share. */

#include "lib/api/stair.h"
#include "lib/base/exec.h"
#include "lib/data/dataset.h"
#include "lib/fold/fold_map.h"
#include "lib/rank/rank.h"
#include "lib/rank/ranker.h"
#include "lib/rank/similar.h"

enum { STAIR_COSINE, STAIR_INNER, STAIR_MEASURES };

struct stair {
    struct dataset data;
    struct ranker model;
    struct scorer scorer;
    char *path; /* of the model */
    struct exec *exec;
    struct stair_offer *all; /* every item, equal scores by popularity */
    /* made when they are asked for */
    struct stair_alike {
        int made;
        struct similar similar;
        struct scorer scorer;
    } alike[STAIR_MEASURES];
    struct fold_map map[SCORER_PARTS]; /* from items to users, of vectors */
};

struct stair_offer {
    struct rank_items items;
};

/* Copies the sentence of a failure; of the codes within, the caller knows
 * some. */
int stair_report(int rc, const struct err *e, struct stair_error *error);

/* Where lists go: rows of k, of which the ranking makes the first `made`. */
struct stair_lists {
    int64_t k, made; /* made by stair_rank */
    int64_t *item;
    float *score;
};

/* The lists of o->n_users users, whom o->users may choose. */
int stair_rank(const struct stair *s, const struct scorer *scorer,
    struct rank_opt *o, const struct stair_offer *offer, struct stair_lists *l,
    struct err *e) ERR_CHECKED;

#endif
