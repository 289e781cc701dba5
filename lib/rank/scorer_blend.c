#include "lib/rank/scorer_work.h"

#include <inttypes.h>
#include <math.h>

/*
 * Exact sums in double take longer than the products of vectors. So a sum in
 * float, with a bound of its error, says which scores may beat the floor; only
 * these are computed exactly.
 */

/* Users of a chunk, in groups of the kernel's rows: few, as a graph has a row
 * of scores for each. */
enum { CHUNK_GROUPS = 4 };

/* The moments of a part's scores for one user. */
struct share {
    double mean, deviation; /* 0: the part adds nothing */
    double most;
};

/* The state of a thread. */
struct mixer {
    struct share *share; /* [chunk][parts] */
    float *a;            /* [chunk / rows][parts][RANK_MAX_ROWS] */
    float *b, *error;    /* [chunk] */
    float *room;         /* [parts][RANK_MAX_ROWS][cols] */
};

struct blend {
    struct scorer_work *part; /* [parts] */
    struct mixer *mixer;      /* [threads] */
};

static void
blend_shape(struct scorer_work *w)
{
    w->rows = w->kernel->rows;
    w->chunk = (int64_t)CHUNK_GROUPS * w->rows;
    w->block = w->panels;
    for (int p = 0; p < w->scorer->parts; p++) {
        struct scorer_work part =
            scorer_part_work(w, &w->scorer->part[p].scorer);
        part.scorer->kind->shape(&part);
        if (part.block < w->block)
            w->block = part.block;
    }
    if (w->block < 1)
        w->block = 1;
}

static int
blend_open(struct scorer_work *w, struct err *e)
{
    struct arena *mem = w->mem;
    int64_t parts = w->scorer->parts, groups = w->chunk / w->rows;
    struct blend *b = w->state = arena_zero(mem, 1, sizeof *b);
    struct mixer *m = arena_zero(mem, w->threads, sizeof *m);
    struct scorer_work *part = arena_zero(mem, parts, sizeof *part);
    for (int t = 0; m && t < w->threads; t++) {
        m[t].share = arena_new(mem, w->chunk * parts, sizeof *m->share);
        m[t].a = arena_zero(mem, groups * parts * RANK_MAX_ROWS, sizeof *m->a);
        m[t].b = arena_zero(mem, w->chunk, sizeof *m->b);
        m[t].error = arena_zero(mem, w->chunk, sizeof *m->error);
        m[t].room = arena_new(
            mem, parts * RANK_MAX_ROWS * RANK_MAX_COLS, sizeof *m->room);
    }
    int rc = arena_check(mem, e);
    if (rc)
        return rc;
    *b = (struct blend){part, m};
    for (int p = 0; p < parts && !rc; p++) {
        part[p] = scorer_part_work(w, &w->scorer->part[p].scorer);
        part[p].moments = 1;
        rc = part[p].scorer->kind->open(&part[p], e);
    }
    return rc;
}

static struct share
share_of(struct scorer_moments m)
{
    double least = 0x1p-20 * sqrt(m.mean * m.mean + m.deviation * m.deviation);
    return (struct share){
        m.mean, m.deviation > least ? m.deviation : 0, m.most};
}

static void
blend_start(const struct scorer_work *w, int thread, int64_t r, int64_t user)
{
    const struct blend *b = w->state;
    const struct mixer *m = &b->mixer[thread];
    int parts = w->scorer->parts;
    float *a = m->a + r / w->rows * parts * RANK_MAX_ROWS + r % w->rows;
    double constant = 0, most = 0;
    int rough = 0; /* a factor that float cannot hold well */
    for (int p = 0; p < parts; p++) {
        const struct scorer_work *part = &b->part[p];
        part->scorer->kind->start(part, thread, r, user);
        struct scorer_moments x = part->scorer->kind->moments(part, thread, r);
        struct share *s = &m->share[r * parts + p];
        *s = share_of(x);
        double factor =
            s->deviation > 0 ? w->scorer->part[p].weight / s->deviation : 0;
        rough |= factor > 0 && !(factor > 0x1p-100 && factor < 0x1p100);
        a[p * RANK_MAX_ROWS] = (float)factor;
        constant -= factor * x.mean;
        most += factor * (x.most + fabs(x.mean));
    }
    m->b[r] = (float)constant;
    /* Each part of the sum is rounded three times at most. */
    m->error[r] = (float)(most * (parts + 2) * 0x1p-21);
    if (!rough && most < 0x1p100)
        return;
    for (int p = 0; p < parts; p++)
        a[p * RANK_MAX_ROWS] = 0;
    m->b[r] = 0;
    m->error[r] = INFINITY;
}

