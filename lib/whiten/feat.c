#include "lib/whiten/feat.h"

#include "lib/base/mem.h"
#include "lib/base/ranks.h"
#include "lib/la/blas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = 2048,          /* rows in a block, at most */
    BLOCK_CELLS = 1 << 21, /* elements in a block, about */
    TILE = 128,            /* columns of a Gram tile */
    STRIP = 128,           /* columns per task of the cheap loops */
    ROWS = 64,             /* rows per task */
    SAMPLE = 256,          /* rows that a column's shift is the mean of */
    KEEP = 1 << 25         /* elements that are kept rather than read again */
};

static int64_t
part(int64_t n, int64_t size, int64_t i)
{
    return n - i * size < size ? n - i * size : size;
}

int
feat_init(struct feat *f, struct source *s, struct exec *exec, struct err *e)
{
    *f = (struct feat){.n = s->n, .d = s->d, .exec = exec, .s = s};
    f->present = s->n - s->missing.n;
    f->block = BLOCK_CELLS / f->d;
    f->block = f->block > BLOCK ? BLOCK : f->block < 1 ? 1 : f->block;
    if (f->block > f->n)
        f->block = f->n;
    int rc = 0;
    /* n * d fits: the header was checked */
    if (!s->seekable || f->n * f->d <= KEEP)
        rc = source_load(s, &f->x, e);
    if (rc)
        return rc;
    struct arena *p = &f->arena;
    int64_t cells = f->block * f->d;
    f->x = arena_take(p, f->x);
    f->mean = arena_zero(p, f->d, sizeof *f->mean);
    f->raw = arena_new(p, f->x ? 0 : cells, sizeof *f->raw);
    f->wide = arena_new(p, cells, sizeof *f->wide);
    f->borders = arena_new(p, ranks_count() + 1, sizeof *f->borders);
    return arena_check(p, e);
}

void
feat_free(struct feat *f)
{
    arena_free(&f->arena);
    *f = (struct feat){0};
}

static int
begin(struct feat *f, struct err *e)
{
    f->at = 0;
    return f->x || f->passes++ == 0 ? 0 : source_rewind(f->s, e);
}

/* A block of rows and what the tasks of a pass need with it. */
struct job {
    struct feat *f;
    int64_t first, k; /* its first row, their number */
    const float *x;   /* [k][d] */
    const float *shift;
    double *sum, *square, *most; /* [d] of what is shifted, of the values */
    int64_t m, tiles;
    int64_t row0, column0; /* this rank's first ones */
    const double *v;
    double *u, *g;    /* g: a Gram matrix, or y */
    const float *v32; /* what feat_rough multiplies */
    float *u32, *y32;
    double *centre; /* [m] mean^T v */
};

/* The next block of a pass: 1, at the end 0, or a negative code. */
static int
next(struct job *j, struct err *e)
{
    struct feat *f = j->f;
    if (f->at == f->n)
        return f->x ? 0 : source_end(f->s, e);
    j->first = f->at;
    j->k = f->n - f->at < f->block ? f->n - f->at : f->block;
    f->at += j->k;
    j->x = f->x ? f->x + j->first * f->d : f->raw;
    int rc = f->x ? 0 : source_rows(f->s, j->k, f->raw, e);
    return rc ? rc : 1;
}

static int
is_missing(const struct feat *f, int64_t row)
{
    return missing_at(&f->s->missing, row);
}

/* Takes shift off the block, sums what is left and the squares of its values,
 * and keeps it if g is wanted. */
