#ifndef STAIR_ITEMKNN_H
#define STAIR_ITEMKNN_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/csr.h"

#include <stdint.h>

struct itemknn_opt {
    int64_t neighbors; /* K, at least 1 */
    double shrink;     /* H, at least 0 */
    struct exec *exec;
};

/*
 * Item-based collaborative filtering: of each item i the K items j of largest
 *   sim_ij = c_ij / (sqrt(n_i n_j) + H)
 * n_i the users of i and c_ij those of both, among items with c_ij > 0 but i
 * itself, ties (of the float32) to the smaller item. scorer_graph ranks by it.
 *
 *   train  U x I        graph  I x I, row i holds the neighbours of i; the
 *                              caller frees it with csr_free
 *
 * sim is computed in double and stored in float; bytes do not depend on
 * threads. Cost: the sum over users of their squared number of items. Memory:
 * twice the result and I counters a thread.
 */
int itemknn_build(struct csr *graph, const struct csr *train,
    const struct itemknn_opt *o, struct err *e) ERR_CHECKED;

#endif
