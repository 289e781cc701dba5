#ifndef STAIR_SEEN_H
#define STAIR_SEEN_H

#include "lib/data/dataset.h"
#include "lib/io/npz.h"

#include <stdint.h>

/*
 * What each row of a model was trained on: a digest of the ids of the items in
 * a user's train interactions, or of the users in an item's. It depends neither
 * on the order nor on the numbers of the ids, so that who has other
 * interactions in a later dataset is seen by it. Digests are in 1 .. 2^63 - 1;
 * 0 stands for no interactions, so that the vector is what a training left it
 * with, and SEEN_FOLDED for a vector that was made of others.
 */
enum { SEEN_FOLDED = -1 };

struct seen {
    int64_t *user, *item; /* [users], [items]; NULL: not known */
};

/* Of the train interactions of d; the caller frees with seen_free. ERR_NOMEM.
 */
int seen_of(struct seen *s, const struct dataset *d, struct err *e) ERR_CHECKED;

/* Members user_train and item_train of a file that is being written; nothing
 * where a list is NULL. */
void seen_put(
    struct npz_out *z, const struct seen *s, int64_t users, int64_t items);

/* Takes them from a file of which they were wanted; lists that it lacks are
 * NULL. ERR_SHAPE unless there are as many as users or items. */
int seen_take(struct npz *z, struct seen *s, int64_t users, int64_t items,
    struct err *e) ERR_CHECKED;

void seen_free(struct seen *s);

#endif
