#ifndef STAIR_KNN_LEARNED_H
#define STAIR_KNN_LEARNED_H

#include "lib/base/exec.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"

#include <stdint.h>

/*
 * The k rows of largest inner product with each row of a matrix, the row itself
 * included, ties to the smaller row. For rows of norm 1 these are the
 * neighbours by cosine. A model that learns its rows makes them anew at every
 * step; for fixed features knn.h makes lists in double.
 */
struct knn_learned {
    struct csr s;   /* the lists: columns ascending, values inner products */
    int64_t k;      /* entries of a row */
    int32_t *near;  /* [n][k] columns of each row's last list, -1: none yet */
    int64_t ranked; /* lists of the last build that needed all rows compared */
};

/*
 * Makes room for n rows and lists of min(k, n) entries, k >= 1. ERR_NOMEM,
 * ERR_RANGE.
 */
int knn_learned_init(
    struct knn_learned *c, int64_t n, int64_t k, struct err *e) ERR_CHECKED;
void knn_learned_free(struct knn_learned *c);

/*
 * Fills c->s with the lists of the n rows of x [.][d] that `list` names, each
 * once, row b being that of list[b]; NULL: of all. Values are float chains
 * (lib/rank/rank.h), so that equal rows tie exactly and bytes depend neither on
 * threads nor on the machine. Earlier lists, of whatever rows, save time and
 * change nothing: vectors move little between steps, so a row's last list gives
 * a bar (knn_kernel.h) that few others reach. Memory: a packed copy of x and a
 * few megabytes. ERR_NUM if values are so large that a sum may overflow or x is
 * not finite, ERR_NOMEM.
 */
int knn_learned_build(struct knn_learned *c, const struct mat *x,
    const int32_t *list, int64_t n, struct exec *exec,
    struct err *e) ERR_CHECKED;

#endif
