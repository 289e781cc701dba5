#ifndef STAIR_SYSTEM_H
#define STAIR_SYSTEM_H

#include "lib/base/err.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"
#include "lib/models/model.h"

#include <stddef.h>
#include <stdint.h>

/*
 * A system is declared once, at the end of its own file in this room: its name,
 * its parameters, what it reads and how its model is made. The options of
 * stair-train, its --help and --list, the completion of shells, the tables of
 * stair-models(7) and the values of the pipelines are derived from the
 * declaration. registry.h lists the systems.
 */

enum system_type {
    SYSTEM_REAL,
    SYSTEM_ABOVE, /* a real number above min */
    SYSTEM_WHOLE,
    SYSTEM_FLAG /* 0 or 1; its option has no value */
};

/* A parameter is an option of stair-train. Systems may share its name and type,
 * and each has its own default, range and meaning. */
struct system_param {
    const char *name; /* of the option, without dashes */
    const char *arg;  /* what stands for the value in --help; NULL of a flag */
    enum system_type type;
    double value; /* the default; NAN: the system chooses, `help` says how */
    double min, max;
    const char *help; /* its meaning, a phrase in lower case; what differs from
                         system to system comes behind the first comma */
};

/* Parameters that systems share. */
#define SYSTEM_LAYERS(value, min, max)                                         \
    {                                                                          \
        "layers", "L", SYSTEM_WHOLE, value, min, max, "layers of propagation"  \
    }
#define SYSTEM_DIM                                                             \
    {                                                                          \
        "dim", "D", SYSTEM_WHOLE, 64, 0, 4096,                                 \
            "width of the parameters, 0 means 64"                              \
    }
#define SYSTEM_RATE(value)                                                     \
    {                                                                          \
        "lr", "R", SYSTEM_REAL, value, 0, 100, "learning rate"                 \
    }
#define SYSTEM_DECAY(value, help)                                              \
    {                                                                          \
        "weight-decay", "W", SYSTEM_REAL, value, 0, 1000, help                 \
    }
/* Parameters of a graph of items that the model itself makes. */
#define SYSTEM_ITEM_GRAPH                                                      \
    {"item-layers", "L", SYSTEM_WHOLE, 1, 0, 16,                               \
        "layers over the item graph that the model makes"},                    \
    {                                                                          \
        "neighbors", "K", SYSTEM_WHOLE, 10, 1, 1e6,                            \
            "neighbours of an item in the item graph, itself included"         \
    }
#define SYSTEM_TRAIN_FEATURES                                                  \
    {                                                                          \
        "train-features", NULL, SYSTEM_FLAG, 0, 0, 1, "train the features too" \
    }
/* Parameters of the training itself; they end the list of every trained
 * system. */
#define SYSTEM_TRAINING(batch, epochs, every, patience)                        \
    {"batch", "B", SYSTEM_WHOLE, batch, 1, 1 << 24, "train pairs per step"},   \
        {"epochs", "E", SYSTEM_WHOLE, epochs, 0, 1e9,                          \
            "passes over the training pairs"},                                 \
        {"eval-every", "N", SYSTEM_WHOLE, every, 1, 1e9,                       \
            "evaluate on valid every N epochs"},                               \
        {"patience", "N", SYSTEM_WHOLE, patience, 0, 1e9,                      \
            "stop after N evaluations without a new best, 0 never"},           \
    {                                                                          \
        .name = NULL                                                           \
    }

enum system_need { SYSTEM_NO, SYSTEM_MAY, SYSTEM_MUST };

/* What a system reads beside the dataset. */
struct system_reads {
    enum system_need init;     /* initial item vectors */
    enum system_need items;    /* a graph of items */
    enum system_need features; /* dense features, any number of modalities */
    int weights;               /* 1: each modality may have a weight */
    const char *no_init, *no_items; /* parameters that are flags: init or items
                                       is not read if it is set; NULL: none */
    const char *const *with_items;  /* the parameters that mean something only
                                       if a graph of items is read, ends with
                                       NULL; NULL: none */
};

enum { SYSTEM_PARAMS = 24 };

/* What a model is made from. */
struct system_args {
    const struct system *system;
    double value[SYSTEM_PARAMS]; /* of its parameters, in their order */
    const struct csr *train;     /* U x I, borrowed for the model's life */
    const struct mat *init;      /* I x dim, or NULL; read while it is made */
    const struct csr *items;     /* I x I, or NULL; the same */
    struct net_features *features;
    int n_features;
    int64_t batch; /* triples of the largest step */
    int64_t steps; /* of an epoch */
    uint64_t seed;
    struct exec *exec;
};

struct system {
    const char *name;
    const char *line; /* its vectors as an equation, in one line */
    enum model_kind kind;
    const struct system_param *param; /* ends with a name that is NULL */
    struct system_reads reads;
    /* Makes the model, of the declared kind; NULL for a net, which `net` makes
     * and which moves the features out of o. What m holds after an error is
     * freed by the caller. ERR_NOMEM, ERR_RANGE, ERR_SHAPE. */
    int (*make)(struct model *m, const struct system_args *o,
        struct err *e) ERR_CHECKED;
    const struct net_kind *net;
    /* Writes a sentence for people if the model is going to take much memory.
     * ERR_NOMEM if the machine has less, ERR_RANGE. NULL: nothing to say. */
    int (*note)(const struct system_args *o, char *text, size_t size,
        struct err *e) ERR_CHECKED;
};

/* Whether models of the system are trained. */
int system_trains(const struct system *s);

/* Whether the parameter means something only if a graph of items is read. */
int system_with_items(const struct system *s, const char *name);

/* The place of a parameter in s->param, or -1. */
int system_param(const struct system *s, const char *name);

/* Sets o to the defaults of the system's parameters and nothing else. */
void system_defaults(struct system_args *o, const struct system *s);

/* The value of a parameter that the system has, by the option's name. */
double system_real(const struct system_args *o, const char *name);
int64_t system_int(const struct system_args *o, const char *name);
void system_set(struct system_args *o, const char *name, double value);

/* Makes the model; m is empty after an error. The errors are those of make. */
int system_make(
    struct model *m, const struct system_args *o, struct err *e) ERR_CHECKED;

#endif
