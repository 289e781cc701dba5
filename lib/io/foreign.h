#ifndef STAIR_FOREIGN_H
#define STAIR_FOREIGN_H

#include "lib/base/err.h"
#include "lib/io/xio.h"

/*
 * Looks at the beginning of what should be text. ERR_FORMAT if it is a format
 * that people have and we do not read (zip, xz, Parquet, UTF-16, ..): the
 * sentence names it and the command that makes text of it for reader, the name
 * of the program. Takes nothing of x.
 */
int foreign_check(struct xin *x, const char *reader, struct err *e) ERR_CHECKED;

#endif
