#ifndef STAIR_CLI_PRIV_H
#define STAIR_CLI_PRIV_H

/* Shared by the cli*.c files alone. */

#include "tools/cli.h"

/* 1 if a number is still what no command line can set: there is no default, or
 * it depends and the help says on what. */
int cli_is_open(const struct cli_option *o);

/* Joins the other ranks, of which each must be this program with these
 * arguments; the threads that one has if nothing else is said. */
void cli_join(struct cli *io);

/* What --help prints. */
void cli_help(const struct cli *io);

#endif
