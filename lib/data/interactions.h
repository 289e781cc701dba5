#ifndef STAIR_INTERACTIONS_H
#define STAIR_INTERACTIONS_H

#include "lib/base/decimal.h"
#include "lib/base/err.h"
#include "lib/data/dataset.h"
#include "lib/data/ids.h"
#include "lib/data/split.h"

#include <stdint.h>

/*
 * Interactions as they were read, in file order, before they become a dataset.
 * user and item are indices into the id tables. Empty when zeroed.
 */
struct interactions {
    int64_t n;
    int32_t *user, *item; /* [n] */
    struct decimal *time; /* [n], NULL if the data has none */
    unsigned char *label; /* [n] enum split_part, NULL if there are none */
    struct ids users, items;
    struct interactions_batch *batch; /* rows whose ids are not yet looked up */
    int64_t old_users, old_items;     /* ids that keep their numbers */
    int32_t *listed; /* [n_listed] items to keep without rows */
    int64_t n_listed, listed_cap;
    unsigned char *is_listed; /* [items.n], as far as there is room */
    int64_t is_listed_cap;
    int64_t user_cap, item_cap, time_cap, label_cap;
};

/*
 * Called before the first row. The ids of both lists keep their numbers, with
 * or without rows; new ids get the numbers behind them. Both lists move into a
 * and are empty afterwards. ERR_FORMAT if one has an id twice.
 */
int interactions_start(struct interactions *a, struct ids *users,
    struct ids *items, struct err *e) ERR_CHECKED;

/*
 * Called after the last row and interactions_flush: keeps an item even if it
 * has no rows. Returns 0, or 1 if it was listed before.
 */
int interactions_list(
    struct interactions *a, struct text item, struct err *e) ERR_CHECKED;

/* Appends one row; time and label are NULL in all rows or in none. The caller
 * has checked the ids by ids_reason. Ids are looked up many at a time, so n,
 * user, item and the tables may be read only after interactions_flush. */
int interactions_add(struct interactions *a, struct text user, struct text item,
    const struct decimal *time, const unsigned char *label,
    struct err *e) ERR_CHECKED;

int interactions_flush(struct interactions *a, struct err *e) ERR_CHECKED;

/* Which row is kept of several with the same user and item; of equal times the
 * first. */
enum interactions_repeat {
    INTERACTIONS_FIRST,
    INTERACTIONS_LAST,
    INTERACTIONS_EARLIEST, /* these two need times */
    INTERACTIONS_LATEST
};

struct interactions_counts {
    int64_t users, items; /* that have rows */
    int64_t dropped;      /* rows */
    int64_t crossed;      /* of these, with another label than the kept one */
};

/* Keeps one row of each user and item. O(n + ids). */
int interactions_dedupe(struct interactions *a, enum interactions_repeat rule,
    struct interactions_counts *count, struct err *e) ERR_CHECKED;

/*
 * Iterated k-core: one round drops the rows of all users and all items that
 * have fewer than k rows at its start; rounds repeat until none is dropped.
 * What is left is the largest set in which everybody has k. rounds counts
 * those that dropped something. ERR_RANGE if nothing is left.
 */
int interactions_core(struct interactions *a, int64_t k, int64_t *rounds,
    struct err *e) ERR_CHECKED;

/*
 * Makes the dataset of the rows that are left. Users and items get their
 * indices by `order`, each side by itself; opt says how rows are split. This
 * renumbers user and item of a, so that a can only be freed afterwards.
 * by_value tells for users [0] and items [1] whether indices are id values.
 */
int interactions_dataset(struct interactions *a, enum ids_order order,
    const struct split_opt *opt, struct dataset *d, int by_value[2],
    struct err *e) ERR_CHECKED;

void interactions_free(struct interactions *a);

#endif
