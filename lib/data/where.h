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
 * compared. Numbers are compared with numbers and dates with dates, both
 * exactly, and text byte by byte. A value of another type than the condition's
 * is unequal to it; whether it is smaller or larger cannot be told: -1. The
 * same goes for a number or date beside text that is not in quotes, as in
 * rating>=4,5. An empty value is absent, and neither smaller nor larger than
 * anything: 0.
 */
int where_holds(const struct where *w, struct text value);

void where_free(struct where *w);

#endif
