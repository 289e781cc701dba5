#ifndef STAIR_ARENA_H
#define STAIR_ARENA_H

#include "lib/base/err.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Memory that is freed together. An arena of zeros is empty. The first failure
 * is remembered, and every later call gives NULL: what is made of many parts
 * asks once, at the end, whether all of them are there.
 */
struct arena {
    void **block;
    int64_t n, cap;
    int rc;
    struct err err;
};

/* As mem_new and mem_zero; the arena frees what they give. */
void *arena_new(struct arena *p, int64_t n, size_t size);
void *arena_zero(struct arena *p, int64_t n, size_t size);

/* Block, from any mem_ call, is the arena's from now on, also after a failure.
 * Returns it, or NULL after a failure. */
void *arena_take(struct arena *p, void *block);

/* Remembers a failure of what the arena's owner makes: rc, with a sentence. */
void arena_fail(struct arena *p, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* 0, or the first failure with its sentence in e. */
int arena_check(const struct arena *p, struct err *e) ERR_CHECKED;

void arena_free(struct arena *p);

#endif
