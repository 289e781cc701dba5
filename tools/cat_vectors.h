#ifndef STAIR_CAT_VECTORS_H
#define STAIR_CAT_VECTORS_H

#include "lib/data/ids.h"
#include "lib/io/npz.h"
#include "lib/io/xio.h"
#include "lib/la/mat.h"

/* Vectors and the ids of their rows, as servers take them. */
struct cat_vectors {
    struct mat m;
    struct ids ids; /* empty if they are not known */
};

/*
 * Takes member `name` of z as finite float32, with the ids of its side: of
 * members user* the user_ids, of all others the item_ids. If z has none, those
 * of `ids` (or NULL) are moved out. ERR_SHAPE if their number is not that of
 * the rows. *v is the caller's to free, on failure too.
 */
int cat_vectors_take(struct cat_vectors *v, struct npz *z, const char *name,
    struct ids *ids, struct err *e) ERR_CHECKED;
void cat_vectors_free(struct cat_vectors *v);

/*
 * Appends a column after which cosine ranks as the inner product did: of items
 * sqrt(M^2 - |x|^2), M being the largest norm, so that all rows have the norm
 * M; of users 0.
 */
int cat_vectors_cosine(
    struct cat_vectors *v, int users, struct err *e) ERR_CHECKED;

/* One id a line; an id with a line break is a failure of x. */
void cat_vectors_ids(struct xout *x, const struct ids *ids);

/* Each row as its number of values in 32 bits, then the values in 32 bits. */
void cat_vectors_fvecs(struct xout *x, const struct mat *m);

/* id<TAB>[v1,v2,..] as COPY of PostgreSQL reads it, with a column of the type
 * vector of pgvector. */
void cat_vectors_copy(struct xout *x, const struct cat_vectors *v);

/* The template of that name, such as "qdrant", or the text itself. NULL if a %
 * in it is followed by none of i, v, n and %. */
const char *cat_vectors_template(const char *text);

/* A line by the template for each row: %i is the id, escaped for a JSON string,
 * %v the vector as a JSON array, %n the row's number from 0, %% a %. */
void cat_vectors_jsonl(
    struct xout *x, const struct cat_vectors *v, const char *format);

#endif
