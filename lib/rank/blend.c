#include "lib/rank/blend.h"

#include "lib/rank/blend_line.h"
#include "lib/rank/metrics.h"

#include <string.h>

const double blend_grid[BLEND_GRID] = {0, .05, .1, .15, .2, .25, .3, .4, .5, .6,
    .7, .8, 1, 1.25, 1.6, 2, 2.5, 3.2, 4};

static const int64_t cut = 20;

struct fit {
    const struct scorer *part;
    int parts;
    const struct blend_opt *o;
    double weight[SCORER_PARTS];
};

/* Measures the present weights. */
static int
measure(const struct fit *f, double *value, struct err *e)
{
    struct scorer_part share[SCORER_PARTS];
    struct scorer s;
    struct metrics m;
    struct metrics_opt lists = {.target = f->o->target,
        .mask = {f->o->mask},
        .cuts = &cut,
        .n_cuts = 1,
        .exec = f->o->exec};
    int n = 0;
    for (int p = 0; p < f->parts; p++)
        if (f->weight[p] > 0)
            share[n++] = (struct scorer_part){f->part[p], f->weight[p]};
    int rc = scorer_blend(&s, share, n, e);
    if (!rc)
        rc = metrics_run(&m, &s, &lists, e);
    if (!rc && !m.users)
        rc = err_set(e, ERR_RANGE, "no user has targets");
    if (rc)
        return rc;
    *value = m.value[METRICS_NDCG][0];
    if (f->o->tried)
        f->o->tried(f->o->ctx, f->weight, f->parts, *value);
    return 0;
}

/* Gives the best part alone the weight 1. */
static int
fit_best_part(struct fit *f, int *best, double *value, struct err *e)
{
    for (int p = 0; p < f->parts; p++) {
        double x;
        memset(f->weight, 0, sizeof f->weight);
        f->weight[p] = 1;
        int rc = measure(f, &x, e);
        if (rc)
            return rc;
        if (p == 0 || x > *value) {
            *best = p;
            *value = x;
        }
    }
    memset(f->weight, 0, sizeof f->weight);
    f->weight[*best] = 1;
    return 0;
}

/* Measures all weights of the grid for part p. */
static int
measure_grid(struct fit *f, int p, double *value, struct err *e)
{
    double now = f->weight[p];
    struct blend_line l = {.part = f->part,
        .weight = f->weight,
        .parts = f->parts,
        .p = p,
        .grid = blend_grid,
        .n = BLEND_GRID,
        .cut = cut,
        .target = f->o->target,
        .mask = f->o->mask,
        .exec = f->o->exec};
    int rc = blend_line(&l, value, e);
    for (int k = 0; k < BLEND_GRID && !rc && f->o->tried; k++) {
        f->weight[p] = blend_grid[k];
        if (blend_grid[k] < now || blend_grid[k] > now)
            f->o->tried(f->o->ctx, f->weight, f->parts, value[k]);
    }
    f->weight[p] = now;
    return rc;
}

/* Chooses the best weight for part p, beside which another part has a weight.
 * *value is that of the present weights, before and after. */
static int
fit_weight(struct fit *f, int p, double *value, struct err *e)
{
    double best = f->weight[p], x[BLEND_GRID];
    int rc = measure_grid(f, p, x, e);
    for (int k = 0; k < BLEND_GRID && !rc; k++) {
        double now = blend_grid[k];
        if (!(now < best || now > best))
            continue;
        if (x[k] > *value || (!(x[k] < *value) && now < best)) {
            best = now;
            *value = x[k];
        }
    }
    f->weight[p] = best;
    return rc;
}

int
blend_fit(const struct scorer *part, int parts, const struct blend_opt *o,
    double *weight, double *value, struct err *e)
{
    struct fit f = {.part = part, .parts = parts, .o = o};
    int best = 0, rounds = parts > 2 ? BLEND_ROUNDS : 1;
    int rc = fit_best_part(&f, &best, value, e);
    for (int round = 0; round < rounds && !rc; round++) {
        double before[SCORER_PARTS];
        memcpy(before, f.weight, sizeof before);
        for (int p = 0; p < parts && !rc; p++)
            if (p != best)
                rc = fit_weight(&f, p, value, e);
        if (memcmp(before, f.weight, sizeof before) == 0)
            break;
    }
    memcpy(weight, f.weight, (size_t)parts * sizeof *weight);
    return rc;
}
