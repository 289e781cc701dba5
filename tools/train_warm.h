#ifndef STAIR_TRAIN_WARM_H
#define STAIR_TRAIN_WARM_H

#include "lib/engine/engine.h"
#include "lib/la/mat.h"
#include "tools/cli.h"
#include "tools/train_args.h"
#include "tools/train_input.h"

/* --start: the parameters of a model, in the order of the dataset. */
struct train_warm {
    struct mat user, item;
    /* of users and of items: the row in the model, -1: new; how many it has */
    int64_t *row[2], old[2];
};

/* Reads o->start after the other inputs. Users and items that it has keep their
 * parameters, new ones get theirs as stair-fold makes them. Without --init the
 * items' become the initial vectors. Exits on errors. */
void train_warm_read(struct cli *io, struct train_args *o,
    struct train_input *in, struct train_warm *w);

/* Puts the parameters of w into a new engine and frees them. If the file is a
 * checkpoint, the other parameters of a net follow: weights of its layers and
 * rows of users or items. If not, a note says that they begin anew. */
void train_warm_put(struct cli *io, const struct train_args *o,
    struct train_warm *w, struct engine *g);

#endif
