#include "lib/la/pairs.h"

#include "lib/base/mem.h"

#include <stdlib.h>

int
pairs_add(struct pairs *p, int64_t row, int64_t col, struct err *e)
{
    int rc = mem_grow(&p->pair, &p->cap, p->n + 1, sizeof *p->pair, e);
    if (!rc)
        p->pair[p->n++] = (struct pair){(int32_t)row, (int32_t)col};
    return rc;
}

static int
ascending(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return (x->col > y->col) - (x->col < y->col);
}

int
pairs_csr(
    struct pairs *p, int64_t rows, int64_t cols, struct csr *a, struct err *e)
{
    int rc = csr_init(a, rows, cols, p->n, 0, e);
    if (rc)
        return rc;
    if (p->n)
        qsort(p->pair, (size_t)p->n, sizeof *p->pair, ascending);
    int64_t k = 0;
    a->nnz = 0;
    for (int64_t i = 0; i < rows; i++) {
        for (; k < p->n && p->pair[k].row == i; k++)
            if (!k || ascending(&p->pair[k - 1], &p->pair[k]) != 0)
                a->indices[a->nnz++] = p->pair[k].col;
        a->indptr[i + 1] = a->nnz;
    }
    return 0;
}

void
pairs_free(struct pairs *p)
{
    free(p->pair);
    *p = (struct pairs){0};
}
