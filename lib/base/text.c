#include "lib/base/text.h"

int
text_next_word(struct text *rest, struct text *word)
{
    for (; rest->n && *rest->s == ' '; rest->n--)
        rest->s++;
    *word = (struct text){rest->s, 0};
    for (; rest->n && *rest->s != ' '; rest->n--)
        rest->s++;
    word->n = rest->s - word->s;
    return word->n > 0;
}

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

int
text_put_utf8(char to[4], uint32_t c)
{
    int n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (n == 1)
        to[0] = (char)c;
    for (int i = n - 1; i > 0 && n > 1; i--, c >>= 6)
        to[i] = (char)(0x80 | (c & 63));
    if (n > 1)
        to[0] = (char)(0xF00 >> n | c);
    return n;
}

int
text_ends(const char *path, const char *ext)
{
    size_t n = strlen(path), k = strlen(ext);
    if (n > k && strcmp(path + n - k, ext) == 0)
        return 1;
    n -= n > 3 && strcmp(path + n - 3, ".gz") == 0 ? 3 : 0;
    return n > k && memcmp(path + n - k, ext, k) == 0;
}
