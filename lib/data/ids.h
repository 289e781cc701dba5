#ifndef STAIR_IDS_H
#define STAIR_IDS_H

#include "lib/base/err.h"

#include <stdint.h>

/*
 * A set of byte strings, each with an index 0, 1, .. in order of arrival: a
 * hash table with open addressing over one block of text. Empty when zeroed.
 */
struct ids {
    int64_t n;
    char *bytes; /* the strings one after the other, not terminated */
    int64_t bytes_cap;
    int64_t *at; /* string i is bytes[at[i] .. at[i + 1]) */
    int64_t at_cap;
    struct ids_slot *slot;
    int64_t slots; /* a power of two, or 0 */
};

/* Longest id that datasets hold, in bytes. */
enum { IDS_MAX_LENGTH = 255 };

/* The index of s (n bytes), added if it is new. ERR_RANGE at 2^31 - 1 ids. */
int64_t ids_add(
    struct ids *t, const char *s, int64_t n, struct err *e) ERR_CHECKED;

/*
 * The same for count strings at once, in order; index[i] is that of key[i].
 * Several times as fast on large tables: the memory accesses of up to
 * IDS_BATCH strings overlap.
 */
enum { IDS_BATCH = 64 };
struct ids_key {
    const char *s;
    int64_t n;
};
int ids_add_all(struct ids *t, const struct ids_key *key, int count,
    int32_t *index, struct err *e) ERR_CHECKED;

/* The index of s, or -1. */
int64_t ids_find(const struct ids *t, const char *s, int64_t n);

/* String i, borrowed until the next ids_add; its length in n. */
const char *ids_get(const struct ids *t, int64_t i, int64_t *n);

/* Why s cannot be an id ("is empty", ..), or NULL if it can. */
const char *ids_reason(const char *s, int64_t n);

/* The value of s if it is the usual decimal form of a number in 0..2^31 - 1
 * (no sign, no leading zeros), else -1. */
int64_t ids_integer(const char *s, int64_t n);

void ids_free(struct ids *t);

#endif
