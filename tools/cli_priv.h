#ifndef STAIR_CLI_PRIV_H
#define STAIR_CLI_PRIV_H

/* Shared by the cli*.c files alone. */

#include "tools/cli.h"

/* The value of an option as text, a real one with so many digits; room is for
 * numbers. NULL for flags and lists, and without a value: a number that no
 * command line can set says that its default depends on something. */
enum { CLI_ROOM = 32 };
const char *cli_value(
    const struct cli_option *o, int digits, char room[CLI_ROOM]);

/* Joins the other ranks, each of which must be this program with these
 * arguments. Sets the number of threads that a rank has by default. */
void cli_join(struct cli *io);

/* What --help prints. */
void cli_help(const struct cli *io);

#endif