static void
shift_strip(void *ctx, int64_t c0, int64_t to)
{
    const struct job *j = ctx;
    int64_t d = j->f->d, k = to - c0;
    const float *shift = j->shift + c0;
    double *sum = j->sum + c0, *square = j->square + c0, *most = j->most + c0;
    double v[STRIP];
    for (int64_t r = 0; r < j->k; r++) {
        const float *x = j->x + r * d + c0;
        int away = is_missing(j->f, j->first + r);
        for (int64_t c = 0; c < k; c++) {
            double value = away ? 0.0 : (double)x[c];
            v[c] = away ? 0.0 : value - (double)shift[c];
            sum[c] += v[c];
            square[c] += value * value;
            most[c] = value * value > most[c] ? value * value : most[c];
        }
        if (j->g)
            memcpy(j->f->wide + r * d + c0, v, (size_t)k * sizeof *v);
    }
}

/* Means of the first present rows; the very value where a column is constant.
 */
static void
choose_shift(const struct job *j, float *shift)
{
    int64_t d = j->f->d, from = 0;
    while (from < j->k - 1 && is_missing(j->f, j->first + from))
        from++;
    int64_t to = from + part(j->k - from, SAMPLE, 0);
    for (int64_t c = 0; c < d; c++) {
        double sum = 0, rows = 0;
        float first = j->x[from * d + c];
        int constant = 1;
        for (int64_t r = from; r < to; r++) {
            float v = j->x[r * d + c];
            if (is_missing(j->f, j->first + r))
                continue;
            rows++;
            sum += (double)v;
            constant &= v <= first && v >= first;
        }
        shift[c] = constant ? first : (float)(sum / rows);
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

/* Tiles are dealt to the ranks. */
static int64_t
own_tiles(const struct job *j)
{
    int64_t all = j->tiles * (j->tiles + 1) / 2, ranks = ranks_count();
    return all > ranks_mine() ? (all - ranks_mine() - 1) / ranks + 1 : 0;
}

static void
gram_tile(void *ctx, int64_t k, int thread)
{
    (void)thread;
    const struct job *j = ctx;
    int64_t d = j->f->d, a, b;
    tile_place(k * ranks_count() + ranks_mine(), j->tiles, &a, &b);
    blas_dgemm(1, 0, part(d, TILE, a), part(d, TILE, b), j->k, 1.0,
        j->f->wide + a * TILE, d, j->f->wide + b * TILE, d, 1.0,
        j->g + a * TILE * d + b * TILE, d);
}

/* The ranks' tiles between g and a message, rank after rank; back: from it. */
static void
move_tiles(const struct job *j, double *message, int64_t *from, int back)
{
    int64_t d = j->f->d, all = j->tiles * (j->tiles + 1) / 2;
    double *at = message;
    for (int r = 0; r < ranks_count(); r++) {
        from[r] = (at - message) * (int64_t)sizeof *at;
        for (int64_t t = r; t < all; t += ranks_count()) {
            int64_t a, b;
            tile_place(t, j->tiles, &a, &b);
            int64_t n = part(d, TILE, a), m = part(d, TILE, b);
            for (int64_t i = 0; i < n; i++, at += m) {
                double *g = j->g + (a * TILE + i) * d + b * TILE;
                memcpy(back ? g : at, back ? at : g, (size_t)m * sizeof *g);
            }
        }
    }
    from[ranks_count()] = (at - message) * (int64_t)sizeof *at;
}

static int
join_tiles(const struct job *j, struct err *e)
{
    if (ranks_count() == 1)
        return 0;
    int64_t d = j->f->d, *from = j->f->borders;
    double *message = mem_new(d * (d + TILE), sizeof *message, e);
    if (!message)
        return ERR_NOMEM;
    move_tiles(j, message, from, 0);
    ranks_join(message, from);
    move_tiles(j, message, from, 1);
    free(message);
    return 0;
}

static void
mirror(double *g, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < i; j++)
            g[i * n + j] = g[j * n + i];
}

/* Means, scale and Gram matrix out of the sums. */
static void
conclude(const struct job *j)
{
    struct feat *f = j->f;
    double n = (double)f->present, square = 0, most = 0;
    for (int64_t c = 0; c < f->d; c++) {
        j->sum[c] /= n; /* what the shift lacks to the mean */
        f->mean[c] = (double)j->shift[c] + j->sum[c];
        most = fmax(most, j->most[c]);
    }
    for (int64_t c = 0; c < f->d; c++) /* without the cancellation */
        square += j->most[c] < most ? j->square[c] : j->square[c] - most;
    f->most = sqrt(most);
    f->rest = sqrt(fmax(square, 0.0) / (n * (double)f->d));
    f->scale = most > 0 ? ldexp(1.0, -ilogb(f->most)) : 1.0;
    for (int64_t a = 0; j->g && a < f->d; a++)
        for (int64_t b = a; b < f->d; b++)
            j->g[a * f->d + b] -= n * j->sum[a] * j->sum[b];
    if (j->g)
        mirror(j->g, f->d);
}

int
feat_moments(struct feat *f, double *g, struct err *e)
{
    int64_t d = f->d, tiles = (d + TILE - 1) / TILE;
    float *shift = mem_new(d, sizeof *shift, e);
    struct job j = {.f = f, .g = g, .tiles = tiles, .shift = shift};
    j.sum = mem_zero(3 * d, sizeof *j.sum, e);
    j.square = j.sum + d;
    j.most = j.square + d;
    int rc = shift && j.sum ? begin(f, e) : ERR_NOMEM;
    if (!rc && g)
        memset(g, 0, (size_t)(d * d) * sizeof *g);
    while (!rc && (rc = next(&j, e)) > 0) {
        if (j.first == 0)
            choose_shift(&j, shift);
        exec_blocks(f->exec, d, STRIP, shift_strip, &j);
        if (g)
            exec_for(f->exec, own_tiles(&j), gram_tile, &j);
        rc = 0;
    }
    if (!rc && g)
        rc = join_tiles(&j, e);
    if (!rc)
        conclude(&j);
    free(shift);
    free(j.sum);
    return rc;
}

/* wide = the rows in double, centred */
static void
widen(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    const struct feat *f = j->f;
    int64_t d = f->d;
    for (int64_t r = from; r < to; r++) {
        const float *x = j->x + r * d;
        int away = is_missing(f, j->first + r);
        for (int64_t c = 0; c < d; c++)
            f->wide[r * d + c] = away ? 0.0 : (double)x[c] - f->mean[c];
    }
}

/* u = wide v, of this rank's rows */
static void
up_wide(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    int64_t d = j->f->d, r0 = j->row0 + from;
    blas_dgemm(0, 0, to - from, j->m, d, 1.0, j->f->wide + r0 * d, d, j->v,
        j->m, 0.0, j->u + r0 * j->m, j->m);
}

/* f of this rank's rows, so many at a time, of an array [n][m] of doubles, or
 * floats; then all ranks have all of it. first is set to its first row. */
static void
share(struct job *j, void (*f)(void *, int64_t, int64_t), int64_t n,
    int64_t rows, int64_t *first, void *array, int64_t size)
{
    int64_t to;
    ranks_part(n, rows, first, &to);
    exec_blocks(j->f->exec, to - *first, rows, f, j);
    if (!array)
        return;
    ranks_parts(n, rows, j->m * size, j->f->borders);
    ranks_join(array, j->f->borders);
}

/* y += wide^T u, a strip of this rank's of y's rows */
static void
down_wide(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    int64_t m = j->m, c0 = j->column0 + from;
    blas_dgemm(1, 0, to - from, m, j->k, 1.0, j->f->wide + c0, j->f->d, j->u, m,
        1.0, j->g + c0 * m, m);
}

/* The ranks' strips of y, [d][m]. */
static void
join_strips(struct job *j, void *y, int64_t size)
{
    ranks_parts(j->f->d, STRIP, j->m * size, j->f->borders);
    ranks_join(y, j->f->borders);
}

int
feat_right(struct feat *f, int64_t m, const double *v, double *u, double *y,
    struct err *e)
{
    struct job j = {.f = f, .m = m, .v = v, .g = y};
    double *own = mem_new(f->block * m, sizeof *own, e);
    if (!own)
        return ERR_NOMEM;
    if (y)
        memset(y, 0, (size_t)(f->d * m) * sizeof *y);
    int rc = begin(f, e);
    while (!rc && (rc = next(&j, e)) > 0) {
        j.u = u ? u + j.first * m : own;
        exec_blocks(f->exec, j.k, ROWS, widen, &j);
        share(&j, up_wide, j.k, ROWS, &j.row0, j.u, sizeof *j.u);
        if (y)
            share(&j, down_wide, f->d, STRIP, &j.column0, NULL, 0);
        rc = 0;
    }
    if (!rc && y)
        join_strips(&j, y, sizeof *y);
    free(own);
    return rc;
}

/* u = scale (X v - 1 mean^T v), y += X^T u, in single precision */
static void
up_rough(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    int64_t d = j->f->d, m = j->m, r0 = j->row0 + from, k = to - from;
    float *u = j->u32 + r0 * m;
    blas_sgemm(0, 0, k, m, d, 1.0f, j->x + r0 * d, d, j->v32, m, 0.0f, u, m);
    for (int64_t r = 0; r < k; r++)
        for (int64_t c = 0; c < m; c++)
            u[r * m + c] = is_missing(j->f, j->first + r0 + r)
                               ? 0.0f
                               : (float)(j->f->scale *
                                         ((double)u[r * m + c] - j->centre[c]));
}

static void
down_rough(void *ctx, int64_t from, int64_t to)
{
    const struct job *j = ctx;
    int64_t m = j->m, c0 = j->column0 + from;
    blas_sgemm(1, 0, to - from, m, j->k, 1.0f, j->x + c0, j->f->d, j->u32, m,
        1.0f, j->y32 + c0 * m, m);
}

int
feat_rough(struct feat *f, int64_t m, const double *v, double *y, struct err *e)
{
    struct arena p = {0};
    int64_t cells = f->d * m;
    float *v32 = arena_new(&p, cells, sizeof *v32);
    struct job j = {.f = f, .m = m, .v32 = v32};
    j.u32 = arena_new(&p, f->block * m, sizeof *j.u32);
    j.y32 = arena_zero(&p, cells, sizeof *j.y32);
    j.centre = arena_zero(&p, m, sizeof *j.centre);
    double *sum = arena_zero(&p, m, sizeof *sum);
    int rc = arena_check(&p, e);
    if (!rc)
        rc = begin(f, e);
    for (int64_t i = 0; !rc && i < cells; i++) {
        v32[i] = (float)v[i];
        j.centre[i % m] += f->mean[i / m] * v[i];
    }
    while (!rc && (rc = next(&j, e)) > 0) {
        share(&j, up_rough, j.k, ROWS, &j.row0, j.u32, sizeof *j.u32);
        share(&j, down_rough, f->d, STRIP, &j.column0, NULL, 0);
        for (int64_t i = 0; i < j.k * m; i++)
            sum[i % m] += (double)j.u32[i];
        rc = 0;
    }
    if (!rc)
        join_strips(&j, j.y32, sizeof *j.y32);
    for (int64_t i = 0; !rc && i < cells; i++)
        y[i] = f->scale * ((double)j.y32[i] - f->mean[i / m] * sum[i % m]);
    arena_free(&p);
    return rc;
}

int
feat_largest(
    struct feat *f, int64_t *row, int64_t *column, float *value, struct err *e)
{
    struct job j = {.f = f};
    *row = -1;
    int rc = begin(f, e);
    while (!rc && (rc = next(&j, e)) > 0) {
        for (int64_t i = 0; *row < 0 && i < j.k * f->d; i++)
            if (fabs((double)j.x[i]) >= f->most) {
                *row = j.first + i / f->d;
                *column = i % f->d;
                *value = j.x[i];
            }
        rc = 0;
    }
    return rc;
}
