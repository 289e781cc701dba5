#ifndef STAIR_MODEL_H
#define STAIR_MODEL_H

#include "lib/la/csr.h"
#include "lib/la/mat.h"
#include "lib/models/net.h"
#include "lib/models/poly.h"

/* What a system makes, see system.h. */
enum model_kind {
    MODEL_POLY,   /* trained: a polynomial of the user-item graph */
    MODEL_NET,    /* trained: parameters with functions for loss and vectors */
    MODEL_FIXED,  /* not trained: vectors of users and items */
    MODEL_SPARSE, /* not trained: a matrix items x items, see itemknn.c */
};

struct model {
    enum model_kind kind;
    union {
        struct poly poly;
        struct net *net;
        struct mat fixed[2]; /* users, items */
        struct csr sparse;
    };
};

/* Frees m. Whoever takes a part out of m empties it there. */
void model_free(struct model *m);

#endif
