#include "lib/models/together.h"

#include "lib/base/mem.h"

#include <stdlib.h>

int
together_init(struct together *t, const struct csr *train, struct exec *exec,
    struct err *e)
{
    *t = (struct together){.train = train};
    int threads = exec_threads(exec);
    t->row = mem_zero(threads, sizeof *t->row, e);
    if (!t->row)
        return ERR_NOMEM;
    t->threads = threads;
    for (int k = 0; k < threads; k++) {
        struct together_row *r = &t->row[k];
        r->count = mem_zero(train->cols, sizeof *r->count, e);
        r->item = mem_new(train->cols, sizeof *r->item, e);
        if (!r->count || !r->item)
            return ERR_NOMEM;
    }
    return csr_transpose(train, &t->users, e);
}

void
together_free(struct together *t)
{
    for (int k = 0; k < t->threads; k++) {
        free(t->row[k].count);
        free(t->row[k].item);
    }
    free(t->row);
    csr_free(&t->users);
    *t = (struct together){0};
}

struct together_row *
together_count(const struct together *t, int thread, int64_t i)
{
    const struct csr *train = t->train;
    struct together_row *r = &t->row[thread];
    r->n = 0;
    for (int64_t k = t->users.indptr[i]; k < t->users.indptr[i + 1]; k++) {
        int64_t u = t->users.indices[k];
        for (int64_t m = train->indptr[u]; m < train->indptr[u + 1]; m++) {
            int32_t j = train->indices[m];
            if (!r->count[j]++)
                r->item[r->n++] = j;
        }
    }
    return r;
}

double
together_users(const struct together *t, int64_t i)
{
    return (double)(t->users.indptr[i + 1] - t->users.indptr[i]);
}
