#include "tools/train_args.h"

#include "lib/engine/cuda/cuda.h"
#include "lib/graph/layers.h"
#include "tools/train_files.h"

#include <math.h>
#include <string.h>

static void
check_inputs(struct cli *io, const struct train_args *o)
{
    unsigned takes = o->system->takes;
    int parts = (takes & TRAIN_STEPWISE) != 0;
    if (!parts && (o->no_mi || o->no_fsc || o->no_bsc))
        cli_usage(io, "model '%s' has no parts to leave out", o->model);
    int init = (takes & TRAIN_INIT) && !o->no_mi;
    int items = (takes & TRAIN_ITEMS) && !o->no_bsc;
    if (init && !o->init)
        cli_usage(io, "model '%s' needs '--init' (see stair-whiten)", o->model);
    if (items && !o->items)
        cli_usage(io, "model '%s' needs '--items' (see stair-knn)", o->model);
    if (!init && o->init)
        cli_usage(io, "model '%s'%s takes no '--init'", o->model,
            parts ? " with '--no-mi'" : "");
    if (!items && o->items)
        cli_usage(io, "model '%s'%s takes no '--items'", o->model,
            parts ? " with '--no-bsc'" : "");
    if ((takes & TRAIN_FEATURES) && !o->features.n)
        cli_usage(io, "model '%s' needs '--features NAME=FILE'", o->model);
    if (!(takes & TRAIN_FEATURES) && o->features.n)
        cli_usage(io, "model '%s' takes no '--features'", o->model);
    if (!(takes & TRAIN_TRAINABLE) && o->train_features)
        cli_usage(io, "model '%s' takes no '--train-features'", o->model);
}

void
train_args_check(struct cli *io, struct train_args *o)
{
    if (!o->data)
        cli_usage(io, "option '--data' is missing");
    o->system = train_systems_find(o->model);
    check_inputs(io, o);
    int trained =
        o->system->form == TRAIN_MODEL || o->system->form == TRAIN_NET;
    if (!trained && (o->triples || o->resume || o->checkpoint))
        cli_usage(io,
            "model '%s' is not trained: it takes no "
            "'--triples', '--resume' or '--checkpoint'",
            o->model);
    const char *other = train_systems_complete(o->system, &o->set);
    if (other)
        cli_usage(io, "model '%s' takes no '--%s'", o->model, other);
    if ((o->system->takes & TRAIN_JACOBI) && o->set.layers > LAYERS_JACOBI_MAX)
        cli_usage(io, "model '%s' has at most %d layers", o->model,
            LAYERS_JACOBI_MAX);
    if (!o->dim && !o->init)
        o->dim = 64;
    train_files_features(io, o);
    train_files_check(io, o);
    if (strcmp(o->device, "cuda") == 0) {
        if (o->system->form != TRAIN_MODEL)
            cli_usage(io,
                "model '%s' is computed on the CPU: it takes no "
                "'--device cuda'",
                o->model);
        die_if(cuda_usable(&io->err), io);
    }
}

