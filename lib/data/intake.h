#ifndef STAIR_INTAKE_H
#define STAIR_INTAKE_H

#include "lib/base/err.h"
#include "lib/data/interactions.h"
#include "lib/io/hist.h"

#include <stdint.h>

/* Reads interactions out of other people's files. */

enum intake_format {
    INTAKE_AUTO, /* by the first file's name, else by its first bytes */
    INTAKE_CSV,
    INTAKE_TSV,
    INTAKE_INTER, /* tab-separated, names may carry a type: user_id:token */
    INTAKE_JSONL, /* one object per line */
    INTAKE_SPLIT  /* one object, user -> [items]; three files are the parts */
};

/* Whether a column is wanted. */
enum intake_need { INTAKE_NEVER, INTAKE_MAYBE, INTAKE_MUST };

enum { INTAKE_USER, INTAKE_ITEM, INTAKE_TIME, INTAKE_LABEL, INTAKE_ROLES };

struct intake {
    /* set by the caller */
    enum intake_format format; /* never AUTO after the first file */
    int no_header;             /* tables: the first row is data */
    int no_quotes;             /* tables: a quote is an ordinary character */
    const char *column[INTAKE_ROLES]; /* name, or number from 1; NULL: usual */
    enum intake_need need[INTAKE_ROLES]; /* MAYBE is settled by the first file
                                          * (time and label only) */
    int skip_bad; /* count malformed rows instead of failing */
    int n_files;  /* how many files there will be */
    /* results */
    int64_t rows;    /* read and good, duplicates included */
    int64_t bad;     /* skipped */
    struct err what; /* the sentence about the first bad row */
    /* private */
    int file;
};

/*
 * Appends the rows of one file (path or "-", gzip or not) to a and notes its
 * CRC in h under the role "interactions". To be called n_files times with the
 * same k and a. ERR_FORMAT names file, line and reason.
 */
int intake_file(struct intake *k, const char *path, struct interactions *a,
    struct hist *h, struct err *e) ERR_CHECKED;

/* After the last file, completes a; ERR_FORMAT if there was no good row. */
int intake_end(
    const struct intake *k, struct interactions *a, struct err *e) ERR_CHECKED;

#endif
