#ifndef STAIR_IDS_H
#define STAIR_IDS_H

#include "lib/base/err.h"
#include "lib/base/text.h"

#include <stdint.h>

/*
 * A list of ids, byte strings with the indices 0, 1, .. in order of arrival. A
 * hash table with open addressing leads from an id to its index. ids_add keeps
 * it up to date; a list that was read from a file gets it by ids_index. Empty
 * when zeroed.
 */
struct ids {
    int64_t n;
    char *bytes; /* the ids one after the other, not terminated */
    int64_t bytes_cap;
    int64_t *at; /* id i is bytes[at[i] .. at[i + 1]) */
    int64_t at_cap;
    struct ids_slot *slot;
    int64_t slots; /* a power of two, or 0 */
};

/* Longest id that datasets hold, in bytes. */
enum { IDS_MAX_LENGTH = 255 };

/* The index of id. Adds id if it is new. ERR_RANGE at 2^31 - 1 ids. */
int64_t ids_add(struct ids *t, struct text id, struct err *e) ERR_CHECKED;

/*
 * ids_add for count ids, in order; index[i] becomes that of id[i]. Several
 * times as fast on large tables: the memory accesses of up to IDS_BATCH ids
 * overlap.
 */
enum { IDS_BATCH = 64 };
int ids_add_all(struct ids *t, const struct text *id, int count, int32_t *index,
    struct err *e) ERR_CHECKED;

/* The index of id, or -1. */
int64_t ids_find(const struct ids *t, struct text id);

/* Id i, borrowed until the next ids_add. */
struct text ids_get(const struct ids *t, int64_t i);

/*
 * Lists from and to byte strings of one width, NUL-padded, as NumPy's |Sn.
 * ids_unpack takes over bytes [n][width], also after an error, and builds no
 * hash table; the caller frees t with ids_free. ERR_FORMAT names an id with a
 * NUL byte inside. ids_pack returns the bytes, which the caller frees; width is
 * at least 1.
 */
int ids_unpack(struct ids *t, char *bytes, int64_t n, int64_t width,
    struct err *e) ERR_CHECKED;
char *ids_pack(const struct ids *t, int64_t *width, struct err *e) ERR_CHECKED;

/* Builds the hash table of an unpacked list. ERR_FORMAT names an id that occurs
 * twice; what ("user") is for the message. */
int ids_index(struct ids *t, const char *what, struct err *e) ERR_CHECKED;

/* ERR_FORMAT if an id holds a tab or a line end and so cannot stand in a
 * table. */
int ids_check_table(
    const struct ids *t, const char *what, struct err *e) ERR_CHECKED;

/* A copy of the first bytes of an id, for a message. "" when zeroed. */
struct ids_shown {
    char s[61];
};
void ids_show(struct ids_shown *to, struct text id);

/*
 * A clause for messages about two lists that have nothing in common: "the ids
 * of 'a.csv' are such as 'x', the dataset's such as '17'". `one` may be empty.
 */
enum { IDS_CLAUSE = 700 };
const char *ids_differ(char clause[IDS_CLAUSE], const char *name,
    const struct ids_shown *one, const struct ids *dataset);

/* Why id cannot be one ("is empty", ..), or NULL if it can. */
const char *ids_reason(struct text id);

/* The value of id if it is the usual decimal form of a number in 0..2^31 - 1
 * (no sign, no leading zeros), else -1. */
int64_t ids_integer(struct text id);

/* How indices are given out. */
enum ids_order {
    IDS_AUTO,       /* by value if possible, else by appearance */
    IDS_APPEARANCE, /* by first occurrence */
    IDS_INTEGER     /* ids must be the integers 0..n-1: their value */
};

struct ids_rule {
    enum ids_order order;
    int64_t first; /* the first ids, so many, keep their index even if they do
                      not occur */
    const int32_t *also; /* [n_also] indices that occur, after all others */
    int64_t n_also;
};

/*
 * Renumbers one side of the interactions: index[0..n) holds indices into t and
 * is overwritten with new ones, 0..names->n - 1, of the ids that occur. The new
 * list is in names, without a table; the caller frees it. by_value tells
 * whether indices are the values of the ids. ERR_FORMAT if IDS_INTEGER wants
 * that and the ids do not allow it; what ("user") is for the message.
 */
int ids_renumber(const struct ids *t, const struct ids_rule *rule,
    const char *what, int32_t *index, int64_t n, struct ids *names,
    int *by_value, struct err *e) ERR_CHECKED;

void ids_free(struct ids *t);

#endif
