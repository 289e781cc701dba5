#ifndef STAIR_OFFER_H
#define STAIR_OFFER_H

#include "lib/data/ids.h"
#include "lib/la/csr.h"
#include "lib/rank/rank_items.h"
#include "tools/cli.h"

/* The offer: which items lists may hold, by the options of stair-recommend and
 * stair-similar. */
struct offer {
    /* the options, NULL or 0 if they are not given */
    const char *only, *exclude, *pairs, *cap;
    int64_t cold;
    /* what comes of them */
    struct rank_items items; /* equal scores by popularity */
    struct csr masked;       /* --exclude-pairs; indptr NULL without */
    int32_t *group;
};

/* The rows of these options: `lists` is what a list does ("recommend"), `pair`
 * what stands in a pair ("user, tab, item"). */
#define OFFER_OPTIONS(o, lists, pair)                                          \
    cli_file(                                                                  \
        "only", &(o)->only, lists " only the items whose ids stand in FILE"),  \
        cli_file("exclude", &(o)->exclude,                                     \
            lists " none of the items whose ids stand in FILE"),               \
        cli_file("exclude-pairs", &(o)->pairs,                                 \
            "leave out the " pair " pairs in FILE"),                           \
        cli_text("cap", "N:FILE", &(o)->cap,                                   \
            "at most N items of a group: FILE has item, tab, group"),          \
        cli_int("cold", "K", &(o)->cold, 1, 1e9,                               \
            "keep K places for items without train interactions")

/* Who gets lists, users or items, and the items that are listed. */
struct offer_ids {
    const char *what; /* "user": the first of a pair */
    struct ids *lists;
    struct ids *items;
};

/* Exits 2 if --cap is malformed, or more than one of the offer's files and the
 * n other inputs is standard input. */
void offer_check(
    struct cli *io, const struct offer *o, const char *const *input, int n);

/*
 * Reads the files; unknown ids are passed over and counted in a note. train
 * ([.][items], NULL: not known) says how popular items are, and which are cold.
 * Exits 1 if a file is malformed.
 */
void offer_read(struct cli *io, struct offer *o, const struct offer_ids *ids,
    const struct csr *train);

/* 1 if no item is left. */
int offer_is_empty(const struct offer *o);

void offer_free(struct offer *o);

#endif
