#ifndef STAIR_DECIMAL_H
#define STAIR_DECIMAL_H

#include "lib/base/text.h"

#include <stdint.h>

/*
 * A number as it is written, exact where a double would round: whole and
 * frac * 10^-18 of it, frac from 0 to 10^18 - 1. So -0.25 is -1 and .75.
 */
struct decimal {
    int64_t whole;
    uint64_t frac;
};

enum decimal_result {
    DECIMAL_NONE, /* the text is no number */
    DECIMAL_OK,
    DECIMAL_LARGE /* below or above what v can hold: v is the bound */
};

/* Reads all of t: digits with an optional sign, fraction and exponent, as in
 * -12, .5 or 1.4e9. Digits beyond the 18th of the fraction are dropped. */
enum decimal_result decimal_parse(struct text t, struct decimal *v);

static inline int
decimal_compare(struct decimal a, struct decimal b)
{
    if (a.whole != b.whole)
        return a.whole < b.whole ? -1 : 1;
    return (a.frac > b.frac) - (a.frac < b.frac);
}

#endif
