#ifndef STAIR_GRAPH_H
#define STAIR_GRAPH_H

#include "lib/base/err.h"
#include "lib/la/csr.h"

/*
 * A symmetric graph with its symmetric normalisation D^-1/2 A D^-1/2, which is
 * never stored: the adjacency stays binary and the scaling is applied to rows
 * before and after a product. An entry of 2 may be stored as the same column
 * twice: a sum over a row then needs no multiplication.
 */
struct graph {
    struct csr a; /* square, symmetric; data NULL if all entries are 1 */
    float *q;     /* [n] degree^-1/2; 0 where the degree is 0 */
};

/*
 * The user-item graph A = [[0, R], [R^T, 0]], users first. No self loops.
 *   train  U x I, binary
 */
int graph_bipartite(
    const struct csr *train, struct graph *g, struct err *e) ERR_CHECKED;

/* graph_bipartite in an arena, which frees the graph. Empty after a failure,
 * which the arena remembers. */
struct graph graph_in(struct arena *p, const struct csr *train);

/* ERR_SHAPE if s is not n_items square, ERR_FORMAT if it is not symmetric. The
 * sentence begins with `what` (a file). */
int graph_check_items(const struct csr *s, int64_t n_items, const char *what,
    struct err *e) ERR_CHECKED;

/*
 * The item graph S~ = D^-1/2 S D^-1/2 with D the row sums of S (paper, section
 * on backward stepwise convolution). Copies s, with repeated columns if all
 * entries are whole numbers up to 4. Errors as graph_check_items; ERR_RANGE if
 * an entry is not positive.
 */
int graph_items(const struct csr *s, int64_t n_items, const char *what,
    struct graph *g, struct err *e) ERR_CHECKED;

/*
 * Orders rows by descending degree, ties by ascending row, separately within
 * rows [0, split) and [split, n). Row r of g goes to place[r]. Equal degrees
 * side by side make the inner loops' trip counts predictable. place is [n], the
 * caller's.
 */
int graph_by_degree(const struct graph *g, int64_t split, int32_t *place,
    struct err *e) ERR_CHECKED;

/* Readable entries behind the last index of a renumbered graph, all 0, for
 * loops that look ahead. */
enum { GRAPH_AHEAD = 64 };

/*
 * out = g with row and column r renamed to place[r]. Within a row the columns
 * keep g's order (so they are no longer ascending): sums over a row add the
 * same numbers in the same order as before.
 */
int graph_renumber(const struct graph *g, const int32_t *place,
    struct graph *out, struct err *e) ERR_CHECKED;

void graph_free(struct graph *g);

#endif
