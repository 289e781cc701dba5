#include "lib/knn/cosknn_half.h"

#include "lib/base/exec.h"
#include "lib/base/mem.h"
#include "lib/knn/knn_kernel.h"
#include "lib/la/topk.h"
#include "lib/nn/loops.h"
#include "lib/rank/rank_kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = 96,       /* wanted rows a task */
    FEW = 8,          /* rows scored at a time */
    MOST_D = 1 << 12, /* more columns add up to too large a bound */
    CROWD = 8         /* one in so many rows is a crowd */
};

#define MOST_NORM 0x1p20 /* no float sum comes near an overflow */

/* A wanted row while all rows pass. */
struct row {
    const float *x;
    double shift;        /* <q, c> */
    double margin;       /* on the distance of its products */
    struct topk top;     /* in place */
    const int32_t *near; /* in the list already, ascending; up to end */
    const int32_t *end;
    int64_t scored;
    int n_waiting;
    int32_t waiting[FEW]; /* to be scored */
};

/* The largest norms of a tile's rows: of x, of x - c and of what rounding
 * takes from the latter. */
struct bounds {
    double norm, centred, rounded;
};

struct scratch {
    float *x;       /* KNN_TILE rows */
    uint32_t *half; /* packed */
    float *product; /* [BLOCK][KNN_TILE] */
};

struct state {
    const struct cosknn_half *h;
    const struct knn_half *half;
    const struct rank_kernel *kernel;
    const struct loops *loops;
    int64_t d, k;
    double *mean;        /* c, [d]; any would do for right lists */
    uint32_t *x;         /* all rows less c, packed */
    struct bounds *tile; /* of each tile of them */
    struct bounds most;
    struct scratch *scratch;
    char *crowded; /* [n] */
};

static double
norm(const struct state *t, const float *x)
{
    return sqrt(t->loops->dot(t->d, x, x));
}

/* <q, c> */
static double
shift(const struct state *t, const float *q)
{
    double s = 0;
    for (int64_t k = 0; k < t->d; k++)
        s += (double)q[k] * t->mean[k];
    return s;
}

static void
pack_tile(void *ctx, int64_t tile, int thread)
{
    struct state *t = ctx;
    const struct mat *x = t->h->x;
    int64_t from = tile * KNN_TILE, d = t->d;
    int64_t n = x->n - from < KNN_TILE ? x->n - from : KNN_TILE;
    float *centred = t->scratch[thread].x, error[KNN_TILE];
    struct bounds b = {0};
    for (int64_t r = 0; r < n; r++) {
        const float *row = x->x + (from + r) * d;
        for (int64_t k = 0; k < d; k++)
            centred[r * d + k] = (float)((double)row[k] - t->mean[k]);
        b.norm = fmax(b.norm, norm(t, row));
        b.centred = fmax(b.centred, norm(t, centred + r * d));
    }
    t->half->pack(centred, n, d, t->x + knn_half_words(from, d), error);
    for (int64_t r = 0; r < n; r++)
        b.rounded = fmax(b.rounded, (double)error[r]);
    t->tile[tile] = b;
}

/* On the distance of row q's products with rows less c from the scores less
 * <q, c>: rounding to bfloat16, then two sums in float, the differences' and
 * the bar's rounding. */
static double
margin(const struct state *t, const float *q, double error)
{
    const struct bounds *b = &t->most;
    double own = norm(t, q), terms = 3.0 * (double)t->d + 64;
    return error * b->centred + (own + error) * b->rounded +
           terms * 0x1.02p-24 * (own + error) *
               (b->norm + b->centred + b->rounded) +
           0x1p-60;
}

/* Scores n rows for the list. */
static void
push(const struct state *t, struct row *row, const int32_t *id, int64_t n)
{
    float score[FEW];
    for (int64_t p = 0; p < n; p += FEW) {
        int64_t few = n - p < FEW ? n - p : FEW;
        t->kernel->chains(row->x, t->h->x->x, t->d, id + p, few, score);
        for (int64_t c = 0; c < few; c++)
            topk_push(&row->top, score[c], id[p + c]);
    }
    row->scored += n;
}

/* Below it nothing enters the list. */
static float
bar(const struct state *t, const struct row *row)
{
    return row->top.n < t->k
               ? -INFINITY
               : (float)((double)row->top.score[0] - row->shift - row->margin);
}

/* The list at place b, of the rows of the last one. */
static void
start(const struct state *t, int64_t b, struct row *row)
{
    struct cosknn *c = t->h->c;
    int64_t i = t->h->list ? t->h->list[b] : b;
    const int32_t *near = c->near + i * t->k;
    *row = (struct row){.x = t->h->x->x + i * t->d, .near = near};
    topk_init(&row->top, t->k, c->s.data + b * t->k, c->s.indices + b * t->k);
    row->end = near[0] < 0 ? near : near + t->k;
    push(t, row, near, row->end - near);
}

/* Rows first .. first + n - 1 with products v: those that are not below the
 * bar, as it is by then, wait to be scored. */
