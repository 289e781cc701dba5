#ifndef STAIR_REACH_H
#define STAIR_REACH_H

#include "lib/base/arena.h"
#include "lib/la/csr.h"

#include <stdint.h>

/*
 * The rows that a batch needs. A graph model needs its last layer on the
 * batch's nodes only, the layer before on these and their neighbours, and so
 * on. The graph is bipartite; users are numbered first, then items.
 */

/* The rows that a layer reads and those that it makes. Both lists ascend:
 * users, then items. */
struct reach {
    int64_t n, users;       /* rows made, and how many of them are users */
    int64_t from, of_users; /* rows read, likewise */
    int32_t *node;          /* [n] what they are */
    int32_t *self;          /* [n] their places among the rows read */
    float *mean;            /* [n] 1 / degree, 0 where it is 0 */
    /* down[0]: users made x items read, down[1]: items made x users read, with
     * all neighbours; up[..]: their transposes. Binary. */
    struct csr down[2], up[2];
};

struct reach_work;

/* Room in an arena for `layers` >= 1 layers over the train pairs, U x I,
 * borrowed. NULL after a failure. */
struct reach_work *reach_in(
    struct arena *p, const struct csr *train, int layers);

/*
 * Chooses the n distinct ascending nodes that the last layer makes (borrowed
 * for the call), or all nodes if list is NULL. The first layer reads all nodes.
 * O(nodes + entries of the rows) per layer, no allocation.
 */
void reach_set(struct reach_work *w, const int32_t *list, int64_t n);

/* Layer 0 .. layers - 1 of the last reach_set; valid until the next one. */
const struct reach *reach_layer(const struct reach_work *w, int layer);

#endif
