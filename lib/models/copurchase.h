#ifndef STAIR_COPURCHASE_H
#define STAIR_COPURCHASE_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/csr.h"

/*
 * A graph of items that are alike, joined by what is bought together. Content
 * says nothing of what goes with what; purchases do, where there are enough.
 *
 *   q_ij = c_ij / (c_ij + 5) * c_ij / sqrt(n_i n_j)   where c_ij is at least 2
 *   T    = the 5 largest q_ij of each row, in both directions
 *   S'   = N(S) + w N(T),  N(A) = D^-1/2 A D^-1/2 with D the row sums of A
 *
 * c_ij users have both items, n_i have i.
 */

/*
 * S' of s, I x I, symmetric, entries positive, data NULL counting as ones, and
 * train, U x I. It is freed with csr_free, also after an error. Values are
 * computed in double and symmetric to the bit; bytes do not depend on threads.
 * Cost: the sum over users of their squared number of items. ERR_NOMEM.
 */
int copurchase_join(struct csr *joined, const struct csr *s,
    const struct csr *train, double w, struct exec *exec,
    struct err *e) ERR_CHECKED;

#endif
