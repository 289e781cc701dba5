#include "lib/base/text.h"

int
text_utf8_length(const unsigned char *s, int64_t n)
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
text_is_utf8(struct text t)
{
    const unsigned char *p = (const unsigned char *)t.s;
    for (int64_t i = 0, k; i < t.n; i += k)
        if ((k = p[i] < 0x80 ? 1 : text_utf8_length(p + i, t.n - i)) == 0)
            return 0;
    return 1;
}
