#ifndef STAIR_INTERN_H
#define STAIR_INTERN_H

#include "lib/base/err.h"
#include "lib/data/ids.h"

#include <stdint.h>

/*
 * Looks up pairs of ids on a thread of its own while the caller reads on. The
 * indices are those of looking up one after the other: pairs keep their order,
 * and only one thread touches the tables. A few pairs start no thread.
 */
struct intern;

/* Receives the indices of n pairs in the order of intern_add, on the thread of
 * the caller of intern_add or intern_flush. Non-zero is returned there. */
typedef int intern_fn(void *ctx, int64_t n, const int32_t *first,
    const int32_t *second, struct err *e);

/* The tables are the caller's, and not to be touched before intern_flush. */
struct intern *intern_new(struct ids *first, struct ids *second, intern_fn *f,
    void *ctx, struct err *e) ERR_CHECKED;

/* One pair of at most IDS_MAX_LENGTH bytes each, copied. */
int intern_add(struct intern *q, const char *first, int64_t first_n,
    const char *second, int64_t second_n, struct err *e) ERR_CHECKED;

/* Afterwards every pair has been handed to f. */
int intern_flush(struct intern *q, struct err *e) ERR_CHECKED;

/* q may be NULL. Pairs that are not flushed are dropped. */
void intern_free(struct intern *q);

#endif
