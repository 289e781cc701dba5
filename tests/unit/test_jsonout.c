/* lib/io/jsonout: strings that parse, numbers that read back. */
#include "lib/base/rng.h"
#include "lib/io/jsonout.h"
#include "tests/unit/tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
is(const char *name, const char *s, int64_t n, const char *want)
{
    char got[256] = "";
    struct err e;
    struct xout x;
    int rc = xout_open(&x, "json", XOUT_TEXT, &e);
    jsonout_string(&x, (struct text){s, n});
    if (rc || xout_commit(&x, &e)) {
        ok(0, "%s: %s", name, e.msg);
        return;
    }
    int fd = open("json", O_RDONLY);
    ssize_t r = read(fd, got, sizeof got - 1);
    close(fd);
    ok(r >= 0 && strcmp(got, want) == 0, "%s: %s", name, got);
}

/* The first precision of %.*e that reads back. */
static int
least_digits(float v, char *text)
{
    for (int p = 1;; p++) {
        sprintf(text, "%.*e", p - 1, (double)v);
        float back = strtof(text, NULL);
        if (memcmp(&back, &v, sizeof v) == 0)
            return p;
    }
}

/* Without the zeros at both ends. */
static int
digits_of(const char *s)
{
    int n = 0, last = 0;
    for (; *s && *s != 'e'; s++)
        if (*s >= '0' && *s <= '9' && (n || *s != '0')) {
            n++;
            last = *s == '0' ? last : n;
        }
    return last ? last : 1;
}

static void
test_float(void)
{
    static const struct {
        float v;
        const char *text;
    } row[] = {{0, "0"}, {-0.0f, "-0"}, {1, "1"}, {-1, "-1"}, {0.1f, "0.1"},
        {100, "100"}, {100000000, "100000000"}, {1e9f, "1e+09"},
        {1e10f, "1e+10"}, {16777216, "16777216"}, {0.0001f, "0.0001"},
        {0.00001f, "1e-05"}, {1.5e-5f, "1.5e-05"},
        {0.3333333433f, "0.33333334"}, {65504, "65504"},
        {1.17549435e-38f, "1.1754944e-38"}, {1.4e-45f, "1e-45"},
        {3.40282347e38f, "3.4028235e+38"},
        {9.5367431640625e-7f, "9.536743e-07"}, {8388608.5f, "8388608"},
        {12345.678f, "12345.678"}, {-250000, "-250000"}};
    char buf[JSONOUT_NUMBER], text[64];
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        ok(!strcmp(jsonout_float(buf, row[i].v), row[i].text), "%s is %s",
            row[i].text, buf);
    int wrong = 0, longer = 0, other = 0;
    for (uint64_t i = 0; i < 300000; i++) {
        uint32_t bits = (uint32_t)rng_u64(3, RNG_TEST, 41, i, 0);
        float v, back;
        memcpy(&v, &bits, sizeof v);
        if (i % 3 == 0) /* as models have them */
            v = (float)rng_normal(3, RNG_TEST, 42, i, 0);
        if (i % 3 == 1) /* next to short decimals */
            v = (float)((double)(bits % 100000) * 1e-3);
        if (!(v - v <= 0))
            continue;
        back = strtof(jsonout_float(buf, v), NULL);
        wrong += memcmp(&back, &v, sizeof v) != 0;
        int p = v != 0 ? least_digits(v, text) : 1;
        longer += v != 0 && digits_of(buf) > p;
        other += v != 0 && strtod(buf, NULL) != strtod(text, NULL);
    }
    ok(!wrong, "300000 floats read back exactly");
    ok(!longer, "none has a digit too many (%d)", longer);
    ok(!other, "and is the nearest of its length (%d)", other);
}

int
main(void)
{
    test_float();
    is("plain", "abc", 3, "\"abc\"");
    is("empty", "", 0, "\"\"");
    is("escapes", "a\"b\\c\n\t\x7f", 8, "\"a\\\"b\\\\c\\u000a\\u0009\\u007f\"");
    is("a NUL byte", "a\0b", 3, "\"a\\u0000b\"");
    is("UTF-8", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9,
        "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
    is("Latin-1", "caf\xe9!", 5, "\"caf\xef\xbf\xbd!\"");
    is("a cut sequence", "\xe2\x82", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    is("an overlong form", "\xc0\xaf", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    is("a surrogate", "\xed\xa0\x80", 3,
        "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    is("beyond Unicode", "\xf4\x90\x80\x80", 4,
        "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    char buf[JSONOUT_NUMBER];
    ok(!strcmp(jsonout_double(buf, 0.1), "0.1") &&
            !strcmp(jsonout_double(buf, 1.0 / 3), "0.3333333333333333") &&
            !strcmp(jsonout_double(buf, 19445), "19445") &&
            !strcmp(jsonout_double(buf, 0), "0"),
        "short numbers");
    int bad = 0;
    for (uint64_t i = 0; i < 20000; i++) {
        double v = rng_normal(1, RNG_TEST, 40, i, 0) *
                   (i % 2 ? 1 : 1e-300 * (double)i);
        double back = strtod(jsonout_double(buf, v), NULL);
        bad += memcmp(&back, &v, sizeof v) != 0;
    }
    ok(!bad, "20000 numbers read back exactly");
    return done();
}
