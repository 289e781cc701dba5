#ifndef STAIR_TRAIN_FILES_H
#define STAIR_TRAIN_FILES_H

#include "tools/cli.h"
#include "tools/train_args.h"

/* The files that stair-train is given, before one of them is opened. */

/* Takes the operands of --features apart. Exits 2 if one is malformed. */
void train_files_features(struct cli *io, struct train_args *o);

/* Exits 2 if two inputs are standard input, or if the checkpoint or the log,
 * which are written while the training runs, cannot be written beside the
 * other files. */
void train_files_check(struct cli *io, const struct train_args *o);

#endif
