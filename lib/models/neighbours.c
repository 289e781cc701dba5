#include "lib/models/neighbours.h"

#include <string.h>

int
neighbours_graph(const struct mat *x, const struct missing *missing, int64_t k,
    enum knn_values values, struct exec *exec, struct csr *s, struct err *e)
{
    *s = (struct csr){0};
    struct knn_opt opt = {.k = k, .self = 1, .exec = exec};
    struct knn_list l = {0};
    struct mat copy = {0};
    int rc = mat_init(&copy, x->n, x->d, e);
    if (!rc) {
        memcpy(copy.x, x->x, (size_t)(x->n * x->d) * sizeof *x->x);
        missing_clear(missing, 0, x->n, x->d, copy.x);
        rc = knn_dense(copy.x, x->n, x->d, &opt, &l, e);
    }
    mat_free(&copy);
    if (!rc)
        rc = knn_graph(&l, 1, values, 1, s, e);
    if (!rc)
        for (int64_t t = 0; t < s->nnz; t++)
            s->data[t] /= (float)k;
    knn_list_free(&l);
    return rc;
}

/* Adds w times row r of s to the row of out from `from` to *end, which is
 * sorted; both rows are short. */
static void
add_row(const struct csr *s, int64_t r, float w, struct csr *out, int64_t from,
    int64_t *end)
{
    for (int64_t t = s->indptr[r]; t < s->indptr[r + 1]; t++) {
        int32_t j = s->indices[t];
        int64_t p = *end;
        while (p > from && out->indices[p - 1] > j)
            p--;
        if (p > from && out->indices[p - 1] == j) {
            out->data[p - 1] += w * s->data[t];
            continue;
        }
        for (int64_t q = (*end)++; q > p; q--) {
            out->indices[q] = out->indices[q - 1];
            out->data[q] = out->data[q - 1];
        }
        out->indices[p] = j;
        out->data[p] = w * s->data[t];
    }
}

int
neighbours_mix(
    const struct csr *s, const double *w, int n, struct csr *out, struct err *e)
{
    int64_t most = 0, end = 0;
    for (int m = 0; m < n; m++)
        most += s[m].nnz;
    int rc = csr_init(out, s[0].rows, s[0].cols, most, 1, e);
    if (rc)
        return rc;
    for (int64_t r = 0; r < out->rows; r++) {
        int64_t from = end;
        for (int m = 0; m < n; m++)
            add_row(&s[m], r, (float)w[m], out, from, &end);
        out->indptr[r + 1] = end;
    }
    out->nnz = end;
    return 0;
}
