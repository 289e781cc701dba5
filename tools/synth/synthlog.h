#ifndef STAIR_SYNTHLOG_H
#define STAIR_SYNTHLOG_H

#include "tools/synth/synth.h"

/* One purchase: row indices of the plan and seconds since 1970. */
struct synthlog_row {
    uint32_t time;
    int32_t user, item;
};

struct synthlog {
    int64_t n;
    struct synthlog_row *row; /* ascending by time, user, item */
};

/*
 * The purchases of a plan. Every item has as many tickets as its degree, kept
 * per topic. Users come in the order of their rows; each draws its topics in
 * proportion to the tickets left (half of the time the next one from the same
 * category), and then as many tickets as its own degree: from its topics with
 * probability taste, from anywhere otherwise, of a preferred brand if one turns
 * up in a few draws, never an item twice. If only items it has are left, it
 * exchanges one with an earlier user. So both degree sequences hold exactly.
 * Fringe users then take fewer than core items each, half of them fringe items.
 *
 * O(interactions) time; memory 24 bytes an interaction. One thread. Caller
 * frees with synthlog_free. ERR_RANGE if the purchases cannot be placed.
 */
int synthlog_make(
    struct synthlog *log, const struct synth *s, struct err *e) ERR_CHECKED;
void synthlog_free(struct synthlog *log);

#endif
