#ifndef STAIR_MATS_H
#define STAIR_MATS_H

/* Random matrices, and how far one is from what it should be. */

#include "lib/base/rng.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((unused)) static void
must(int rc, const struct err *e)
{
    if (rc) {
        printf("# unexpected: %s\n", e->msg);
        exit(1);
    }
}

__attribute__((unused)) static struct mat
random_mat(int64_t n, int64_t d, uint32_t which)
{
    struct err e;
    struct mat m;
    must(mat_init(&m, n, d, &e), &e);
    for (int64_t k = 0; k < n * d; k++)
        m.x[k] = (float)rng_normal(7, RNG_TEST, which, (uint64_t)k, 0);
    return m;
}

__attribute__((unused)) static struct mat
zero_mat(int64_t n, int64_t d)
{
    struct mat m = random_mat(n, d, 0);
    memset(m.x, 0, (size_t)(n * d) * sizeof *m.x);
    return m;
}

/* Each place stored with the given probability. */
__attribute__((unused)) static struct csr
random_csr(int64_t rows, int64_t cols, double p, uint32_t which)
{
    struct err e;
    struct csr a;
    must(csr_init(&a, rows, cols, rows * cols, 0, &e), &e);
    a.nnz = 0;
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < cols; j++)
            if (rng_uniform(7, RNG_TEST, which, (uint64_t)(i * cols + j), 0) <
                p)
                a.indices[a.nnz++] = (int32_t)j;
        a.indptr[i + 1] = a.nnz;
    }
    return a;
}

__attribute__((unused)) static double
off(const double *want, const float *got, int64_t n)
{
    double scale = 0, worst = 0;
    for (int64_t k = 0; k < n; k++) {
        scale = fmax(scale, fabs(want[k]));
        worst = fmax(worst, fabs(want[k] - (double)got[k]));
    }
    return worst / (scale > 0 ? scale : 1);
}

__attribute__((unused)) static double *
doubles(int64_t n)
{
    double *p = calloc((size_t)(n + 1), sizeof *p);
    if (!p)
        abort();
    return p;
}

#endif
