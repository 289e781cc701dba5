#include "lib/nn/segments.h"

#include <assert.h>
#include <inttypes.h>

enum { BITS = 11, BUCKETS = 1 << BITS };

struct segments
segments_in(struct arena *p, int64_t cap)
{
    struct segments s = {.cap = cap};
    if (cap < 0 || cap > INT32_MAX)
        arena_fail(p, ERR_RANGE,
            "a list of %" PRId64 " rows is longer than 2^31 - 1", cap);
    s.row = arena_new(p, cap, sizeof *s.row);
    s.start = arena_zero(p, cap + 1, sizeof *s.start);
    s.occurrence = arena_new(p, cap, sizeof *s.occurrence);
    s.of = arena_new(p, cap, sizeof *s.of);
    s.key[0] = arena_new(p, cap, sizeof *s.key[0]);
    s.key[1] = arena_new(p, cap, sizeof *s.key[1]);
    return s;
}

/* One stable pass on the bits from shift up. */
static void
sort_pass(const uint64_t *from, uint64_t *to, int64_t n, int shift)
{
    int64_t at[BUCKETS] = {0}, sum = 0;
    for (int64_t b = 0; b < n; b++)
        at[from[b] >> shift & (BUCKETS - 1)]++;
    for (int v = 0; v < BUCKETS; v++) {
        int64_t count = at[v];
        at[v] = sum;
        sum += count;
    }
    for (int64_t b = 0; b < n; b++)
        to[at[from[b] >> shift & (BUCKETS - 1)]++] = from[b];
}

void
segments_set(struct segments *s, const int32_t *list, int64_t n)
{
    assert(n >= 0 && n <= s->cap);
    uint64_t *key = s->key[0], *other = s->key[1];
    int32_t max = 0;
    for (int64_t b = 0; b < n; b++) {
        assert(list[b] >= 0);
        key[b] = (uint64_t)list[b] << 32 | (uint64_t)b;
        max = list[b] > max ? list[b] : max;
    }
    /* The low half ascends already, so only the rows' bits are sorted. */
    for (int shift = 0; shift < 31 && max >> shift; shift += BITS) {
        sort_pass(key, other, n, 32 + shift);
        uint64_t *t = key;
        key = other;
        other = t;
    }
    s->n = n;
    s->rows = 0;
    for (int64_t at = 0; at < n; at++) {
        int32_t row = (int32_t)(key[at] >> 32), b = (int32_t)key[at];
        if (s->rows == 0 || s->row[s->rows - 1] != row) {
            s->row[s->rows] = row;
            s->start[s->rows++] = at;
        }
        s->occurrence[at] = b;
        s->of[b] = (int32_t)(s->rows - 1);
    }
    s->start[s->rows] = n;
}
