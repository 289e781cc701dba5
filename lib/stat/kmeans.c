#include "lib/stat/kmeans.h"

#include "lib/base/arena.h"
#include "lib/base/exec.h"
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/la/blas.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256 };

/* What all restarts share. */
struct shared {
    const struct mat *x;
    const struct kmeans_opt *o;
    const float *norm; /* [n] squared norms of the rows */
    double enough;     /* squared move of the centres that ends a run */
    int32_t *label;    /* [restarts][n] */
    double *inertia;   /* [restarts] */
    int *rc;           /* [restarts] */
};

/* One restart. */
struct run {
    int64_t k;
    int32_t *label;      /* [n] */
    float *centre;       /* [k][d] */
    float *centre_norm;  /* [k] */
    float *near;         /* [n] squared distance to the own centre */
    float *score;        /* [BLOCK][k] */
    double *sum;         /* [k][d] */
    int64_t *count, *at; /* [k] */
};

static double
column_variance(const struct mat *x, struct err *e)
{
    double *mean = mat_means(x, e), total = 0;
    if (!mean)
        return -1;
    for (int64_t i = 0; i < x->n; i++)
        for (int64_t j = 0; j < x->d; j++) {
            double v = (double)x->x[i * x->d + j] - mean[j];
            total += v * v;
        }
    free(mean);
    return x->d ? total / (double)x->n / (double)x->d : 0;
}

int
kmeans_centre(struct mat *x, struct err *e)
{
    double *mean = mat_means(x, e);
    if (!mean)
        return ERR_NOMEM;
    for (int64_t i = 0; i < x->n; i++)
        for (int64_t j = 0; j < x->d; j++) {
            float *v = &x->x[i * x->d + j];
            *v = (float)((double)*v - mean[j]);
        }
    free(mean);
    return 0;
}

static void
row_norms(const float *x, int64_t n, int64_t d, float *norm)
{
    for (int64_t i = 0; i < n; i++) {
        double s = 0;
        for (int64_t j = 0; j < d; j++)
            s += (double)x[i * d + j] * (double)x[i * d + j];
        norm[i] = (float)s;
    }
}

/* Draws a row with the probabilities near / total; total > 0. */
static int64_t
draw(const float *near, int64_t n, double total, double u)
{
    double left = u * total;
    int64_t last = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!(near[i] > 0))
            continue;
        last = i;
        left -= (double)near[i];
        if (left < 0)
            break;
    }
    return last;
}

void
kmeans_seed(const struct mat *x, const float *norm, int64_t clusters,
    uint64_t seed, uint32_t r, float *near, int64_t *row)
{
    int64_t n = x->n, d = x->d;
    row[0] = rng_below(n, seed, RNG_KMEANS, r, 0, 0);
    for (int64_t i = 0; i < n; i++)
        near[i] = INFINITY;
    for (int64_t c = 1; c < clusters; c++) {
        const float *from = &x->x[row[c - 1] * d];
        float own = norm[row[c - 1]];
        double total = 0;
        for (int64_t i = 0; i < n; i += BLOCK) {
            float product[BLOCK];
            int64_t rows = n - i < BLOCK ? n - i : BLOCK;
            blas_sgemm(
                0, 1, rows, 1, d, 1, &x->x[i * d], d, from, d, 0, product, 1);
            for (int64_t k = 0; k < rows; k++) {
                float v = norm[i + k] - 2 * product[k] + own;
                if (i + k == row[c - 1] || v < 0)
                    v = 0;
                if (v < near[i + k])
                    near[i + k] = v;
                total += (double)near[i + k];
            }
        }
        uint64_t index = (uint64_t)c;
        row[c] = total > 0 ? draw(near, n, total,
                                 rng_uniform(seed, RNG_KMEANS, r, index, 0))
                           : rng_below(n, seed, RNG_KMEANS, r, index, 0);
    }
}

/* Gives every row to its nearest centre; returns how many changed. */
static int64_t
assign(const struct shared *s, struct run *w)
{
    int64_t n = s->x->n, d = s->x->d, k = w->k, changed = 0;
    row_norms(w->centre, k, d, w->centre_norm);
    for (int64_t i = 0; i < n; i += BLOCK) {
        int64_t rows = n - i < BLOCK ? n - i : BLOCK;
        blas_sgemm(0, 1, rows, k, d, 1, &s->x->x[i * d], d, w->centre, d, 0,
            w->score, k);
        for (int64_t r = 0; r < rows; r++) {
            const float *score = &w->score[r * k];
            int32_t best = 0;
            float least = INFINITY;
            for (int64_t c = 0; c < k; c++) {
                float v = w->centre_norm[c] - 2 * score[c];
                if (v < least) {
                    least = v;
                    best = (int32_t)c;
                }
            }
            float v = s->norm[i + r] + least;
            w->near[i + r] = v > 0 ? v : 0;
            changed += w->label[i + r] != best;
            w->label[i + r] = best;
        }
    }
    return changed;
}

/* A centre without rows takes the row that is farthest from its own centre,
 * among the rows that share a centre and do not lie on it. */
