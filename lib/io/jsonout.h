#ifndef STAIR_JSONOUT_H
#define STAIR_JSONOUT_H

#include "lib/base/err.h"
#include "lib/io/xio.h"

#include <stdint.h>

enum { JSONOUT_NUMBER = 32 };

/* The shortest of %.15g, %.16g and %.17g that reads back as v (finite), valid
 * JSON too; buf holds JSONOUT_NUMBER bytes and is returned. */
char *jsonout_double(char *buf, double v);

/* n bytes in quotes, control characters escaped; bytes that are not UTF-8
 * become U+FFFD, so that every line parses. */
int jsonout_string(
    struct xout *x, const char *s, int64_t n, struct err *e) ERR_CHECKED;

#endif
