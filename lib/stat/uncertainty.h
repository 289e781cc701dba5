#ifndef STAIR_UNCERTAINTY_H
#define STAIR_UNCERTAINTY_H

#include "lib/la/csr.h"
#include "lib/la/missing.h"

#include <stdint.h>

/*
 * Behaviour uncertainty (paper, Fig. 2): the items carry labels, and a user's
 * uncertainty is the Shannon entropy, in nats, of the labels of its items,
 *   H_u = - sum_c (n_uc / n_u) log(n_uc / n_u),
 * at most log min(clusters, n_u).
 */
struct uncertainty {
    int64_t users;   /* that have items */
    double mean;     /* of H_u over them */
    double relative; /* of H_u / log min(clusters, n_u), over the users with
                        at least two items; 0 with one cluster */
};

/*
 * out becomes items without the missing ones, which have no label. The items
 * that are left are numbered anew. out is binary; freed with csr_free.
 */
int uncertainty_present(const struct csr *items, const struct missing *missing,
    struct csr *out, struct err *e) ERR_CHECKED;

/* label [items] is in 0..clusters-1. Unless order is NULL, item i has the label
 * of item order[i]; order [items] is a permutation. */
int uncertainty_of(const struct csr *items, const int32_t *label,
    int64_t clusters, const int64_t *order, struct uncertainty *out,
    struct err *e) ERR_CHECKED;

/*
 * The uncertainty by labels that say nothing about users: the mean over
 * `permutations` random orders of the labels among the items. Clusters keep
 * their sizes.
 */
int uncertainty_permuted(const struct csr *items, const int32_t *label,
    int64_t clusters, int64_t permutations, uint64_t seed,
    struct uncertainty *out, struct err *e) ERR_CHECKED;

#endif
