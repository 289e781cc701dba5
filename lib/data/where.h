#ifndef STAIR_WHERE_H
#define STAIR_WHERE_H

#include "lib/base/decimal.h"
#include "lib/base/err.h"

/*
 * A condition on one column, "COLUMN OP VALUE", OP one of = != < <= > >= (== is
 * =). Blanks around the three are dropped. COLUMN and VALUE may stand in single
 * or double quotes, a quote within them doubled; a VALUE in quotes is text.
 */
enum where_op { WHERE_EQ, WHERE_NE, WHERE_LT, WHERE_LE, WHERE_GT, WHERE_GE };
enum where_type { WHERE_TEXT, WHERE_NUMBER, WHERE_DATE };

struct where {
    const char *column; /* terminated */
    enum where_op op;
    enum where_type type;
    int quoted; /* the value stood in quotes */
    struct text value;
    struct decimal number; /* of a number or a date */
    char *own;             /* what column and value point into */
};

/* Free with where_free. ERR_RANGE says what is wrong. */
int where_parse(
    struct where *w, const char *expression, struct err *e) ERR_CHECKED;

/*
 * Whether a value meets the condition: 1 or 0, or -1 if the two cannot be
 * compared. A number is compared with numbers and a date with dates (both
 * exactly), text byte by byte. What is no number or date is unequal to all of
 * them and smaller or larger than none: -1. So are numbers and dates beside
 * text that does not stand in quotes, as in rating>=4,5. An empty value is
 * absent, and what is absent is neither smaller nor larger than anything: 0.
 */
int where_holds(const struct where *w, struct text value);

void where_free(struct where *w);

#endif
