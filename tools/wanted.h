#ifndef STAIR_WANTED_H
#define STAIR_WANTED_H

#include "lib/data/ids.h"
#include "tools/cli.h"

/*
 * The users or items that are asked for, by their ids. The first fields are the
 * caller's; wanted_free frees the list.
 */
struct wanted {
    struct ids *ids;         /* all that there are */
    const struct ids *other; /* that are easily taken for these; may be NULL */
    const char *what;        /* "user" */
    const char * not ;       /* of an id of the others: "an item, not a user" */
    const char *of;          /* where all of them are: "the dataset" */
    const char *path;        /* and its file */
    int skip_unknown;
    int64_t *at; /* [n] their indices, in the order of the request */
    int64_t n, cap;
    int64_t skipped;
};

/* The ids in a file, one a line (the first column, if it has tabs). Exits 1 if
 * one is unknown and not to be skipped, naming the line. */
void wanted_read(struct cli *io, struct wanted *w, const char *path);

/* Those of an option, whose name is given. */
void wanted_list(struct cli *io, struct wanted *w, const char *option,
    const struct cli_list *list);

void wanted_free(struct wanted *w);

#endif
