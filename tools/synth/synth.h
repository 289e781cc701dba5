#ifndef STAIR_SYNTH_H
#define STAIR_SYNTH_H

#include "lib/base/arena.h"

#include <stdint.h>

/*
 * Synthetic shops: the plan from which the purchases (synthlog.h), the feature
 * vectors (synthvec.h) and the titles (synthword.h) are drawn.
 *
 * Items belong to a topic (a subcategory; eight of them make a category) and to
 * a brand. Users mix a few topics and prefer a few brands. The degrees of both
 * sides follow a shifted power law (Lomax) that saturates: with the presets
 * they match the public Amazon 5-cores. Every core user and core item has at
 * least `core` interactions, so a k-core with k = core keeps exactly
 * `users` x `items` x `interactions`; beside them lies a fringe of users and
 * items with fewer, which such a k-core removes.
 *
 * All choices are pure functions of the seed (rng.h, RNG_SYNTH), powers and
 * logarithms come from fmath.h: the same bytes everywhere, for any number of
 * threads.
 */
struct synth_opt {
    int64_t users, items, interactions; /* of the core */
    int64_t core;                       /* smallest degree, at least 1 */
    int64_t topics;
    int64_t seed;
    double popularity;   /* exponent of the item degrees, > 1: small, heavy */
    double activity;     /* the same for users */
    double taste;        /* 0..1: share of purchases within the user's topics */
    double fringe;       /* fringe users per core user, items per core item */
    double text_signal;  /* topic against a random other topic and noise */
    double image_signal; /* the same, weaker */
    double no_image;     /* 0..1: share of items with the one imputed image */
    int64_t text_dim, image_dim;
};

struct synth {
    struct synth_opt opt;
    int64_t n_users, n_items; /* fringe included; rows are mixed */
    int64_t n_brands;
    struct arena memory;
    int64_t *user_degree; /* [n_users], 0 for the fringe */
    int64_t *item_degree; /* [n_items], 0 for the fringe */
    int32_t *topic;       /* [n_items] */
    int32_t *brand;       /* [n_items] */
};

/* What is drawn: the epoch argument of rng.h. Never renumber, only add. */
enum synth_draw {
    SYNTH_USER_RANK = 1,
    SYNTH_ITEM_RANK = 2,
    SYNTH_TOPIC = 3,
    SYNTH_BRAND = 4,
    SYNTH_USER_ID = 5,
    SYNTH_ITEM_ID = 6,
    SYNTH_TITLE = 7,
    SYNTH_PURCHASE = 8,
    SYNTH_FRINGE = 9,
    SYNTH_TIME = 10,
    SYNTH_TABLE = 16, /* + 8 per feature set */
    SYNTH_NOISE = 17,
    SYNTH_OTHER = 18,
    SYNTH_MISSING = 19
};

enum { SYNTH_ID = 16, SYNTH_PER_CATEGORY = 8 };

/* The sizes and knobs called demo, baby, sports or electronics; others of o are
 * set to their defaults. ERR_RANGE for another name. */
int synth_preset(
    struct synth_opt *o, const char *name, struct err *e) ERR_CHECKED;

/* One sentence for the first rule that is broken (ERR_RANGE). */
int synth_check(const struct synth_opt *o, struct err *e) ERR_CHECKED;

/*
 * Draws the plan: O(users + items) time and memory. Caller frees with
 * synth_free. ERR_RANGE if the degrees asked for do not exist.
 */
int synth_init(
    struct synth *s, const struct synth_opt *o, struct err *e) ERR_CHECKED;
void synth_free(struct synth *s);

/*
 * deg[0..n) in descending order, each in min..cap, summing to total:
 * deg_r = min + floor(y c / (y + c)), y = scale (((r + 1/2) / n)^(-1/a) - 1),
 * c = cap - min, the scale found by bisection, what rounding leaves dealt out
 * one by one from the top. ERR_RANGE if total is not in n min .. n cap.
 */
int synth_degrees(int64_t *deg, int64_t n, int64_t total, int64_t min,
    int64_t cap, double a, struct err *e) ERR_CHECKED;

/* The id of user or item i as text, unique, like those of a web shop: 12 and
 * 10 characters. buf holds SYNTH_ID bytes; returns buf. */
char *synth_user_id(const struct synth *s, int64_t i, char *buf);
char *synth_item_id(const struct synth *s, int64_t i, char *buf);

#endif
