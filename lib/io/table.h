#ifndef STAIR_TABLE_H
#define STAIR_TABLE_H

#include "lib/base/err.h"
#include "lib/base/text.h"
#include "lib/io/xio.h"

#include <stdint.h>

/*
 * Delimited text (RFC 4180 with any separator), streamed: rows are handed over
 * one by one and never kept. A field in quotes may contain line ends; lines end
 * in LF, CRLF or CR; empty lines and a UTF-8 byte order mark are skipped.
 * Blanks belong to the field.
 */
struct table_row {
    const struct text *field; /* each is terminated by a NUL */
    int64_t n;
    const char *file; /* its name, for messages */
    int64_t line;     /* in which the row begins, from 1 */
    const char *bad;  /* why the row is malformed (n is 0 then), else NULL */
};

/* No row may be longer: an unclosed quote must not swallow the memory. */
enum { TABLE_ROW_MAX = 16 << 20 };

/* Receives every row; a non-zero return ends the reading and is returned. */
typedef int table_row_fn(void *ctx, const struct table_row *row, struct err *e);

/*
 * Reads x to its end. sep is what stands between fields, one byte or more, none
 * of them a quote or a line end. With quotes, fields may stand in double
 * quotes; without, a quote is an ordinary character. After a malformed row that
 * f accepted the reading goes on with the line after the one in which the row
 * began: an unclosed quote costs one row.
 */
int table_read(struct xin *x, const char *sep, int quotes, table_row_fn *f,
    void *ctx, struct err *e) ERR_CHECKED;

/* Reads a whole file of rows with tabs and without quotes. `tool` is the name
 * of this program, for foreign_check; NULL: no such check. */
int table_file(const char *path, const char *tool, table_row_fn *f, void *ctx,
    struct err *e) ERR_CHECKED;

/* For receivers: ERR_FORMAT for a malformed row. table_two also wants a second
 * field: "a tab between one and other is missing". */
int table_good(const struct table_row *row, struct err *e) ERR_CHECKED;
int table_two(const struct table_row *row, const char *one, const char *other,
    struct err *e) ERR_CHECKED;

#endif
