#ifndef STAIR_WANTED_H
#define STAIR_WANTED_H

#include "lib/data/ids.h"
#include "tools/cli.h"

/*
 * The users or items for which lists are wanted, by their ids. The caller sets
 * the fields up to skip_unknown; wanted_free frees the list.
 */
struct wanted {
    struct ids *ids;         /* all that there are */
    const struct ids *other; /* ids that may be given by mistake; may be NULL */
    const char *what;        /* "user" */
    const char * not ; /* says what such an id is: "an item, not a user" */
    const char *of;    /* what holds them all: "the dataset" */
    const char *path;  /* its file */
    int skip_unknown;
    int64_t *at; /* [n] their indices, in the order of the request */
    int64_t n, cap;
    int64_t skipped;
};

/* The ids in a file, one a line (the first column, if it has tabs). Exits 1 if
 * one is unknown and not to be skipped, naming the line. */
void wanted_read(struct cli *io, struct wanted *w, const char *path);

/* The ids that an option gives; `option` is its name. */
void wanted_list(struct cli *io, struct wanted *w, const char *option,
    const struct cli_list *list);

void wanted_free(struct wanted *w);

#endif
