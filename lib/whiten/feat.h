#ifndef STAIR_FEAT_H
#define STAIR_FEAT_H

#include "lib/base/exec.h"
#include "lib/la/source.h"

#include <stdint.h>

/*
 * A dense operand F, centred by its column means, as an operator: products and
 * Gram matrices computed in passes over blocks of rows. What is small or comes
 * from a pipe is kept as float32; a large regular file is read again in every
 * pass. Block borders depend on the number of columns alone: bytes depend
 * neither on threads nor on where the rows come from.
 */
struct feat {
    int64_t n, d;  /* rows, columns */
    double *mean;  /* [d], set by feat_gram or feat_means */
    int64_t block; /* rows in a block */
    struct exec *exec;
    struct source *s; /* borrowed */
    float *x;         /* [n][d] if kept, else NULL */
    int64_t at;       /* next row of a pass */
    int passes;
    float *raw, *shifted; /* [block][d] */
    double *wide;         /* [block][d] */
};

/* Takes a dense operand of which no row has been read; it is read and verified
 * by the first pass at the latest. s must outlive f. */
int feat_init(struct feat *f, struct source *s, struct exec *exec,
    struct err *e) ERR_CHECKED;
void feat_free(struct feat *f);

/* A pass for the column means: in double, relative to the first block's, so
 * that a constant column centres to exactly 0. */
int feat_means(struct feat *f, struct err *e) ERR_CHECKED;

/*
 * g [d][d] = F^T F, and the means, in one pass. Float products of at most one
 * block are summed in double: relative rounding about 1e-7 of the columns'
 * sizes.
 */
int feat_gram(struct feat *f, double *g, struct err *e) ERR_CHECKED;

/* k [n][n] = F F^T, of the same accuracy, after feat_means. Needs x kept:
 * feat_keep first. */
int feat_keep(struct feat *f, struct err *e) ERR_CHECKED;
int feat_gram_rows(struct feat *f, double *k, struct err *e) ERR_CHECKED;

/* u [n][m] = F v (may be NULL) and y [d][m] = F^T F v, in double throughout,
 * one pass, after the means. v is [d][m]. */
int feat_right(struct feat *f, int64_t m, const double *v, double *u, double *y,
    struct err *e) ERR_CHECKED;

/* y [n][m] = F F^T q, two passes. */
int feat_left(struct feat *f, int64_t m, const double *q, double *y,
    struct err *e) ERR_CHECKED;

#endif
