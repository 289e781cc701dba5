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
 * and that every value is finite. h (may be NULL) receives the provenance under
 * the given role. `wanted` says for messages what the file should be, see
 * kind_refuse.
 */
int store_read_mat(const char *path, struct mat *m, struct hist *h,
    const char *role, const char *wanted, struct err *e) ERR_CHECKED;
int store_read_csr(const char *path, struct csr *a, struct hist *h,
    const char *role, const char *wanted, struct err *e) ERR_CHECKED;

/* A dense file with its missing rows (missing.h), whose x is the mean of the
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

/* The missing rows of a dense file in memory; none if it has no such member. */
int store_take_missing(const struct npz *z, int64_t rows,
    struct missing *missing, struct err *e) ERR_CHECKED;

/* Makes a CSR matrix of members that are already in memory, whose names begin
 * with prefix; SciPy's `format` must say csr. Rows whose columns are unsorted
 * are sorted; duplicates are an error. */
int store_take_csr(struct npz *z, const char *prefix, struct csr *a,
    struct err *e) ERR_CHECKED;

/* Written atomically with the given history text first. */
int store_write_mat(const char *path, const struct mat *m, const char *history,
    struct err *e) ERR_CHECKED;
int store_write_csr(const char *path, const struct csr *a, const char *history,
    struct err *e) ERR_CHECKED;

/* Writes the members of a CSR matrix, their names with the prefix. A member
 * `name` says which system made the graph; NULL: no such member. */
void store_put_csr(struct npz_out *z, const char *prefix, const struct csr *a,
    const char *name);

/* Writes a 2-D float32 member. */
void store_put_mat(struct npz_out *z, const char *name, const struct mat *m);

#endif
