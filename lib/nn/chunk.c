#include "lib/nn/chunk.h"

#include "lib/base/exec.h"

#include <stddef.h>

enum {
    ELEMENTS = 1 << 14, /* per chunk */
    LITTLE = 1 << 15,   /* elements that are not worth a second thread */
    MAX_CHUNKS = 256    /* of a sum */
};

struct loop {
    int64_t n, rows;
    void (*f)(void *, int64_t, int64_t);
    double (*sum)(void *, int64_t, int64_t);
    void *ctx;
    double part[MAX_CHUNKS];
};

static void
call(void *ctx, int64_t i, int thread)
{
    (void)thread;
    struct loop *l = ctx;
    int64_t from = i * l->rows, to = from + l->rows;
    if (to > l->n)
        to = l->n;
    if (l->f)
        l->f(l->ctx, from, to);
    else
        l->part[i] = l->sum(l->ctx, from, to);
}

/* Returns the number of chunks. */
static int64_t
run(struct loop *l, struct exec *exec, int64_t width)
{
    if (l->n <= 0)
        return 0;
    if (width < 1)
        width = 1;
    l->rows = width < ELEMENTS ? ELEMENTS / width : 1;
    if (l->sum && l->rows < (l->n + MAX_CHUNKS - 1) / MAX_CHUNKS)
        l->rows = (l->n + MAX_CHUNKS - 1) / MAX_CHUNKS;
    int64_t chunks = (l->n + l->rows - 1) / l->rows;
    exec_for(l->n <= LITTLE / width ? NULL : exec, chunks, call, l);
    return chunks;
}

void
chunk_for(struct exec *exec, int64_t n, int64_t width,
    void (*f)(void *, int64_t, int64_t), void *ctx)
{
    struct loop l = {.n = n, .f = f, .ctx = ctx};
    run(&l, exec, width);
}

double
chunk_sum(struct exec *exec, int64_t n, int64_t width,
    double (*f)(void *, int64_t, int64_t), void *ctx)
{
    struct loop l = {.n = n, .sum = f, .ctx = ctx};
    int64_t chunks = run(&l, exec, width);
    double s = 0;
    for (int64_t i = 0; i < chunks; i++)
        s += l.part[i];
    return s;
}
