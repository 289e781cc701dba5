#ifndef STAIR_EDGES_H
#define STAIR_EDGES_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/csr.h"

#include <stdint.h>

/*
 * A degree-sensitive sample of a user-item graph (FREEDOM, MM 2023, section
 * 3.2): n_keep of the edges, drawn without replacement with weights
 *
 *   p_ui = d_u^-1/2 d_i^-1/2,   d the degrees in train
 *
 * so that popular items and busy users lose more. Drawing one edge after the
 * other with these weights is the same as keeping the n_keep smallest keys
 * Exp(1) / p_ui (Efraimidis and Spirakis, 2006), one draw of rng.h (RNG_EDGES)
 * per edge; ties to the edge that train stores first.
 *
 *   train   U x I, binary      n_keep  0 .. train->nnz
 *   kept    U x I, binary, columns ascending; freed with csr_free
 *
 * A function of (train, n_keep, seed, epoch) alone, for any thread count. 8
 * bytes of memory per edge. ERR_NOMEM.
 */
int edges_sample(const struct csr *train, int64_t n_keep, uint64_t seed,
    uint32_t epoch, struct exec *exec, struct csr *kept,
    struct err *e) ERR_CHECKED;

#endif
