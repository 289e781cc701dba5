#ifndef STAIR_TRAIN_SYSTEMS_H
#define STAIR_TRAIN_SYSTEMS_H

#include "lib/models/model.h"
#include "lib/models/net.h"

#include <stddef.h>
#include <stdint.h>

/* What kind of thing a system is to stair-train. */
enum train_form {
    TRAIN_FIXED, /* two matrices, not trained */
    TRAIN_GRAPH, /* a graph of items, not trained, see lib/models/itemknn.h */
    TRAIN_MODEL, /* of the linear family, see lib/models/model.h */
    TRAIN_NET    /* see lib/models/net.h */
};

/* Numbers of the command line. What a system does not take is NAN, or below
 * any value that the option allows. */
struct train_settings {
    double rate, decay;
    int64_t layers, batch, epochs, every;
    double gamma;                          /* TRAIN_STEPWISE */
    double jacobi_a, jacobi_b, scale, mid; /* TRAIN_JACOBI */
    int64_t item_layers, neighbours;       /* TRAIN_ITEM_LAYERS, .. */
    double keep_edges, origin, dropout, modal_loss, penalty, shrink;
};

/* Inputs and options that only some systems take. */
enum {
    TRAIN_INIT = 1,
    TRAIN_ITEMS = 2,
    TRAIN_FEATURES = 4,
    TRAIN_STEPWISE = 8,
    TRAIN_JACOBI = 16,
    TRAIN_ITEM_LAYERS = 32,
    TRAIN_NEIGHBOURS = 64,
    TRAIN_KEEP_EDGES = 128,
    TRAIN_ORIGIN = 256,
    TRAIN_DROPOUT = 512,
    TRAIN_MODAL_LOSS = 1024,
    TRAIN_PENALTY = 2048,
    TRAIN_SHRINK = 4096,
    TRAIN_WEIGHTS = 8192,   /* of --features */
    TRAIN_TRAINABLE = 16384 /* --train-features */
};

typedef int train_model_fn(struct model *m, const struct model_opt *o,
    const struct csr *train, struct err *e);
typedef int train_net_fn(
    struct net **m, const struct net_opt *o, struct err *e);
typedef int train_needs_fn(
    const struct net_opt *o, char *text, size_t size, struct err *e);

struct train_system {
    const char *name;
    enum train_form form;
    unsigned takes;
    train_model_fn *model; /* NULL of stair, which also takes vectors */
    train_net_fn *net;
    train_needs_fn *needs;       /* NULL, or tells of much memory beforehand */
    struct train_settings usual; /* where an option is not given */
};

/* "stair|mf|...", for the option's table. */
extern const char train_systems_names[];

/* Completes s with what is usual for the system. The name of an option that is
 * set but not one of the system's, or NULL. */
const char *train_systems_complete(
    const struct train_system *t, struct train_settings *s);

/* All numbers unset. */
void train_systems_unset(struct train_settings *s);

/* The system of that name, one of train_systems_names. */
const struct train_system *train_systems_find(const char *name);

#endif
