#include "lib/nn/rows.h"

#include "lib/nn/chunk.h"
#include "lib/nn/loops.h"

#include <assert.h>
#include <string.h>

struct job {
    const struct loops *loops;
    const struct segments *s;
    const int32_t *list;
    const float *x;
    float *y;
    int64_t d;
    float c;
};

/* f on n rows, of y or of the list. */
static void
run(float c, const struct mat *x, const int32_t *list, struct mat *y, int64_t n,
    struct exec *exec, void (*f)(void *, int64_t, int64_t))
{
    struct job j = {loops_of(exec), NULL, list, x->x, y->x, y->d, c};
    assert(x->d == y->d);
    chunk_for(exec, n, y->d, f, &j);
}

static const float *
source(const struct job *j, int64_t b)
{
    return j->x + (j->list ? j->list[b] : b) * j->d;
}

static void
gather(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    for (int64_t b = from; b < to; b++)
        memcpy(j->y + b * j->d, source(j, b), (size_t)j->d * sizeof *j->y);
}

void
rows_gather(
    const struct mat *x, const int32_t *list, struct mat *y, struct exec *exec)
{
    assert(list || y->n <= x->n);
    run(1, x, list, y, y->n, exec, gather);
}

static void
scatter(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    const struct segments *s = j->s;
    for (int64_t k = from; k < to; k++) {
        float *y = j->y + s->row[k] * j->d;
        for (int64_t at = s->start[k]; at < s->start[k + 1]; at++)
            j->loops->axpy(j->d, 1.0f, j->x + s->occurrence[at] * j->d, y);
    }
}

void
rows_scatter(const struct segments *s, const struct mat *y, struct mat *x,
    struct exec *exec)
{
    assert(y->n >= s->n && x->d == y->d);
    assert(s->rows == 0 || s->row[s->rows - 1] < x->n);
    struct job j = {
        .loops = loops_of(exec), .s = s, .x = y->x, .y = x->x, .d = x->d};
    int64_t width = s->rows ? (s->n / s->rows + 1) * x->d : 1;
    chunk_for(exec, s->rows, width, scatter, &j);
}

static void
add(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    if (!j->list)
        j->loops->axpy(
            (to - from) * j->d, j->c, j->x + from * j->d, j->y + from * j->d);
    else
        for (int64_t b = from; b < to; b++)
            j->loops->axpy(j->d, j->c, source(j, b), j->y + b * j->d);
}

void
rows_add(float c, const struct mat *x, const int32_t *list, struct mat *y,
    struct exec *exec)
{
    assert(list || y->n <= x->n);
    run(c, x, list, y, y->n, exec, add);
}

static void
add_at(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    for (int64_t b = from; b < to; b++)
        j->loops->axpy(j->d, j->c, j->x + b * j->d, j->y + j->list[b] * j->d);
}

void
rows_add_at(float c, const struct mat *y, const int32_t *list, struct mat *x,
    struct exec *exec)
{
    assert(y->n <= x->n);
    run(c, y, list, x, y->n, exec, add_at);
}

static void
scale(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    float *y = j->y + from * j->d;
    j->loops->scale((to - from) * j->d, j->c, 1.0f, y, y);
}

void
rows_scale(float c, struct mat *x, struct exec *exec)
{
    run(c, x, NULL, x, x->n, exec, scale);
}

static void
zero(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    memset(j->y + from * j->d, 0, (size_t)((to - from) * j->d) * sizeof *j->y);
}

void
rows_zero(struct mat *x, struct exec *exec)
{
    run(0, x, NULL, x, x->n, exec, zero);
}
