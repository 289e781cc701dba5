#ifndef STAIR_EVAL_SEGMENTS_H
#define STAIR_EVAL_SEGMENTS_H

#include "lib/data/dataset.h"
#include "lib/rank/eval.h"
#include "tools/cli.h"

/* The file of FILE, users=FILE or items=FILE; *side becomes -1, 0 or 1. */
const char *eval_segments_file(const char *operand, int *side);

/*
 * Groups as a file has them: id, tab, segment. The operand is the file, whose
 * ids tell whether they are users or items, or users=FILE or items=FILE. Builds
 * the tables of d's ids. Rows of unknown ids are passed over and counted in a
 * note. Exits 1 if the file is malformed, an id is in two segments, none is
 * known, or those of a bare file are users and items.
 */
void eval_segments_read(struct cli *io, struct eval_groups *g,
    const char *operand, struct dataset *d);

#endif
