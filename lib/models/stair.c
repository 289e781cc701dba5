/*
 * STAIR (Xu, He, Wang and Zhang, AAAI 2025): items start from their features,
 * and stepwise graph convolutions, forward over purchases and backward over
 * similar items, keep what these say while the model learns from purchases.
 * The equations have the paper's numbers; j = 1..d is a column.
 *
 *   start  E_i = whitened features; E_u = mean of E_i over the user's items
 *   (1)    H[:,j] = sum_{l=0..L} a_lj A^l E[:,j],  score <H_u, H_i>
 *   (2)    a_lj = b_j^l (1 - b_j) / (1 - b_j^(L+1))
 *          b_j = 0.9 (1 - ((j - 1) / d)^gamma)
 *   (3)    N_m(i) = the k_m items of largest cosine with i in modality m
 *          S_ij = max(s_ij, s_ji),  s_ij = number of m with j in N_m(i)
 *   (4)    E_i[:,j] -= lr sum_{l=0..L} a'_lj S^l D[:,j]
 *   (5)    a'_lj = a_lj of (2) with 1 - b_j in place of b_j
 *   (6)    loss = -log sigma(<H_u, H_p> - <H_u, H_n>), n none of u's items
 *          (with several n: bpr_group of lib/graph/bpr.h)
 *
 * A and S are normalised symmetrically, D is the direction of Adam's step. (1)
 * with (2) is the forward stepwise convolution (FSC), (4) with (5) the backward
 * one (BSC). Where they are computed:
 *
 *   start  lib/whiten/whiten.c        whiten_dense
 *   start  lib/models/stair.c         mean_of_items
 *   (1)    lib/engine/cpu/cpu_step.c  forward, backward
 *   (2)    lib/graph/layers.c         layers_forward
 *   (3)    lib/knn/knn_passes.c       knn_dense
 *   (3)    lib/knn/knn_graph.c        knn_graph
 *   (4)    lib/engine/cpu/cpu_step.c  smooth
 *   (5)    lib/graph/layers.c         layers_backward
 *   (6)    lib/graph/sample.c         sample_triple
 *   (6)    lib/engine/cpu/cpu_step.c  losses
 *
 * The start and (3) are computed once, by stair-whiten and stair-knn; the rest
 * in each step. What the paper leaves open is as in its authors' program: the
 * whitened features of the modalities are averaged with the weights k_m; no
 * item is its own neighbour; a batch's loss is the mean over triples, with one
 * negative for each train pair; weight decay is decoupled and not smoothed.
 *
 * stair+ is not in the paper: its S also has edges between items that are
 * bought together (copurchase.h), and it learns faster, from several negatives.
 *
 * Each part can be left out: the start (E is random then), FSC (all layers
 * weigh the same) and BSC (items take plain steps of AdamW).
 */
#include "lib/base/mem.h"
#include "lib/graph/layers.h"
#include "lib/models/copurchase.h"
#include "lib/models/system.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* E_u = mean of E_i over the user's train items; 0 for a user without any. */
static int
mean_of_items(const struct csr *train, const struct mat *item, struct mat *user,
    struct err *e)
{
    int64_t d = item->d;
    int rc = mat_init(user, train->rows, d, e);
    double *sum = mem_new(d, sizeof *sum, e);
    if (rc || !sum) {
        free(sum);
        return ERR_NOMEM;
    }
    for (int64_t u = 0; u < train->rows; u++) {
        int64_t from = train->indptr[u], to = train->indptr[u + 1];
        memset(sum, 0, (size_t)d * sizeof *sum);
        for (int64_t k = from; k < to; k++)
            for (int64_t j = 0; j < d; j++)
                sum[j] += (double)item->x[train->indices[k] * d + j];
        for (int64_t j = 0; j < d; j++)
            user->x[u * d + j] =
                to > from ? (float)(sum[j] / (double)(to - from)) : 0.0f;
    }
    free(sum);
    return 0;
}

/* Items start as init, users as the mean of theirs. */
static int
start_from(struct poly *p, const struct csr *train, const struct mat *init,
    struct err *e)
{
    int rc = mat_init(&p->item, init->n, init->d, e);
    if (rc)
        return rc;
    memcpy(p->item.x, init->x, (size_t)(init->n * init->d) * sizeof *init->x);
    return mean_of_items(train, &p->item, &p->user, e);
}

