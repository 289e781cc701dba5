#include "lib/models/itemknn_content.h"

#include "lib/base/mem.h"
#include "lib/la/best.h"

#include <inttypes.h>
#include <stdlib.h>

struct scratch {
    double *x; /* [I] row i of S P, else 0 */
    double *q; /* [I] row i of Q, else 0 */
};

struct build {
    const struct itemknn_content *o;
    const struct csr *p;
    double scale;   /* 1 / the mean of P's values */
    struct csr c;   /* what counts as stored */
    double *share;  /* [I] 1 / the sum of a row of c, 0 where it is empty */
    double *column; /* [nnz] of c: S_jm at entry (m, j) */
    struct scratch *scratch; /* [threads] */
};

/* y += w times row i of P */
static void
add_similar(const struct build *b, double *y, int64_t i, double w)
{
    const struct csr *p = b->p;
    w *= b->scale;
    for (int64_t k = p->indptr[i]; k < p->indptr[i + 1]; k++)
        y[p->indices[k]] += w * (double)p->data[k];
}

/* y += w times column m of S */
static void
add_alike(const struct build *b, double *y, int64_t m, double w)
{
    const struct csr *c = &b->c;
    for (int64_t k = c->indptr[m]; k < c->indptr[m + 1]; k++)
        y[c->indices[k]] += w * b->column[k];
}

static double
whole_power(double x, int n)
{
    double y = x;
    while (--n > 0)
        y *= x;
    return y;
}

/* q += b/2 x + (b/2 P_i + c x) S^T with x = S_i P, which is left as 0 */
static void
smooth(const struct build *b, int64_t i, double *x, double *q)
{
    const struct csr *c = &b->c, *p = b->p;
    double half = b->o->smooth / 2, both = b->o->both;
    for (int64_t k = c->indptr[i]; k < c->indptr[i + 1]; k++)
        add_similar(b, x, c->indices[k], (double)c->data[k] * b->share[i]);
    for (int64_t k = p->indptr[i]; half > 0 && k < p->indptr[i + 1]; k++)
        add_alike(b, q, p->indices[k], half * b->scale * (double)p->data[k]);
    for (int64_t m = 0; m < p->cols; m++) {
        if (!(x[m] > 0))
            continue;
        q[m] += half * x[m];
        if (both > 0)
            add_alike(b, q, m, both * x[m]);
        x[m] = 0;
    }
}

/* Row i of Q. */
static void
fill(void *ctx, int64_t i, int thread, struct best_row *row)
{
    const struct build *b = ctx;
    const struct itemknn_content *o = b->o;
    const struct csr *c = &b->c;
    double *q = b->scratch[thread].q;
    add_similar(b, q, i, 1);
    for (int64_t k = c->indptr[i]; k < c->indptr[i + 1]; k++)
        q[c->indices[k]] +=
            o->content * whole_power((double)c->data[k], o->power);
    if (o->smooth > 0 || o->both > 0)
        smooth(b, i, b->scratch[thread].x, q);
    for (int64_t j = 0; j < c->cols; j++) {
        float value = (float)q[j];
        q[j] = 0;
        if (!(value > 0))
            continue;
        row->id[row->n] = (int32_t)j;
        row->value[row->n++] = value;
    }
}

/* c, share, column and scale. */
static int
prepare_graph(struct build *b, struct err *e)
{
    const struct csr *items = b->o->items, *p = b->p;
    int rc = csr_init(&b->c, items->rows, items->cols, items->nnz, 1, e);
    b->share = mem_zero(items->rows, sizeof *b->share, e);
    b->column = mem_new(items->nnz, sizeof *b->column, e);
    if (rc || !b->share || !b->column)
        return ERR_NOMEM;
    int64_t n = 0;
    for (int64_t i = 0; i < items->rows; i++) {
        double sum = 0;
        for (int64_t k = items->indptr[i]; k < items->indptr[i + 1]; k++) {
            float value = items->data ? items->data[k] : 1.0f;
            if (items->indices[k] == i || !(value > 0))
                continue;
            b->c.indices[n] = items->indices[k];
            b->c.data[n++] = value;
            sum += (double)value;
        }
        b->c.indptr[i + 1] = n;
        b->share[i] = sum > 0 ? 1 / sum : 0;
    }
    b->c.nnz = n;
    for (int64_t k = 0; k < n; k++) /* C is symmetric */
        b->column[k] = (double)b->c.data[k] * b->share[b->c.indices[k]];
    double total = 0;
    for (int64_t k = 0; k < p->nnz; k++)
        total += (double)p->data[k];
    b->scale = total > 0 ? (double)p->nnz / total : 0;
    return 0;
}

int
itemknn_content(struct csr *q, const struct csr *p,
    const struct itemknn_content *o, struct exec *exec, struct err *e)
{
    struct build b = {.o = o, .p = p};
    struct best rows = {
        .rows = p->rows, .cols = p->cols, .k = o->row, .row = fill, .ctx = &b};
    int threads = exec_threads(exec);
    *q = (struct csr){0};
    if (o->items->rows != p->rows || o->items->cols != p->cols)
        return err_set(e, ERR_SHAPE,
            "the graph of items is %" PRId64 " x %" PRId64
            ", but there are %" PRId64 " items",
            o->items->rows, o->items->cols, p->rows);
    b.scratch = mem_zero(threads, sizeof *b.scratch, e);
    int rc = b.scratch ? prepare_graph(&b, e) : ERR_NOMEM;
    for (int t = 0; !rc && t < threads; t++) {
        struct scratch *s = &b.scratch[t];
        s->x = mem_zero(p->cols, sizeof *s->x, e);
        s->q = mem_zero(p->cols, sizeof *s->q, e);
        rc = s->x && s->q ? 0 : ERR_NOMEM;
    }
    if (!rc)
        rc = best_make(q, &rows, exec, e);
    for (int t = 0; b.scratch && t < threads; t++) {
        free(b.scratch[t].x);
        free(b.scratch[t].q);
    }
    free(b.scratch);
    free(b.share);
    free(b.column);
    csr_free(&b.c);
    return rc;
}
