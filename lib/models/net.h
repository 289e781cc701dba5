#ifndef STAIR_NET_H
#define STAIR_NET_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/exec.h"
#include "lib/graph/sample.h"
#include "lib/la/csr.h"
#include "lib/la/mat.h"
#include "lib/la/missing.h"
#include "lib/nn/adam.h"
#include "lib/nn/init.h"

#include <stdint.h>

/*
 * A model that is more than a polynomial of the graph: named parameters, a
 * function that computes a batch's loss and its gradients, and one that makes
 * the vectors whose inner product is the score. Sampling, Adam, checkpoints,
 * evaluation and the loop around them belong to the engine
 * (lib/engine/cpu/cpu_net.h).
 */

enum net_role {
    NET_PARAM, /* the engine steps it by Adam with the tensor's settings */
    NET_OWN,   /* the model steps it itself; has moments */
    NET_STATE  /* anything else that the rest of a run depends on */
};

/* A parameter: its value, gradient and moments, all of one shape. */
struct net_tensor {
    char *name; /* checkpoint members are now_NAME, m_NAME, v_NAME */
    enum net_role role;
    struct adam_opt adam; /* of a NET_PARAM */
    struct mat x;         /* value */
    struct mat g;         /* gradient; of a NET_PARAM zero before each step */
    struct mat m, v;      /* Adam's moments; a NET_STATE has no g, m, v */
};

/* A step's triples and its place in the run. */
struct net_batch {
    int64_t epoch, step; /* from 0; step counts within the epoch */
    int64_t t;           /* optimiser steps including this one */
    int64_t n;           /* triples */
    const int32_t *user; /* [n] */
    const int32_t *item; /* [2 n] from 0: positives, then negatives; -1: no
                            negative was drawn */
};

struct net;
struct system_args;

struct net_kind {
    size_t own; /* bytes of net.own */
    /* Sets up tensors, own and sampling, which net_new leaves to the model. A
     * failure that m->arena remembers need not be returned. May be NULL. */
    int (*make)(
        struct net *m, const struct system_args *o, struct err *e) ERR_CHECKED;
    /* Called before the first step of an epoch, and again if the run continues
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
    /* Frees what own holds beside the arena's memory. May be NULL. */
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
    struct adam_opt adam; /* settings of the NET_PARAMs that are added next */
    int64_t width;        /* columns of the output vectors */
    enum sample_kind sampling;
    struct exec *exec;
    uint64_t seed;
    struct arena arena; /* memory that lives as long as the net */
    void *own;          /* the model's, zeros at first; the arena's */
};

/* A modality's features: a row per item. */
struct net_features {
    char *name;   /* the owner's */
    struct mat x; /* I x its own width; the model moves it out of here */
    struct missing missing; /* items without these features; the owner's, read
                               while the model is made */
    double weight; /* relative to the other modalities', where a model mixes
                      them by given weights */
};

/* Makes a net of this kind for o's system. Parameters are stepped by Adam with
 * coupled decay unless make chooses otherwise. *out is NULL after an error:
 * ERR_NOMEM, or what make returns. */
int net_new(struct net **out, const struct net_kind *kind,
    const struct system_args *o, struct err *e) ERR_CHECKED;

/*
 * The functions below are for the models' make. They remember failures in
 * m->arena and return 0 then.
 *
 * net_add: a zeroed tensor n x d behind those that m has; returns its number. A
 * user may call a modality anything, so a name that ends in a modality's begins
 * like no other kind of name: two tensors never share one. ERR_RANGE if they
 * do, if a name is too long, or for too many tensors.
 */
int net_add(struct net *m, enum net_role role, int64_t n, int64_t d,
    const char *name, ...) __attribute__((format(printf, 5, 6)));

/* net_add for a NET_PARAM with the value x, which is moved. */
int net_add_value(struct net *m, struct mat *x, const char *name, ...)
    __attribute__((format(printf, 3, 4)));

/* Before any net_add: the embeddings of users and items, zeroed NET_PARAMs.
 * Their rows are adjacent, users first: net_embeddings(_gradients) are views of
 * both, (U + I) x d, as propagation wants them. */
void net_add_embeddings(struct net *m, int64_t users, int64_t items, int64_t d);
struct mat net_embeddings(const struct net *m);
struct mat net_embeddings_gradients(const struct net *m);

/* Random numbers for the first values of a tensor. */
struct init net_init(const struct net *m, int tensor);

/* Frees everything, own by kind->free; m may be NULL or only partly made. */
void net_free(struct net *m);

#endif
