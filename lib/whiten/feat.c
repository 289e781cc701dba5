#include "lib/whiten/feat.h"

#include "lib/base/exec.h"
#include "lib/base/mem.h"
#include "lib/la/blas.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = 512,           /* rows in a block, at most */
    BLOCK_CELLS = 1 << 21, /* elements in a block, about */
    TILE = 256,            /* columns (or rows) of a Gram tile */
    STRIP = 128,           /* columns per task of the cheap loops */
    ROWS = 64,             /* rows per task */
    KEEP = 1 << 25         /* elements that are kept rather than read again */
};

static int64_t
parts(int64_t n, int64_t size)
{
    return (n + size - 1) / size;
}

static int64_t
part(int64_t n, int64_t size, int64_t i)
{
    return n - i * size < size ? n - i * size : size;
}

int
feat_init(struct feat *f, struct source *s, struct exec *exec, struct err *e)
{
    *f = (struct feat){.n = s->n, .d = s->d, .exec = exec, .s = s};
    f->block = BLOCK_CELLS / f->d;
    f->block = f->block > BLOCK ? BLOCK : f->block < 1 ? 1 : f->block;
    int rc = 0;
    /* n * d fits: the header was checked */
    if (!s->seekable || f->n * f->d <= KEEP)
        rc = feat_keep(f, e);
    if (rc)
        return rc;
    int64_t cells = (f->block < f->n ? f->block : f->n) * f->d;
    f->mean = mem_zero(f->d, sizeof *f->mean, e);
    f->raw = mem_new(f->x ? 0 : cells, sizeof *f->raw, e);
    f->shifted = mem_new(cells, sizeof *f->shifted, e);
    f->wide = mem_new(cells, sizeof *f->wide, e);
    if (!f->mean || !f->raw || !f->shifted || !f->wide) {
        feat_free(f);
        return ERR_NOMEM;
    }
    return 0;
}

void
feat_free(struct feat *f)
{
    free(f->x);
    free(f->mean);
    free(f->raw);
    free(f->shifted);
    free(f->wide);
    *f = (struct feat){0};
}

int
feat_keep(struct feat *f, struct err *e)
{
    return f->x ? 0 : source_load(f->s, &f->x, e);
}

static int
begin(struct feat *f, struct err *e)
{
    f->at = 0;
    return f->x || f->passes++ == 0 ? 0 : source_rewind(f->s, e);
}

/* The next block: its rows *k at *x and the first one's number; 1, at the end
 * 0, or a negative code. */
static int
next(struct feat *f, int64_t *first, int64_t *k, const float **x, struct err *e)
{
    if (f->at == f->n)
        return f->x ? 0 : source_end(f->s, e);
    *first = f->at;
    *k = f->n - f->at < f->block ? f->n - f->at : f->block;
    f->at += *k;
    if (f->x) {
        *x = f->x + *first * f->d;
        return 1;
    }
    *x = f->raw;
    int rc = source_rows(f->s, *k, f->raw, e);
    return rc ? rc : 1;
}

struct job {
    const struct feat *f;
    const float *x; /* the block */
    int64_t k;      /* its rows */
    const float *shift;
    double *sum;
    int64_t tiles;
    float **scratch; /* [threads] TILE x TILE */
    double *g;
    int64_t m;
    const double *v, *u;
    double *to;
    float *slice; /* columns from .. of x, centred, [n][columns] */
    int64_t columns, from;
};

static void
shift_strip(void *ctx, int64_t i, int thread)
{
    (void)thread;
    const struct job *j = ctx;
    int64_t d = j->f->d, c0 = i * STRIP, c1 = c0 + part(d, STRIP, i);
    for (int64_t r = 0; r < j->k; r++) {
        const float *x = j->x + r * d;
        float *to = j->f->shifted + r * d;
        for (int64_t c = c0; c < c1; c++) {
            double v = (double)x[c] - (double)j->shift[c];
            j->sum[c] += v;
            to[c] = (float)v;
        }
    }
}

/* Means of the first block, the very value where a column is constant. */
static void
choose_shift(const struct feat *f, const float *x, int64_t k, float *shift)
{
    for (int64_t c = 0; c < f->d; c++) {
        double sum = 0;
        int constant = 1;
        for (int64_t r = 0; r < k; r++) {
            float v = x[r * f->d + c];
            sum += (double)v;
            constant &= v <= x[c] && v >= x[c];
        }
        shift[c] = constant ? x[c] : (float)(sum / (double)k);
    }
}

