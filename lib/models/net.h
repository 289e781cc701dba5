#ifndef STAIR_NET_H
#define STAIR_NET_H

#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/graph/sample.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"
#include "lib/nn/adam.h"

#include <stdint.h>

/*
 * A system that is more than a polynomial of the graph: named parameters, and
 * functions that compute a batch's loss with its gradients, and the vectors
 * whose inner product is the score. Sampling, Adam, checkpoints, evaluation and
 * the loop around them are the engine's (lib/engine/cpu/cpu_net.h).
 */

enum net_role {
    NET_PARAM, /* the engine steps it by Adam with the tensor's settings */
    NET_OWN,   /* the model steps it itself; has moments */
    NET_STATE  /* anything else that the rest of a run depends on */
};

/* A parameter and what belongs to it, all of one shape. */
struct net_tensor {
    char *name; /* checkpoint members are now_NAME, m_NAME, v_NAME */
    enum net_role role;
    struct adam_opt adam; /* of a NET_PARAM */
    struct mat x;         /* value */
    struct mat g;         /* gradient; of a NET_PARAM zero before each step */
    struct mat m, v;      /* Adam's moments; neither g, m nor v if NET_STATE */
    int part;             /* its matrices lie in those of the tensor before */
};

/* A step's triples and its place in the run. */
struct net_batch {
    int64_t epoch, step;             /* from 0; step counts within the epoch */
    int64_t t;                       /* optimiser steps including this one */
    int64_t n;                       /* triples */
    const int32_t *user, *pos, *neg; /* [n], items from 0; neg -1: none drawn */
};

struct net;

struct system_args;

struct net_kind {
    /* Sets up what net_new leaves to the model: tensors, own, sampling. May be
     * NULL. */
    int (*make)(
        struct net *m, const struct system_args *o, struct err *e) ERR_CHECKED;
    /* Called before the first step of an epoch and again if the run continues
     * within it: what it does may depend on the epoch and the seed alone. May
     * be NULL. */
    int (*epoch)(struct net *m, int64_t epoch, struct err *e) ERR_CHECKED;
    /* Adds the gradients of the batch's mean loss to every tensor's g; *loss is
     * the mean loss times the batch's n. */
    int (*step)(struct net *m, const struct net_batch *b, double *loss,
        struct err *e) ERR_CHECKED;
    /* The present output vectors, U x width and I x width, allocated by the
     * caller. Changes nothing that training depends on. */
    int (*vectors)(struct net *m, struct mat *user, struct mat *item,
        struct err *e) ERR_CHECKED;
    /* Frees own. May be NULL. */
    void (*free)(struct net *m);
};

/* A checkpoint holds the largest net and the longest name, see cpu_net.c. */
enum {
    NET_TENSORS = 338,
    NET_NAME = 240, /* bytes */
    NET_USER = 0,
    NET_ITEM = 1
};

struct net {
    const char *name;
    const struct net_kind *kind;
    struct net_tensor tensor[NET_TENSORS]; /* the first two: the embeddings of
                                              users and items, "user", "item" */
    int tensors;
    int64_t width; /* columns of the output vectors */
    enum sample_kind sampling;
    struct exec *exec;
    uint64_t seed;
    void *own; /* the model's */
};

/* A modality's features: a row per item. */
struct net_features {
    char *name;    /* the owner's */
    struct mat x;  /* I x its own width; the model moves it out of here */
    double weight; /* relative to the other modalities', where a model mixes
                      them by given weights */
};

/* For the models: a net of this kind and o's system, by its make. *out is NULL
 * after an error. ERR_NOMEM, or what make returns. */
int net_new(struct net **out, const struct net_kind *kind,
    const struct system_args *o, struct err *e) ERR_CHECKED;

/*
 * For the models: a zeroed tensor n x d behind those that m has; *place is its
 * index. A name that ends in a modality's, which may be any letters, digits and
 * underscores, has a beginning with which no other kind of name begins: so two
 * tensors never share one. ERR_RANGE if they do, if a name is too long, or for
 * too many tensors.
 */
int net_add(struct net *m, enum net_role role, int64_t n, int64_t d, int *place,
    struct err *e, const char *name, ...) ERR_CHECKED
    __attribute__((format(printf, 7, 8)));

/* For the models, before any net_add: the embeddings of users and items, zeroed
 * NET_PARAMs. Their rows are adjacent, users first: net_embeddings(_gradients)
 * are views of both, (U + I) x d, as propagation wants them. */
int net_add_embeddings(struct net *m, int64_t users, int64_t items, int64_t d,
    struct err *e) ERR_CHECKED;
struct mat net_embeddings(const struct net *m);
struct mat net_embeddings_gradients(const struct net *m);

/* Frees everything, own by kind->free; m may be NULL or only partly made. */
void net_free(struct net *m);

#endif
