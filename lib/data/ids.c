#include "lib/data/ids.h"

#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

struct ids_slot {
    uint32_t hash; /* so that growing and most mismatches need no text */
    int32_t id;    /* index + 1; 0: free */
};

/* Multiply and fold, eight bytes at a time. */
static uint32_t
hash(const char *s, int64_t n)
{
    uint64_t h = 0x9E3779B97F4A7C15ull ^ (uint64_t)n;
    while (n > 0) {
        uint64_t w = 0;
        memcpy(&w, s, (size_t)(n < 8 ? n : 8));
        unsigned __int128 m =
            (unsigned __int128)(h ^ w) * 0xD6E8FEB86659FD93ull;
        h = (uint64_t)m ^ (uint64_t)(m >> 64);
        s += 8;
        n -= 8;
    }
    h ^= h >> 32;
    return (uint32_t)h;
}

const char *
ids_get(const struct ids *t, int64_t i, int64_t *n)
{
    *n = t->at[i + 1] - t->at[i];
    return t->bytes + t->at[i];
}

/* The slot of s, or the free one where it belongs. */
static int64_t
probe(const struct ids *t, uint32_t h, const char *s, int64_t n)
{
    int64_t mask = t->slots - 1, k = h & mask;
    while (t->slot[k].id) {
        if (t->slot[k].hash == h) {
            int64_t m;
            const char *other = ids_get(t, t->slot[k].id - 1, &m);
            if (m == n && memcmp(other, s, (size_t)n) == 0)
                break;
        }
        k = (k + 1) & mask;
    }
    return k;
}

static int
grow(struct ids *t, struct err *e)
{
    int64_t slots = t->slots ? t->slots * 2 : 256, mask = slots - 1;
    struct ids_slot *slot = mem_zero(slots, sizeof *slot, e);
    if (!slot)
        return ERR_NOMEM;
    for (int64_t i = 0; i < t->slots; i++) {
        if (!t->slot[i].id)
            continue;
        int64_t k = t->slot[i].hash & mask;
        while (slot[k].id)
            k = (k + 1) & mask;
        slot[k] = t->slot[i];
    }
    free(t->slot);
    t->slot = slot;
    t->slots = slots;
    return 0;
}

static int64_t
add(struct ids *t, uint32_t h, const char *s, int64_t n, struct err *e)
{
    int rc;
    if (t->n * 3 >= t->slots * 2 && (rc = grow(t, e)))
        return rc;
    int64_t k = probe(t, h, s, n);
    if (t->slot[k].id)
        return t->slot[k].id - 1;
    if (t->n == INT32_MAX - 1)
        return err_set(e, ERR_RANGE, "more than 2147483646 different ids");
    /* one byte more: bytes is a place even if all strings are empty */
    int64_t end = t->n ? t->at[t->n] : 0;
    if ((rc = mem_grow(
             (void **)&t->at, &t->at_cap, t->n + 2, sizeof *t->at, e)) ||
        (rc = mem_grow((void **)&t->bytes, &t->bytes_cap, end + n + 1, 1, e)))
        return rc;
    t->at[t->n] = end;
    t->at[t->n + 1] = end + n;
    memcpy(t->bytes + end, s, (size_t)n);
    t->slot[k] = (struct ids_slot){h, (int32_t)(t->n + 1)};
    return t->n++;
}

int64_t
ids_add(struct ids *t, const char *s, int64_t n, struct err *e)
{
    return add(t, hash(s, n), s, n, e);
}

int
ids_add_all(struct ids *t, const struct ids_key *key, int count, int32_t *index,
    struct err *e)
{
    for (int from = 0; from < count; from += IDS_BATCH) {
        int n = count - from < IDS_BATCH ? count - from : IDS_BATCH;
        const struct ids_key *k = key + from;
        int32_t *out = index + from;
        uint32_t h[IDS_BATCH];
        /* What a look-up touches, fetched one level at a time; a slot that
         * turns out to be another's costs only speed. */
        for (int i = 0; i < n; i++) {
            h[i] = hash(k[i].s, k[i].n);
            if (t->slots)
                __builtin_prefetch(&t->slot[h[i] & (t->slots - 1)]);
        }
        for (int i = 0; i < n && t->slots; i++) {
            out[i] = t->slot[h[i] & (t->slots - 1)].id;
            if (out[i])
                __builtin_prefetch(&t->at[out[i] - 1]);
        }
        for (int i = 0; i < n && t->slots; i++)
            if (out[i])
                __builtin_prefetch(t->bytes + t->at[out[i] - 1]);
        for (int i = 0; i < n; i++) {
            int64_t id = add(t, h[i], k[i].s, k[i].n, e);
            if (id < 0)
                return (int)id;
            out[i] = (int32_t)id;
        }
    }
    return 0;
}

int64_t
ids_find(const struct ids *t, const char *s, int64_t n)
{
    return t->slots ? t->slot[probe(t, hash(s, n), s, n)].id - 1 : -1;
}

const char *
ids_reason(const char *s, int64_t n)
{
    if (n == 0)
        return "is empty";
    if (n > IDS_MAX_LENGTH)
        return "is longer than 255 bytes";
    if (memchr(s, 0, (size_t)n))
        return "contains a NUL byte";
    return NULL;
}

int64_t
ids_integer(const char *s, int64_t n)
{
    if (n < 1 || n > 10 || (n > 1 && s[0] == '0'))
        return -1;
    int64_t v = 0;
    for (int64_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        v = v * 10 + (s[i] - '0');
    }
    return v <= INT32_MAX ? v : -1;
}

void
ids_free(struct ids *t)
{
    free(t->bytes);
    free(t->at);
    free(t->slot);
    *t = (struct ids){0};
}
