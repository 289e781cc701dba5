#ifndef STAIR_KIND_H
#define STAIR_KIND_H

#include "lib/io/npz.h"

/*
 * Which of the kinds of stair-npz(5) a file is, by the names of its members in
 * any order. Call kind_see once for each name, with *seen 0 at first, then
 * kind_of.
 */
enum kind {
    KIND_OTHER,      /* any other npz */
    KIND_DENSE,      /* x */
    KIND_CSR,        /* format shape indptr indices data */
    KIND_DATASET,    /* train, valid and test parts, user_ids, item_ids */
    KIND_MODEL,      /* user item */
    KIND_CHECKPOINT, /* a model with the member counters */
    KIND_BLEND,      /* blend, and models as its parts */
    KIND_COUNT
};

void kind_see(unsigned *seen, const char *name);
enum kind kind_of(unsigned seen);
const char *kind_name(enum kind k);

/* The kind of an npz or npy file by its name, KIND_OTHER if it cannot be read:
 * for messages. */
enum kind kind_of_file(const char *path);

/* "a model", "a NumPy archive". */
const char *kind_words(enum kind k);

/*
 * For readers that find another kind of file than they want. `wanted` says what
 * they want and where it is described: "a dataset: see stair-ingest(1)".
 */

/* ERR_FORMAT: "'model.npz' is a model, not a dataset: see stair-ingest(1)", or,
 * if the file of that name is none of the kinds, which member it lacks. */
int kind_not(const char *name, enum kind k, const char *member,
    const char *wanted, struct err *e);

/* kind_not for the file z. */
int kind_refuse(
    const struct npz *z, const char *member, const char *wanted, struct err *e);

/* npz_load; if the file is no npz at all, the sentence also says what is
 * wanted. */
int kind_load(struct npz *z, const char *path, const char *const *members,
    const char *wanted, struct err *e) ERR_CHECKED;

/* After an ERR_OTHER from opening path: adds what is wanted to the sentence. */
int kind_other(const char *wanted, struct err *e);

#endif
