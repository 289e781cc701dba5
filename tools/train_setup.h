#ifndef STAIR_TRAIN_SETUP_H
#define STAIR_TRAIN_SETUP_H

#include "lib/engine/engine.h"
#include "lib/graph/graph.h"
#include "lib/graph/sample.h"
#include "tools/cli.h"
#include "tools/train_args.h"
#include "tools/train_input.h"

/* An engine ready to train, and what it borrows. */
struct train_setup {
    struct engine *engine;
    struct sampler sampler;
};

/* The model that o asks for. A net moves features out of in. Exits on errors.
 */
void train_setup_model(struct cli *io, const struct train_args *o,
    struct train_input *in, struct model *m);

/* Makes a model that is trained and its engine; frees inputs that are not
 * needed any more. Exits on errors. */
void train_setup_make(struct cli *io, const struct train_args *o,
    struct train_input *in, struct train_setup *s);

void train_setup_free(struct train_setup *s);

#endif
