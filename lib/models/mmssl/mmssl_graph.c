#include "lib/models/mmssl/mmssl_priv.h"

#include "lib/base/mem.h"
#include "lib/la/pairs.h"
#include "lib/la/topk.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static float *
roots(const struct csr *a, struct err *e)
{
    float *q = mem_new(a->rows, sizeof *q, e);
    for (int64_t r = 0; q && r < a->rows; r++)
        q[r] = (float)(1.0 /
                       sqrt((double)(a->indptr[r + 1] - a->indptr[r]) + 1e-8));
    return q;
}

int
mmssl_graph_make(struct mmssl_graph *g, const struct csr *a, struct err *e)
{
    *g = (struct mmssl_graph){0};
    int rc = csr_transpose(a, &g->t, e);
    if (!rc)
        rc = csr_transpose(&g->t, &g->a, e);
    if (!rc) {
        g->user = roots(&g->a, e);
        g->item = roots(&g->t, e);
        rc = g->user && g->item ? 0 : ERR_NOMEM;
    }
    if (rc)
        mmssl_graph_free(g);
    else {
        g->ru = (struct spmm_op){&g->a, g->user, NULL};
        g->ri = (struct spmm_op){&g->t, g->item, NULL};
        g->ru_t = (struct spmm_op){&g->t, NULL, g->user};
        g->ri_t = (struct spmm_op){&g->a, NULL, g->item};
    }
    return rc;
}

void
mmssl_graph_free(struct mmssl_graph *g)
{
    csr_free(&g->a);
    csr_free(&g->t);
    free(g->user);
    free(g->item);
    *g = (struct mmssl_graph){0};
}

/* The edges of a modality: columns of `edges` are users, row 0 their numbers,
 * then K rows of items per modality. Repeats count once. */
static int
listed(const struct net *m, int modal, int64_t n, struct csr *a, struct err *e)
{
    const struct mmssl *s = m->own;
    const struct mat *edges = &m->tensor[s->edges].x;
    int64_t rows = s->train->rows, cols = s->train->cols;
    struct pairs pairs = {0};
    int rc = 0;
    for (int64_t b = 0; b < n && !rc; b++) {
        float user = edges->x[b];
        if (!(user >= 0 && user < (float)rows))
            rc = err_set(e, ERR_RANGE, "a recorded user is out of range");
        for (int64_t k = 0; k < s->top && !rc; k++) {
            float item = edges->x[(1 + modal * s->top + k) * edges->d + b];
            if (!(item >= 0 && item < (float)cols))
                rc = err_set(e, ERR_RANGE, "a recorded item is out of range");
            else
                rc = pairs_add(&pairs, (int64_t)user, (int64_t)item, e);
        }
    }
    if (!rc)
        rc = pairs_csr(&pairs, rows, cols, a, e);
    pairs_free(&pairs);
    return rc;
}

int
mmssl_graph_load(struct net *m, struct err *e)
{
    struct mmssl *s = m->own;
    const float *state = m->tensor[s->graphs].x.x;
    int64_t n = (int64_t)state[MMSSL_EDGES_OF];
    int rc = 0;
    if (!(n >= 0 && n <= m->tensor[s->edges].x.d))
        return err_set(e, ERR_RANGE, "the number of edges is out of range");
    for (int k = 0; k < s->modals && !rc; k++) {
        struct csr a = {0};
        mmssl_graph_free(&s->modal[k].g);
        int recorded = state[MMSSL_SOURCE] == MMSSL_RECORDED;
        if (recorded)
            rc = listed(m, k, n, &a, e);
        if (!rc)
            rc = mmssl_graph_make(&s->modal[k].g, recorded ? &a : s->train, e);
        csr_free(&a);
    }
    return rc;
}

int
mmssl_graph_any(const struct mmssl *s)
{
    for (int k = 0; k < s->modals; k++)
        if (s->modal[k].g.a.nnz > 0)
            return 1;
    return 0;
}

void
mmssl_graph_record(
    struct net *m, int modal, const int32_t *user, const struct mat *rows)
{
    struct mmssl *s = m->own;
    struct mat *record = &m->tensor[s->record].x;
    for (int64_t b = 0; b < rows->n; b++) {
        struct topk t;
        topk_init(&t, s->top, s->top_score, s->top_item);
        const float *x = rows->x + b * rows->d;
        for (int64_t i = 0; i < rows->d && s->top > 0; i++)
            if (topk_enters(&t, x[i], (int32_t)i))
                topk_push(&t, x[i], (int32_t)i);
        topk_sort(&t);
        record->x[b] = (float)user[b];
        for (int64_t k = 0; k < s->top; k++)
            record->x[(1 + modal * s->top + k) * record->d + b] =
                (float)s->top_item[k];
    }
}

int
mmssl_graph_refresh(struct net *m, int64_t step, int64_t n, struct err *e)
{
    struct mmssl *s = m->own;
    float *state = m->tensor[s->graphs].x.x;
    if (step == 0) {
        state[MMSSL_RECORD_OF] = (float)n;
        return 0;
    }
    /* usual case: no edges are replaced by no edges */
    int same = state[MMSSL_SOURCE] == MMSSL_RECORDED &&
               state[MMSSL_RECORD_OF] == 0 && state[MMSSL_EDGES_OF] == 0;
    struct mat *to = &m->tensor[s->edges].x, *from = &m->tensor[s->record].x;
    memcpy(to->x, from->x, (size_t)(to->n * to->d) * sizeof *to->x);
    state[MMSSL_SOURCE] = MMSSL_RECORDED;
    state[MMSSL_EDGES_OF] = state[MMSSL_RECORD_OF];
    state[MMSSL_RECORD_OF] = 0;
    memset(from->x, 0, (size_t)(from->n * from->d) * sizeof *from->x);
    return same ? 0 : mmssl_graph_load(m, e);
}
