#ifndef STAIR_INTAKE_PRIV_H
#define STAIR_INTAKE_PRIV_H

#include "lib/data/intake.h"
#include "lib/io/xio.h"

/* Shared by intake.c, intake_table.c and intake_json.c. */

/* One reading of a file. */
struct intake_run {
    struct intake *k;
    struct interactions *a;
    struct xin *x;
};

/* The usual names of a role, best first, NULL-terminated. */
extern const char *const *const intake_names[INTAKE_ROLES];
extern const char *const intake_role[INTAKE_ROLES];

/* Checks and appends one row; values of roles that are not needed are ignored.
 * A row that is wrong goes to intake_bad. */
int intake_row(struct intake_run *r, int64_t line,
    const struct text value[INTAKE_ROLES], struct err *e) ERR_CHECKED;

/* A malformed row: counted with skip_bad (returns 0), else an error. */
int intake_bad(struct intake_run *r, int64_t line, struct err *e,
    const char *fmt, ...) __attribute__((format(printf, 4, 5))) ERR_CHECKED;

/* Copies text for a message: control characters become ?, long texts are cut.
 * Returns buf. */
enum { INTAKE_SHOWN = 64 };
const char *intake_show(struct text t, char buf[INTAKE_SHOWN]);

int intake_table(struct intake_run *r, struct err *e) ERR_CHECKED;
int intake_jsonl(struct intake_run *r, struct err *e) ERR_CHECKED;
int intake_split(struct intake_run *r, struct err *e) ERR_CHECKED;

#endif
