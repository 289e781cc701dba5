#ifndef STAIR_SCORES_H
#define STAIR_SCORES_H

#include "lib/base/err.h"
#include "lib/data/ids.h"

#include <stdint.h>

/*
 * What stair-eval wrote, read back: its lines, its JSON object (one row each),
 * or its table of single users (a row per user). A key is a metric and its
 * cut-off, "recall<TAB>10"; numbers of users or targets are no keys.
 */
struct scores {
    int per_user;
    int64_t n;        /* rows */
    struct ids key;   /* in order of appearance */
    double *value;    /* [n][key.n] */
    struct ids users; /* of the rows, if per_user */
    int64_t cap;      /* of value */
};

/* Which of the three it is, its beginning tells. ERR_FORMAT names the line of
 * what is none of them, of a number that is not finite, or of a key or user
 * that occurs twice. */
int scores_read(struct scores *s, const char *path, struct err *e) ERR_CHECKED;
void scores_free(struct scores *s);

#endif
