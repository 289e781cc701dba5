#ifndef STAIR_SPLIT_H
#define STAIR_SPLIT_H

#include "lib/base/decimal.h"
#include "lib/base/err.h"

#include <stdint.h>

enum split_part { SPLIT_TRAIN = 0, SPLIT_VALID = 1, SPLIT_TEST = 2 };

enum split_kind {
    SPLIT_RATIO,       /* per user, random order */
    SPLIT_TIME,        /* per user, the latest are held out */
    SPLIT_TIME_GLOBAL, /* over all rows, the latest are held out */
    SPLIT_LAST,        /* per user, last is test, the one before is valid */
    SPLIT_LABEL        /* the data says it */
};

struct split_opt {
    enum split_kind kind;
    int64_t ratio[3]; /* train : valid : test, train at least 1 */
    uint64_t seed;    /* of SPLIT_RATIO */
};

/*
 * Parses "label", "leave-one-out", or "ratio", "time", "time-global", each of
 * the last three with an optional ":TRAIN:VALID:TEST" (8:1:1 if absent; whole
 * numbers up to a million). seed is left alone. ERR_RANGE says what is wrong.
 */
int split_parse(
    struct split_opt *o, const char *text, struct err *e) ERR_CHECKED;

/*
 * How many of n are held out under ratio a:b:c. Those who have fewer than one
 * for each part that the ratio names keep all for training. Otherwise
 *   held  = max(floor(n (b + c) / (a + b + c)), parts held out)
 *   valid = max(floor(held b / (b + c)), 1 if b > 0)
 * and the rest of held is for test. With 8:1:1 this is: n < 10 gives n-2/1/1,
 * else held = floor(n / 5), valid = floor(held / 2).
 */
void split_counts(
    const int64_t ratio[3], int64_t n, int64_t *valid, int64_t *test);

/*
 * Gives part[r] (enum split_part) to each of n rows.
 *
 *   user, item  [n], user below users; a user has no item twice
 *   time        [n], for the kinds that need it; SPLIT_LAST takes row order
 *               where it is NULL
 *
 * A user's rows are put in order, the first are for training, then come valid
 * and test. The order is, with ties to the earlier row: by time; for
 * SPLIT_RATIO by the random number of (seed, user, item), so that it depends
 * on neither row order nor threads.
 */
int split_assign(const struct split_opt *o, int64_t n, const int32_t *user,
    const int32_t *item, const struct decimal *time, int64_t users,
    unsigned char *part, struct err *e) ERR_CHECKED;

#endif
