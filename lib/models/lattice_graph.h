#ifndef STAIR_LATTICE_GRAPH_H
#define STAIR_LATTICE_GRAPH_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"
#include "lib/models/net.h"

#include <stdint.h>

/*
 * LATTICE's item graph M = sum_m w_m (r O_m + (1 - r) K_m), see lattice.c. This
 * makes some or all of its rows and their transpose, and takes gradients back
 * to the parameters that M is made of. A row has at most 2 k entries per
 * modality, and columns may repeat: no dense matrix of items by items is
 * stored.
 */
struct lattice_graph;

/*
 * Adds the logits "modalities" (one half each), the projections and trained
 * features to m, and makes the frozen graphs O_m; moves the features out of o.
 * *out is in m's arena; lattice_graph_free frees the rest of its memory, also
 * after an error. ERR_NOMEM; ERR_RANGE for more neighbours than items.
 */
int lattice_graph_new(struct lattice_graph **out, struct net *m,
    const struct system_args *o, struct err *e) ERR_CHECKED;
void lattice_graph_free(struct lattice_graph *g);

/* Makes the rows of M for the n listed items, which are distinct, and sets its
 * gradients to 0. The list is borrowed until the next call. ERR_NOMEM, ERR_NUM.
 */
int lattice_graph_make(struct lattice_graph *g, const struct net *m,
    const int32_t *list, int64_t n, struct err *e) ERR_CHECKED;

/* M, n x I, and its transpose; borrowed. */
const struct csr *lattice_graph_matrix(const struct lattice_graph *g);
const struct csr *lattice_graph_transposed(const struct lattice_graph *g);

/* Adds the gradients of M's entries for a product y = M x:
 * dM_ij += <dy_i, x_j>. */
void lattice_graph_values(struct lattice_graph *g, const struct mat *dy,
    const struct mat *x, struct exec *exec);

/* Adds the gradients of logits, projections and trained features, from those of
 * M's entries. */
void lattice_graph_backward(struct lattice_graph *g, struct net *m);

#endif
