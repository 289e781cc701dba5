#ifndef STAIR_KNN_PLACES_H
#define STAIR_KNN_PLACES_H

#include "lib/knn/knn_query.h"
#include "lib/knn/knn_rows.h"

#include <stdint.h>

/*
 * The rows that take part in a search in memory have the places 0 .. n - 1. Of
 * equal rows only the first takes part, and rows of zeros do not.
 */
struct knn_places {
    struct exec *exec;
    struct knn_rows *rows;
    int64_t d, n;
    int64_t *row;     /* [n] ascending */
    int32_t *place;   /* [rows->n] of a row, or of the one that it is equal to;
                         -1 of zeros */
    int64_t from, to; /* the places of this rank's rows */
    struct knn_scratch *scratch; /* [threads] */
};

/* Places first .. first + n - 1 of an order, which are packed at half; id [n]
 * gets their rows. */
struct knn_set {
    int64_t first, n;
    uint32_t *half;
    int32_t *id;
};

/* rows are in memory, and none has been read. The memory is the arena's, m. */
int knn_places_init(struct knn_places *p, struct knn_rows *rows,
    struct exec *exec, struct arena *m, struct err *e) ERR_CHECKED;

/* The query of the row at a place. */
struct knn_query knn_places_query(const struct knn_places *p, int64_t place);

/* Packs n sets of places of an order; order NULL: that of the places. */
void knn_places_pack(const struct knn_places *p, struct knn_pack *pack,
    const int32_t *order, const struct knn_set *set, int64_t n);

/* Room for sets that are needed for a moment. */
struct knn_room {
    int64_t rows; /* a multiple of KNN_TILE */
    uint32_t *half;
    int32_t *id;
    struct knn_set *set;
};

/* Makes room for up to n rows, as many as fit into so many bytes, in up to
 * `sets` sets, or as many as there are tiles of KNN_TILE rows if that is more.
 * The memory is the arena's, m. */
void knn_places_room(struct knn_room *r, int64_t n, int64_t d, int64_t bytes,
    int64_t sets, struct arena *m);

#endif
