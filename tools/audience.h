#ifndef STAIR_AUDIENCE_H
#define STAIR_AUDIENCE_H

#include "lib/data/dataset.h"
#include "tools/cli.h"

/*
 * The audience of stair-recommend --history: users whom the model does not
 * know, or does not know all about. It is a dataset. Its users are those of the
 * file, in its order. Their train interactions are those of the file and, if
 * the dataset has the user too, his there; valid and test are the dataset's.
 * Its items are borrowed from the dataset.
 */

/* Reads lines of user, tab, item. Unknown items are passed over and counted in
 * a note. Exits 1 if the file is malformed. */
void audience_read(
    struct cli *io, struct dataset *a, struct dataset *d, const char *path);

void audience_free(struct dataset *a);

#endif
