#include "lib/data/ids.h"

#include "lib/base/arena.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct ids_slot {
    uint32_t hash; /* so that growing and most mismatches need no text */
    int32_t id;    /* index + 1; 0: free */
};

/* Multiply and fold, eight bytes at a time. */
static uint32_t
hash(struct text id)
{
    const char *s = id.s;
    int64_t n = id.n;
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

struct text
ids_get(const struct ids *t, int64_t i)
{
    return (struct text){t->bytes + t->at[i], t->at[i + 1] - t->at[i]};
}

/* The slot of id, or the free slot where it belongs. */
static int64_t
probe(const struct ids *t, uint32_t h, struct text id)
{
    int64_t mask = t->slots - 1, k = h & mask;
    while (t->slot[k].id && (t->slot[k].hash != h ||
                                !text_same(ids_get(t, t->slot[k].id - 1), id)))
        k = (k + 1) & mask;
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

/* Puts id at the end of the list, whether it is there or not. */
static int
append(struct ids *t, struct text id, struct err *e)
{
    /* One byte more than needed, so that `bytes` is not NULL even if all ids
     * are empty. */
    int64_t end = t->n ? t->at[t->n] : 0;
    int rc = mem_grow(&t->at, &t->at_cap, t->n + 2, sizeof *t->at, e);
    if (!rc)
        rc = mem_grow(&t->bytes, &t->bytes_cap, end + id.n + 1, 1, e);
    if (rc)
        return rc;
    t->at[t->n++] = end;
    t->at[t->n] = end + id.n;
    memcpy(t->bytes + end, id.s, (size_t)id.n);
    return 0;
}

static int64_t
add(struct ids *t, uint32_t h, struct text id, struct err *e)
{
    int rc;
    if (t->n * 3 >= t->slots * 2 && (rc = grow(t, e)))
        return rc;
    int64_t k = probe(t, h, id);
    if (t->slot[k].id)
        return t->slot[k].id - 1;
    if (t->n == INT32_MAX - 1)
        return err_set(e, ERR_RANGE, "more than 2147483646 different ids");
    rc = append(t, id, e);
    if (rc)
        return rc;
    t->slot[k] = (struct ids_slot){h, (int32_t)t->n};
    return t->n - 1;
}

int64_t
ids_add(struct ids *t, struct text id, struct err *e)
{
    assert(t->slots || !t->n);
    return add(t, hash(id), id, e);
}

int
ids_add_all(struct ids *t, const struct text *id, int count, int32_t *index,
    struct err *e)
{
    assert(t->slots || !t->n);
    for (int from = 0; from < count; from += IDS_BATCH) {
        int n = count - from < IDS_BATCH ? count - from : IDS_BATCH;
        const struct text *s = id + from;
        int32_t *out = index + from;
        uint32_t h[IDS_BATCH];
        /* Fetches what a look-up will touch, one level at a time. A slot that
         * turns out to be another id's only costs speed. */
        for (int i = 0; i < n; i++) {
            h[i] = hash(s[i]);
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
            int64_t at = add(t, h[i], s[i], e);
            if (at < 0)
                return (int)at;
            out[i] = (int32_t)at;
        }
    }
    return 0;
}

int64_t
ids_find(const struct ids *t, struct text id)
{
    assert(t->slots || !t->n);
    return t->slots ? t->slot[probe(t, hash(id), id)].id - 1 : -1;
}

int
ids_unpack(struct ids *t, char *bytes, int64_t n, int64_t width, struct err *e)
{
    *t = (struct ids){.n = n, .bytes = bytes, .bytes_cap = n * width};
    t->at = mem_new(n + 1, sizeof *t->at, e);
    if (!t->at)
        return ERR_NOMEM;
    t->at_cap = n + 1;
    int64_t end = 0;
    for (int64_t i = 0; i < n; i++) {
        const char *s = bytes + i * width;
        int64_t k = (int64_t)strnlen(s, (size_t)width);
        for (int64_t j = k; j < width; j++)
            if (s[j])
                return err_set(
                    e, ERR_FORMAT, "id %" PRId64 " holds a NUL byte", i);
        t->at[i] = end;
        memmove(bytes + end, s, (size_t)k);
        end += k;
    }
    t->at[n] = end;
    return 0;
}

char *
ids_pack(const struct ids *t, int64_t *width, struct err *e)
{
    *width = 1;
    for (int64_t i = 0; i < t->n; i++)
        if (ids_get(t, i).n > *width)
            *width = ids_get(t, i).n;
    char *bytes = mem_zero(t->n, (size_t)*width, e);
    for (int64_t i = 0; i < t->n && bytes; i++) {
        struct text id = ids_get(t, i);
        memcpy(bytes + i * *width, id.s, (size_t)id.n);
    }
    return bytes;
}

int
ids_index(struct ids *t, const char *what, struct err *e)
{
    while (t->n * 3 >= t->slots * 2) {
        int rc = grow(t, e);
        if (rc)
            return rc;
    }
    for (int64_t i = 0; i < t->n; i++) {
        struct text id = ids_get(t, i);
        uint32_t h = hash(id);
        int64_t k = probe(t, h, id);
        if (t->slot[k].id && t->slot[k].id - 1 != i)
            return err_set(e, ERR_FORMAT,
                "%ss %" PRId32 " and %" PRId64 " have the same id '%.*s'", what,
                t->slot[k].id - 1, i, (int)id.n, id.s);
        t->slot[k] = (struct ids_slot){h, (int32_t)(i + 1)};
    }
    return 0;
}

int
ids_check_table(const struct ids *t, const char *what, struct err *e)
{
    for (int64_t i = 0; i < t->n; i++) {
        struct text id = ids_get(t, i);
        for (int64_t k = 0; k < id.n; k++)
            if (id.s[k] == '\t' || id.s[k] == '\n' || id.s[k] == '\r')
                return err_set(e, ERR_FORMAT,
                    "the id of %s %" PRId64
                    " contains a tab or a line end, which a table cannot "
                    "hold",
                    what, i);
    }
    return 0;
}

const char *
ids_reason(struct text id)
{
    if (id.n == 0)
        return "is empty";
    if (id.n > IDS_MAX_LENGTH)
        return "is longer than 255 bytes";
    if (memchr(id.s, 0, (size_t)id.n))
        return "contains a NUL byte";
    return NULL;
}

int64_t
ids_integer(struct text id)
{
    if (id.n < 1 || id.n > 10 || (id.n > 1 && id.s[0] == '0'))
        return -1;
    int64_t v = 0;
    for (int64_t i = 0; i < id.n; i++) {
        if (id.s[i] < '0' || id.s[i] > '9')
            return -1;
        v = v * 10 + (id.s[i] - '0');
    }
    return v <= INT32_MAX ? v : -1;
}

/* old[new] by first occurrence, and its inverse to, which is all -1 before;
 * returns the count. */
static int64_t
by_appearance(const struct ids_rule *rule, const int32_t *index, int64_t n,
    int32_t *to, int32_t *old)
{
    int64_t count = rule->first;
    for (int64_t i = 0; i < count; i++)
        to[i] = old[i] = (int32_t)i;
    for (int64_t r = 0; r < n + rule->n_also; r++) {
        int32_t i = r < n ? index[r] : rule->also[r - n];
        if (to[i] < 0) {
            to[i] = (int32_t)count;
            old[count++] = i;
        }
    }
    return count;
}

/* Reorders old[0..count) by value: 0 if the ids are exactly 0..count-1, else
 * an error; old is unchanged then. slot is scratch [count]. */
static int
by_integer(const struct ids *t, const struct ids_rule *rule, int32_t *old,
    int64_t count, int32_t *slot, const char *what, struct err *e)
{
    memset(slot, 0, (size_t)count * sizeof *slot);
    for (int64_t k = 0; k < count; k++) {
        struct text id = ids_get(t, old[k]);
        int64_t v = ids_integer(id);
        if (v < 0)
            return err_set(e, ERR_FORMAT,
                "%s ids are not the integers 0..n-1: '%.*s' is not a whole "
                "number in plain digits",
                what, (int)id.n, id.s);
        if (k < rule->first && v != k)
            return err_set(e, ERR_FORMAT,
                "%s ids are not the integers 0..n-1: '%.*s' has the number "
                "%" PRId64 " already",
                what, (int)id.n, id.s, k);
        if (v < count)
            slot[v] = old[k] + 1;
    }
    /* distinct ids: if none is missing below count, there is none above */
    for (int64_t v = 0; v < count; v++)
        if (!slot[v])
            return err_set(e, ERR_FORMAT,
                "%s ids are not the integers 0..n-1: there are %" PRId64
                " and %" PRId64 " is missing",
                what, count, v);
    for (int64_t v = 0; v < count; v++)
        old[v] = slot[v] - 1;
    return 0;
}

int
ids_renumber(const struct ids *t, const struct ids_rule *rule, const char *what,
    int32_t *index, int64_t n, struct ids *names, int *by_value, struct err *e)
{
    *names = (struct ids){0};
    *by_value = 0;
    struct arena tmp = {0};
    int32_t *to = arena_new(&tmp, t->n, sizeof *to);
    int32_t *old = arena_new(&tmp, t->n, sizeof *old);
    int32_t *slot = arena_new(&tmp, t->n, sizeof *slot);
    int rc = arena_check(&tmp, e);
    int64_t count = 0;
    if (!rc) {
        memset(to, 0xff, (size_t)t->n * sizeof *to);
        count = by_appearance(rule, index, n, to, old);
    }
    if (!rc && rule->order != IDS_APPEARANCE) {
        int must = rule->order == IDS_INTEGER;
        int wrong =
            by_integer(t, rule, old, count, slot, what, must ? e : NULL);
        *by_value = !wrong;
        rc = must ? wrong : 0;
    }
    for (int64_t k = 0; k < count && !rc; k++) {
        to[old[k]] = (int32_t)k;
        rc = append(names, ids_get(t, old[k]), e);
    }
    for (int64_t r = 0; r < n && !rc; r++)
        index[r] = to[index[r]];
    arena_free(&tmp);
    return rc;
}

void
ids_show(struct ids_shown *to, struct text id)
{
    size_t n = (size_t)id.n < sizeof to->s ? (size_t)id.n : sizeof to->s - 1;
    memcpy(to->s, id.s, n);
    while (n && n < (size_t)id.n && ((unsigned char)id.s[n] & 0xC0) == 0x80)
        n--; /* whole characters */
    to->s[n] = 0;
}

const char *
ids_differ(char clause[IDS_CLAUSE], const char *name,
    const struct ids_shown *one, const struct ids *dataset)
{
    struct ids_shown ours = {""};
    if (dataset->n)
        ids_show(&ours, ids_get(dataset, 0));
    snprintf(clause, IDS_CLAUSE,
        "the ids of '%.400s' are such as '%s', the dataset's such as '%s'",
        name, one->s, ours.s);
    return clause;
}

void
ids_free(struct ids *t)
{
    free(t->bytes);
    free(t->at);
    free(t->slot);
    *t = (struct ids){0};
}
