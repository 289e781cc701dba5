#ifndef STAIR_JSONOUT_H
#define STAIR_JSONOUT_H

#include "lib/base/text.h"
#include "lib/io/xio.h"

enum { JSONOUT_NUMBER = 32 };

/* The shortest of %.15g, %.16g and %.17g that reads back as v (finite), valid
 * JSON too; buf holds JSONOUT_NUMBER bytes and is returned. */
char *jsonout_double(char *buf, double v);

/* The fewest digits that read back as the float32 v, of those the nearest to
 * it; in the form of %.9g. What is not finite is no JSON. */
char *jsonout_float(char *buf, float v);

/* The text in quotes, control characters escaped; bytes that are not UTF-8
 * become U+FFFD, so that every line parses. */
void jsonout_string(struct xout *x, struct text t);

/* jsonout_string without the quotes. */
void jsonout_text(struct xout *x, struct text t);

#endif
