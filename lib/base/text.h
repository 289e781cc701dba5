#ifndef STAIR_TEXT_H
#define STAIR_TEXT_H

#include <stdint.h>
#include <string.h>

/* n bytes that belong to somebody else: an id, a field of a table, a value. */
struct text {
    const char *s;
    int64_t n;
};

static inline struct text
text_of(const char *s)
{
    return (struct text){s, (int64_t)strlen(s)};
}

static inline int
text_same(struct text a, struct text b)
{
    return a.n == b.n && memcmp(a.s, b.s, (size_t)a.n) == 0;
}

/* The 64-bit FNV-1a hash of t, continued from h. */
static const uint64_t text_fnv_start = 0xCBF29CE484222325;
static inline uint64_t
text_fnv(uint64_t h, struct text t)
{
    for (int64_t i = 0; i < t.n; i++)
        h = (h ^ (unsigned char)t.s[i]) * 0x100000001B3;
    return h;
}

/* Takes the next word from the beginning of rest. Returns 1, or 0 if rest holds
 * only blanks. */
int text_next_word(struct text *rest, struct text *word);

/* Length of the UTF-8 sequence that begins at s, of which n bytes are left; 0
 * if none does: overlong forms, surrogates and values beyond U+10FFFF are none.
 */
int text_utf8_length(const unsigned char *s, int64_t n);

int text_is_utf8(struct text t);

/* The UTF-8 of character c, at most U+10FFFF; returns its length. */
int text_put_utf8(char to[4], uint32_t c);

/* 1 if a file's name ends in ext, such as ".csv", or in ext and ".gz". */
int text_ends(const char *path, const char *ext);

#endif
