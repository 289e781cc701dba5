#ifndef STAIR_VECTORS_PRIV_H
#define STAIR_VECTORS_PRIV_H

#include "lib/data/vectors.h"
#include "lib/io/xio.h"

/* Shared by the vectors*.c files. */

/* Where vectors with ids go, one by one. */
struct vectors_sink {
    const char *name; /* of the file, for messages */
    struct features *f;
    struct ids seen;
    float *v; /* the present vector, room for cap values */
    int64_t cap;
};

/* Puts the vector of id, the first d values of s->v. ERR_FORMAT if id cannot be
 * one or has a vector already; the caller prefixes the place in the file. */
int vectors_put(struct vectors_sink *s, struct text id, int64_t d,
    struct err *e) ERR_CHECKED;

/* Room for one more value behind the first n; ERR_FORMAT beyond
 * VECTORS_MAX_D. */
int vectors_room(struct vectors_sink *s, int64_t n, struct err *e) ERR_CHECKED;

/* Reads t as a finite number. Returns 1, or 0 if it is none. The byte behind t
 * must not be part of a number. */
int vectors_number(struct text t, float *v);

/* Finds what separates the fields of the first line: a tab if `tabs` is 1 and
 * there is one, else a comma, or a semicolon if there is no comma. */
int vectors_separator(
    struct xin *x, int tabs, const char **sep, struct err *e) ERR_CHECKED;

/* Reads rows of text; sep is ",", "\t" or " ". */
int vectors_text(struct xin *x, const char *sep, struct vectors_sink *s,
    struct err *e) ERR_CHECKED;

/* Reads JSON objects. */
int vectors_json(struct xin *x, const struct vectors_opt *o,
    struct vectors_sink *s, struct err *e) ERR_CHECKED;

/* The ids of an array's rows; a repetition is an error. */
struct vectors_rows {
    struct ids ids;
    int given; /* 0: rows are item indices */
};

/* ERR_SHAPE unless n rows are as many as their ids or the items of f. */
int vectors_fit(const struct vectors_rows *rows, int64_t n, const char *name,
    const struct features *f, struct err *e) ERR_CHECKED;

/* Reads these ids from a text file or a column of a table, see vectors_opt. */
int vectors_ids(const char *spec, struct vectors_rows *rows, struct hist *h,
    struct err *e) ERR_CHECKED;

/* Reads them from the present member, of header h, of an open npz. */
struct npz_in;
struct npy;
int vectors_member_ids(struct npz_in *z, const struct npy *h,
    struct vectors_rows *rows, struct err *e) ERR_CHECKED;

/* Reads arrays and graphs. x, of which nothing was read, passes to the
 * function. */
int vectors_npz(struct xin *x, const char *path, const struct vectors_opt *o,
    struct vectors_rows *rows, struct features *f, struct vectors_result *r,
    struct hist *h, struct err *e) ERR_CHECKED;

/* Puts a, whose rows and columns have the ids of rows, in the order of f's
 * items, into r->graph. */
int vectors_align(const struct csr *a, const char *name,
    const struct vectors_rows *rows, const struct features *f,
    struct vectors_result *r, struct err *e) ERR_CHECKED;

#endif
