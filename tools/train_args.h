#ifndef STAIR_TRAIN_ARGS_H
#define STAIR_TRAIN_ARGS_H

#include "tools/cli.h"

#include <stdint.h>

/* The command line of stair-train. */
struct train_args {
    const char *model, *data, *init, *items, *triples, *device, *keep;
    const char *checkpoint, *resume, *log;
    double gamma, rate, decay, jacobi_a, jacobi_b, scale, mid;
    int64_t layers, dim, batch, epochs, every, patience, seed;
    int log_test, no_mi, no_fsc, no_bsc;
};

enum { TRAIN_ARGS_OPTIONS = 48 };

/* Defaults, and the table that points at them and at io. */
void train_args_init(struct train_args *o, struct cli *io,
    struct cli_option table[TRAIN_ARGS_OPTIONS]);

/* Exits 2 if the options do not go together; completes those whose default
 * depends on the model. */
void train_args_check(struct cli *io, struct train_args *o);

/* 1 if the model is the one of that name. */
int train_args_is(const struct train_args *o, const char *model);

#endif
