#ifndef STAIR_ANALYZER_H
#define STAIR_ANALYZER_H

/* For the analyzer, which sees one file at a time and would not know that these
 * return the code they are given. */
#include "lib/base/err.h"

#define err_set(e, code, ...) ((void)err_set(e, code, __VA_ARGS__), (code))
#define err_prefix(e, code, ...)                                               \
    ((void)err_prefix(e, code, __VA_ARGS__), (code))

#endif
