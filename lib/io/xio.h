#ifndef STAIR_XIO_H
#define STAIR_XIO_H

#include "lib/base/err.h"

#include <stdint.h>
#include <stdio.h>

/*
 * Input: a file or "-" (standard input), read forward only, so that a pipe is
 * as good as a file. gzip is recognised by its first bytes and decoded
 * (several members too, and NUL bytes behind them); a gzip stream that ends
 * early is an error.
 *
 * In a run of several ranks (ranks.h) rank 0 reads and writes for all. All
 * ranks make the same calls in the same order. What rank 0 reads, and its
 * errors, reach all of them. What the others write goes nowhere.
 */
struct xin {
    int fd;             /* of rank 0 */
    char *name;         /* for messages: the path, or <stdin> */
    int sum;            /* set to 1 after opening: keep crc over the bytes */
    uint32_t crc;       /* CRC-32 of the bytes delivered so far, if sum */
    uint64_t offset;    /* bytes delivered so far, after gzip decoding */
    int64_t file_bytes; /* size of a plain regular file, else -1 */
    struct xin_state *state;
};

/* Opens path; on failure nothing is left to close. */
int xin_open(struct xin *x, const char *path, struct err *e) ERR_CHECKED;

/* Up to n bytes into buf; fewer only at the end of the input. Returns the
 * count, or a negative code. */
int64_t xin_read(
    struct xin *x, void *buf, int64_t n, struct err *e) ERR_CHECKED;

/* Lends the buffered bytes at *p and returns their count, 0 only at the end of
 * the input. xin_take(x, k) then consumes k of them. */
int64_t xin_peek(
    struct xin *x, const unsigned char **p, struct err *e) ERR_CHECKED;
void xin_take(struct xin *x, int64_t k);

/* As xin_peek, but at least want bytes (up to 65536) unless the input ends
 * before. So the beginning can be looked at, however a pipe delivers it. */
int64_t xin_peek_more(struct xin *x, int64_t want, const unsigned char **p,
    struct err *e) ERR_CHECKED;

/* Before anything is taken: passes over a UTF-8 byte order mark. */
int xin_skip_mark(struct xin *x, struct err *e) ERR_CHECKED;

/* Idempotent. */
void xin_close(struct xin *x);

/* 1 if something of that name exists; xin_is_file: if it is a regular file. */
int xin_exists(const char *path);
int xin_is_file(const char *path);

/*
 * Output: a file or "-" (standard output). A file is written under an
 * exclusive random name beside it and renamed by xout_commit after fsync and
 * close succeeded: an old file of that name survives every failure and hands
 * its permission bits on; a new one gets those of the umask. A symbolic link
 * stays one, its target is replaced. A path that exists and is not a regular
 * file (device, FIFO) is written directly.
 */
struct xout {
    int fd;
    char *name; /* for messages: the path, or <stdout> */
    char *path; /* final path, NULL if written directly */
    char *temp;
    unsigned char *buf;
    int64_t len;
    uint64_t offset; /* bytes accepted so far */
    int rc;          /* 0, or the first failure, */
    struct err err;  /* and its sentence */
};

enum { XOUT_TEXT = 0, XOUT_BINARY = 1 };

/* XOUT_BINARY refuses a terminal. On failure nothing is left to abort. */
int xout_open(
    struct xout *x, const char *path, int kind, struct err *e) ERR_CHECKED;

/* Whether path could be written, before there is something to write; creates
 * nothing. A FIFO is not tried: its reader would see the end. */
int xout_try(const char *path, int kind, struct err *e) ERR_CHECKED;

void xout_write(struct xout *x, const void *buf, int64_t n);
void xout_printf(struct xout *x, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Records a failure of the writer, such as text that the format cannot hold. */
void xout_fail(struct xout *x, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* 0, or the first failure with its sentence in e. */
int xout_check(const struct xout *x, struct err *e) ERR_CHECKED;

/* Flush, fsync, close, rename; everything checked. The xout is closed on
 * return, also on failure. All ranks return when rank 0 is done, and fail if it
 * does. */
int xout_commit(struct xout *x, struct err *e) ERR_CHECKED;

/* Closes and removes the unfinished file. Idempotent; no-op after commit. */
void xout_abort(struct xout *x);

/* Removes every unfinished file of the process; async-signal-safe. */
void xout_unlink_all(void);

#endif
