#ifndef STAIR_CLI_PRIV_H
#define STAIR_CLI_PRIV_H

/* Shared by the cli*.c files alone. */

#include "tools/cli.h"

/* The value of an option as text, a real one with so many digits; room is for
 * numbers. NULL of flags and lists, and where there is no value: a number may
 * be what no command line can set, when its default depends on something. */
enum { CLI_ROOM = 32 };
const char *cli_value(
    const struct cli_option *o, int digits, char room[CLI_ROOM]);

/* Joins the other ranks, of which each must be this program with these
 * arguments; the threads that one has if nothing else is said. */
void cli_join(struct cli *io);

/* What --help prints. */
void cli_help(const struct cli *io);

#endif
