#ifndef STAIR_NPY_H
#define STAIR_NPY_H

#include "lib/base/err.h"

#include <stdint.h>

enum { NPY_DIMS = 8, NPY_MAX_HEADER = 1 << 16, NPY_EMIT = 512 };

/* What a .npy header says about the data behind it. */
struct npy {
    char kind;               /* f i u b S; '?' what we do not read */
    int size;                /* bytes per element */
    int ndim;                /* 0 for a scalar */
    int64_t shape[NPY_DIMS]; /* slowest axis first */
    int64_t count;           /* product of shape */
    int swap;    /* bytes of a number if they are in big-endian order, else 0 */
    int fortran; /* 1: the first axis is the fastest, of two or more */
    int opaque;  /* kind '?': bytes are not count * size */
    char descr[64]; /* the dtype as written, "" if it is a list */
    char why[96];   /* if kind is '?': the reason, for a message */
};

/*
 * Parses the dictionary text of a .npy header (length n, not terminated).
 * ERR_FORMAT if it is not one. Object and other unsupported arrays parse with
 * kind '?' so that they can be skipped.
 */
int npy_parse(
    struct npy *h, const char *dict, int64_t n, struct err *e) ERR_CHECKED;

/*
 * Writes magic, version and dictionary for h into buf (NPY_EMIT bytes) and
 * returns their length, padded with blanks so that length + before is a
 * multiple of 64.
 */
int npy_emit(const struct npy *h, char *buf, uint64_t before);

/* Reverses the bytes of each of n / size numbers. */
void npy_swap(void *data, int64_t n, int size);

/* The elements of a Fortran-ordered array, from -> to, in C order. */
void npy_reorder(const struct npy *h, const void *from, void *to);

/* 1 if the elements are Unicode strings (of kind '?'). */
int npy_is_unicode(const struct npy *h);

/* An npy for kind and size with the given shape. */
struct npy npy_make(char kind, int size, int ndim, const int64_t *shape);

#endif
