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
    if (xout_open(&x, "json", XOUT_TEXT, &e) || jsonout_string(&x, s, n, &e) ||
        xout_commit(&x, &e)) {
        ok(0, "%s: %s", name, e.msg);
        return;
    }
    int fd = open("json", O_RDONLY);
    ssize_t r = read(fd, got, sizeof got - 1);
    close(fd);
    ok(r >= 0 && strcmp(got, want) == 0, "%s: %s", name, got);
}

int
main(void)
{
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
