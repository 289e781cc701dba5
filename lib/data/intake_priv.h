#ifndef STAIR_INTAKE_PRIV_H
#define STAIR_INTAKE_PRIV_H

#include "lib/data/intake.h"
#include "lib/io/xio.h"

/* Shared by the files of the module. */

/* One reading of a file. */
struct intake_run {
    struct intake *k;
    struct xin *x;
};

/* The values that are read of a row: those of the roles, then those of the
 * conditions. */
enum { INTAKE_SLOTS = INTAKE_ROLES + INTAKE_WHERE };

static inline int
intake_slots(const struct intake *k)
{
    return INTAKE_ROLES + k->n_where;
}

/* The name of the column that was asked for; NULL: any of the usual names. */
const char *intake_asked(const struct intake *k, int slot);

/* The place of a column's name among the names for the slot, 0 the best; -1: it
 * is none of them. */
int intake_rank(const struct intake *k, int slot, struct text name);

/* "user", .., "condition". */
const char *intake_role(int slot);

/* Remembers a column without a role if its name says ratings or events. */
void intake_ignored(struct intake *k, struct text name);

/* Whether a row meets the conditions; counts it if it does not. A value that
 * cannot be compared goes to intake_bad. */
int intake_meets(struct intake_run *r, int64_t line,
    const struct text value[INTAKE_SLOTS], int *yes, struct err *e) ERR_CHECKED;

/* Checks a row that meets the conditions and hands it on. Values of roles that
 * are not needed are ignored. A row that is wrong goes to intake_bad. */
int intake_take(struct intake_run *r, int64_t line,
    const struct text value[INTAKE_SLOTS], struct err *e) ERR_CHECKED;

/* A malformed row: counted with skip_bad (returns 0), else an error. */
int intake_bad(struct intake_run *r, int64_t line, struct err *e,
    const char *fmt, ...) __attribute__((format(printf, 4, 5))) ERR_CHECKED;

/* Decides by the first row whether a role is read that INTAKE_MAYBE leaves
 * open; there: 1 if the row has it. A label may also come from the file's
 * name. */
void intake_settle(struct intake *k, int role, int there);

/* Copies text for a message: control characters become ?, long texts are cut.
 * Returns buf. */
const char *intake_show(struct text t, char buf[INTAKE_SHOWN]);

/* Format and separator of the first file, whose format was not given. */
int intake_sniff(struct intake *k, const char *path, struct xin *x,
    struct err *e) ERR_CHECKED;

/* ERR_FORMAT if a later file is JSON and the first was not, or the other way
 * round. */
int intake_same_kind(const struct intake *k, const char *path, struct xin *x,
    struct err *e) ERR_CHECKED;

/* The part that a path names, or -1. */
int intake_part(const char *path);

int intake_table(struct intake_run *r, struct err *e) ERR_CHECKED;
int intake_jsonl(struct intake_run *r, struct err *e) ERR_CHECKED;
int intake_split(struct intake_run *r, struct err *e) ERR_CHECKED;

#endif
