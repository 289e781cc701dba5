#ifndef STAIR_DATASET_H
#define STAIR_DATASET_H

#include "lib/io/hist.h"
#include "lib/io/npz.h"
#include "lib/la/csr.h"

#include <stdint.h>

/* Byte strings of equal width, NUL-padded, as NumPy's |Sn. */
struct strs {
    int64_t n, width;
    char *bytes; /* [n][width]; a full-width string has no NUL */
};

/* Copies string i into buf (width + 1 bytes), terminated; returns buf. */
char *strs_get(const struct strs *s, int64_t i, char *buf);
void strs_free(struct strs *s);

/*
 * Implicit feedback, split. Each part is n_users x n_items, data NULL, items
 * ascending per user; the parts are disjoint. Row i of user_ids and item_ids
 * is the original id of index i.
 */
struct dataset {
    int64_t n_users, n_items;
    struct csr train, valid, test;
    struct strs user_ids, item_ids;
};

/* Members train_indptr, train_indices, .. , user_ids, item_ids; everything
 * verified, disjointness included. */
int dataset_read(const char *path, struct dataset *d, struct hist *h,
    struct err *e) ERR_CHECKED;

/* The same out of members that are already in memory. */
int dataset_take(struct npz *z, struct dataset *d, struct err *e) ERR_CHECKED;

int dataset_write(const char *path, const struct dataset *d,
    const char *history, struct err *e) ERR_CHECKED;
void dataset_free(struct dataset *d);

#endif
