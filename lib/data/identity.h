#ifndef STAIR_IDENTITY_H
#define STAIR_IDENTITY_H

#include "lib/base/err.h"
#include "lib/data/dataset.h"
#include "lib/io/hist.h"

#include <stdint.h>

/*
 * Which users, items and train split a file belongs to. Rows are numbers, and
 * two datasets of equal size give the same numbers to other users and items, or
 * split the same ones otherwise: what was made for one of them must not be used
 * with the other. So every step writes digests of the three into its line of
 * the history, and every reader compares those of its inputs. Item vectors and
 * item graphs depend on the items alone. A model depends on all three.
 *
 * A digest is a CRC-32. Of a list of ids it runs over the bytes of each id in
 * order and a NUL behind each. Of pairs it runs over the row pointers as <i8
 * and then over the columns as <i4.
 */
enum identity_part {
    IDENTITY_USERS = 1,
    IDENTITY_ITEMS = 2,
    IDENTITY_TRAIN = 4,
    IDENTITY_ALL = 7
};

enum { IDENTITY_PARTS = 3 };

struct identity {
    unsigned known;                  /* the parts whose digest is known */
    uint32_t digest[IDENTITY_PARTS]; /* of users, of items, of train */
};

uint32_t identity_ids(const struct ids *ids);
uint32_t identity_pairs(const struct csr *pairs);

/* A digest of what the metrics of user u depend on: its train items, the
 * targets of its lists, and which items are not ranked (masks, a number). It
 * runs over the items' ids, a NUL behind each, a line end behind each of the
 * two lists, and masks as a byte. */
uint32_t identity_user(
    const struct dataset *d, const struct csr *target, int64_t u, int masks);

/* All three parts of a dataset. */
struct identity identity_of(const struct dataset *d);

/* The known parts as in a history: "users:1a2b3c4d items:.. train:..". */
void identity_print(const struct identity *id, char text[HIST_BELONGS]);

/* Notes that the newest input of h belongs to id, as its members show. That
 * counts more than what its history says. */
void identity_note(struct hist *h, const struct identity *id);

/* Lets the next output of h belong to what its inputs belong to, in the given
 * parts only. Each part is taken from the first input of which it is known. */
void identity_inherit(struct hist *h, unsigned parts);

/*
 * ERR_FORMAT if b belongs to other things than a in one of the given parts that
 * is known of both: the sentence names both files and the steps that they come
 * from.
 */
int identity_same(const struct hist_file *a, const struct hist_file *b,
    unsigned parts, struct err *e) ERR_CHECKED;

/* identity_same for input i of h and each input before it. */
int identity_check(
    const struct hist *h, int64_t i, unsigned parts, struct err *e) ERR_CHECKED;

#endif
