#include "lib/knn/knn_pack.h"

#include <math.h>

enum { ROWS = 3 * KNN_STRIP }; /* per task */

void
knn_pack_init(struct knn_pack *p, const float *x, const float *factor,
    int64_t n, int64_t d, double most, struct exec *exec, struct arena *m)
{
    const struct knn_kernel *k = knn_kernel_of(exec);
    *p = (struct knn_pack){.kernel = k, .exec = exec, .d = d};
    p->multiply =
        exec_isa(exec) == ISA_AVX512VNNI ? k->multiply_vnni : k->multiply;
    p->centre = arena_new(m, d, sizeof *p->centre);
    double *sum = arena_zero(m, d, sizeof *sum);
    if (!sum)
        return;
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < d; c++)
            sum[c] += (double)x[i * d + c] * (factor ? (double)factor[i] : 1);
    for (int64_t c = 0; c < d; c++)
        p->centre[c] = (float)(sum[c] / (double)n);
    double square = k->dot(p->centre, p->centre, d);
    p->half_square = square / 2;
    p->most = (most + sqrt(square)) * (1 + KNN_PACK_FLOATS);
    p->scale = KNN_NORM / p->most;
}

struct rows {
    struct knn_pack *p;
    const float *x, *factor;
    int64_t n;
    uint32_t *h;
    struct knn_packed *row;
    float *shift, *unit;
};

/* Shift and scale of row i, whose factor is f; |y|^2 = |f x|^2 - 2 shift. */
static float
place(const struct rows *r, int64_t i, double f)
{
    const struct knn_pack *p = r->p;
    const float *x = r->x + i * p->d;
    if (!r->unit)
        return (float)p->scale;
    double norm = f * f * p->kernel->dot(x, x, p->d);
    double shift = p->kernel->dot(x, p->centre, p->d) * f - p->half_square;
    double y = sqrt(fmax(norm - 2 * shift, 0)) + p->most * KNN_PACK_FLOATS;
    r->shift[i] = (float)shift;
    r->unit[i] = (float)(y / KNN_NORM);
    return (float)(KNN_NORM / y);
}

static void
pack_rows(void *ctx, int64_t task, int thread)
{
    (void)thread;
    const struct rows *r = ctx;
    const struct knn_pack *p = r->p;
    int64_t d = p->d, from = task * ROWS;
    int64_t n = r->n - from < ROWS ? r->n - from : ROWS;
    float factor[ROWS] = {0}, scale[ROWS] = {0};
    for (int64_t i = 0; i < n; i++) {
        factor[i] = r->factor ? r->factor[from + i] : 1;
        scale[i] = place(r, from + i, (double)factor[i]);
    }
    p->kernel->pack(r->x + from * d, n, d, factor, p->centre, scale,
        r->h + knn_kernel_words(from, d), r->row + from);
    for (int64_t i = from; i < from + n; i++) {
        r->row[i].error += (float)(p->most * KNN_PACK_FLOATS);
        r->row[i].length += (float)(2 * p->most * KNN_PACK_FLOATS);
    }
}

void
knn_pack_rows(struct knn_pack *p, const float *x, const float *factor,
    int64_t n, uint32_t *h, struct knn_packed *row, float *shift, float *unit)
{
    struct rows r = {p, x, factor, n, h, row, shift, unit};
    exec_for(p->exec, (n + ROWS - 1) / ROWS, pack_rows, &r);
    for (int64_t i = 0; i < n; i++) {
        p->worst.error = fmaxf(p->worst.error, row[i].error);
        p->worst.length = fmaxf(p->worst.length, row[i].length);
    }
}

/* Shifts are at most most^2. */
float
knn_pack_margin(const struct knn_pack *p, const struct knn_packed *row)
{
    return 1.001f *
               (row->error * p->worst.length + row->length * p->worst.error) +
           (float)(KNN_PACK_FLOATS / 4 * p->most * p->most);
}
