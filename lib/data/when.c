#include "lib/data/when.h"

/* What is left to read. */
struct rest {
    const char *p, *end;
};

static int
take(struct rest *r, char c)
{
    if (r->p == r->end || *r->p != c)
        return 0;
    r->p++;
    return 1;
}

static int
is_digit(const struct rest *r)
{
    return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}

/* Exactly n digits of a number from min to max. */
static int
take_number(struct rest *r, int n, int min, int max, int *v)
{
    for (*v = 0; n > 0 && is_digit(r); n--)
        *v = *v * 10 + (*r->p++ - '0');
    return n == 0 && *v >= min && *v <= max;
}

static int
take_word(struct rest *r, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
        return 0;
    r->p += n;
    return 1;
}

/* Days from 1970-01-01 to a day of the Gregorian calendar. */
static int64_t
days(int year, int month, int day)
{
    /* years begin in March: the leap day is the last */
    int64_t y = year - (month <= 2), m = (month + 9) % 12;
    int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * m + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           719468;
}

static int
month_days(int year, int month)
{
    static const int length[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return length[month - 1] + (month == 2 && leap);
}

/* 2024-03-01, 2024-03, 20240301; dashes tells which. */
static int
take_date(struct rest *r, int64_t *day, int *dashes, int *whole)
{
    int y, m, d = 1;
    if (!take_number(r, 4, 0, 9999, &y))
        return 0;
    *dashes = take(r, '-');
    if (!take_number(r, 2, 1, 12, &m))
        return 0;
    *whole = !*dashes || take(r, '-');
    if (*whole && !take_number(r, 2, 1, month_days(y, m), &d))
        return 0;
    *day = days(y, m, d);
    return 1;
}

/* The fraction of a second behind its point. */
static int
take_fraction(struct rest *r, uint64_t *frac)
{
    if (!is_digit(r))
        return 0;
    for (uint64_t unit = 100000000000000000; is_digit(r); unit /= 10)
        *frac += (uint64_t)(*r->p++ - '0') * unit;
    return 1;
}

/* 10:30, 10:30:00.25, 1030, 103000: midnight may be 24:00, and a leap second
 * is the first of the next minute. */
static int
take_clock(struct rest *r, int colons, struct decimal *v)
{
    int h, m, s = 0;
    if (!take_number(r, 2, 0, 24, &h) || take(r, ':') != colons ||
        !take_number(r, 2, 0, 59, &m))
        return 0;
    if (colons ? take(r, ':') : is_digit(r)) {
        if (!take_number(r, 2, 0, 60, &s))
            return 0;
        if ((take(r, '.') || take(r, ',')) && !take_fraction(r, &v->frac))
            return 0;
    }
    v->whole += h * 3600 + m * 60 + s;
    return h < 24 || (m == 0 && s == 0 && v->frac == 0);
}

/* A zone, or the end: 0 if it is neither. */
static int
take_zone(struct rest *r, struct decimal *v, int *zone)
{
    *zone = r->p < r->end;
    if (!*zone)
        return 1;
    take(r, ' ');
    if (take(r, 'Z') || take(r, 'z') || take_word(r, "UTC") ||
        take_word(r, "GMT"))
        return r->p == r->end;
    int h, m = 0, east = take(r, '+');
    if ((!east && !take(r, '-')) || !take_number(r, 2, 0, 23, &h))
        return 0;
    if ((take(r, ':') || r->p < r->end) && !take_number(r, 2, 0, 59, &m))
        return 0;
    int offset = h * 3600 + m * 60;
    v->whole -= east ? offset : -offset;
    return r->p == r->end;
}

static enum when
parse_date(struct text t, struct decimal *v)
{
    struct rest r = {t.s, t.s + t.n};
    int dashes, whole, zone = 0;
    int64_t day;
    *v = (struct decimal){0};
    if (!take_date(&r, &day, &dashes, &whole))
        return WHEN_NONE;
    v->whole = day * 86400;
    if (r.p == r.end)
        return dashes ? WHEN_LOCAL : WHEN_NONE;
    if (!whole || !(take(&r, 'T') || take(&r, 't') || take(&r, ' ')) ||
        !take_clock(&r, dashes, v) || !take_zone(&r, v, &zone))
        return WHEN_NONE;
    return zone ? WHEN_ZONED : WHEN_LOCAL;
}

enum when
when_parse(struct text t, struct decimal *v)
{
    while (t.n && (t.s[0] == ' ' || t.s[0] == '\t'))
        t = (struct text){t.s + 1, t.n - 1};
    while (t.n && (t.s[t.n - 1] == ' ' || t.s[t.n - 1] == '\t'))
        t.n--;
    switch (decimal_parse(t, v)) {
    case DECIMAL_OK:
        return WHEN_NUMBER;
    case DECIMAL_LARGE:
        return WHEN_LARGE;
    case DECIMAL_NONE:
        break;
    }
    return parse_date(t, v);
}
