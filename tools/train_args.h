#ifndef STAIR_TRAIN_ARGS_H
#define STAIR_TRAIN_ARGS_H

#include "tools/cli.h"
#include "tools/train_systems.h"

#include <stdint.h>

/* One --features; the strings are train_input_read's to free. */
struct train_features {
    char *name, *path;
    double weight;
};

/* The command line of stair-train. */
struct train_args {
    const char *model, *data, *init, *items, *triples, *device, *keep;
    const char *checkpoint, *resume, *log;
    const struct train_system *system; /* the model's */
    struct train_settings set;
    struct cli_list features;                    /* NAME=FILE[:WEIGHT] */
    struct train_features feature[CLI_LIST_MAX]; /* features.n of them */
    int64_t dim, patience, seed;
    int log_test, no_mi, no_fsc, no_bsc, train_features;
};

enum { TRAIN_ARGS_OPTIONS = 56 };

/* Defaults, and the table that points at them and at io. */
void train_args_init(struct train_args *o, struct cli *io,
    struct cli_option table[TRAIN_ARGS_OPTIONS]);

/* Exits 2 if the options do not go together; completes those whose default
 * depends on the model. */
void train_args_check(struct cli *io, struct train_args *o);

#endif
