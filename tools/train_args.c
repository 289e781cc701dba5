#include "tools/train_args.h"

#include "lib/rec/layers.h"

#include <math.h>
#include <string.h>

int
train_args_is(const struct train_args *o, const char *model)
{
    return strcmp(o->model, model) == 0;
}

/* Weight decay where none is given: what each model is usually trained with. */
static double
usual_decay(const struct train_args *o)
{
    return train_args_is(o, "stair") ? 0.1
           : train_args_is(o, "mf")  ? 1e-6
                                     : 1e-3;
}

void
train_args_check(struct cli *io, struct train_args *o)
{
    if (!o->data)
        cli_usage(io, "option '--data' is missing");
    int stair = train_args_is(o, "stair");
    if (!stair && (o->no_mi || o->no_fsc || o->no_bsc))
        cli_usage(io, "model '%s' has no parts to leave out", o->model);
    int init = stair && !o->no_mi, items = stair && !o->no_bsc;
    if (init && !o->init)
        cli_usage(io, "model 'stair' needs '--init' (see stair-whiten)");
    if (items && !o->items)
        cli_usage(io, "model 'stair' needs '--items' (see stair-knn)");
    if (!init && o->init)
        cli_usage(io, "model '%s'%s takes no '--init'", o->model,
            stair ? " with '--no-mi'" : "");
    if (!items && o->items)
        cli_usage(io, "model '%s'%s takes no '--items'", o->model,
            stair ? " with '--no-bsc'" : "");
    if (train_args_is(o, "popularity") &&
        (o->triples || o->resume || o->checkpoint))
        cli_usage(io, "model 'popularity' is not trained: it takes no "
                      "'--triples', '--resume' or '--checkpoint'");
    if (train_args_is(o, "jgcf") && o->layers > LAYERS_JACOBI_MAX)
        cli_usage(io, "model 'jgcf' has at most %d layers", LAYERS_JACOBI_MAX);
    if (isnan(o->decay))
        o->decay = usual_decay(o);
    if (!o->dim && !init)
        o->dim = 64;
    const char *in[] = {o->data, o->init, o->items, o->triples, o->resume};
    cli_one_stdin(io, in, 5);
    if (strcmp(o->device, "cuda") == 0)
        cli_die(io, "this program was built without CUDA");
}

void
train_args_init(struct train_args *o, struct cli *io,
    struct cli_option table[TRAIN_ARGS_OPTIONS])
{
    *o = (struct train_args){.model = "stair",
        .device = "cpu",
        .keep = "best",
        .gamma = 0.2,
        .rate = 1e-3,
        .decay = (double)NAN,
        .jacobi_a = 1,
        .jacobi_b = 1,
        .scale = 3,
        .mid = 0.1,
        .layers = 3,
        .batch = 1024,
        .epochs = 500,
        .every = 5,
        .seed = 1};
    const struct cli_option all[] = {
        CLI_OUTPUT(io),
        CLI_THREADS(io),
        CLI_SEED(&o->seed),
        {.name = "model",
            .arg = "stair|mf|lightgcn|jgcf|popularity",
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
            .to = &o->gamma,
            .min = 0,
            .max = 100,
            .open_min = 1,
            .changes = 1,
            .help = "exponent of the stepwise layer weights"},
        {.name = "layers",
            .arg = "L",
            .type = CLI_INT,
            .to = &o->layers,
            .min = 0,
            .max = 16,
            .changes = 1,
            .help = "layers of propagation"},
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
            .to = &o->rate,
            .min = 0,
            .max = 100,
            .changes = 1,
            .help = "learning rate"},
        {.name = "weight-decay",
            .arg = "W",
            .type = CLI_REAL,
            .to = &o->decay,
            .min = 0,
            .max = 1000,
            .changes = 1,
            .help = "weight decay; stair: 0.1, mf: 1e-6, lightgcn and jgcf: "
                    "1e-3 if not given"},
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
            .to = &o->jacobi_a,
            .min = -1,
            .max = 100,
            .open_min = 1,
            .changes = 1,
            .help = "jgcf: first parameter of the polynomials"},
        {.name = "jacobi-b",
            .arg = "B",
            .type = CLI_REAL,
            .to = &o->jacobi_b,
            .min = -1,
            .max = 100,
            .open_min = 1,
            .changes = 1,
            .help = "jgcf: second parameter of the polynomials"},
        {.name = "scale",
            .arg = "S",
            .type = CLI_REAL,
            .to = &o->scale,
            .min = 0,
            .max = 1e6,
            .open_min = 1,
            .changes = 1,
            .help = "jgcf: s of the polynomials' weights"},
        {.name = "mid",
            .arg = "W",
            .type = CLI_REAL,
            .to = &o->mid,
            .min = 0,
            .max = 1e6,
            .changes = 1,
            .help = "jgcf: weight of the parameters in the mid band"},
        {.name = "batch",
            .arg = "B",
            .type = CLI_INT,
            .to = &o->batch,
            .min = 1,
            .max = 1 << 24,
            .changes = 1,
            .help = "triples per step"},
        {.name = "epochs",
            .arg = "E",
            .type = CLI_INT,
            .to = &o->epochs,
            .min = 0,
            .max = 1e9,
            .changes = 1,
            .help = "passes over the training pairs"},
        {.name = "eval-every",
            .arg = "N",
            .type = CLI_INT,
            .to = &o->every,
            .min = 1,
            .max = 1e9,
            .changes = 1,
            .help = "evaluate on valid every N epochs"},
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
