#ifndef STAIR_TRAIN_ARGS_H
#define STAIR_TRAIN_ARGS_H

#include "tools/cli.h"
#include "tools/train_params.h"

#include <stdint.h>

/* One --features; the strings are train_input_read's to free. */
struct train_features {
    char *name, *path;
    double weight;
};

enum { TRAIN_ARGS_OPTIONS = 64 };

/* The command line of stair-train. */
struct train_args {
    const char *model, *data, *init, *items, *triples, *device, *keep;
    const char *checkpoint, *resume, *start, *log;
    const struct system *system; /* the model's */
    struct train_params params;  /* as given */
    struct system_args set;      /* the system's parameters; the rest is NULL */
    struct cli_list features;    /* NAME=FILE[:WEIGHT] */
    struct train_features feature[CLI_LIST_MAX]; /* features.n of them */
    int64_t seed;
    double seconds; /* 0: no limit */
    int log_test, list;
    struct cli_option table[TRAIN_ARGS_OPTIONS];
    char summary[4096];
};

/* Sets the defaults, and makes the table and the summary, to which io then
 * points. */
void train_args_init(struct train_args *o, struct cli *io);

/* Prints what --list asks for; returns 0 if it was not given. */
int train_args_list(const struct train_args *o);

/* Exits 2 if the options do not go together; fills o->set. */
void train_args_check(struct cli *io, struct train_args *o);

/* Exits 1 if the model or the checkpoint cannot be written: better now than
 * after hours of training. */
void train_args_try(struct cli *io, const struct train_args *o);

/* Called when o->set is final: reduces the table to what the system takes, with
 * its values, for the history and for comparing with a checkpoint. */
void train_args_final(struct cli *io, struct train_args *o);

#endif
