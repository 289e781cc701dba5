#ifndef STAIR_FEAT_H
#define STAIR_FEAT_H

#include "lib/base/arena.h"
#include "lib/base/exec.h"
#include "lib/la/source.h"

#include <stdint.h>

/*
 * A dense operand F, centred by its column means, as an operator: products and
 * Gram matrices computed in passes over blocks of rows. What is small or comes
 * from a pipe is kept as float32; a large regular file is read again in every
 * pass. Block borders depend on the number of columns alone: bytes depend
 * neither on threads nor on where the rows come from, nor on ranks (ranks.h),
 * which share the products of each block, by columns of F^T F or by rows.
 */
struct feat {
    int64_t n, d;      /* rows, columns */
    int64_t present;   /* rows that are not missing; those are 0 in F */
    double *mean;      /* [d] over the present rows, set by feat_moments */
    double most, rest; /* the largest magnitude of an entry; the root mean
                          square of all other entries */
    double scale;      /* a power of two that brings most near 1 */
    int64_t block;     /* rows in a block */
    struct exec *exec;
    struct source *s; /* borrowed */
    float *x;         /* [n][d] if kept, else NULL */
    int64_t at;       /* next row of a pass */
    int passes;
    float *raw;       /* [block][d] of a pass, if not kept */
    double *wide;     /* [block][d], centred */
    int64_t *borders; /* [ranks + 1] of ranks_join */
    struct arena arena;
};

/* s is a dense operand of which no row has been read; the first pass reads and
 * verifies it at the latest. s must outlive f. */
int feat_init(struct feat *f, struct source *s, struct exec *exec,
    struct err *e) ERR_CHECKED;
void feat_free(struct feat *f);

/*
 * The first pass: column means, in double, relative to the first rows', so
 * that a constant column centres to exactly 0; the scale; and g [d][d] = F^T F
 * unless it is NULL.
 */
int feat_moments(struct feat *f, double *g, struct err *e) ERR_CHECKED;

/* u [n][m] = F v and y [d][m] = F^T F v, each unless it is NULL, in double, one
 * pass, after feat_moments. v is [d][m]. */
int feat_right(struct feat *f, int64_t m, const double *v, double *u, double *y,
    struct err *e) ERR_CHECKED;

/* y = scale^2 F^T F v, multiplied in single precision, with the means
 * subtracted from the products: good if the means are not much larger than
 * F. */
int feat_rough(struct feat *f, int64_t m, const double *v, double *y,
    struct err *e) ERR_CHECKED;

/* Finds the operand's largest entry in magnitude, the first of several, in one
 * pass. */
int feat_largest(struct feat *f, int64_t *row, int64_t *column, float *value,
    struct err *e) ERR_CHECKED;

#endif
