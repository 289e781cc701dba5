#include "lib/nn/chunk.h"

#include "lib/base/exec.h"

#include <stddef.h>

enum {
    ELEMENTS = 1 << 14, /* per chunk */
    LITTLE = 1 << 15,   /* elements that are not worth a second thread */
    MAX_CHUNKS = 256    /* of a sum */
};

void
chunk_for(struct exec *exec, int64_t n, int64_t width,
    void (*f)(void *, int64_t, int64_t), void *ctx)
{
    if (width < 1)
        width = 1;
    exec_blocks(n <= LITTLE / width ? NULL : exec, n,
        width < ELEMENTS ? ELEMENTS / width : 1, f, ctx);
}

struct sum {
    int64_t rows; /* of a chunk */
    double (*f)(void *, int64_t, int64_t);
    void *ctx;
    double part[MAX_CHUNKS];
};

static void
part(void *ctx, int64_t from, int64_t to)
{
    struct sum *s = ctx;
    s->part[from / s->rows] = s->f(s->ctx, from, to);
}

double
chunk_sum(struct exec *exec, int64_t n, int64_t width,
    double (*f)(void *, int64_t, int64_t), void *ctx)
{
    if (width < 1)
        width = 1;
    struct sum s;
    s.rows = width < ELEMENTS ? ELEMENTS / width : 1;
    s.f = f;
    s.ctx = ctx;
    if (s.rows < (n + MAX_CHUNKS - 1) / MAX_CHUNKS)
        s.rows = (n + MAX_CHUNKS - 1) / MAX_CHUNKS;
    exec_blocks(n <= LITTLE / width ? NULL : exec, n, s.rows, part, &s);
    double sum = 0;
    for (int64_t from = 0; from < n; from += s.rows)
        sum += s.part[from / s.rows];
    return sum;
}
