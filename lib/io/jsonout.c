#include "lib/io/jsonout.h"

#include <stdio.h>
#include <stdlib.h>

char *
jsonout_double(char *buf, double v)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buf, JSONOUT_NUMBER, "%.*g", digits, v);
        double back = strtod(buf, NULL);
        if (back <= v && back >= v)
            break;
    }
    return buf;
}

/* Length of the UTF-8 sequence that begins at s (n bytes left), 0 if none does:
 * overlong forms, surrogates and values beyond U+10FFFF are none. */
static int
utf8_length(const unsigned char *s, int64_t n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    int k = s[0] < 0x80             ? 1
            : (s[0] & 0xe0) == 0xc0 ? 2
            : (s[0] & 0xf0) == 0xe0 ? 3
            : (s[0] & 0xf8) == 0xf0 ? 4
                                    : 0;
    if (k <= 1)
        return k;
    if (k > n)
        return 0;
    uint32_t v = s[0] & (0xffu >> (k + 1));
    for (int i = 1; i < k; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        v = v << 6 | (s[i] & 0x3fu);
    }
    if (v < least[k] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
        return 0;
    return k;
}

int
jsonout_string(struct xout *x, const char *s, int64_t n, struct err *e)
{
    const unsigned char *p = (const unsigned char *)s;
    int rc = xout_write(x, "\"", 1, e);
    while (n > 0 && !rc) {
        int k = utf8_length(p, n);
        if (!k) {
            rc = xout_write(x, "\xef\xbf\xbd", 3, e);
            k = 1;
        } else if (*p < 0x20 || *p == 0x7f)
            rc = xout_printf(x, e, "\\u%04x", *p);
        else if (*p == '"' || *p == '\\')
            rc = xout_printf(x, e, "\\%c", *p);
        else
            rc = xout_write(x, p, k, e);
        p += k;
        n -= k;
    }
    return rc ? rc : xout_write(x, "\"", 1, e);
}
