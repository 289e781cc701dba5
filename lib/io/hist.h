#ifndef STAIR_HIST_H
#define STAIR_HIST_H

#include "lib/base/err.h"
#include "lib/base/text.h"

#include <stdint.h>

/*
 * Provenance: the member history.txt. Its first line is "stair-npz 1". Then
 * comes one line per step, the inputs' lines first, with tabs between: tool,
 * version, options, inputs as role:id, and, where it is known, what the output
 * belongs to (lib/data/identity.h). No clock, host, path or thread count, so
 * that equal work gives equal bytes.
 */

enum { HIST_BELONGS = 64 };

/* A file that a step read. */
struct hist_file {
    char *name;                 /* for messages */
    char *text;                 /* its history, NULL if it has none */
    char belongs[HIST_BELONGS]; /* what it belongs to, "" if unknown */
};

struct hist {
    char *lines;  /* those of the inputs, each once, in order of arrival */
    char *inputs; /* "data:1234abcd items:..." for the next step */
    struct hist_file *file; /* [n], the inputs in order of arrival */
    int64_t n, cap;
    char belongs[HIST_BELONGS]; /* of the next step's output */
};

/* Adds the history text of an input (NULL if it has none) and notes its id
 * under a role such as "data". ERR_FORMAT if the text is of a newer format than
 * this program writes. name is for messages. */
int hist_input(struct hist *h, const char *role, const char *name,
    const char *text, uint32_t id, struct err *e) ERR_CHECKED;

/* The whole text with this step's line appended; the caller frees it. NULL if
 * there is no memory. */
char *hist_text(const struct hist *h, const char *tool, const char *version,
    const char *options, struct err *e) ERR_CHECKED;

/* The fields of a step's line. */
enum hist_field {
    HIST_TOOL,
    HIST_VERSION,
    HIST_OPTIONS,
    HIST_INPUTS,
    HIST_BELONGS_TO,
    HIST_FIELDS
};

/* The line of a step, cut into its fields; those that it lacks are empty. */
struct hist_step {
    struct text field[HIST_FIELDS];
};

/* Reads the next step of a history, or, unless tool is NULL, the next one of
 * that tool. *p starts at the text and moves on. Returns 1, or 0 after the last
 * step. */
int hist_next(const char **p, const char *tool, struct hist_step *step);

/* What the last step of a history says that its file belongs to. */
struct text hist_belongs(const char *text);

void hist_free(struct hist *h);

#endif
