#ifndef STAIR_MODAL_H
#define STAIR_MODAL_H

#include "lib/models/system.h"

/*
 * A modality of a net: its items' features, frozen or a parameter, and a linear
 * projection x_i = W f_i + b of them to the embeddings' width. Tensors are
 * numbered as in the net; those of modality NAME are called feature_NAME,
 * weight_NAME, bias_NAME.
 */
struct modal {
    struct mat frozen; /* I x F; empty if the features are trained */
    int features;      /* I x F, tensor; -1 if they are frozen */
    int weight;        /* W: d x F */
    int bias;          /* b: 1 x d; -1 without */
};

/* Only the features, moved out of f: frozen, or as a parameter if `train`. The
 * caller frees frozen ones. */
void modal_take(
    struct net *m, struct net_features *f, int train, struct modal *t);

/*
 * Adds the modalities of o to m, behind its other tensors. Features move out of
 * o; with --train-features they become parameters. W and b are uniform, up to
 * 1 / sqrt(F). Returns [o->n_features] in m's arena, NULL after a failure,
 * which the arena remembers.
 */
struct modal *modal_make(
    struct net *m, const struct system_args *o, int with_bias);

/* I x F */
const struct mat *modal_features(const struct net *m, const struct modal *t);

/* The width of the widest features. */
int64_t modal_widest(const struct net *m, const struct modal *t, int n);

/* Weights of the modalities, relative to their sum: w [n_features]. ERR_RANGE
 * if the sum is 0. */
int modal_weights(
    const struct system_args *o, double *w, struct err *e) ERR_CHECKED;

#endif