void
train_args_init(struct train_args *o, struct cli *io,
    struct cli_option table[TRAIN_ARGS_OPTIONS])
{
    *o = (struct train_args){
        .model = "stair", .device = "cpu", .keep = "best", .seed = 1};
    struct train_settings *set = &o->set;
    train_systems_unset(set);
    const struct cli_option all[] = {
        CLI_FOREIGN(io),
        CLI_OUTPUT(io),
        CLI_THREADS(io),
        CLI_SEED(&o->seed),
        {.name = "model",
            .arg = train_systems_names,
            .type = CLI_CHOICE,
            .to = &o->model,
            .changes = 1,
            .help = "the system to train"},
        {.name = "data",
            .arg = "FILE",
            .type = CLI_TEXT,
            .to = &o->data,
            .help = "dataset from stair-ingest"},
        {.name = "init",
            .arg = "FILE",
            .type = CLI_TEXT,
            .to = &o->init,
            .help = "initial item vectors from stair-whiten"},
        {.name = "items",
            .arg = "FILE",
            .type = CLI_TEXT,
            .to = &o->items,
            .help = "symmetric item graph from stair-knn"},
        {.name = "gamma",
            .arg = "G",
            .type = CLI_REAL,
            .to = &set->gamma,
            .min = 0,
            .max = 100,
            .open_min = 1,
            .changes = 1,
            .help = "stair: exponent of the stepwise layer weights; 0.2"},
        {.name = "layers",
            .arg = "L",
            .type = CLI_INT,
            .to = &set->layers,
            .min = 0,
            .max = 16,
            .changes = 1,
            .help =
                "layers of propagation; 3, bm3: 1, others with features: 2"},
        {.letter = 'd',
            .name = "dim",
            .arg = "D",
            .type = CLI_INT,
            .to = &o->dim,
            .min = 0,
            .max = 4096,
            .changes = 1,
            .help = "width of the parameters, 0 takes that of --init, or 64"},
        {.name = "lr",
            .arg = "R",
            .type = CLI_REAL,
            .to = &set->rate,
            .min = 0,
            .max = 100,
            .changes = 1,
            .help = "learning rate; 1e-3, mmgcn: 1e-4, mmssl: 5.5e-4"},
        {.name = "weight-decay",
            .arg = "W",
            .type = CLI_REAL,
            .to = &set->decay,
            .min = 0,
            .max = 1000,
            .changes = 1,
            .help = "weight decay; stair: 0.1, mf, lattice and freedom: 1e-6, "
                    "lightgcn and jgcf: 1e-3, bm3: 1e-4, mmssl: 0.01"},
        {.name = "no-mi",
            .type = CLI_FLAG,
            .to = &o->no_mi,
            .changes = 1,
            .help = "stair without modality initialisation: random parameters"},
        {.name = "no-fsc",
            .type = CLI_FLAG,
            .to = &o->no_fsc,
            .changes = 1,
            .help =
                "stair without forward stepwise convolution: uniform weights"},
        {.name = "no-bsc",
            .type = CLI_FLAG,
            .to = &o->no_bsc,
            .changes = 1,
            .help = "stair without backward stepwise convolution: plain AdamW"},
        {.name = "jacobi-a",
            .arg = "A",
            .type = CLI_REAL,
            .to = &set->jacobi_a,
            .min = -1,
            .max = 100,
            .open_min = 1,
            .changes = 1,
            .help = "jgcf: first parameter of the polynomials; 1"},
        {.name = "jacobi-b",
            .arg = "B",
            .type = CLI_REAL,
            .to = &set->jacobi_b,
            .min = -1,
            .max = 100,
            .open_min = 1,
            .changes = 1,
            .help = "jgcf: second parameter of the polynomials; 1"},
        {.name = "scale",
            .arg = "S",
            .type = CLI_REAL,
            .to = &set->scale,
            .min = 0,
            .max = 1e6,
            .open_min = 1,
            .changes = 1,
            .help = "jgcf: s of the polynomials' weights; 3"},
        {.name = "mid",
            .arg = "W",
            .type = CLI_REAL,
            .to = &set->mid,
            .min = 0,
            .max = 1e6,
            .changes = 1,
            .help = "jgcf: weight of the parameters in the mid band; 0.1"},
        {.name = "features",
            .arg = "NAME=FILE[:WEIGHT]",
            .type = CLI_LIST,
            .to = &o->features,
            .help = "the items' features of a modality; once for each"},
        {.name = "train-features",
            .type = CLI_FLAG,
            .to = &o->train_features,
            .changes = 1,
            .help = "train the features too"},
        {.name = "item-layers",
            .arg = "L",
            .type = CLI_INT,
            .to = &set->item_layers,
            .min = 0,
            .max = 16,
            .changes = 1,
            .help = "layers over the item graph that the model makes"},
        {.name = "neighbors",
            .arg = "K",
            .type = CLI_INT,
            .to = &set->neighbours,
            .min = 1,
            .max = 1e6,
            .changes = 1,
            .help = "neighbours of an item in it; 10, itemknn: 100; mmssl: "
                    "items of a user, one in 10000"},
        {.name = "shrink",
            .arg = "H",
            .type = CLI_REAL,
            .to = &set->shrink,
            .min = 0,
            .max = 1e9,
            .changes = 1,
            .help = "itemknn: added to a similarity's denominator; 100"},
        {.name = "keep-edges",
            .arg = "R",
            .type = CLI_REAL,
            .to = &set->keep_edges,
            .min = 0,
            .max = 1,
            .open_min = 1,
            .changes = 1,
            .help =
                "freedom: share of the train pairs in an epoch's graph; 0.2"},
        {.name = "origin",
            .arg = "R",
            .type = CLI_REAL,
            .to = &set->origin,
            .min = 0,
            .max = 1,
            .changes = 1,
            .help = "lattice: share of the raw features' graph; 0.9"},
        {.name = "dropout",
            .arg = "P",
            .type = CLI_REAL,
            .to = &set->dropout,
            .min = 0,
            .max = 0.99,
            .changes = 1,
            .help =
                "share of the numbers that are dropped; bm3: 0.5, mmssl: 0.2"},
        {.name = "modal-loss",
            .arg = "W",
            .type = CLI_REAL,
            .to = &set->modal_loss,
            .min = 0,
            .max = 1e6,
            .changes = 1,
            .help = "weight of the modalities' losses; bm3: 2, freedom: 1e-3, "
                    "mmssl: 0.03"},
        {.name = "penalty",
            .arg = "W",
            .type = CLI_REAL,
            .to = &set->penalty,
            .min = 0,
            .max = 1e6,
            .changes = 1,
            .help = "weight of the vectors' norms in the loss"},
        {.name = "batch",
            .arg = "B",
            .type = CLI_INT,
            .to = &set->batch,
            .min = 1,
            .max = 1 << 24,
            .changes = 1,
            .help = "triples per step; 1024, lattice, bm3 and freedom: 2048"},
        {.name = "epochs",
            .arg = "E",
            .type = CLI_INT,
            .to = &set->epochs,
            .min = 0,
            .max = 1e9,
            .changes = 1,
            .help =
                "passes over the training pairs; 500, mmgcn: 50, mmssl: 1000"},
        {.name = "eval-every",
            .arg = "N",
            .type = CLI_INT,
            .to = &set->every,
            .min = 1,
            .max = 1e9,
            .changes = 1,
            .help = "evaluate on valid every N epochs; 5, mmgcn and mmssl: 1"},
        {.name = "patience",
            .arg = "N",
            .type = CLI_INT,
            .to = &o->patience,
            .min = 0,
            .max = 1e9,
            .changes = 1,
            .help = "stop after N evaluations without a new best, 0 never"},
        {.name = "keep",
            .arg = "best|last",
            .type = CLI_CHOICE,
            .to = &o->keep,
            .changes = 1,
            .help = "write the best model by valid NDCG@20, or the last"},
        {.name = "triples",
            .arg = "FILE",
            .type = CLI_TEXT,
            .to = &o->triples,
            .help = "replay these (user, positive, negative) rows instead of "
                    "sampling"},
        {.name = "checkpoint",
            .arg = "FILE",
            .type = CLI_TEXT,
            .to = &o->checkpoint,
            .help = "save the run to FILE at each evaluation"},
        {.name = "resume",
            .arg = "FILE",
            .type = CLI_TEXT,
            .to = &o->resume,
            .help = "continue the run saved in FILE"},
        {.name = "log",
            .arg = "FILE",
            .type = CLI_TEXT,
            .to = &o->log,
            .help = "write a JSON line per epoch to FILE"},
        {.name = "log-test",
            .type = CLI_FLAG,
            .to = &o->log_test,
            .help = "also evaluate on test, for the log only"},
        {.name = "device",
            .arg = "cpu|cuda",
            .type = CLI_CHOICE,
            .to = &o->device,
            .help = "where to compute"},
        CLI_END,
    };
    _Static_assert(sizeof all / sizeof *all <= TRAIN_ARGS_OPTIONS, "table");
    memcpy(table, all, sizeof all);
}
