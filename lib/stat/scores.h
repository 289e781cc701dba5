#ifndef STAIR_SCORES_H
#define STAIR_SCORES_H

#include "lib/base/err.h"
#include "lib/data/dataset.h"

#include <stdint.h>

/*
 * Facts that say what metrics are about. Metrics of two files can be compared
 * if their facts are equal. stair-eval writes the facts beside the metrics, in
 * TSV and in JSON under the names of scores_fact_name.
 */
enum scores_fact {
    SCORES_USERS, /* digests, see lib/data/identity.h */
    SCORES_ITEMS,
    SCORES_TRAIN,
    SCORES_VALID, /* the part that lists are compared with: one of the two */
    SCORES_TEST,
    SCORES_MASK, /* what is not ranked: 0 nothing, 1 train, 2 train and valid */
    SCORES_FACTS
};
extern const char *const scores_fact_name[SCORES_FACTS];

struct scores_about {
    unsigned known; /* 1 << fact */
    uint32_t value[SCORES_FACTS];
};

/* The facts of lists that are compared with the valid or test pairs of d (part
 * is SCORES_VALID or SCORES_TEST). */
struct scores_about scores_about(
    const struct dataset *d, enum scores_fact part, int masks);

/*
 * What stair-eval wrote, read back: its lines, its JSON object (one row each),
 * or its table of single users (a row per user). A key is a metric and its
 * cut-off, "recall<TAB>10"; numbers of users or targets are no keys.
 */
struct scores {
    int per_user;
    int digests;      /* 1: with a digest of each user, see identity_user */
    int64_t n;        /* rows */
    struct ids key;   /* in order of appearance */
    struct ids users; /* of the rows, if per_user */
    /* [n][columns], a column per key. Rows of users have the number of targets
     * before these, and the digest, if there is one, behind them. */
    double *value;
    int64_t columns, cap;
    struct scores_about about; /* what the file says of it */
};

/* The value of a key in a row. */
static inline double
scores_value(const struct scores *s, int64_t row, int64_t key)
{
    return s->value[row * s->columns + s->per_user + key];
}

/* Reads any of the three; the beginning of the file tells which it is.
 * ERR_FORMAT names a line that fits none of them, or that has a number that is
 * not finite, or a key or user that occurs twice. */
int scores_read(struct scores *s, const char *path, struct err *e) ERR_CHECKED;

/*
 * ERR_FORMAT if b, from a file of that name, is about other things than a, as
 * far as both say. In tables of single users each user's facts are compared;
 * the caller checks that both have the same users. The sentence names both
 * files and what differs.
 */
int scores_same(const struct scores *a, const char *a_name,
    const struct scores *b, const char *b_name, struct err *e) ERR_CHECKED;
void scores_free(struct scores *s);

#endif
