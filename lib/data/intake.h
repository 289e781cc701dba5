#ifndef STAIR_INTAKE_H
#define STAIR_INTAKE_H

#include "lib/base/decimal.h"
#include "lib/base/err.h"
#include "lib/data/ids.h"
#include "lib/data/where.h"
#include "lib/io/hist.h"

#include <stdint.h>

/* Reads interactions out of other people's files. */

enum intake_format {
    INTAKE_AUTO, /* by the first file's name, else by its first lines */
    INTAKE_CSV,
    INTAKE_TSV,
    INTAKE_INTER, /* tab-separated, names may carry a type: user_id:token */
    INTAKE_JSONL, /* one object per line */
    INTAKE_SPLIT  /* one object, user -> [items] */
};

enum { INTAKE_USER, INTAKE_ITEM, INTAKE_TIME, INTAKE_LABEL, INTAKE_ROLES };

/* Whether a column is wanted. */
enum intake_need { INTAKE_NEVER, INTAKE_MAYBE, INTAKE_MUST };

/* Where the label of a row comes from. */
enum intake_label {
    INTAKE_BY_COLUMN,
    INTAKE_BY_NAME, /* the file's name says train, valid or test */
    INTAKE_BY_ORDER /* files are train, valid, test, or train, test */
};

/* A row. time and label are NULL in all rows if they are not wanted or not
 * there. */
struct intake_row {
    struct text user, item;
    const struct decimal *time;
    const unsigned char *label; /* enum split_part */
};

typedef int intake_fn(void *ctx, const struct intake_row *row, struct err *e);

enum { INTAKE_SHOWN = 64, INTAKE_WHERE = 64 };

struct intake {
    /* set by the caller */
    enum intake_format format; /* never AUTO after the first file */
    const char *sep;           /* of tables; NULL: by format, or found */
    int no_header;             /* tables: the first row is data */
    int no_quotes;             /* tables: a quote is an ordinary character */
    int list; /* only items are read; a table of one column needs no header */
    const char *column[INTAKE_ROLES]; /* name, or number from 1; NULL: usual */
    enum intake_need need[INTAKE_ROLES]; /* MAYBE (time and label only) becomes
                                            another by the first row */
    const struct where *where;           /* rows must meet all of them */
    int n_where;                         /* at most INTAKE_WHERE */
    int skip_bad;    /* count malformed rows instead of failing */
    intake_fn *take; /* receives the good rows in order */
    void *ctx;
    /* results */
    int64_t rows;    /* handed to take */
    int64_t bad;     /* skipped */
    struct err what; /* the sentence about the first bad row */
    int64_t left;    /* rows that do not meet where */
    enum intake_label label_from;
    /* private */
    int file, n_files;
    int unsplit;                   /* no separator was found */
    int sniffed;                   /* the format was found */
    int part;                      /* of the present file, or -1 */
    int settled[INTAKE_ROLES];     /* by the first row */
    int absent[INTAKE_ROLES];      /* the first row had none */
    int met[INTAKE_WHERE];         /* the column exists */
    int numbers, local, zoned;     /* kinds of times that were met */
    int64_t headers, header_line;  /* rows that repeat the header */
    int unsaid_header;             /* a header in spite of no_header */
    char numeric[INTAKE_SHOWN];    /* a number in the header */
    char ignored[2][INTAKE_SHOWN]; /* a rating's and an event's column */
};

/*
 * Called before the files are read: finds out whether their names, or those of
 * their folders, say which part of a split each file is. ERR_FORMAT if only
 * some of the names do.
 */
int intake_begin(
    struct intake *k, char *const *path, int n, struct err *e) ERR_CHECKED;

/*
 * Reads one file (path or "-", gzip or not) and notes its CRC in h under role.
 * Called for each file of intake_begin, in order. ERR_FORMAT names file, line
 * and reason.
 */
int intake_file(struct intake *k, const char *path, const char *role,
    struct hist *h, struct err *e) ERR_CHECKED;

/* Called after the last file. ERR_FORMAT if there was no good row, or no record
 * with the key of a condition. */
int intake_end(const struct intake *k, struct err *e) ERR_CHECKED;

/* An intake_fn that appends to a struct interactions; ctx points to it. */
int intake_append(
    void *ctx, const struct intake_row *row, struct err *e) ERR_CHECKED;

/* Says what in the input may not be what its owner meant, a sentence for
 * each. */
typedef void intake_say(void *ctx, const char *sentence);
void intake_notes(const struct intake *k, intake_say *say, void *ctx);

/* Such notes about the ids of `what` ("user"): blanks at their ends, line ends
 * in them, bytes that are no UTF-8, one that is far longer than the others, one
 * that is a column's name or a word for a missing value. */
void intake_id_notes(
    const struct ids *ids, const char *what, intake_say *say, void *ctx);

/* Whether name is one of the usual names for the column of a role. */
int intake_usual(int role, struct text name);

#endif
