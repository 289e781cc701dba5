#ifndef STAIR_DECIMAL_H
#define STAIR_DECIMAL_H

#include "lib/base/text.h"

#include <stdint.h>

/*
 * A decimal number, exact where a double would round: whole + frac * 10^-18,
 * with frac in 0 .. 10^18 - 1. So -0.25 has whole -1, and frac stands for .75.
 */
struct decimal {
    int64_t whole;
    uint64_t frac;
};

enum decimal_result {
    DECIMAL_NONE, /* the text is no number */
    DECIMAL_OK,
    DECIMAL_LARGE /* beyond what v can hold: v is the nearest that it can */
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
