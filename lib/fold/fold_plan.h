#ifndef STAIR_FOLD_PLAN_H
#define STAIR_FOLD_PLAN_H

#include "lib/data/dataset.h"
#include "lib/data/seen.h"
#include "lib/fold/fold_items.h"

#include <stdint.h>

/*
 * Which rows of a model serve a later dataset, found by ids, and which must be
 * made anew:
 *
 *   users  kept if their train interactions are those that the model was
 *          trained on; made anew if these changed, or if the model has no
 *          trained row for them
 *   items  kept if the model was trained on interactions with them; a row that
 *          the model has otherwise is a start, unless it was folded
 *
 * Where the model does not say what it was trained on, all of its users are
 * kept, and those of its items that have train interactions now.
 */
enum fold_user {
    FOLD_USER_NEW,     /* no trained row */
    FOLD_USER_CHANGED, /* a row trained on other interactions */
    FOLD_USER_KEPT     /* a row that stays */
};

struct fold_plan {
    const struct dataset *data;   /* borrowed */
    int64_t *user_row, *item_row; /* [users], [items] in the model, -1: none */
    unsigned char *user;          /* [users] enum fold_user */
    unsigned char *item;          /* [items] FOLD_OWN, FOLD_START, FOLD_NONE */
    struct seen seen;             /* of the model that comes out */
    int64_t users[3];             /* how many of each */
    int64_t items, known;         /* kept items; those that the model has */
};

/* The rows of a model. fold_plan_make indexes the ids (ids_index). Members of
 * seen are NULL where it is not known what a row was trained on. */
struct fold_rows {
    struct ids *user_ids, *item_ids;
    const struct seen *seen;
};

/*
 * keep_all: every row that the model has is kept, for a training that begins
 * with these rows. ERR_FORMAT if an id of the model occurs twice, ERR_NOMEM.
 * Freed with fold_plan_free.
 */
int fold_plan_make(struct fold_plan *p, const struct fold_rows *rows,
    const struct dataset *data, int keep_all, struct err *e) ERR_CHECKED;

void fold_plan_free(struct fold_plan *p);

#endif
