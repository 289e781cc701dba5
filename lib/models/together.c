#include "lib/models/together.h"

struct together
together_in(struct arena *p, const struct csr *train, struct exec *exec)
{
    struct together t = {.train = train};
    int threads = exec_threads(exec);
    t.row = arena_zero(p, threads, sizeof *t.row);
    for (int k = 0; t.row && k < threads; k++) {
        t.row[k].count = arena_zero(p, train->cols, sizeof *t.row->count);
        t.row[k].item = arena_new(p, train->cols, sizeof *t.row->item);
    }
    if (!p->rc)
        p->rc = csr_transpose(train, &t.users, &p->err);
    csr_keep(&t.users, p);
    return t;
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
