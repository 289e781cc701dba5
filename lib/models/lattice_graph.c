#include "lib/models/lattice_graph.h"

#include "lib/knn/knn_learned.h"
#include "lib/models/modal.h"
#include "lib/models/neighbours.h"
#include "lib/nn/act.h"
#include "lib/nn/chunk.h"
#include "lib/nn/linear.h"
#include "lib/nn/norm.h"
#include "lib/nn/rows.h"
#include "lib/nn/spmm.h"

#include <string.h>

enum { PARTS = 2 }; /* of a modality: O_m, then K_m */

struct modality {
    struct csr origin;          /* O_m, I x I */
    struct knn_learned learned; /* wanted rows of the k nearest */
    struct mat y;               /* rownorm(x_m), I x d */
    float *norm;                /* [I] of x_m's rows */
    int64_t *first;             /* [n][PARTS]: where a row's parts begin in M */
    struct missing missing;     /* items whose rows of y are 0 */
};

struct lattice_graph {
    int64_t items, k;
    double keep; /* r */
    int n, logits;
    struct modal *modal;   /* [n] */
    struct modality *part; /* [n] */
    struct mat w, dw;      /* 1 x n: softmax(a) */
    const int32_t *list;
    struct csr m, t;  /* M, its transpose */
    float *d;         /* gradients of M's entries */
    float *dk;        /* gradients of a modality's wanted cosines */
    struct csr dk_t;  /* and their transpose */
    struct mat query; /* y of the wanted items */
    struct mat dy, dx;
};

void
lattice_graph_free(struct lattice_graph *g)
{
    if (!g)
        return;
    for (int k = 0; g->part && k < g->n; k++) {
        csr_free(&g->part[k].origin);
        knn_learned_free(&g->part[k].learned);
    }
    csr_free(&g->m);
    csr_free(&g->t);
    csr_free(&g->dk_t);
}

static int
add_modality(struct lattice_graph *g, struct net *m, int i,
    const struct missing *missing, struct err *e)
{
    struct modality *p = &g->part[i];
    p->missing = *missing;
    if (missing->row) {
        p->missing.row = arena_new(&m->arena, g->items, 1);
        if (!p->missing.row)
            return arena_check(&m->arena, e);
        memcpy(p->missing.row, missing->row, (size_t)g->items);
    }
    p->y = mat_in(&m->arena, g->items, m->width);
    p->norm = arena_new(&m->arena, g->items, sizeof *p->norm);
    p->first = arena_new(&m->arena, PARTS * g->items, sizeof *p->first);
    int rc = neighbours_graph(modal_features(m, &g->modal[i]), missing, g->k,
        KNN_COSINE, m->exec, &p->origin, e);
    return rc ? rc : knn_learned_init(&p->learned, g->items, g->k, e);
}

static int
buffers(struct lattice_graph *g, struct net *m, struct err *e)
{
    struct arena *p = &m->arena;
    int64_t each = g->items * g->k, most = g->n * each;
    for (int i = 0; i < g->n; i++)
        most += g->part[i].origin.nnz;
    g->w = mat_in(p, 1, g->n);
    g->dw = mat_in(p, 1, g->n);
    g->query = mat_in(p, g->items, m->width);
    g->dy = mat_in(p, g->items, m->width);
    g->dx = mat_in(p, g->items, m->width);
    g->d = arena_new(p, most, sizeof *g->d);
    g->dk = arena_new(p, each, sizeof *g->dk);
    int rc = csr_init(&g->m, g->items, g->items, most, 1, e);
    if (!rc)
        rc = csr_init(&g->t, g->items, g->items, most, 1, e);
    if (!rc)
        rc = csr_init(&g->dk_t, g->items, g->items, each, 1, e);
    return rc;
}

int
lattice_graph_new(struct lattice_graph **out, struct net *m,
    const struct system_args *o, struct err *e)
{
    struct lattice_graph *g = *out = arena_zero(&m->arena, 1, sizeof *g);
    if (!g)
        return arena_check(&m->arena, e);
    g->items = o->train->cols;
    g->k = system_int(o, "neighbors");
    g->keep = system_real(o, "origin");
    g->n = o->n_features;
    g->logits = net_add(m, NET_PARAM, 1, g->n, "modalities");
    g->modal = modal_make(m, o, 1);
    g->part = arena_zero(&m->arena, g->n, sizeof *g->part);
    int rc = arena_check(&m->arena, e);
    for (int i = 0; i < g->n && !rc; i++) {
        m->tensor[g->logits].x.x[i] = 0.5f;
        rc = add_modality(g, m, i, &o->features[i].missing, e);
    }
    return rc ? rc : buffers(g, m, e);
}

/* K_m's wanted rows. */
static int
learn(struct lattice_graph *g, const struct net *m, int i, struct err *e)
{
    struct modality *p = &g->part[i];
    const struct modal *t = &g->modal[i];
    linear_forward(modal_features(m, t), &m->tensor[t->weight].x,
        m->tensor[t->bias].x.x, &p->y, m->exec);
    norm_rows_forward(&p->y, &p->y, p->norm, m->exec);
    missing_clear(&p->missing, 0, p->y.n, p->y.d, p->y.x);
    int rc =
        knn_learned_build(&p->learned, &p->y, g->list, g->query.n, m->exec, e);
    if (rc == ERR_NUM)
        return err_prefix(
            e, rc, "features times '%s'", m->tensor[t->weight].name);
    return rc;
}

