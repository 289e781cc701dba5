#ifndef STAIR_REGISTRY_H
#define STAIR_REGISTRY_H

#include "lib/models/system.h"

/* The systems that stair-train trains, in the order of its lists: a row for
 * each. X is declared as X_system by a file of this room, see system.h. */
#define REGISTRY_SYSTEMS(row)                                                  \
    row(stair) row(stair_plus) row(mf) row(lightgcn) row(jgcf) row(mmgcn) row( \
        lattice) row(bm3) row(freedom) row(mmssl) row(itemknn) row(popularity)

#define REGISTRY_DECLARE(x) extern const struct system x##_system;
REGISTRY_SYSTEMS(REGISTRY_DECLARE)
#undef REGISTRY_DECLARE

/* All of them; the last is NULL. */
extern const struct system *const registry[];

/* The system of that name, or NULL. */
const struct system *registry_find(const char *name);

#endif
