#ifndef STAIR_TRAIN_FILES_H
#define STAIR_TRAIN_FILES_H

#include "tools/cli.h"
#include "tools/train_args.h"

/* The files that stair-train is given, before one of them is opened. */

/* Takes the operands of --features apart. Exits 2 if one is malformed. */
void train_files_features(struct cli *io, struct train_args *o);

/* Exits 2 if two inputs are standard input, or if the checkpoint or the log,
 * which are written while the training runs, are another file as well or go to
 * standard output. A run may be saved to where it is resumed from. */
void train_files_check(struct cli *io, const struct train_args *o);

/* Exits 1 if the model or the checkpoint cannot be written: better now than
 * after hours of training. */
void train_files_try(struct cli *io, const struct train_args *o);

#endif