static void
take(const struct state *t, struct row *row, const float *v, int64_t first,
    int64_t n)
{
    int32_t at[KNN_TILE];
    float least = bar(t, row);
    int64_t hits = t->half->reach(v, n, least, at);
    for (int64_t p = 0; p < hits; p++) {
        int32_t i = (int32_t)first + at[p];
        while (row->near < row->end && *row->near < i)
            row->near++;
        if (v[at[p]] < least || (row->near < row->end && *row->near == i))
            continue;
        row->waiting[row->n_waiting++] = i;
        if (row->n_waiting == FEW) {
            push(t, row, row->waiting, FEW);
            row->n_waiting = 0;
            least = bar(t, row);
        }
    }
}

static void
do_block(void *ctx, int64_t block, int thread)
{
    struct state *t = ctx;
    const struct cosknn_half *h = t->h;
    struct scratch *s = &t->scratch[thread];
    int64_t from = block * BLOCK, all = h->x->n;
    int64_t n = h->n - from < BLOCK ? h->n - from : BLOCK;
    struct row row[BLOCK];
    float error[BLOCK];
    char *crowded = t->crowded + from;
    for (int64_t r = 0; r < n; r++) {
        start(t, from + r, &row[r]);
        memcpy(s->x + r * t->d, row[r].x, (size_t)t->d * sizeof *s->x);
    }
    t->half->pack(s->x, n, t->d, s->half, error);
    for (int64_t r = 0; r < n; r++) {
        row[r].shift = shift(t, row[r].x);
        row[r].margin = margin(t, row[r].x, (double)error[r]);
        crowded[r] = 0;
    }
    for (int64_t c = 0; c < all; c += KNN_TILE) {
        int64_t cols = all - c < KNN_TILE ? all - c : KNN_TILE;
        t->half->multiply(s->half, n, t->x + knn_half_words(c, t->d), cols,
            t->d, 0, s->product);
        for (int64_t r = 0; r < n; r++) {
            if (crowded[r])
                continue;
            take(t, &row[r], s->product + r * KNN_TILE, c, cols);
            crowded[r] = row[r].scored > KNN_TILE + all / CROWD;
        }
    }
    for (int64_t r = 0; r < n; r++)
        push(t, &row[r], row[r].waiting, row[r].n_waiting);
}

static int64_t
tiles(const struct state *t)
{
    return (t->h->x->n + KNN_TILE - 1) / KNN_TILE;
}

static int
allocate(struct state *t, struct err *e)
{
    int64_t n = t->h->x->n, d = t->d;
    t->mean = mat_means(t->h->x, e);
    t->x = mem_new(knn_half_words(n, d), sizeof *t->x, e);
    t->tile = mem_new(tiles(t), sizeof *t->tile, e);
    t->crowded = mem_new(t->h->n, sizeof *t->crowded, e);
    t->scratch = mem_zero(exec_threads(t->h->exec), sizeof *t->scratch, e);
    if (!t->mean || !t->x || !t->tile || !t->crowded || !t->scratch)
        return ERR_NOMEM;
    for (int i = 0; i < exec_threads(t->h->exec); i++) {
        struct scratch *s = &t->scratch[i];
        s->x = mem_new(KNN_TILE * d, sizeof *s->x, e);
        s->half = mem_new(knn_half_words(BLOCK, d), sizeof *s->half, e);
        s->product = mem_new(BLOCK * KNN_TILE, sizeof *s->product, e);
        if (!s->x || !s->half || !s->product)
            return ERR_NOMEM;
    }
    return 0;
}

static void
release(struct state *t)
{
    for (int i = 0; t->scratch && i < exec_threads(t->h->exec); i++) {
        free(t->scratch[i].x);
        free(t->scratch[i].half);
        free(t->scratch[i].product);
    }
    free(t->scratch);
    free(t->mean);
    free(t->x);
    free(t->tile);
    free(t->crowded);
}

static void
run(struct state *t)
{
    exec_for(t->h->exec, tiles(t), pack_tile, t);
    struct bounds *b = &t->most;
    for (int64_t i = 0; i < tiles(t); i++) {
        b->norm = fmax(b->norm, t->tile[i].norm);
        b->centred = fmax(b->centred, t->tile[i].centred);
        b->rounded = fmax(b->rounded, t->tile[i].rounded);
    }
    if (b->norm < MOST_NORM)
        exec_for(t->h->exec, (t->h->n + BLOCK - 1) / BLOCK, do_block, t);
    else
        memset(t->crowded, 1, (size_t)t->h->n);
}

int
cosknn_half_build(struct cosknn_half *h, struct err *e)
{
    struct state t = {.h = h,
        .half = knn_half_of(h->exec),
        .kernel = rank_kernel_of(h->exec),
        .loops = loops_of(h->exec),
        .d = h->x->d,
        .k = h->c->k};
    int able = t.half && t.d <= MOST_D;
    int rc = able ? allocate(&t, e) : 0;
    if (able && !rc)
        run(&t);
    h->n_left = 0;
    for (int64_t b = 0; !rc && b < h->n; b++)
        if (!able || t.crowded[b])
            h->left[h->n_left++] = b;
    release(&t);
    return rc;
}
