#ifndef STAIR_DATASET_H
#define STAIR_DATASET_H

#include "lib/data/ids.h"
#include "lib/io/hist.h"
#include "lib/io/npz.h"
#include "lib/la/csr.h"

#include <stdint.h>

/*
 * Implicit feedback, split. Each part is n_users x n_items, data NULL, items
 * ascending per user; the parts are disjoint. user_ids and item_ids hold the
 * original id of each index, without hash tables (see ids_index).
 */
struct dataset {
    int64_t n_users, n_items;
    struct csr train, valid, test;
    struct ids user_ids, item_ids;
};

/* Reads the members train_indptr, train_indices, .. , user_ids, item_ids and
 * verifies them, also that the parts are disjoint. h (may be NULL) receives the
 * provenance under the role "data" and the digests of identity.h. The caller
 * frees with dataset_free. */
int dataset_read(const char *path, struct dataset *d, struct hist *h,
    struct err *e) ERR_CHECKED;

/* Reads only the two lists of ids, from any file that has them. h receives the
 * file's id under the role "ids", but not its history. */
int dataset_read_ids(const char *path, struct ids *users, struct ids *items,
    struct hist *h, struct err *e) ERR_CHECKED;

/* Makes a dataset of members that are already in memory. */
int dataset_take(struct npz *z, struct dataset *d, struct err *e) ERR_CHECKED;

int dataset_write(const char *path, const struct dataset *d,
    const char *history, struct err *e) ERR_CHECKED;
void dataset_free(struct dataset *d);

/* The members user_ids (unless users is NULL) and item_ids of a file that is
 * being written: models carry those of the dataset. */
void dataset_put_ids(
    struct npz_out *z, const struct ids *users, const struct ids *items);

/* Reads and verifies such a member. The caller frees *s. */
int dataset_take_ids(
    struct npz *z, const char *name, struct ids *s, struct err *e) ERR_CHECKED;

#endif
