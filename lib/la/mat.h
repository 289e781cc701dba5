#ifndef STAIR_MAT_H
#define STAIR_MAT_H

#include "lib/base/err.h"

#include <stdint.h>

/* Dense row-major float32: element (i, j) at x[i * d + j]. */
struct mat {
    int64_t n, d; /* rows, columns */
    float *x;     /* owned; free with mat_free */
};

/* n x d, uninitialised. Both sizes may be 0. */
int mat_init(struct mat *m, int64_t n, int64_t d, struct err *e) ERR_CHECKED;
void mat_free(struct mat *m);

/* ERR_NUM naming the first element (row, column) that is not finite; what is
 * the subject of the sentence, e.g. a file. */
int mat_check_finite(const struct mat *m, const char *what, struct err *e)
    ERR_CHECKED;

/* Means of the columns, [d], summed from the first row on. Caller frees; NULL:
 * no memory. */
double *mat_means(const struct mat *m, struct err *e);

#endif