/* The blend's score of item i; score[p] are the scores of part p. */
static float
exact(const struct scorer_work *w, const struct share *share,
    const float *const *score, int64_t i)
{
    double sum = 0;
    for (int p = 0; p < w->scorer->parts; p++)
        if (share[p].deviation > 0)
            sum += w->scorer->part[p].weight *
                   (((double)score[p * RANK_MAX_ROWS][i] - share[p].mean) /
                       share[p].deviation);
    return (float)sum;
}

static int
blend_tile(const struct scorer_work *w, int thread, int64_t first,
    int64_t panel, const float *floor, float *c, uint32_t *hit)
{
    const struct blend *b = w->state;
    const struct mixer *m = &b->mixer[thread];
    const float *score[SCORER_PARTS * RANK_MAX_ROWS] = {0};
    float low[RANK_MAX_ROWS];
    int parts = w->scorer->parts, rows = w->rows, cols = w->kernel->cols;
    for (int p = 0; p < parts; p++) {
        const struct scorer_work *part = &b->part[p];
        part->scorer->kind->scores(part, thread, first, panel,
            m->room + (int64_t)p * RANK_MAX_ROWS * RANK_MAX_COLS,
            score + p * RANK_MAX_ROWS);
    }
    for (int r = 0; r < rows; r++)
        low[r] = floor[r] - m->error[first + r];
    int maybe = w->kernel->mix(rows, parts, score,
        m->a + first / rows * parts * RANK_MAX_ROWS, m->b + first, low, hit);
    int hits = 0;
    for (; maybe; maybe &= maybe - 1) {
        int r = __builtin_ctz((unsigned)maybe);
        uint32_t above = 0;
        for (uint32_t left = hit[r]; left; left &= left - 1) {
            int i = __builtin_ctz(left);
            float x = exact(w, m->share + (first + r) * parts, score + r, i);
            c[r * cols + i] = x;
            above |= (uint32_t)(x > floor[r]) << i;
        }
        hit[r] = above;
        hits |= (above != 0) << r;
    }
    return hits;
}

static const struct scorer_kind blend_kind = {
    blend_shape, blend_open, blend_start, blend_tile, NULL, NULL};

const struct scorer_work *
scorer_blend_part(const struct scorer_work *w, int p)
{
    const struct blend *b = w->state;
    return &b->part[p];
}

struct scorer_moments
scorer_blend_moments(const struct scorer_work *w, int thread, int64_t r, int p)
{
    const struct blend *b = w->state;
    const struct share *s = &b->mixer[thread].share[r * w->scorer->parts + p];
    return (struct scorer_moments){s->mean, s->deviation, s->most};
}

int
scorer_blend(
    struct scorer *s, const struct scorer_part *part, int parts, struct err *e)
{
    *s = (struct scorer){.kind = &blend_kind, .part = part, .parts = parts};
    if (parts < 1 || parts > SCORER_PARTS)
        return err_set(e, ERR_RANGE, "a blend has %d parts, not 1 to %d", parts,
            SCORER_PARTS);
    s->n_users = part[0].scorer.n_users;
    s->n_items = part[0].scorer.n_items;
    for (int p = 0; p < parts; p++) {
        const struct scorer *x = &part[p].scorer;
        if (!x->kind->scores)
            return err_set(e, ERR_RANGE, "part %d is a blend itself", p + 1);
        if (x->n_users != s->n_users || x->n_items != s->n_items)
            return err_set(e, ERR_SHAPE,
                "part %d has %" PRId64 " users and %" PRId64
                " items, part 1 %" PRId64 " and %" PRId64,
                p + 1, x->n_users, x->n_items, s->n_users, s->n_items);
        if (!(part[p].weight > 0 && isfinite(part[p].weight)))
            return err_set(e, ERR_RANGE,
                "the weight of part %d is %g, not above 0", p + 1,
                part[p].weight);
    }
    if (parts == 1)
        *s = part[0].scorer;
    return 0;
}
