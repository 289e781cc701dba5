#ifndef STAIR_EVAL_SEGMENTS_H
#define STAIR_EVAL_SEGMENTS_H

#include "lib/data/dataset.h"
#include "lib/rank/eval.h"
#include "tools/cli.h"

/* The file of FILE, users=FILE or items=FILE; *side becomes -1, 0 or 1. */
const char *eval_segments_file(const char *operand, int *side);

/*
 * Reads groups from a file of lines id, tab, segment. The operand is
 * users=FILE, items=FILE, or only the file, whose ids then tell which they are.
 * Builds the hash tables of d's ids. Rows of unknown ids are passed over and
 * counted in a note. Exits 1 if the file is malformed, an id is in two
 * segments, no id is known, or the ids of a bare file are users and items.
 */
void eval_segments_read(struct cli *io, struct eval_groups *g,
    const char *operand, struct dataset *d);

#endif
