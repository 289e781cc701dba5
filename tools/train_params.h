#ifndef STAIR_TRAIN_PARAMS_H
#define STAIR_TRAIN_PARAMS_H

#include "lib/models/system.h"
#include "tools/cli.h"

#include <stdint.h>

/*
 * The parameters of all systems (lib/models/registry.h) as options. An option
 * that several systems have is one row with the widest of their ranges; its
 * help names their defaults.
 */

enum { TRAIN_PARAMS = 40, TRAIN_PARAMS_HELP = 400 };

/* An option, and what the command line gives for it. */
struct train_param {
    const struct system_param *first; /* of the first system that has it */
    double real;                      /* NAN until given */
    int64_t whole;                    /* below min until given */
    int flag;
    char help[TRAIN_PARAMS_HELP];
};

struct train_params {
    struct train_param option[TRAIN_PARAMS];
    int n;
    char systems[256]; /* "stair|mf|...", for the row of --model */
    char lines[2048];  /* a line for each, for --help */
};

/* The options of all systems: fills p and its p->n rows. */
void train_params_rows(struct train_params *p, struct cli_option *row);

/* The values for one system: those that are given, its defaults elsewhere.
 * Exits 2 if an option is given that is none of the system's, or out of its
 * range. */
void train_params_take(struct cli *io, const struct train_params *p,
    const struct system *s, struct system_args *o);

/* Whether the command line gives the option. */
int train_params_given(const struct train_params *p, const char *name);

/* The first option that is given and means something only with a graph of
 * items, or NULL. */
const char *train_params_items(
    const struct train_params *p, const struct system *s);

/* The options of o's system alone, in its order, with o's values: what belongs
 * into the history; those of a graph of items only if one is read. Returns the
 * number of rows. */
int train_params_own(struct train_params *p, const struct system_args *o,
    int items, struct cli_option *row);

/* --list: a line per parameter of s, or of every system if s is NULL: system,
 * parameter, default, min, max, meaning, with tabs between. A default that the
 * system chooses is "-", a min that is not allowed itself is ">min", and an
 * option without a value is off. */
void train_params_list(const struct system *s);

#endif
