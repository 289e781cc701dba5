#include "lib/base/near.h"

#include <ctype.h>
#include <stdint.h>

enum { LONGEST = 64, HOLDS = LONGEST };

struct near
near_to(struct text typed)
{
    return (struct near){typed, {NULL, 0}, INT64_MAX};
}

static int64_t
least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int
same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* The optimal string alignment distance; only three rows of its table are kept.
 * Words are at most LONGEST long. */
static int64_t
distance(struct text a, struct text b)
{
    int64_t row[3][LONGEST + 1];
    for (int64_t j = 0; j <= b.n; j++)
        row[0][j] = j;
    for (int64_t i = 1; i <= a.n; i++) {
        int64_t *now = row[i % 3], *one = row[(i + 2) % 3],
                *two = row[(i + 1) % 3];
        now[0] = i;
        for (int64_t j = 1; j <= b.n; j++) {
            now[j] = least(one[j - 1] + !same(a.s[i - 1], b.s[j - 1]),
                least(one[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && same(a.s[i - 1], b.s[j - 2]) &&
                same(a.s[i - 2], b.s[j - 1]))
                now[j] = least(now[j], two[j - 2] + 1);
        }
    }
    return row[a.n % 3][b.n];
}

static int
holds(struct text a, struct text b)
{
    return b.n > 2 && memmem(a.s, (size_t)a.n, b.s, (size_t)b.n) != NULL;
}

void
near_try(struct near *n, struct text word)
{
    struct text t = n->typed;
    if (!t.n || !word.n || t.n > LONGEST || word.n > LONGEST)
        return;
    int64_t d = distance(t, word), most = (t.n > word.n ? t.n : word.n) / 3;
    if (d > (most > 1 ? most : 1) || d >= t.n) {
        if (!holds(word, t) && !holds(t, word))
            return;
        d = HOLDS;
    }
    if (d < n->distance) {
        n->distance = d;
        n->best = word;
    }
}
