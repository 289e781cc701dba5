#ifndef STAIR_FOREIGN_H
#define STAIR_FOREIGN_H

#include "lib/base/err.h"
#include "lib/io/xio.h"

/*
 * Looks at the beginning of an input that should be text, and consumes nothing.
 * ERR_FORMAT if it is of a common format that we do not read (zip, xz, Parquet,
 * UTF-16, ..). The sentence names the format and the command that turns it into
 * text for `reader`, the name of this program.
 */
int foreign_check(struct xin *x, const char *reader, struct err *e) ERR_CHECKED;

#endif