static void
fill_empty(const struct shared *s, struct run *w)
{
    int64_t n = s->x->n;
    memset(w->count, 0, (size_t)w->k * sizeof *w->count);
    for (int64_t i = 0; i < n; i++)
        w->count[w->label[i]]++;
    for (int64_t c = 0; c < w->k; c++) {
        int64_t far = -1;
        if (w->count[c])
            continue;
        for (int64_t i = 0; i < n; i++)
            if (w->count[w->label[i]] > 1 && w->near[i] > 0 &&
                (far < 0 || w->near[i] > w->near[far]))
                far = i;
        if (far < 0)
            return;
        w->count[w->label[far]]--;
        w->count[c] = 1;
        w->label[far] = (int32_t)c;
        w->near[far] = 0;
    }
}

/* Moves the centres to the means; returns the sum of squared moves. */
static double
move(const struct shared *s, struct run *w)
{
    int64_t d = s->x->d;
    double moved = 0;
    memset(w->sum, 0, (size_t)(w->k * d) * sizeof *w->sum);
    for (int64_t i = 0; i < s->x->n; i++) {
        double *sum = &w->sum[w->label[i] * d];
        for (int64_t j = 0; j < d; j++)
            sum[j] += (double)s->x->x[i * d + j];
    }
    for (int64_t c = 0; c < w->k; c++) {
        for (int64_t j = 0; j < d && w->count[c]; j++) {
            float to = (float)(w->sum[c * d + j] / (double)w->count[c]);
            double step = (double)to - (double)w->centre[c * d + j];
            w->centre[c * d + j] = to;
            moved += step * step;
        }
    }
    return moved;
}

static void
lloyd(const struct shared *s, struct run *w, int64_t restart)
{
    int64_t n = s->x->n, d = s->x->d;
    kmeans_seed(
        s->x, s->norm, w->k, s->o->seed, (uint32_t)restart, w->near, w->at);
    for (int64_t c = 0; c < w->k; c++)
        memcpy(&w->centre[c * d], &s->x->x[w->at[c] * d],
            (size_t)d * sizeof *w->centre);
    for (int64_t i = 0; i < n; i++)
        w->label[i] = -1;
    for (int64_t it = 0; it < s->o->iterations; it++) {
        if (assign(s, w) == 0)
            break;
        fill_empty(s, w);
        if (move(s, w) <= s->enough)
            break;
    }
    assign(s, w);
    double inertia = 0;
    for (int64_t i = 0; i < n; i++)
        inertia += (double)w->near[i];
    s->inertia[restart] = inertia;
}

static void
one_restart(void *ctx, int64_t restart, int thread)
{
    (void)thread;
    struct shared *s = ctx;
    int64_t n = s->x->n, d = s->x->d, k = s->o->clusters;
    struct arena m = {0};
    struct run w = {.k = k,
        .label = &s->label[restart * n],
        .centre = arena_new(&m, k * d, sizeof *w.centre),
        .centre_norm = arena_new(&m, k, sizeof *w.centre_norm),
        .near = arena_new(&m, n, sizeof *w.near),
        .score = arena_new(&m, BLOCK * k, sizeof *w.score),
        .sum = arena_new(&m, k * d, sizeof *w.sum),
        .count = arena_new(&m, k, sizeof *w.count),
        .at = arena_new(&m, k, sizeof *w.at)};
    s->rc[restart] = m.rc;
    if (!m.rc)
        lloyd(s, &w, restart);
    arena_free(&m);
}

int
kmeans_run(const struct mat *x, const struct kmeans_opt *o, struct kmeans *out,
    struct err *e)
{
    *out = (struct kmeans){0};
    if (o->clusters < 1 || o->clusters > x->n)
        return err_set(e, ERR_RANGE,
            "%" PRId64 " clusters of %" PRId64 " rows are not possible",
            o->clusters, x->n);
    int64_t n = x->n, restarts = o->restarts;
    struct arena m = {0};
    float *norm = arena_new(&m, n, sizeof *norm);
    /* n restarts overflow only if n alone is no size of a matrix */
    struct shared s = {.x = x,
        .o = o,
        .norm = norm,
        .label = arena_new(&m, n * restarts, sizeof *s.label),
        .inertia = arena_new(&m, restarts, sizeof *s.inertia),
        .rc = arena_new(&m, restarts, sizeof *s.rc)};
    int rc = arena_check(&m, e);
    out->label = rc ? NULL : mem_new(n, sizeof *out->label, e);
    double variance = out->label ? column_variance(x, e) : -1;
    if (!rc && variance < 0)
        rc = ERR_NOMEM;
    if (!rc) {
        s.enough = o->tolerance * variance;
        row_norms(x->x, n, x->d, norm);
        exec_for(o->exec, restarts, one_restart, &s);
    }
    for (int64_t r = 0; r < restarts && !rc; r++) {
        if (s.rc[r])
            rc = err_set(e, s.rc[r], "out of memory");
        else if (s.inertia[r] < s.inertia[out->restart])
            out->restart = r;
    }
    if (!rc) {
        out->inertia = s.inertia[out->restart];
        memcpy(out->label, &s.label[out->restart * n],
            (size_t)n * sizeof *out->label);
    }
    arena_free(&m);
    if (rc)
        kmeans_free(out);
    return rc;
}

void
kmeans_free(struct kmeans *k)
{
    free(k->label);
    *k = (struct kmeans){0};
}
