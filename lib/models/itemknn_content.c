#include "lib/models/itemknn_content.h"

#include "lib/base/arena.h"
#include "lib/la/best.h"

#include <inttypes.h>

/* A row of which few columns are not 0. Marks are a bit of each column that was
 * added to, so that a row costs what it holds, not the number of items. */
struct sums {
    double *at;     /* [I] */
    uint64_t *mark; /* [I / 64] */
};

struct scratch {
    struct sums x; /* row i of S P, else 0 */
    struct sums q; /* row i of Q, else 0 */
};

struct build {
    const struct itemknn_content *o;
    const struct csr *p;
    double scale;   /* 1 / the mean of P's values */
    struct csr c;   /* what counts as stored */
    double *share;  /* [I] 1 / the sum of a row of c, 0 where it is empty */
    double *column; /* [nnz] of c: S_jm at entry (m, j) */
    struct scratch *scratch; /* [threads] */
    struct arena arena;
};

static void
add(const struct sums *y, int32_t j, double value)
{
    y->at[j] += value;
    y->mark[j / 64] |= (uint64_t)1 << j % 64;
}

/* The first marked column after j, n if there is none. */
static int64_t
sums_next(const struct sums *y, int64_t n, int64_t j)
{
    j++;
    uint64_t left = j < n ? y->mark[j / 64] >> j % 64 : 0;
    if (left)
        return j + __builtin_ctzll(left);
    for (j = j / 64 + 1; j * 64 < n; j++)
        if (y->mark[j])
            return j * 64 + __builtin_ctzll(y->mark[j]);
    return n;
}

/* The sum of a marked column, which becomes 0 and unmarked. */
static double
sums_take(const struct sums *y, int64_t j)
{
    double value = y->at[j];
    y->at[j] = 0;
    y->mark[j / 64] &= ~((uint64_t)1 << j % 64);
    return value;
}

static struct sums
sums_in(struct arena *a, int64_t n)
{
    return (struct sums){arena_zero(a, n, sizeof(double)),
        arena_zero(a, n / 64 + 1, sizeof(uint64_t))};
}

/* y += w times row i of P */
static void
add_similar(const struct build *b, struct sums *y, int64_t i, double w)
{
    const struct csr *p = b->p;
    w *= b->scale;
    for (int64_t k = p->indptr[i]; k < p->indptr[i + 1]; k++)
        add(y, p->indices[k], w * (double)p->data[k]);
}

/* y += w times column m of S */
static void
add_alike(const struct build *b, struct sums *y, int64_t m, double w)
{
    const struct csr *c = &b->c;
    for (int64_t k = c->indptr[m]; k < c->indptr[m + 1]; k++)
        add(y, c->indices[k], w * b->column[k]);
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
smooth(const struct build *b, int64_t i, struct sums *x, struct sums *q)
{
    const struct csr *c = &b->c, *p = b->p;
    double half = b->o->smooth / 2, both = b->o->both;
    for (int64_t k = c->indptr[i]; k < c->indptr[i + 1]; k++)
        add_similar(b, x, c->indices[k], (double)c->data[k] * b->share[i]);
    for (int64_t k = p->indptr[i]; half > 0 && k < p->indptr[i + 1]; k++)
        add_alike(b, q, p->indices[k], half * b->scale * (double)p->data[k]);
    for (int64_t m = -1; (m = sums_next(x, p->cols, m)) < p->cols;) {
        double value = sums_take(x, m);
        if (!(value > 0))
            continue;
        add(q, (int32_t)m, half * value);
        if (both > 0)
            add_alike(b, q, m, both * value);
    }
}

/* Row i of Q. */
static void
fill(void *ctx, int64_t i, int thread, struct best_row *row)
{
    const struct build *b = ctx;
    const struct itemknn_content *o = b->o;
    const struct csr *c = &b->c;
    struct sums *q = &b->scratch[thread].q;
    add_similar(b, q, i, 1);
    for (int64_t k = c->indptr[i]; k < c->indptr[i + 1]; k++)
        add(q, c->indices[k],
            o->content * whole_power((double)c->data[k], o->power));
    if (o->smooth > 0 || o->both > 0)
        smooth(b, i, &b->scratch[thread].x, q);
    for (int64_t j = -1; (j = sums_next(q, c->cols, j)) < c->cols;) {
        float value = (float)sums_take(q, j);
        if (!(value > 0))
            continue;
        row->id[row->n] = (int32_t)j;
        row->value[row->n++] = value;
    }
}

/* c, share, column and scale. */
static void
prepare_graph(struct build *b)
{
    const struct csr *items = b->o->items, *p = b->p;
    int64_t n = 0;
    for (int64_t i = 0; i < items->rows; i++) {
        double sum = 0;
        for (int64_t k = items->indptr[i]; k < items->indptr[i + 1]; k++) {
            float value = csr_value(items, k);
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
    struct arena *a = &b.arena;
    b.c = csr_in(a, p->rows, p->cols, o->items->nnz, 1);
    b.share = arena_new(a, p->rows, sizeof *b.share);
    b.column = arena_new(a, o->items->nnz, sizeof *b.column);
    b.scratch = arena_new(a, threads, sizeof *b.scratch);
    for (int t = 0; b.scratch && t < threads; t++)
        b.scratch[t] =
            (struct scratch){sums_in(a, p->cols), sums_in(a, p->cols)};
    int rc = arena_check(a, e);
    if (!rc) {
        prepare_graph(&b);
        rc = best_make(q, &rows, exec, e);
    }
    arena_free(a);
    return rc;
}
