#ifndef STAIR_NPZ_H
#define STAIR_NPZ_H

#include "lib/base/err.h"
#include "lib/io/npy.h"
#include "lib/io/xio.h"

#include <stdint.h>

/*
 * The container of every file, see stair-npz(5): an uncompressed .npz that is
 * written and read forward only. Readers also take deflated, ZIP64 and
 * data-descriptor members, and a bare .npy, which reads as one member "x".
 */

enum { NPZ_NAME = 256, NPZ_MEMBERS = 1056 };

/* One member as the reader meets it. Names come without ".npy". */
struct npz_head {
    char name[NPZ_NAME];
    int text;       /* not an array: npy is void */
    struct npy npy; /* of an array */
    int64_t bytes;  /* of the payload: data of an array, or the whole text */
    int64_t offset; /* of the payload in the file, -1: compressed or a pipe */
};

/*
 * Streaming reader. The CRC of a member is verified when its last payload byte
 * has been read (npz_in_read fails then if it is wrong) or when it is skipped;
 * the directory and the end record when npz_in_next returns 0. Nothing made of
 * the data may be kept before both checks have passed.
 */
struct npz_in {
    struct xin x;
    struct npz_in_state *state;
};

int npz_in_open(struct npz_in *z, const char *path, struct err *e) ERR_CHECKED;

/* npz_in_open for an input of which nothing has been read. *x passes to z, and
 * is closed on failure. */
int npz_in_start(struct npz_in *z, struct xin *x, struct err *e) ERR_CHECKED;

/* The next member: 1, 0 at the verified end of the file, or a negative code.
 * What is left of the member before is skipped and verified. */
int npz_in_next(
    struct npz_in *z, struct npz_head *h, struct err *e) ERR_CHECKED;

/* Exactly n bytes of the present member's array data (or text), whole elements
 * of an array; numbers become little-endian. */
int npz_in_read(
    struct npz_in *z, void *buf, int64_t n, struct err *e) ERR_CHECKED;

/* All n bytes of the present member's data, an array's in C order, then `extra`
 * zeros; the caller frees.
 * Memory grows as the bytes arrive, unless the file is known to be large
 * enough; then it is allocated at once, aligned. */
int npz_in_take(struct npz_in *z, int64_t n, int extra, void **out,
    struct err *e) ERR_CHECKED;

/* All of the present member, a text, terminated; the caller frees. ERR_FORMAT
 * beyond 1 MiB. */
int npz_in_text(struct npz_in *z, const struct npz_head *h, char **text,
    struct err *e) ERR_CHECKED;

/* After npz_in_next returned 0: a CRC-32 over the names and CRCs of all members
 * but history.txt. It identifies the content, however that was stored. */
uint32_t npz_in_id(const struct npz_in *z);

/* CRC-32 of the member that was last read to its end, npy header included. */
uint32_t npz_in_crc(const struct npz_in *z);

void npz_in_close(struct npz_in *z);

/* A whole file in memory. */
struct npz_array {
    char name[NPZ_NAME];
    struct npy npy;
    void *data; /* raw elements, NULL if the member was not wanted */
};

struct npz {
    char *path; /* as given, for messages */
    struct npz_array *array;
    int n;
    char *history; /* text of history.txt, NULL if there is none */
    uint32_t id;   /* as npz_in_id */
};

/*
 * Reads and verifies path. wanted is a NULL-terminated list of names to keep;
 * NULL keeps all. Other members are skipped without allocating. Memory grows
 * with the bytes that arrive, not with what a header claims.
 */
int npz_load(struct npz *z, const char *path, const char *const *wanted,
    struct err *e) ERR_CHECKED;

/* npz_load from an open reader that has just met `first` (NULL: nothing yet),
 * for callers who decide by the first member whether to stream or to load. The
 * reader stays the caller's to close. */
int npz_load_rest(struct npz *z, struct npz_in *in,
    const struct npz_head *first, const char *const *wanted,
    struct err *e) ERR_CHECKED;
void npz_free(struct npz *z);

/* The member of that name, or NULL. */
struct npz_array *npz_find(const struct npz *z, const char *name);

/*
 * Moves a member out of z as float32, int64 or int32, converting from any
 * numeric type; *out is the caller's to free. ERR_FORMAT names a missing
 * member or wrong kind, ERR_RANGE the first element that does not fit (a
 * non-finite float is kept: mat_check_finite). ndim -1 takes any shape. The
 * arrays of a file whose size is known are 64-byte aligned.
 */
int npz_take_f32(struct npz *z, const char *name, int ndim, float **out,
    struct npy *shape, struct err *e) ERR_CHECKED;
int npz_take_i64(struct npz *z, const char *name, int ndim, int64_t **out,
    struct npy *shape, struct err *e) ERR_CHECKED;
int npz_take_i32(struct npz *z, const char *name, int ndim, int32_t **out,
    struct npy *shape, struct err *e) ERR_CHECKED;

/* Converts n raw elements of h's type at src to float32. */
void npz_to_f32(const struct npy *h, const void *src, int64_t n, float *dst);

/* Element i as a double, the nearest one of a 64-bit integer; NaN if not
 * numeric. npz_value_int is for integer and boolean types and exact, but
 * unsigned 64-bit integers above 2^63 - 1 wrap. */
double npz_value(const struct npy *h, const void *src, int64_t i);
int64_t npz_value_int(const struct npy *h, const void *src, int64_t i);

/*
 * Writer: members in the order of the calls, each with exact sizes and CRC, so
 * that nothing is patched later. As in an xout, the first failure is remembered
 * and npz_out_commit returns it. ERR_RANGE for a member that no reader would
 * take: its name is too long or there already, or there are too many members.
 */
struct npz_out {
    struct xout x;
    struct npz_entry *entry;
    int n;
};

/* history becomes the member history.txt; NULL: no such member. */
void npz_out_open(struct npz_out *z, const char *path, const char *history);
void npz_out_text(struct npz_out *z, const char *name, const char *text);
/* A byte string as an array without dimensions. */
void npz_out_string(struct npz_out *z, const char *name, const char *s);
void npz_out_array(
    struct npz_out *z, const char *name, const struct npy *h, const void *data);

/* An array of one dimension. */
void npz_out_list(struct npz_out *z, const char *name, char kind, int size,
    int64_t n, const void *data);

/*
 * An array of which no more than `rows` rows (of the first axis) need be in
 * memory. fill puts rows first .. first + n - 1 into buf. It passes over the
 * array twice, for the CRC and for the bytes, and must give the same both
 * times. Returns the first failure.
 */
typedef int npz_fill(
    void *ctx, int64_t first, int64_t n, void *buf, struct err *e);
int npz_out_rows(struct npz_out *z, const char *name, const struct npy *h,
    int64_t rows, npz_fill *fill, void *ctx, struct err *e) ERR_CHECKED;

/* Directory, end record, then xout_commit. Closed on return in any case. */
int npz_out_commit(struct npz_out *z, struct err *e) ERR_CHECKED;
void npz_out_abort(struct npz_out *z);

#endif
