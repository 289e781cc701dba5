#ifndef STAIR_WHEN_H
#define STAIR_WHEN_H

#include "lib/base/decimal.h"

/* How a time is written. */
enum when {
    WHEN_NONE,   /* it is no time */
    WHEN_LARGE,  /* a number beyond 64 bits */
    WHEN_NUMBER, /* of any unit: v is the number */
    WHEN_LOCAL,  /* a date without zone, taken as UTC */
    WHEN_ZONED   /* a date with zone */
};

/*
 * Reads all of t as a time: a number, or a date of ISO 8601 and what databases
 * make of it. Dates are 2024-03-01 and 2024-03, and 2024-03-01T10:30:00.25 with
 * or without seconds and their fraction, with T or a blank in the middle, or
 * without any - and : (20240301T103000, but 20240301 alone is a number). A zone
 * is Z, UTC, GMT or +05:30, also +0530 or +05, a blank before it. v is then the
 * time since 1970-01-01T00:00Z in seconds. Blanks at the ends do not count.
 */
enum when when_parse(struct text t, struct decimal *v);

#endif
