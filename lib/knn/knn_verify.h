#ifndef STAIR_KNN_VERIFY_H
#define STAIR_KNN_VERIFY_H

#include "lib/knn/knn.h"
#include "lib/knn/knn_rows.h"

#include <stdint.h>

/*
 * The lists of cosines: the best rows of every row, scored in double on a grid
 * of 2^-44, so that what ties in exact arithmetic, such as multiples of one
 * vector, ties here; ties go to the smaller row. A row that stands for equal
 * ones (knn_rows.h) brings these along. A row itself is in its list.
 */
struct knn_verify {
    const struct knn_rows *rows;
    int64_t most;  /* length of a list */
    int64_t *n;    /* [n] */
    double *score; /* [n][most] best first */
    int32_t *id;   /* [n][most] */
};

/* Makes lists of the best k rows beside the row itself, for rows that have been
 * read. The memory is the arena's, m, which remembers a failure. */
void knn_verify_init(struct knn_verify *v, const struct knn_rows *rows,
    int64_t k, struct arena *m);

/* Adds row j, with features y, to the list of row i, with features x. The rows
 * differ, and each is the first of its equals. A second call changes
 * nothing. */
void knn_verify_pair(
    struct knn_verify *v, int64_t i, const float *x, int64_t j, const float *y);

/* No row whose cosine is below can enter the list of row i; -INFINITY while it
 * has room. */
double knn_verify_bar(const struct knn_verify *v, int64_t i);

/* Called when each rank (ranks.h) has made the lists of its ranks_part of the
 * rows. All ranks get all lists. */
int knn_verify_join(struct knn_verify *v, struct err *e) ERR_CHECKED;

/* Writes the lists of all rows to l. */
void knn_verify_lists(const struct knn_verify *v, int self, struct knn_list *l);

#endif