static int
check_init(const struct system_args *o, struct err *e)
{
    const struct mat *init = o->init;
    if (init && init->n != o->train->cols)
        return err_set(e, ERR_SHAPE,
            "initial vectors are for %" PRId64 " items, but the dataset has "
            "%" PRId64,
            init->n, o->train->cols);
    return 0;
}

static int
make(struct model *m, const struct system_args *o, struct err *e)
{
    struct poly *p = &m->poly;
    int mi = !system_int(o, "no-mi"), fsc = !system_int(o, "no-fsc");
    int bsc = !system_int(o, "no-bsc"), layers = (int)system_int(o, "layers");
    double gamma = system_real(o, "gamma");
    *p = (struct poly){.name = o->system->name,
        .d = mi ? o->init->d : system_int(o, "dim"),
        .layers = layers,
        .bands = 1,
        .item_layers = layers,
        .sampling = SAMPLE_PAIRS,
        .negatives = system_int(o, "negatives"),
        .adam = {.rate = system_real(o, "lr"),
            .decoupled = system_real(o, "weight-decay"),
            .hold = system_int(o, "lr-hold") * o->steps}};
    int rc = mi ? check_init(o, e) : 0;
    if (!rc)
        rc = mi ? start_from(p, o->train, o->init, e)
                : poly_random(p, o->train, 1e-4, o->seed, e);
    if (rc)
        return rc;
    p->coef = mem_new((layers + 1) * p->d, sizeof *p->coef, e);
    if (!p->coef)
        return ERR_NOMEM;
    if (fsc)
        layers_forward(p->coef, p->d, layers, gamma);
    else
        layers_uniform(p->coef, p->d, layers);
    if (!bsc)
        return 0;
    p->item_coef = mem_new((layers + 1) * p->d, sizeof *p->item_coef, e);
    if (!p->item_coef)
        return ERR_NOMEM;
    layers_backward(p->item_coef, p->d, layers, gamma);
    double together = system_real(o, "co-purchase");
    return together > 0 ? copurchase_join(&p->items, o->items, o->train,
                              together, o->exec, e)
                        : 0;
}

/* What stair and stair+ take; they differ in two defaults. */
#define PARAMS(rate, hold, together, against)                                  \
    {"gamma", "G", SYSTEM_ABOVE, 0.2, 0, 100,                                  \
        "exponent of the stepwise layer weights"},                             \
        SYSTEM_LAYERS(3, 0, 16),                                               \
        {"dim", "D", SYSTEM_WHOLE, 0, 0, 4096,                                 \
            "width of the parameters, 0 takes that of --init, or 64"},         \
        SYSTEM_RATE(rate),                                                     \
        {"lr-hold", "N", SYSTEM_WHOLE, hold, 0, 1e6,                           \
            "epochs with the whole rate, then it falls as 1 / epoch, 0 "       \
            "never"},                                                          \
        SYSTEM_DECAY(0.1, "weight decay, decoupled"),                          \
        {"co-purchase", "W", SYSTEM_REAL, together, 0, 1000,                   \
            "weight of what is bought together in the item graph"},            \
        {"negatives", "K", SYSTEM_WHOLE, against, 1, 1024,                     \
            "negatives drawn for each train pair"},                            \
        {"no-mi", NULL, SYSTEM_FLAG, 0, 0, 1,                                  \
            "without modality initialisation: random parameters"},             \
        {"no-fsc", NULL, SYSTEM_FLAG, 0, 0, 1,                                 \
            "without forward stepwise convolution: uniform weights"},          \
        {"no-bsc", NULL, SYSTEM_FLAG, 0, 0, 1,                                 \
            "without backward stepwise convolution: plain AdamW"},             \
        SYSTEM_TRAINING(1024, 500, 5, 0)

static const struct system_param params[] = {PARAMS(1e-3, 0, 0, 1)};
static const struct system_param params_plus[] = {PARAMS(5e-3, 0, 0.5, 4)};

static const char *const with_items[] = {"co-purchase", NULL};

#define READS                                                                  \
    {                                                                          \
        .init = SYSTEM_MUST, .items = SYSTEM_MUST, .no_init = "no-mi",         \
        .no_items = "no-bsc", .with_items = with_items                         \
    }

const struct system stair_system = {.name = "stair",
    .line = "H_j = sum_l a_jl A^l E_j, items' steps smoothed by S",
    .kind = MODEL_POLY,
    .param = params,
    .reads = READS,
    .make = make};

const struct system stair_plus_system = {.name = "stair+",
    .line = "stair with co-purchases in S and several negatives",
    .kind = MODEL_POLY,
    .param = params_plus,
    .reads = READS,
    .make = make};
