#ifndef STAIR_RECOMMEND_OFFER_H
#define STAIR_RECOMMEND_OFFER_H

#include "lib/data/dataset.h"
#include "lib/rank/rank_items.h"
#include "tools/cli.h"

/* What stair-recommend may offer, by its options. */
struct recommend_offer {
    /* the options, NULL or 0 if they are not given */
    const char *only, *exclude, *pairs, *cap;
    int64_t cold;
    /* what comes of them */
    struct rank_items items; /* equal scores by popularity */
    struct csr masked;       /* --exclude-pairs; indptr NULL without */
    int32_t *group;
};

/* Exits 2 if --cap is malformed. */
void recommend_offer_check(struct cli *io, struct recommend_offer *o);

/* Reads the files; ids that the dataset lacks are passed over and counted in a
 * note. Exits 1 if a file is malformed or no item is left. */
void recommend_offer_read(
    struct cli *io, struct recommend_offer *o, struct dataset *d);

void recommend_offer_free(struct recommend_offer *o);

#endif