/* Tile number t of the upper triangle, row by row. */
static void
tile_place(int64_t t, int64_t tiles, int64_t *a, int64_t *b)
{
    int64_t i = 0;
    for (; t >= tiles - i; i++)
        t -= tiles - i;
    *a = i;
    *b = i + t;
}

static void
add_tile(double *g, int64_t ldg, const float *c, int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t q = 0; q < cols; q++)
            g[r * ldg + q] += (double)c[r * cols + q];
}

static void
gram_tile(void *ctx, int64_t t, int thread)
{
    const struct job *j = ctx;
    int64_t d = j->f->d, a, b;
    tile_place(t, j->tiles, &a, &b);
    int64_t na = part(d, TILE, a), nb = part(d, TILE, b);
    float *c = j->scratch[thread];
    blas_sgemm(1, 0, na, nb, j->k, 1.0f, j->f->shifted + a * TILE, d,
        j->f->shifted + b * TILE, d, 0.0f, c, nb);
    add_tile(j->g + a * TILE * d + b * TILE, d, c, na, nb);
}

static void
free_scratch(struct job *j, struct exec *exec)
{
    for (int t = 0; j->scratch && t < exec_threads(exec); t++)
        free(j->scratch[t]);
    free(j->scratch);
}

static int
new_scratch(struct job *j, struct exec *exec, struct err *e)
{
    j->scratch = mem_zero(exec_threads(exec), sizeof *j->scratch, e);
    if (!j->scratch)
        return ERR_NOMEM;
    for (int t = 0; t < exec_threads(exec); t++) {
        j->scratch[t] = mem_new(TILE * TILE, sizeof **j->scratch, e);
        if (!j->scratch[t])
            return ERR_NOMEM;
    }
    return 0;
}

static void
mirror(double *g, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < i; j++)
            g[i * n + j] = g[j * n + i];
}

/* The pass behind feat_means (g NULL) and feat_gram. */
static int
moments(struct feat *f, double *g, struct err *e)
{
    int64_t d = f->d, first, tiles = parts(d, TILE);
    struct job j = {.f = f, .g = g, .tiles = tiles};
    float *shift = mem_new(d, sizeof *shift, e);
    j.sum = mem_zero(d, sizeof *j.sum, e);
    j.shift = shift;
    int rc = shift && j.sum ? 0 : ERR_NOMEM;
    if (!rc && g) {
        memset(g, 0, (size_t)(d * d) * sizeof *g);
        rc = new_scratch(&j, f->exec, e);
    }
    if (!rc)
        rc = begin(f, e);
    while (!rc && (rc = next(f, &first, &j.k, &j.x, e)) > 0) {
        if (first == 0)
            choose_shift(f, j.x, j.k, shift);
        exec_for(f->exec, parts(d, STRIP), shift_strip, &j);
        if (g)
            exec_for(f->exec, tiles * (tiles + 1) / 2, gram_tile, &j);
        rc = 0;
    }
    for (int64_t c = 0; !rc && c < d; c++) {
        j.sum[c] /= (double)f->n; /* what the shift lacks to the mean */
        f->mean[c] = (double)shift[c] + j.sum[c];
    }
    for (int64_t a = 0; !rc && g && a < d; a++)
        for (int64_t b = a; b < d; b++)
            g[a * d + b] -= (double)f->n * j.sum[a] * j.sum[b];
    if (!rc && g)
        mirror(g, d);
    free_scratch(&j, f->exec);
    free(shift);
    free(j.sum);
    return rc;
}

int
feat_means(struct feat *f, struct err *e)
{
    return moments(f, NULL, e);
}

int
feat_gram(struct feat *f, double *g, struct err *e)
{
    return moments(f, g, e);
}

static void
slice_rows(void *ctx, int64_t i, int thread)
{
    (void)thread;
    const struct job *j = ctx;
    const struct feat *f = j->f;
    int64_t end = i * ROWS + part(f->n, ROWS, i);
    for (int64_t r = i * ROWS; r < end; r++)
        for (int64_t c = 0; c < j->columns; c++)
            j->slice[r * j->columns + c] =
                (float)((double)f->x[r * f->d + j->from + c] -
                        f->mean[j->from + c]);
}

