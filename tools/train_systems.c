#include "tools/train_systems.h"

#include "lib/models/net_all.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

const char train_systems_names[] =
    "stair|mf|lightgcn|jgcf|mmgcn|lattice|bm3|freedom|mmssl|itemknn|popularity";

static int
popularity(struct model *m, const struct model_opt *o, const struct csr *train,
    struct err *e)
{
    (void)o;
    return model_popularity(m, train, e);
}

/* What the systems' authors, or their best known builds, train with. */
static const struct train_system systems[] = {
    {.name = "stair",
        .form = TRAIN_MODEL,
        .takes = TRAIN_INIT | TRAIN_ITEMS | TRAIN_STEPWISE,
        .usual = {.rate = 1e-3,
            .decay = 0.1,
            .layers = 3,
            .batch = 1024,
            .epochs = 500,
            .every = 5,
            .gamma = 0.2}},
    {.name = "mf",
        .form = TRAIN_MODEL,
        .model = model_mf,
        .usual = {.rate = 1e-3,
            .decay = 1e-6,
            .layers = 0,
            .batch = 1024,
            .epochs = 500,
            .every = 5}},
    {.name = "lightgcn",
        .form = TRAIN_MODEL,
        .model = model_lightgcn,
        .usual = {.rate = 1e-3,
            .decay = 1e-3,
            .layers = 3,
            .batch = 1024,
            .epochs = 500,
            .every = 5}},
    {.name = "jgcf",
        .form = TRAIN_MODEL,
        .takes = TRAIN_JACOBI,
        .model = model_jgcf,
        .usual = {.rate = 1e-3,
            .decay = 1e-3,
            .layers = 3,
            .batch = 1024,
            .epochs = 500,
            .every = 5,
            .jacobi_a = 1,
            .jacobi_b = 1,
            .scale = 3,
            .mid = 0.1}},
    {.name = "mmgcn",
        .form = TRAIN_NET,
        .takes = TRAIN_FEATURES | TRAIN_TRAINABLE | TRAIN_PENALTY,
        .net = net_mmgcn,
        .usual = {.rate = 1e-4,
            .layers = 2,
            .batch = 1024,
            .epochs = 50,
            .every = 1,
            .penalty = 1e-5}},
    {.name = "lattice",
        .form = TRAIN_NET,
        .takes = TRAIN_FEATURES | TRAIN_TRAINABLE | TRAIN_ITEM_LAYERS |
                 TRAIN_NEIGHBOURS | TRAIN_ORIGIN,
        .net = net_lattice,
        .usual = {.rate = 1e-3,
            .decay = 1e-6,
            .layers = 2,
            .batch = 2048,
            .epochs = 500,
            .every = 5,
            .item_layers = 1,
            .neighbours = 10,
            .origin = 0.9}},
    {.name = "bm3",
        .form = TRAIN_NET,
        .takes = TRAIN_FEATURES | TRAIN_TRAINABLE | TRAIN_DROPOUT |
                 TRAIN_MODAL_LOSS | TRAIN_PENALTY,
        .net = net_bm3,
        .usual = {.rate = 1e-3,
            .decay = 1e-4,
            .layers = 1,
            .batch = 2048,
            .epochs = 500,
            .every = 5,
            .dropout = 0.5,
            .modal_loss = 2,
            .penalty = 0.1}},
    {.name = "freedom",
        .form = TRAIN_NET,
        .takes = TRAIN_FEATURES | TRAIN_WEIGHTS | TRAIN_TRAINABLE |
                 TRAIN_ITEM_LAYERS | TRAIN_NEIGHBOURS | TRAIN_KEEP_EDGES |
                 TRAIN_MODAL_LOSS,
        .net = net_freedom,
        .usual = {.rate = 1e-3,
            .decay = 1e-6,
            .layers = 2,
            .batch = 2048,
            .epochs = 500,
            .every = 5,
            .item_layers = 1,
            .neighbours = 10,
            .keep_edges = 0.2,
            .modal_loss = 1e-3}},
    {.name = "mmssl",
        .form = TRAIN_NET,
        .takes = TRAIN_FEATURES | TRAIN_NEIGHBOURS | TRAIN_DROPOUT |
                 TRAIN_MODAL_LOSS | TRAIN_PENALTY,
        .net = net_mmssl,
        .needs = mmssl_needs,
        .usual = {.rate = 5.5e-4,
            .decay = 0.01,
            .layers = 2,
            .batch = 1024,
            .epochs = 1000,
            .every = 1,
            .dropout = 0.2,
            .modal_loss = 0.03,
            .penalty = 1e-5}},
    {.name = "itemknn",
        .form = TRAIN_GRAPH,
        .takes = TRAIN_NEIGHBOURS | TRAIN_SHRINK,
        .usual = {.neighbours = 100, .shrink = 100}},
    {.name = "popularity", .form = TRAIN_FIXED, .model = popularity},
};

struct number {
    unsigned bit; /* of takes; 0: every system's */
    int is_int;
    const char *option;
    size_t at;
};

#define REAL(bit, option, member)                                              \
    {                                                                          \
        bit, 0, option, offsetof(struct train_settings, member)                \
    }
#define INT(bit, option, member)                                               \
    {                                                                          \
        bit, 1, option, offsetof(struct train_settings, member)                \
    }

static const struct number numbers[] = {
    REAL(0, "lr", rate),
    REAL(0, "weight-decay", decay),
    INT(0, "layers", layers),
    INT(0, "batch", batch),
    INT(0, "epochs", epochs),
    INT(0, "eval-every", every),
    REAL(TRAIN_STEPWISE, "gamma", gamma),
    REAL(TRAIN_JACOBI, "jacobi-a", jacobi_a),
    REAL(TRAIN_JACOBI, "jacobi-b", jacobi_b),
    REAL(TRAIN_JACOBI, "scale", scale),
    REAL(TRAIN_JACOBI, "mid", mid),
    INT(TRAIN_ITEM_LAYERS, "item-layers", item_layers),
    INT(TRAIN_NEIGHBOURS, "neighbors", neighbours),
    REAL(TRAIN_KEEP_EDGES, "keep-edges", keep_edges),
    REAL(TRAIN_ORIGIN, "origin", origin),
    REAL(TRAIN_DROPOUT, "dropout", dropout),
    REAL(TRAIN_MODAL_LOSS, "modal-loss", modal_loss),
    REAL(TRAIN_PENALTY, "penalty", penalty),
    REAL(TRAIN_SHRINK, "shrink", shrink),
};

static void *
place(struct train_settings *s, const struct number *n)
{
    return (char *)s + n->at;
}

static int
is_unset(struct train_settings *s, const struct number *n)
{
    return n->is_int ? *(int64_t *)place(s, n) == INT64_MIN
                     : isnan(*(double *)place(s, n));
}

void
train_systems_unset(struct train_settings *s)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].is_int)
            *(int64_t *)place(s, &numbers[i]) = INT64_MIN;
        else
            *(double *)place(s, &numbers[i]) = (double)NAN;
}

const char *
train_systems_complete(const struct train_system *t, struct train_settings *s)
{
    struct train_settings usual = t->usual;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const struct number *n = &numbers[i];
        int takes = !n->bit || (t->takes & n->bit);
        if (!takes && !is_unset(s, n))
            return n->option;
        if (takes && is_unset(s, n))
            memcpy(place(s, n), place(&usual, n),
                n->is_int ? sizeof(int64_t) : sizeof(double));
    }
    return NULL;
}

const struct train_system *
train_systems_find(const char *name)
{
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
        if (strcmp(systems[i].name, name) == 0)
            return &systems[i];
    return NULL;
}
