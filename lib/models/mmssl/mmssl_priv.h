#ifndef STAIR_MMSSL_PRIV_H
#define STAIR_MMSSL_PRIV_H

#include "lib/models/mmssl/critic.h"
#include "lib/models/mmssl/infonce.h"
#include "lib/models/mmssl/realrows.h"
#include "lib/models/mmssl/simrows.h"
#include "lib/models/modal.h"
#include "lib/nn/segments.h"
#include "lib/nn/spmm.h"

enum { MMSSL_HEADS = 4, MMSSL_LAYERS = 16 };

/* R or a modality's graph, normalised by rows only, in both directions; the
 * factors of users and items. */
struct mmssl_graph {
    struct csr a, t;           /* U x I and its transpose */
    float *user, *item;        /* degree^-1/2 */
    struct spmm_op ru, ri;     /* Ru, Ri, and their */
    struct spmm_op ru_t, ri_t; /* transposes */
};

/* Where a modality's graph comes from, in the state tensor. */
enum mmssl_source { MMSSL_TRAIN, MMSSL_RECORDED };

/* Columns of the state tensor "graphs": one row. */
enum { MMSSL_SOURCE, MMSSL_EDGES_OF, MMSSL_RECORD_OF, MMSSL_STATES };

/* The vectors of users or items in one modality, n x d. */
struct mmssl_part {
    struct mat f, y; /* fu_m or fi_m, and that of length 1 */
    float *norm;
    struct mat k; /* ku_m or ki_m */
    struct mat d_f, d_k;
};

/* Users or items: their outputs and layers, n x d. */
struct mmssl_side {
    int64_t n;
    struct mat mean; /* the layers' mean */
    struct mat layer[MMSSL_LAYERS + 1];
    struct mat out;          /* U* or I* */
    struct mmssl_part *part; /* [modals] */
    struct mat k, z, zn;     /* graphs: mean of k_m, Z, at length 1 */
    float *z_norm;
    struct mat d_out, d_k;
    struct mat s; /* scratch */
};

/* A modality. */
struct mmssl_modal {
    struct mmssl_graph g;
    struct mat x;     /* F W^T + b, I x d */
    struct mat q, dq; /* fu_m of the batch's users, B x d */
};

struct mmssl {
    const struct csr *train;
    int64_t d, batch;
    int layers, modals;
    int64_t top; /* K */
    double dropout, contrast, penalty;
    int heads, critic_at, graphs, edges, record; /* tensors */
    struct mmssl_graph r;
    struct modal *feature;     /* [modals] F_m, W_m, b_m */
    struct mmssl_modal *modal; /* [modals] */
    struct mat w;              /* d x d: the heads' sum, and */
    struct mat d_w;            /* its gradient */
    struct mat drop, d_x;      /* I x d */
    struct mmssl_side user, item;
    /* the batch's rows */
    struct segments users, items;
    float *coef;
    struct mat da, dz;    /* B x d, 2B x d */
    struct mat q, dn, kb; /* B x d: U*, its gradient, ku_m */
    struct mat dense;     /* B x I */
    struct simrows_known known;
    struct critic_fake *fake; /* [modals] S_m */
    struct simrows sim;       /* S_ui */
    struct realrows real;
    struct infonce nce;
    struct critic critic;
    float *top_score;
    int32_t *top_item;
};

/* --- mmssl_graph.c --- */

/* The operators of a, which is copied. ERR_NOMEM. */
int mmssl_graph_make(
    struct mmssl_graph *g, const struct csr *a, struct err *e) ERR_CHECKED;
void mmssl_graph_free(struct mmssl_graph *g);

/* Makes the modalities' graphs from the state tensors. ERR_NOMEM; ERR_RANGE if
 * these name a user or item that is not there. */
int mmssl_graph_load(struct net *m, struct err *e) ERR_CHECKED;

/* Records the K best items of each of the n users' rows in s, B x I. */
void mmssl_graph_record(
    struct net *m, int modal, const int32_t *user, const struct mat *s);

/* After a step: the record becomes the graph. */
int mmssl_graph_refresh(
    struct net *m, int64_t step, int64_t n, struct err *e) ERR_CHECKED;

/* 1 if the modalities' graphs have edges. */
int mmssl_graph_any(const struct mmssl *s);

/* --- mmssl_forward.c --- */

/* All that does not depend on dropout: x, layers, their means. */
void mmssl_forward_base(struct net *m);

/* U*, I* and the modalities' vectors; call names the masks of step t; t = 0:
 * nothing is dropped. */
void mmssl_forward_modal(struct net *m, uint32_t call, uint32_t t);

/* Parameters' gradients from those of out, f_m and k_m in both sides. */
void mmssl_backward(struct net *m, uint32_t call, uint32_t t);

/* --- mmssl_step.c --- */

int mmssl_step(struct net *m, const struct net_batch *b, double *loss,
    struct err *e) ERR_CHECKED;

#endif
