#include "lib/whiten/jkj.h"

#include "lib/base/mem.h"

#include <stdlib.h>
#include <string.h>

typedef double pair __attribute__((vector_size(2 * sizeof(double))));

/* Takes rows and columns without entries out of k, which is symmetric. */
static int
drop_empty(struct jkj *j, struct err *e)
{
    struct csr *k = &j->k;
    int64_t n = 0;
    int32_t *number = mem_new(k->rows, sizeof *number, e);
    if (!number)
        return ERR_NOMEM;
    for (int64_t i = 0; i < k->rows; i++)
        if (k->indptr[i] < k->indptr[i + 1]) {
            number[i] = (int32_t)n;
            j->at[n++] = i;
            k->indptr[n] = k->indptr[i + 1];
        }
    for (int64_t p = 0; p < k->nnz; p++)
        k->indices[p] = number[k->indices[p]];
    k->rows = k->cols = n;
    free(number);
    return 0;
}

int
jkj_init(struct jkj *j, const struct csr *a, struct err *e)
{
    *j = (struct jkj){0};
    int rc = csr_symmetrise(a, &j->k, e);
    if (rc)
        return rc;
    j->sum = mem_zero(a->rows, sizeof *j->sum, e);
    j->at = mem_new(a->rows, sizeof *j->at, e);
    rc = j->sum && j->at ? drop_empty(j, e) : ERR_NOMEM;
    for (int64_t i = 0; !rc && i < j->k.rows; i++)
        for (int64_t p = j->k.indptr[i]; p < j->k.indptr[i + 1]; p++)
            j->sum[i] += (double)j->k.data[p];
    if (rc)
        jkj_free(j);
    return rc;
}

void
jkj_free(struct jkj *j)
{
    csr_free(&j->k);
    free(j->sum);
    free(j->at);
    *j = (struct jkj){0};
}

/* JKJ_PANEL columns of a row in registers. */
struct line {
    pair a, b, c, d;
};

static struct line
load(const double *x)
{
    const pair *p = (const pair *)x;
    return (struct line){p[0], p[1], p[2], p[3]};
}

static void
store(double *x, struct line l)
{
    pair *p = (pair *)x;
    p[0] = l.a;
    p[1] = l.b;
    p[2] = l.c;
    p[3] = l.d;
}

/* l + v x */
static struct line
add(struct line l, double v, struct line x)
{
    return (struct line){
        l.a + v * x.a, l.b + v * x.b, l.c + v * x.c, l.d + v * x.d};
}

int
jkj_apply(void *ctx, int64_t m, const double *x, double *y, struct err *e)
{
    (void)m;
    (void)e;
    const struct jkj *j = ctx;
    const struct csr *k = &j->k;
    double part = 1.0 / (double)k->rows;
    struct line mean = {0}, total = {0};
    for (int64_t i = 0; i < k->rows; i++)
        mean = add(mean, part, load(x + i * JKJ_PANEL));
    for (int64_t i = 0; i < k->rows; i++) {
        struct line t = {0};
        for (int64_t p = k->indptr[i]; p < k->indptr[i + 1]; p++)
            t = add(t, (double)k->data[p],
                load(x + (int64_t)k->indices[p] * JKJ_PANEL));
        t = add(t, -j->sum[i], mean);
        total = add(total, part, t);
        store(y + i * JKJ_PANEL, t);
    }
    for (int64_t i = 0; i < k->rows; i++)
        store(y + i * JKJ_PANEL, add(load(y + i * JKJ_PANEL), -1.0, total));
    return 0;
}
