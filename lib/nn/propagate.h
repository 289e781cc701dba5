#ifndef STAIR_PROPAGATE_H
#define STAIR_PROPAGATE_H

#include "lib/base/arena.h"
#include "lib/base/exec.h"
#include "lib/graph/graph.h"
#include "lib/la/mat.h"

#include <stdint.h>

/* Memory for propagation over n nodes and d columns, used again by every call.
 */
struct propagate {
    struct mat y[2];
};

/* Room for n x d in an arena. */
struct propagate propagate_in(struct arena *p, int64_t n, int64_t d);

/*
 * The mean of layers (LightGCN, SIGIR 2020, eq. 8 with equal weights):
 *
 *   H = 1/(L+1) sum_{l=0}^{L} (Q A Q)^l E,    Q = diag(q) = D^-1/2
 *
 *   g  the graph, n nodes; may differ from call to call
 *   e  [n][d], users first where the graph is a bipartite one
 *   h  [n][d], overwritten; may be e
 *
 * The operator is symmetric, so it is its own adjoint: it maps the gradient of
 * H to that of E. It is evaluated by Horner's rule with the float32 operations
 * of the engine: z_L = c e, z_{l-1} = fma(q, sum of (q z_l), c e), c = 1/(L+1).
 * The same bytes for any thread count.
 */
void propagate_mean(struct propagate *p, const struct graph *g, int layers,
    const struct mat *e, struct mat *h, struct exec *exec);

/* propagate_mean where only the n distinct rows of H that list names are
 * needed: the last layer computes no others. The other rows of h are undefined;
 * h is not e. */
void propagate_mean_rows(struct propagate *p, const struct graph *g, int layers,
    const struct mat *e, const int32_t *list, int64_t n, struct mat *h,
    struct exec *exec);

#endif
