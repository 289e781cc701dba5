/* From neighbour lists to the item graph. */
#include "lib/knn/knn.h"

#include <inttypes.h>

/* Adds (j, v) to a short row kept ascending. */
static void
row_add(struct csr *g, int64_t from, int64_t *end, int32_t j, float v)
{
    int64_t p = *end;
    while (p > from && g->indices[p - 1] > j)
        p--;
    if (p > from && g->indices[p - 1] == j) {
        g->data[p - 1] += v;
        return;
    }
    for (int64_t q = *end; q > p; q--) {
        g->indices[q] = g->indices[q - 1];
        g->data[q] = g->data[q - 1];
    }
    g->indices[p] = j;
    g->data[p] = v;
    ++*end;
}

static int
directed_sum(
    const struct knn_list *l, int m, int cosine, struct csr *g, struct err *e)
{
    int64_t n = l[0].n, most = 0;
    for (int a = 0; a < m; a++)
        if (l[a].n != n)
            return err_set(e, ERR_SHAPE,
                "operand %d has %" PRId64 " rows, operand 1 has %" PRId64,
                a + 1, l[a].n, n);
    for (int a = 0; a < m; a++)
        most += n * l[a].k;
    int rc = csr_init(g, n, n, most, 1, e);
    if (rc)
        return rc;
    int64_t end = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t from = end;
        for (int a = 0; a < m; a++)
            for (int64_t c = i * l[a].k; c < (i + 1) * l[a].k; c++) {
                if (l[a].id[c] < 0)
                    break;
                row_add(
                    g, from, &end, l[a].id[c], cosine ? l[a].score[c] : 1.0f);
            }
        g->indptr[i + 1] = end;
    }
    g->nnz = end;
    return 0;
}

int
knn_graph(const struct knn_list *l, int m, enum knn_values values, int directed,
    struct csr *g, struct err *e)
{
    *g = (struct csr){0};
    int rc = directed_sum(l, m, values == KNN_COSINE, g, e);
    if (!rc && !directed) {
        struct csr s;
        rc = csr_symmetrise(g, &s, e);
        if (!rc) {
            csr_free(g);
            *g = s;
        }
    }
    if (rc) {
        csr_free(g);
        return rc;
    }
    if (values == KNN_ONE)
        for (int64_t k = 0; k < g->nnz; k++)
            g->data[k] = 1.0f;
    return 0;
}
