#ifndef STAIR_MAT_H
#define STAIR_MAT_H

#include "lib/base/arena.h"
#include "lib/base/err.h"

#include <stdint.h>

/* Dense row-major float32: element (i, j) at x[i * d + j]. */
struct mat {
    int64_t n, d; /* rows, columns */
    float *x;     /* free with mat_free, unless a view */
};

/* n x d, uninitialised. Both sizes may be 0. */
int mat_init(struct mat *m, int64_t n, int64_t d, struct err *e) ERR_CHECKED;
void mat_free(struct mat *m);

/* mat_init in an arena, which frees the matrix. Empty after a failure, which
 * the arena remembers. */
struct mat mat_in(struct arena *p, int64_t n, int64_t d);

/* Rows first .. first + n - 1 of m, a view: not to be freed. */
static inline struct mat
mat_rows(const struct mat *m, int64_t first, int64_t n)
{
    return (struct mat){n, m->d, m->x + first * m->d};
}

/* The index in x of the first element that is not finite; -1 if all are. */
int64_t mat_not_finite(const struct mat *m);

/* ERR_NUM naming the first element (row, column) that is not finite; `what` is
 * the subject of the sentence, e.g. a file. */
int mat_check_finite(
    const struct mat *m, const char *what, struct err *e) ERR_CHECKED;

/* mat_check_finite for m as the rows of a matrix from `first` on. */
int mat_check_rows(const struct mat *m, int64_t first, const char *what,
    struct err *e) ERR_CHECKED;

/* The Euclidean norm of x [d], summed in double from the first on. */
double mat_norm(const float *x, int64_t d);

/* Means of the columns, [d], summed from the first row on. Caller frees; NULL:
 * no memory. */
double *mat_means(const struct mat *m, struct err *e);

#endif