/* Entries of row r of s, times c, to M's end. */
static void
append(struct csr *m, const struct csr *s, int64_t r, double c)
{
    for (int64_t k = s->indptr[r]; k < s->indptr[r + 1]; k++) {
        m->indices[m->nnz] = s->indices[k];
        m->data[m->nnz++] = (float)(c * (double)s->data[k]);
    }
}

/* The factor of K_m's cosines in M. */
static double
factor(const struct lattice_graph *g, int i)
{
    return (double)g->w.x[i] * (1.0 - g->keep) / (double)g->k;
}

int
lattice_graph_make(struct lattice_graph *g, const struct net *m,
    const int32_t *list, int64_t n, struct err *e)
{
    g->list = list;
    g->query.n = n;
    act_softmax_forward(&m->tensor[g->logits].x, &g->w, m->exec);
    for (int i = 0; i < g->n; i++) {
        int rc = learn(g, m, i, e);
        if (rc)
            return rc;
    }
    g->m.rows = n;
    g->m.nnz = 0;
    for (int64_t r = 0; r < n; r++) {
        for (int i = 0; i < g->n; i++) {
            struct modality *p = &g->part[i];
            p->first[PARTS * r] = g->m.nnz;
            append(&g->m, &p->origin, list[r], (double)g->w.x[i] * g->keep);
            p->first[PARTS * r + 1] = g->m.nnz;
            append(&g->m, &p->learned.s, r, factor(g, i));
        }
        g->m.indptr[r + 1] = g->m.nnz;
    }
    csr_transpose_into(&g->m, &g->t);
    memset(g->d, 0, (size_t)g->m.nnz * sizeof *g->d);
    return 0;
}

const struct csr *
lattice_graph_matrix(const struct lattice_graph *g)
{
    return &g->m;
}

const struct csr *
lattice_graph_transposed(const struct lattice_graph *g)
{
    return &g->t;
}

void
lattice_graph_values(struct lattice_graph *g, const struct mat *dy,
    const struct mat *x, struct exec *exec)
{
    struct spmm_op op = {.s = &g->m};
    spmm_values(&op, 1.0f, dy, x, g->d, exec);
}

/* dw_m = sum of dM o (r O_m + (1 - r) K_m), and the gradients of K_m's cosines.
 */
static void
entries(struct lattice_graph *g, int i)
{
    struct modality *p = &g->part[i];
    const struct csr *o = &p->origin, *l = &p->learned.s;
    double sum = 0, c = factor(g, i), learned = (1.0 - g->keep) / (double)g->k;
    for (int64_t r = 0; r < g->m.rows; r++) {
        int64_t row = g->list[r], at = p->first[PARTS * r];
        for (int64_t k = o->indptr[row]; k < o->indptr[row + 1]; k++, at++)
            sum += (double)g->d[at] * g->keep * (double)o->data[k];
        at = p->first[PARTS * r + 1];
        for (int64_t k = l->indptr[r]; k < l->indptr[r + 1]; k++, at++) {
            sum += (double)g->d[at] * learned * (double)l->data[k];
            g->dk[k] = (float)(c * (double)g->d[at]);
        }
    }
    g->dw.x[i] = (float)sum;
}

/* dy_i += sum_j dK_ij y_j, dy_j += sum_i dK_ij y_i; then to W, b, F. */
static void
project_back(struct lattice_graph *g, struct net *m, int i)
{
    struct modality *p = &g->part[i];
    const struct modal *t = &g->modal[i];
    struct net_tensor *w = &m->tensor[t->weight];
    struct csr dk = p->learned.s;
    dk.data = g->dk;
    csr_transpose_into(&dk, &g->dk_t);
    struct mat own = {dk.rows, g->dx.d, g->dx.x};
    spmm(&(struct spmm_op){.s = &dk}, &p->y, 0.0f, &own, m->exec);
    rows_gather(&p->y, g->list, &g->query, m->exec);
    spmm(&(struct spmm_op){.s = &g->dk_t}, &g->query, 0.0f, &g->dy, m->exec);
    rows_add_at(1.0f, &own, g->list, &g->dy, m->exec);
    missing_clear(&p->missing, 0, g->dy.n, g->dy.d, g->dy.x);
    rows_zero(&g->dx, m->exec);
    norm_rows_backward(&p->y, p->norm, &g->dy, &g->dx, m->exec);
    linear_backward(modal_features(m, t), &w->x, &g->dx,
        t->features < 0 ? NULL : &m->tensor[t->features].g, &w->g,
        m->tensor[t->bias].g.x, m->exec);
}

void
lattice_graph_backward(struct lattice_graph *g, struct net *m)
{
    for (int i = 0; i < g->n; i++) {
        entries(g, i);
        project_back(g, m, i);
    }
    act_softmax_backward(&g->w, &g->dw, &g->dw, m->exec);
    rows_add(1.0f, &g->dw, NULL, &m->tensor[g->logits].g, m->exec);
}
