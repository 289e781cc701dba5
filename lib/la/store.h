#ifndef STAIR_STORE_H
#define STAIR_STORE_H

#include "lib/io/hist.h"
#include "lib/io/npz.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"
#include "lib/la/missing.h"

/*
 * Matrices on disk: dense files (member x, or a bare .npy) and CSR files as
 * SciPy writes them. Reading verifies the whole file, shapes, CSR invariants
 * and that every value is finite. h (may be NULL) receives the provenance
 * under the given role. `wanted` says in messages what should be there, see
 * kind_refuse.
 */
int store_read_mat(const char *path, struct mat *m, struct hist *h,
    const char *role, const char *wanted, struct err *e) ERR_CHECKED;
int store_read_csr(const char *path, struct csr *a, struct hist *h,
    const char *role, const char *wanted, struct err *e) ERR_CHECKED;

/* Dense, with the rows that stand for no vector: their x is the mean of the
 * others. */
int store_read_features(const char *path, struct mat *m,
    struct missing *missing, struct hist *h, const char *role,
    const char *wanted, struct err *e) ERR_CHECKED;
int store_write_features(const char *path, const struct mat *m,
    const struct missing *missing, const char *history,
    struct err *e) ERR_CHECKED;

/* A 2-D member of a file in memory as finite float32; the sentence names the
 * file. m is the caller's to free, also after a failure. */
int store_take_mat(
    struct npz *z, const char *name, struct mat *m, struct err *e) ERR_CHECKED;

/* The rows that a dense file in memory says are missing; none if it has no
 * member of that name. */
int store_take_missing(const struct npz *z, int64_t rows,
    struct missing *missing, struct err *e) ERR_CHECKED;

/* CSR out of members that are already in memory, whose names begin with prefix;
 * SciPy's `format` must say csr. Rows whose columns are unsorted are sorted;
 * duplicates are an error. */
int store_take_csr(struct npz *z, const char *prefix, struct csr *a,
    struct err *e) ERR_CHECKED;

/* Written atomically with the given history text first. */
int store_write_mat(const char *path, const struct mat *m, const char *history,
    struct err *e) ERR_CHECKED;
int store_write_csr(const char *path, const struct csr *a, const char *history,
    struct err *e) ERR_CHECKED;

/* The members of a CSR matrix in a file that is being written, names with the
 * prefix, and among them `name`, which says of what system it is the graph;
 * NULL: without one. */
void store_put_csr(struct npz_out *z, const char *prefix, const struct csr *a,
    const char *name);

/* One 2-D float32 member of a file being written. */
void store_put_mat(struct npz_out *z, const char *name, const struct mat *m);

#endif
