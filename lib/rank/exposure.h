#ifndef STAIR_EXPOSURE_H
#define STAIR_EXPOSURE_H

#include "lib/base/err.h"
#include "lib/la/csr.h"

#include <stdint.h>

/*
 * Which items lists show, whatever users do with them. Of the first k places of
 * all lists, with c_i the number of lists that show item i, C their sum, n_i
 * the train interactions of the item, U the users that have any, and I the
 * number of items, offered or not:
 *
 *   coverage@k    share of the items with c_i > 0
 *   popularity@k  sum_i c_i n_i / C
 *   novelty@k     sum_i c_i log2(U / max(n_i, 1)) / C: the mean
 *                 self-information (Zhou et al., PNAS 107, 2010)
 *   gini@k        sum_j (2 j - I - 1) c_(j) / (I C), c_(1) <= .. <= c_(I): the
 *                 coefficient of Gini, 0 where all items are shown equally
 *                 often, (I - 1) / I where one is shown alone
 *   tail@k        sum of c_i / C over the items of the tail: all but the head,
 *                 which is the most popular items, ties to the smaller index,
 *                 as few as have 80 % of the interactions (Abdollahpouri et
 *                 al., FLAIRS 2019)
 *
 * All are 0 if no list shows anything. Sums run over ascending items in double,
 * so that they do not depend on the order of the lists.
 */
enum exposure_kind {
    EXPOSURE_COVERAGE,
    EXPOSURE_POPULARITY,
    EXPOSURE_NOVELTY,
    EXPOSURE_GINI,
    EXPOSURE_TAIL,
    EXPOSURE_KINDS
};
extern const char *const exposure_names[EXPOSURE_KINDS]; /* "coverage", .. */

/* Zero-initialise; free with exposure_free. */
struct exposure {
    int64_t items;
    int n_cuts;
    const int64_t *cut;
    int64_t *count; /* [n_cuts][items] lists that show it between the cut before
                       and this one */
};

/* cut [n_cuts] ascends and is borrowed. */
int exposure_init(struct exposure *x, int64_t items, const int64_t *cut,
    int n_cuts, struct err *e) ERR_CHECKED;

/* A list of n items, best first, which may end early at an id of -1. */
void exposure_add(struct exposure *x, const int32_t *list, int64_t n);

/*
 * After the last list, once.
 *
 *   train   U x I
 *   value   [EXPOSURE_KINDS][stride], the first n_cuts of each row are written
 */
int exposure_finish(struct exposure *x, const struct csr *train, double *value,
    int stride, struct err *e) ERR_CHECKED;

void exposure_free(struct exposure *x);

#endif
