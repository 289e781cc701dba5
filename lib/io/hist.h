#ifndef STAIR_HIST_H
#define STAIR_HIST_H

#include "lib/base/err.h"

#include <stdint.h>

/*
 * Provenance: the member history.txt. First line "stair-npz 1", then one line
 * per step, inputs' lines first, tab-separated: tool, version, canonical
 * options, inputs as name:crc. No clock, host, path or thread count, so that
 * equal work gives equal bytes.
 */
struct hist {
    char *lines;  /* of the inputs, merged, each once, in order of arrival */
    char *inputs; /* "data:1234abcd items:..." for the next step */
};

/* Takes over the history text of an input (NULL if it had none) and notes its
 * identity under a role name such as "data". ERR_FORMAT if the text is of a
 * newer format than this program writes. path is for the message. */
int hist_input(struct hist *h, const char *role, const char *path,
    const char *text, uint32_t id, struct err *e) ERR_CHECKED;

/* The whole text with this step's line appended; caller frees. NULL: no
 * memory. */
char *hist_text(const struct hist *h, const char *tool, const char *version,
    const char *options, struct err *e) ERR_CHECKED;

void hist_free(struct hist *h);

#endif
