#ifndef STAIR_FOLD_PRICE_H
#define STAIR_FOLD_PRICE_H

#include "lib/data/dataset.h"
#include "lib/rank/ranker.h"
#include "tools/cli.h"

/*
 * Says what it costs to show the items whose vectors come from content
 * (state FOLD_NEAR): metrics on valid with them and without, and the share of
 * the lists' places that they take. Exits on errors; says why where nothing
 * can be measured.
 */
void fold_price(struct cli *io, struct ranker *model, const struct dataset *d,
    const char *data, const unsigned char *state);

#endif
