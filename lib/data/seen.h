#ifndef STAIR_SEEN_H
#define STAIR_SEEN_H

#include "lib/data/dataset.h"
#include "lib/io/npz.h"

#include <stdint.h>

/*
 * What each row of a model was trained on: a digest of the ids of the items in
 * a user's train interactions, or of the users in an item's. It depends neither
 * on the order nor on the numbers of the ids, so it shows whose interactions
 * differ in a later dataset. Digests are in 1 .. 2^63 - 1. Two other values: 0
 * for a row without interactions, whose vector is as training left it, and
 * SEEN_FOLDED for a vector that was made from other vectors.
 */
enum { SEEN_FOLDED = -1 };

struct seen {
    int64_t *user, *item; /* [users], [items]; NULL: not known */
};

/* The digests of the train interactions of d; the caller frees with seen_free.
 * ERR_NOMEM. */
int seen_of(struct seen *s, const struct dataset *d, struct err *e) ERR_CHECKED;

/* Writes the members user_train and item_train; none where a list is NULL. */
void seen_put(
    struct npz_out *z, const struct seen *s, int64_t users, int64_t items);

/* Takes these members out of z. A list that z lacks becomes NULL. ERR_SHAPE
 * unless there are as many as users or items. */
int seen_take(struct npz *z, struct seen *s, int64_t users, int64_t items,
    struct err *e) ERR_CHECKED;

void seen_free(struct seen *s);

#endif
