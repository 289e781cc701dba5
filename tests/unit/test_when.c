/* lib/base/decimal, lib/data/when, lib/data/where: numbers, times, conditions.
 */
#include "lib/base/rng.h"
#include "lib/data/when.h"
#include "lib/data/where.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int
is_decimal(const char *s, int64_t whole, uint64_t frac)
{
    struct decimal v;
    return decimal_parse(text_of(s), &v) == DECIMAL_OK && v.whole == whole &&
           v.frac == frac;
}

static void
test_decimal(void)
{
    ok(is_decimal("0", 0, 0) && is_decimal("-0", 0, 0) &&
            is_decimal("+7", 7, 0) && is_decimal("007", 7, 0) &&
            is_decimal("9223372036854775807", INT64_MAX, 0) &&
            is_decimal("-9223372036854775807", -INT64_MAX, 0),
        "whole numbers");
    ok(is_decimal("1.5", 1, 500000000000000000) &&
            is_decimal(".5", 0, 500000000000000000) && is_decimal("5.", 5, 0) &&
            is_decimal("-0.25", -1, 750000000000000000) &&
            is_decimal("1.000000000000000001", 1, 1) &&
            is_decimal("0.0000000000000000019", 0, 1),
        "fractions to 18 digits");
    ok(is_decimal("4e1", 40, 0) && is_decimal("1.4E+9", 1400000000, 0) &&
            is_decimal("12345.5e-3", 12, 345500000000000000) &&
            is_decimal("1e-18", 0, 1) && is_decimal("1e-19", 0, 0) &&
            is_decimal("0e99999999999", 0, 0) && is_decimal("5e-999999", 0, 0),
        "exponents");
    static const char *const none[] = {"", "-", "+", ".", "-.", "e5", "1e",
        "1e+", "1 ", " 1", "1,5", "0x10", "nan", "inf", "1.2.3", "--1", "1-",
        "1e5x", "\xC2\xA0"};
    int refused = 1;
    struct decimal v;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        refused &= decimal_parse(text_of(none[i]), &v) == DECIMAL_NONE;
    ok(refused, "what is no number");
    struct decimal low, high, most;
    ok(decimal_parse(text_of("9223372036854775808"), &high) == DECIMAL_LARGE &&
            decimal_parse(text_of("-1e300"), &low) == DECIMAL_LARGE &&
            decimal_parse(text_of("9223372036854775807"), &most) ==
                DECIMAL_OK &&
            decimal_compare(most, high) < 0 && decimal_compare(low, most) < 0,
        "what is too large is beyond all others");

    /* against doubles, where these are exact: multiples of 2^-10 */
    int right = 1;
    for (int64_t i = 0; i < 3000; i++) {
        int64_t n = rng_below(1 << 30, 1, RNG_TEST, 1, (uint64_t)i, 0);
        double x = ldexp((double)(n - (1 << 29)), -10);
        char s[64];
        snprintf(s, sizeof s, i % 2 ? "%.10f" : "%.17e", x);
        right &= decimal_parse(text_of(s), &v) == DECIMAL_OK;
        double back = (double)v.whole + 1e-18 * (double)v.frac;
        right &= back <= x && back >= x;
    }
    ok(right, "decimals as printf writes doubles");
}

static int
is_when(const char *s, enum when kind, int64_t whole, uint64_t frac)
{
    struct decimal v;
    enum when got = when_parse(text_of(s), &v);
    int right = got == kind &&
                (got < WHEN_NUMBER || (v.whole == whole && v.frac == frac));
    if (!right)
        printf("# '%s': %d, %lld.%018llu\n", s, got, (long long)v.whole,
            (unsigned long long)v.frac);
    return right;
}

