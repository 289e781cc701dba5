#ifndef STAIR_MEM_H
#define STAIR_MEM_H

#include "lib/base/err.h"

#include <stddef.h>
#include <stdint.h>

/*
 * n objects of size bytes, 64-byte aligned, uninitialised (mem_new) or zeroed
 * (mem_zero). n = 0 gives a valid pointer. Returns NULL if there is no memory
 * or the size overflows; e says how many bytes were wanted. The caller frees
 * with free().
 */
void *mem_new(int64_t n, size_t size, struct err *e) ERR_CHECKED;
void *mem_zero(int64_t n, size_t size, struct err *e) ERR_CHECKED;

/*
 * Grows the block that the pointer at p (NULL or from any mem_ call) points to,
 * so that it holds at least need objects; *cap is the present capacity and is
 * updated. Contents are kept, growth is geometric. On failure the pointer is
 * untouched. p is the address of a pointer to any type.
 */
int mem_grow(void *p, int64_t *cap, int64_t need, size_t size,
    struct err *e) ERR_CHECKED;

/* Peak resident set of this process in bytes. */
int64_t mem_peak_rss(void);

/* The machine's memory in bytes, INT64_MAX if it is not known. */
int64_t mem_machine(void);

#endif
