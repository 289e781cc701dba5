#ifndef STAIR_AUDIENCE_H
#define STAIR_AUDIENCE_H

#include "lib/data/dataset.h"
#include "tools/cli.h"

/*
 * --history: those for whom stair-recommend makes lists although the model does
 * not know them, or not all that they have. As a dataset: its users are those
 * of the file in the order in which they come, its train interactions what the
 * file says and, of a user whom the dataset has too, what he has there; valid
 * and test are the dataset's. Its items are the dataset's own: borrowed.
 */

/* Reads lines of user, tab, item. Unknown items are passed over and counted in
 * a note. Exits 1 if the file is malformed. */
void audience_read(
    struct cli *io, struct dataset *a, struct dataset *d, const char *path);

void audience_free(struct dataset *a);

#endif
