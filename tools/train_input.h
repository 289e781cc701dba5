#ifndef STAIR_TRAIN_INPUT_H
#define STAIR_TRAIN_INPUT_H

#include "lib/data/dataset.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"
#include "lib/models/net.h"
#include "tools/cli.h"
#include "tools/train_args.h"

#include <stdint.h>

/* What stair-train reads. */
struct train_input {
    struct dataset data;
    struct mat init;                            /* empty if there are none */
    struct csr items;                           /* likewise */
    struct net_features features[CLI_LIST_MAX]; /* names are owned */
    int n_features;
    int32_t *triples; /* [n_triples][3], or NULL */
    int64_t n_triples;
};

/* Reads the files that o names, checked against the dataset; sets the width by
 * the initial vectors. Exits on errors. */
void train_input_read(
    struct cli *io, struct train_args *o, struct train_input *in);

void train_input_free(struct train_input *in);

#endif
