#ifndef STAIR_ARENA_H
#define STAIR_ARENA_H

#include "lib/base/err.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Memory that is freed together. An arena of zeros is empty. It remembers its
 * first failure, and every later call returns NULL. So whoever allocates many
 * parts checks once, at the end, by arena_check.
 */
struct arena {
    void **block;
    int64_t n, cap;
    int rc;
    struct err err;
};

/* Like mem_new and mem_zero; the arena frees the memory. */
void *arena_new(struct arena *p, int64_t n, size_t size);
void *arena_zero(struct arena *p, int64_t n, size_t size);

/* The arena takes over a block from any mem_ call, also after a failure.
 * Returns the block, or NULL after a failure. */
void *arena_take(struct arena *p, void *block);

/* Records a failure of the arena's owner: the code rc and a sentence. */
void arena_fail(struct arena *p, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* 0, or the first failure with its sentence in e. */
int arena_check(const struct arena *p, struct err *e) ERR_CHECKED;

void arena_free(struct arena *p);

#endif