static void
row_tile(void *ctx, int64_t t, int thread)
{
    const struct job *j = ctx;
    int64_t n = j->f->n, a, b;
    tile_place(t, j->tiles, &a, &b);
    int64_t na = part(n, TILE, a), nb = part(n, TILE, b);
    float *c = j->scratch[thread];
    blas_sgemm(0, 1, na, nb, j->columns, 1.0f, j->slice + a * TILE * j->columns,
        j->columns, j->slice + b * TILE * j->columns, j->columns, 0.0f, c, nb);
    add_tile(j->g + a * TILE * n + b * TILE, n, c, na, nb);
}

int
feat_gram_rows(struct feat *f, double *k, struct err *e)
{
    int64_t n = f->n, tiles = parts(n, TILE);
    struct job j = {.f = f, .g = k, .tiles = tiles};
    j.slice = mem_new(n * BLOCK, sizeof *j.slice, e);
    int rc = j.slice ? new_scratch(&j, f->exec, e) : ERR_NOMEM;
    memset(k, 0, (size_t)(n * n) * sizeof *k);
    for (j.from = 0; !rc && j.from < f->d; j.from += BLOCK) {
        j.columns = f->d - j.from < BLOCK ? f->d - j.from : BLOCK;
        exec_for(f->exec, parts(n, ROWS), slice_rows, &j);
        exec_for(f->exec, tiles * (tiles + 1) / 2, row_tile, &j);
    }
    if (!rc)
        mirror(k, n);
    free_scratch(&j, f->exec);
    free(j.slice);
    return rc;
}

/* wide = the block in double, centred; to = wide v */
static void
widen_rows(void *ctx, int64_t i, int thread)
{
    (void)thread;
    const struct job *j = ctx;
    int64_t d = j->f->d, r0 = i * ROWS, k = part(j->k, ROWS, i);
    double *wide = j->f->wide + r0 * d;
    for (int64_t r = 0; r < k; r++)
        for (int64_t c = 0; c < d; c++)
            wide[r * d + c] = (double)j->x[(r0 + r) * d + c] - j->f->mean[c];
    if (j->v)
        blas_dgemm(0, 0, k, j->m, d, 1.0, wide, d, j->v, j->m, 0.0,
            j->to + r0 * j->m, j->m);
}

/* g += wide^T u, a strip of g's rows */
static void
down_strip(void *ctx, int64_t i, int thread)
{
    (void)thread;
    const struct job *j = ctx;
    blas_dgemm(1, 0, part(j->f->d, STRIP, i), j->m, j->k, 1.0,
        j->f->wide + i * STRIP, j->f->d, j->u, j->m, 1.0,
        j->g + i * STRIP * j->m, j->m);
}

int
feat_right(struct feat *f, int64_t m, const double *v, double *u, double *y,
    struct err *e)
{
    struct job j = {.f = f, .m = m, .v = v, .g = y};
    int64_t first = 0;
    double *own = mem_new(f->block * m, sizeof *own, e);
    if (!own)
        return ERR_NOMEM;
    memset(y, 0, (size_t)(f->d * m) * sizeof *y);
    int rc = begin(f, e);
    while (!rc && (rc = next(f, &first, &j.k, &j.x, e)) > 0) {
        j.to = u ? u + first * m : own;
        j.u = j.to;
        exec_for(f->exec, parts(j.k, ROWS), widen_rows, &j);
        exec_for(f->exec, parts(f->d, STRIP), down_strip, &j);
        rc = 0;
    }
    free(own);
    return rc;
}

int
feat_left(struct feat *f, int64_t m, const double *q, double *y, struct err *e)
{
    int64_t first = 0;
    double *z = mem_zero(f->d * m, sizeof *z, e);
    if (!z)
        return ERR_NOMEM;
    struct job down = {.f = f, .m = m, .g = z};
    int rc = begin(f, e);
    while (!rc && (rc = next(f, &first, &down.k, &down.x, e)) > 0) {
        down.u = q + first * m;
        exec_for(f->exec, parts(down.k, ROWS), widen_rows, &down);
        exec_for(f->exec, parts(f->d, STRIP), down_strip, &down);
        rc = 0;
    }
    struct job up = {.f = f, .m = m, .v = z};
    if (!rc)
        rc = begin(f, e);
    while (!rc && (rc = next(f, &first, &up.k, &up.x, e)) > 0) {
        up.to = y + first * m;
        exec_for(f->exec, parts(up.k, ROWS), widen_rows, &up);
        rc = 0;
    }
    free(z);
    return rc;
}
