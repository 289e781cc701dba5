#ifndef STAIR_H
#define STAIR_H

/*
 * Recommendations from the files of the stair programs, for C and C++: open a
 * dataset and a model, ask for lists. See libstair(3), which tells more of each
 * function. This header needs no other one of stair.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A function that can fail returns 0 or one of these. */
enum stair_code {
    STAIR_NOMEM = -1,  /* no memory */
    STAIR_IO = -2,     /* the operating system refused */
    STAIR_FORMAT = -3, /* a file is not what it should be, or belongs to other
                          users or items */
    STAIR_SHAPE = -4,  /* sizes disagree */
    STAIR_RANGE = -5,  /* a number is out of range */
    STAIR_NUM = -6,    /* scores may overflow, or equations have no solution */
    STAIR_DEVICE = -7  /* stair_history: OpenBLAS is not there */
};

/* One sentence, lower case, no full stop. */
struct stair_error {
    char message[1024];
};

/* A model with the users and items of a dataset. One thread may use it at a
 * time; several of them are independent of each other. */
struct stair;

/* What lists may hold. It belongs to the struct stair it was made for. */
struct stair_offer;

/* "0.1.0" */
const char *stair_version(void);

/*
 * Reads the dataset and the model from files. Lists are made on `threads`
 * threads and do not depend on their number. An error that names other users or
 * items, or another split, says that the files do not belong together. The
 * caller closes *s, which is NULL after a failure. error may be NULL, here and
 * below.
 */
int stair_open(struct stair **s, const char *data, const char *model,
    int threads, struct stair_error *error);
void stair_close(struct stair *s); /* NULL is fine */

int64_t stair_users(const struct stair *s);
int64_t stair_items(const struct stair *s);

/* The index of an id of `length` bytes, or with length -1 of one that ends with
 * a NUL. Returns -1 if there is no such id. */
int64_t stair_find_user(const struct stair *s, const char *id, int64_t length);
int64_t stair_find_item(const struct stair *s, const char *id, int64_t length);

/* The id of an index, which must be in range. It has *length bytes and no NUL
 * behind them, and belongs to the struct stair. */
const char *stair_user_id(const struct stair *s, int64_t user, int64_t *length);
const char *stair_item_id(const struct stair *s, int64_t item, int64_t *length);

/*
 * What lists may hold; a filter of zeros allows every item. stair_offer_make
 * reads the arrays and does not keep them.
 */
struct stair_filter {
    const unsigned char *offered; /* [items] 0: in no list; NULL: all may be */
    const int32_t *group; /* [items] read if cap is not 0: the item's group,
                             from 0; -1: none */
    int64_t cap;  /* at most so many of a group in a list; 0: no limit */
    int64_t cold; /* places kept for items without train interactions */
};
int stair_offer_make(struct stair_offer **o, const struct stair *s,
    const struct stair_filter *filter, struct stair_error *error);
void stair_offer_free(struct stair_offer *o); /* NULL is fine */

/*
 * The lists of stair-recommend(1): for each of n users the k items of largest
 * score, without what the user has in the dataset unless keep_seen is 1.
 *
 *   user   [n] indices            offer  NULL: every item
 *   item   [n][k] indices, best first; -1 behind the end of a shorter list
 *   score  [n][k], 0 there
 *
 * Many users at once take less time than one after the other.
 */
int stair_recommend(struct stair *s, const int64_t *user, int64_t n, int64_t k,
    const struct stair_offer *offer, int keep_seen, int64_t *item, float *score,
    struct stair_error *error);

/*
 * Lists for n users whom the dataset does not know, made from the items that
 * they have, as stair-recommend --history makes them. User u has the items
 * had[first[u]] .. had[first[u + 1] - 1], in any order. The first call takes
 * longer.
 *
 *   first  [n + 1], from 0 on     had  [first[n]] indices
 */
int stair_history(struct stair *s, const int64_t *first, const int64_t *had,
    int64_t n, int64_t k, const struct stair_offer *offer, int keep_seen,
    int64_t *item, float *score, struct stair_error *error);

/*
 * The lists of stair-similar(1): for each of n items the k others of largest
 * cosine, or with inner 1 of largest inner product; of a graph of items those
 * of the largest values.
 *
 *   of  [n] indices               the others as above
 */
int stair_similar(struct stair *s, const int64_t *of, int64_t n, int64_t k,
    const struct stair_offer *offer, int inner, int64_t *item, float *score,
    struct stair_error *error);

#ifdef __cplusplus
}
#endif

#endif
