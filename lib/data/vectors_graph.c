#include "lib/base/mem.h"
#include "lib/data/vectors_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* to[i], the item that row i of the file is, or -1; from[j], the row that item
 * j is, or -1. */
static int
match(const struct vectors_rows *rows, const struct features *f, int32_t *to,
    int32_t *from, int64_t n)
{
    int64_t known = 0;
    for (int64_t j = 0; j < f->items.n; j++)
        from[j] = -1;
    for (int64_t i = 0; i < n; i++) {
        to[i] = rows->given
                    ? (int32_t)ids_find(&f->items, ids_get(&rows->ids, i))
                    : (int32_t)i;
        if (to[i] >= 0) {
            from[to[i]] = (int32_t)i;
            known++;
        }
    }
    return known > 0;
}

static int
check_size(const struct csr *a, const char *name,
    const struct vectors_rows *rows, const struct features *f, struct err *e)
{
    if (a->rows != a->cols)
        return err_set(e, ERR_SHAPE,
            "'%.400s': a graph of items is square, not %" PRId64 " x %" PRId64,
            name, a->rows, a->cols);
    return vectors_fit(rows, a->rows, name, f, e);
}

static int
none_known(const char *name, const struct vectors_rows *rows,
    const struct features *f, struct err *e)
{
    struct ids_shown one = {""};
    char clause[IDS_CLAUSE];
    if (rows->ids.n)
        ids_show(&one, ids_get(&rows->ids, 0));
    return err_set(e, ERR_FORMAT, "no item of the dataset is in the graph: %s",
        ids_differ(clause, name, &one, &f->items));
}

int
vectors_align(const struct csr *a, const char *name,
    const struct vectors_rows *rows, const struct features *f,
    struct vectors_result *r, struct err *e)
{
    int rc = check_size(a, name, rows, f, e);
    if (rc)
        return rc;
    int64_t items = f->items.n, kept = 0;
    struct csr loose = {0}, turned = {0};
    int32_t *to = mem_new(a->rows, sizeof *to, e);
    int32_t *from = mem_new(items, sizeof *from, e);
    rc = to && from ? csr_init(&loose, items, items, a->nnz, 1, e) : ERR_NOMEM;
    if (!rc && !match(rows, f, to, from, a->rows))
        rc = none_known(name, rows, f, e);
    for (int64_t j = 0; !rc && j < items; j++) {
        int64_t i = from[j];
        for (int64_t p = i < 0 ? 0 : a->indptr[i];
             i >= 0 && p < a->indptr[i + 1]; p++)
            if (to[a->indices[p]] >= 0) {
                loose.indices[kept] = to[a->indices[p]];
                loose.data[kept++] = a->data[p];
            }
        loose.indptr[j + 1] = kept;
    }
    loose.nnz = kept;
    r->outside = a->nnz - kept;
    /* twice turned, columns ascend */
    if (!rc)
        rc = csr_transpose(&loose, &turned, e);
    if (!rc)
        rc = csr_transpose(&turned, &r->graph, e);
    r->is_graph = !rc;
    free(to);
    free(from);
    csr_free(&loose);
    csr_free(&turned);
    return rc;
}
