#include "lib/models/copurchase.h"

#include "lib/base/mem.h"
#include "lib/la/best.h"
#include "lib/models/together.h"

#include <math.h>
#include <stdlib.h>

enum { BOTH = 2, EDGES = 5 }; /* users at least, edges of a row */
static const double doubt = 5;

/* q of row i */
static void
edges(void *ctx, int64_t i, int thread, struct best_row *row)
{
    const struct together *t = ctx;
    struct together_row *r = together_count(t, thread, i);
    for (int64_t k = 0; k < r->n; k++) {
        int32_t j = r->item[k];
        double c = r->count[j];
        r->count[j] = 0;
        if (j == i || c < BOTH)
            continue;
        double size = sqrt(together_users(t, i) * together_users(t, j));
        row->id[row->n] = j;
        row->value[row->n++] = (float)(c / (c + doubt) * (c / size));
    }
}

/* T */
static int
purchases(
    struct csr *both, const struct csr *train, struct exec *exec, struct err *e)
{
    struct arena arena = {0};
    struct together t = together_in(&arena, train, exec);
    struct csr directed = {0};
    int rc = arena_check(&arena, e);
    struct best rows = {.rows = train->cols,
        .cols = train->cols,
        .k = EDGES,
        .row = edges,
        .ctx = &t};
    if (!rc)
        rc = best_make(&directed, &rows, exec, e);
    if (!rc)
        rc = csr_symmetrise(&directed, both, e);
    csr_free(&directed);
    arena_free(&arena);
    return rc;
}

/* Row sums^-1/2, 0 where a row is empty; NULL without memory. */
static double *
scale(const struct csr *a, struct err *e)
{
    double *q = mem_new(a->rows, sizeof *q, e);
    for (int64_t i = 0; q && i < a->rows; i++) {
        double sum = 0;
        for (int64_t k = a->indptr[i]; k < a->indptr[i + 1]; k++)
            sum += (double)csr_value(a, k);
        q[i] = sum > 0 ? 1 / sqrt(sum) : 0;
    }
    return q;
}

/* One of the two graphs, its scale and its weight. */
struct side {
    const struct csr *a;
    double *q, w;
};

/* What the side adds to entry (i, j), if its entry k, short of `to`, is that
 * one, which it then passes over. */
static double
take(const struct side *s, int64_t *k, int64_t to, int64_t i, int32_t j)
{
    if (*k == to || s->a->indices[*k] != j)
        return 0;
    return s->w * ((double)csr_value(s->a, (*k)++) * (s->q[i] * s->q[j]));
}

/* Row i of the sum, behind the n entries that there are; their new number. */
static int64_t
merge_row(struct csr *out, int64_t n, const struct side *s,
    const struct side *t, int64_t i)
{
    int64_t k = s->a->indptr[i], k_end = s->a->indptr[i + 1];
    int64_t m = t->a->indptr[i], m_end = t->a->indptr[i + 1];
    while (k < k_end || m < m_end) {
        int32_t j = k < k_end ? s->a->indices[k] : INT32_MAX;
        if (m < m_end && t->a->indices[m] < j)
            j = t->a->indices[m];
        out->indices[n] = j;
        double x = take(s, &k, k_end, i, j);
        out->data[n++] = (float)(x + take(t, &m, m_end, i, j));
    }
    return n;
}

int
copurchase_join(struct csr *joined, const struct csr *s,
    const struct csr *train, double w, struct exec *exec, struct err *e)
{
    struct csr both = {0};
    *joined = (struct csr){0};
    int rc = purchases(&both, train, exec, e);
    struct side a = {.a = s, .w = 1}, b = {.a = &both, .w = w};
    if (!rc) {
        a.q = scale(s, e);
        b.q = scale(&both, e);
        rc = a.q && b.q
                 ? csr_init(joined, s->rows, s->cols, s->nnz + both.nnz, 1, e)
                 : ERR_NOMEM;
    }
    if (!rc) {
        int64_t n = 0;
        for (int64_t i = 0; i < s->rows; i++)
            joined->indptr[i + 1] = n = merge_row(joined, n, &a, &b, i);
        joined->nnz = n;
    }
    free(a.q);
    free(b.q);
    csr_free(&both);
    return rc;
}