static void
test_when(void)
{
    ok(is_when("1970-01-01", WHEN_LOCAL, 0, 0) &&
            is_when("2024-03", WHEN_LOCAL, 1709251200, 0) &&
            is_when("2024-02-29", WHEN_LOCAL, 1709164800, 0) &&
            is_when("1969-12-31", WHEN_LOCAL, -86400, 0) &&
            is_when("0000-01-01", WHEN_LOCAL, -62167219200, 0) &&
            is_when("9999-12-31", WHEN_LOCAL, 253402214400, 0),
        "dates");
    ok(is_when("2024-03-01T10:30", WHEN_LOCAL, 1709289000, 0) &&
            is_when("2024-03-01 10:30:15", WHEN_LOCAL, 1709289015, 0) &&
            is_when("2024-03-01t10:30:15.25", WHEN_LOCAL, 1709289015,
                250000000000000000) &&
            is_when("2024-03-01T10:30:15,123456789", WHEN_LOCAL, 1709289015,
                123456789000000000) &&
            is_when("20240301T103015", WHEN_LOCAL, 1709289015, 0) &&
            is_when("20240301T1030", WHEN_LOCAL, 1709289000, 0) &&
            is_when("2024-03-01T24:00", WHEN_LOCAL, 1709337600, 0) &&
            is_when("2016-12-31T23:59:60", WHEN_LOCAL, 1483228800, 0),
        "date-times");
    static const char *const same[] = {"2024-03-01T10:30:15Z",
        "2024-03-01 10:30:15z", "2024-03-01 10:30:15 UTC",
        "2024-03-01T10:30:15+00:00", "2024-03-01T12:30:15+02:00",
        "2024-03-01T12:30:15+0200", "2024-03-01T12:30:15 +02",
        "2024-03-01T05:00:15-05:30", "20240301T103015Z",
        "2024-03-01T10:30:15.000 GMT", "2024-02-29T23:30:15-11",
        " 2024-03-01T10:30:15Z\t"};
    int right = 1;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        right &= is_when(same[i], WHEN_ZONED, 1709289015, 0);
    ok(right, "zones");
    ok(is_when("1700000000000000103", WHEN_NUMBER, 1700000000000000103, 0) &&
            is_when("20240301", WHEN_NUMBER, 20240301, 0) &&
            is_when("1e300", WHEN_LARGE, 0, 0),
        "numbers");
    static const char *const none[] = {"", "2024", "2024-", "2024-13-01",
        "2024-00-10", "2023-02-29", "2024-02-30", "2024-3-1", "24-03-01",
        "01/02/2024", "2024/03/01", "2024-03-01T", "2024-03-01T10",
        "2024-03-01T25:00", "2024-03-01T10:60", "2024-03-01T10:30:61",
        "2024-03-01T24:00:01", "2024-03-01T10:30:15.", "2024-03-01T10:30Q",
        "2024-03-01T10:30+", "2024-03-01T10:30+2",
        "2024-03-01T10:30+02:", "2024-03-01T10:30+02:60", "2024-03-01T10:30ZZ",
        "2024-03T10:30", "2024-03-01Z", "2024-03-01T1030", "20240301T10:30",
        "March 1, 2024", "2024-03-01 T10:30:15", "- 2024-03-01", "-2024-03-01",
        " "};
    right = 1;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        right &=
            strcmp(none[i], "2024") == 0 || is_when(none[i], WHEN_NONE, 0, 0);
    ok(right, "what is no time");

    /* every day of 800 years follows the one before */
    int64_t last = 0;
    int consecutive = 1, n = 0;
    for (int y = 1800; y < 2600; y++)
        for (int m = 1; m <= 12; m++)
            for (int d = 1; d <= 31; d++) {
                char s[32];
                struct decimal v;
                snprintf(s, sizeof s, "%04d-%02d-%02d", y, m, d);
                if (when_parse(text_of(s), &v) != WHEN_LOCAL)
                    continue;
                consecutive &= n++ == 0 || v.whole == last + 86400;
                last = v.whole;
            }
    ok(consecutive && n == 292194, "%d days, one after the other", n);
}

/* Whether a value meets an expression: '1', '0', or '?'. */
static char
meets(const char *expression, const char *value)
{
    struct where w;
    struct err e;
    if (where_parse(&w, expression, &e))
        return '!';
    int r = where_holds(&w, text_of(value));
    where_free(&w);
    return r < 0 ? '?' : (char)('0' + r);
}

static void
each(const char *expression, const char *const *value, const char *want)
{
    char got[32] = "";
    for (int i = 0; value[i]; i++) {
        got[i] = meets(expression, value[i]);
        got[i + 1] = 0;
    }
    ok(strcmp(got, want) == 0, "%s: %s (%s)", expression, want, got);
}

static void
test_where(void)
{
    static const char *const number[] = {
        "3", "4", "4.0", "4e0", "5", "-1", "", "x", NULL};
    each("rating>=4", number, "0111100?");
    each("rating > 4", number, "0000100?");
    each("rating<4", number, "1000010?");
    each(" rating <= 4 ", number, "1111010?");
    each("rating=4", number, "01110000");
    each("rating == 4.00", number, "01110000");
    each("rating!=4", number, "10001111");
    each("rating='4'", number, "01000000");
    static const char *const large[] = {"1700000000000000103",
        "1700000000000000104", "99999999999999999999", NULL};
    each("t<=1700000000000000103", large, "100");
    static const char *const date[] = {"2024-02-29", "2024-03-01",
        "2024-03-01T00:30:00+01:00", "2024-03-02 10:00", "1709251200", "",
        NULL};
    each("date>=2024-03-01", date, "0101?0");
    each("date=2024-03-01", date, "010000");
    static const char *const text[] = {
        "view", "transaction", "View", "", "view ", NULL};
    each("event=view", text, "10000");
    each("event!=view", text, "01111");
    each("event=", text, "00010");
    each("event!=", text, "11101");
    each("event<view", text, "01100");
    each("event='view '", text, "00001");
    static const char *const quoted[] = {"a=b", "say \"it\"", "it's", NULL};
    each("\"the = column\" = \"a=b\"", quoted, "100");
    each("c=\"say \"\"it\"\"\"", quoted, "010");
    each("'c'='it''s'", quoted, "001");
    each("c=a=b", quoted, "100");

    struct where w;
    struct err e;
    ok(!where_parse(&w, "'my \"\"col'\t!=\t\"\"", &e) &&
            strcmp(w.column, "my \"\"col") == 0 && w.op == WHERE_NE &&
            w.type == WHERE_TEXT && w.value.n == 0,
        "a column in quotes, a value in quotes that is empty");
    where_free(&w);
    static const char *const wrong[] = {"", "rating", "=4", "  =4", "\"a=4",
        "a='4", "a='4'5", "'a'b=4", "\"\"=4", "a~4", "a=1e999", "a!4"};
    int refused = 1;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused &= where_parse(&w, wrong[i], &e) == ERR_RANGE && !w.own;
    ok(refused, "what is no condition");
}

int
main(void)
{
    test_decimal();
    test_when();
    test_where();
    return done();
}
