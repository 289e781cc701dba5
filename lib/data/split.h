#ifndef STAIR_SPLIT_H
#define STAIR_SPLIT_H

#include "lib/base/decimal.h"
#include "lib/base/err.h"
#include "lib/data/ids.h"

#include <stdint.h>

enum split_part { SPLIT_TRAIN = 0, SPLIT_VALID = 1, SPLIT_TEST = 2 };

enum split_kind {
    SPLIT_RATIO,       /* per user, random order */
    SPLIT_TIME,        /* per user, the latest are held out */
    SPLIT_TIME_GLOBAL, /* over all rows, the latest are held out */
    SPLIT_LAST,        /* per user, last is test, the one before is valid */
    SPLIT_HASH,        /* each row by a hash of its ids */
    SPLIT_COLD, /* some items have no train rows; the others as SPLIT_RATIO */
    SPLIT_LABEL /* by the labels of the rows */
};

struct split_opt {
    enum split_kind kind;
    int64_t ratio[3]; /* train : valid : test, train at least 1 */
    uint64_t seed;    /* of SPLIT_RATIO, SPLIT_HASH and SPLIT_COLD */
};

/*
 * Parses "label", "leave-one-out", or "ratio", "time", "time-global", "hash",
 * "cold-items", each of the last five with an optional ":TRAIN:VALID:TEST"
 * (8:1:1 if absent; whole numbers up to a million). seed is left alone.
 * ERR_RANGE says what is wrong.
 */
int split_parse(
    struct split_opt *o, const char *text, struct err *e) ERR_CHECKED;

/* The name that split_parse reads. */
const char *split_name(enum split_kind kind);

/*
 * How many of n things are held out by the ratio a:b:c. If n is smaller than
 * the number of parts that are not 0, all are for training. Otherwise
 *   held  = max(floor(n (b + c) / (a + b + c)), parts held out)
 *   valid = max(floor(held b / (b + c)), 1 if b > 0)
 * and the rest of held is for test. With 8:1:1 this is: n < 10 gives n-2/1/1,
 * else held = floor(n / 5), valid = floor(held / 2).
 */
void split_counts(
    const int64_t ratio[3], int64_t n, int64_t *valid, int64_t *test);

/* Lists the rows user by user, in order: those of u are
 * row[start[u] .. start[u + 1]). start is [users + 1], zeros on entry. Returns
 * the largest number of rows of a user. */
int64_t split_by_user(const int32_t *user, int64_t n, int64_t users,
    int64_t *start, int64_t *row);

/* Rows to be split. A user has no item twice. */
struct split_rows {
    int64_t n, users;
    const int32_t *user, *item; /* [n], below users and items */
    const struct decimal *time; /* [n], for the kinds that need it; SPLIT_LAST
                                   without it goes by row order */
    const struct ids *user_ids, *item_ids; /* of SPLIT_HASH, SPLIT_COLD */
};

/*
 * Sets part[r] (enum split_part) of each row r.
 *
 * A user's rows are put in order; the first are for training, the next for
 * valid, the last for test. The order is by time, or for SPLIT_RATIO by a
 * random number of (seed, user, item), so that it depends neither on row order
 * nor on threads. Of equal rows the earlier one comes first.
 *
 * SPLIT_HASH: h is the 64-bit FNV-1a hash of the user id, a NUL byte and the
 * item id; x = rng_u64(seed, RNG_SPLIT, 1, h, 0); the place of the row is
 * floor(x (a + b + c) / 2^64): below a it is for training, below a + b valid.
 * It depends on the ids and the seed alone.
 *
 * SPLIT_COLD: items that have rows are put in the order of rng_u64(seed,
 * RNG_SPLIT, 2, hash of the item id, 0); split_counts says how many of the last
 * are for valid and for test, with all their rows. The rows of the other items
 * are split as by SPLIT_RATIO. If one of these items then has no train rows,
 * its valid rows move to train, or its test rows if it has no valid ones.
 */
int split_assign(const struct split_opt *o, const struct split_rows *rows,
    unsigned char *part, struct err *e) ERR_CHECKED;

#endif
