#include "lib/knn/knn_centres.h"

#include "lib/base/ranks.h"
#include "lib/la/topk.h"

#include <math.h>
#include <string.h>

enum {
    LEARN = 16,     /* rows for each centre to learn from */
    PASSES = 2,     /* in which rows are compared with all centres */
    ITERATIONS = 4, /* of k-means in each */
    NEAREST = 8,    /* centres that a row has the choice of between them */
    ROWS = 64       /* per task */
};

/* This rank's share of the points. */
struct look {
    const struct knn_centres *c;
    const struct knn_points *p;
    const int64_t *row;
    struct topk *top;
};

static double
score_centre(void *ctx, int64_t query, const int32_t *id, int64_t n)
{
    const struct look *l = ctx;
    int64_t i = l->row[query], d = l->c->d;
    double inverse = (double)l->p->inverse[i];
    struct topk *t = &l->top[query];
    for (int64_t q = 0; q < n; q++) {
        const float *centre = l->c->x + id[q] * d;
        double s = l->c->pack.kernel->dot(l->p->x + i * d, centre, d);
        topk_push(t, (float)(s * inverse), id[q]);
    }
    return t->n < t->k ? (double)-INFINITY : (double)t->score[0] - 0x1p-20;
}

int
knn_centres_near(const struct knn_centres *c, const struct knn_points *p,
    int64_t most, int32_t *near, struct err *e)
{
    struct arena m = {0};
    struct knn_query_run run;
    int64_t from, to;
    ranks_part(p->n, 1, &from, &to);
    int64_t n = to - from;
    struct look l = {c, p, p->row + from, arena_new(&m, n, sizeof *l.top)};
    float *score = arena_new(&m, n * most, sizeof *score);
    struct knn_query *query = arena_new(&m, n, sizeof *query);
    int64_t *border = arena_new(&m, ranks_count() + 1, sizeof *border);
    knn_query_init(&run, &c->pack, most, score_centre, &l, &m);
    int rc = arena_check(&m, e);
    for (int64_t i = 0; !rc && i < n; i++) {
        topk_init(&l.top[i], most, score + i * most, near + (from + i) * most);
        query[i] = (struct knn_query){
            .x = p->x + l.row[i] * c->d, .factor = p->inverse[l.row[i]]};
    }
    if (!rc)
        knn_query_pass(&run, query, n, &c->targets);
    for (int64_t i = 0; !rc && i < n; i++)
        topk_sort(&l.top[i]);
    if (!rc) {
        ranks_parts(p->n, 1, most * (int64_t)sizeof *near, border);
        ranks_join(near, border);
    }
    arena_free(&m);
    return rc;
}

/* Points, and the centres that each may have. */
struct choice {
    const struct knn_centres *c;
    const struct knn_points *p;
    int64_t most;
    int32_t *near; /* [p->n][most], the nearest first */
};

/* Centres move to the means of their points. A centre without points stays. */
static void
move(struct knn_centres *c, const struct choice *g, double *sum)
{
    const struct knn_points *p = g->p;
    int64_t d = c->d;
    memset(sum, 0, (size_t)(c->n * d) * sizeof *sum);
    for (int64_t i = 0; i < p->n; i++) {
        const float *x = p->x + p->row[i] * d;
        double f = (double)p->inverse[p->row[i]],
               *to = sum + g->near[i * g->most] * d;
        for (int64_t k = 0; k < d; k++)
            to[k] += (double)x[k] * f;
    }
    for (int64_t i = 0; i < c->n; i++) {
        double norm = 0;
        for (int64_t k = 0; k < d; k++)
            norm += sum[i * d + k] * sum[i * d + k];
        for (int64_t k = 0; norm > 0 && k < d; k++)
            c->x[i * d + k] = (float)(sum[i * d + k] / sqrt(norm));
    }
}

static int
pack(struct knn_centres *c, struct arena *m, struct err *e)
{
    c->targets =
        knn_query_targets(&c->pack, c->x, c->n, c->d, 1.001, c->exec, m);
    return arena_check(m, e);
}

/* The nearest of the centres that a point may have becomes its first. */
static void
choose(void *ctx, int64_t task, int thread)
{
    (void)thread;
    const struct choice *g = ctx;
    const struct knn_centres *c = g->c;
    const struct knn_points *p = g->p;
    int64_t end = (task + 1) * ROWS < p->n ? (task + 1) * ROWS : p->n;
    for (int64_t i = task * ROWS; i < end; i++) {
        int32_t *near = g->near + i * g->most, first = near[0];
        double best = (double)-INFINITY;
        int64_t at = 0;
        for (int64_t q = 0; q < g->most; q++) {
            double s = c->pack.kernel->dot(
                p->x + p->row[i] * c->d, c->x + near[q] * c->d, c->d);
            if (s > best) {
                best = s;
                at = q;
            }
        }
        near[0] = near[at];
        near[at] = first;
    }
}

/* Some iterations of k-means, of which only the first looks at all centres. */
static int
improve(struct knn_centres *c, struct choice *g, double *sum, struct err *e)
{
    struct arena m = {0};
    int rc = pack(c, &m, e);
    if (!rc)
        rc = knn_centres_near(c, g->p, g->most, g->near, e);
    for (int it = 0; !rc && it < ITERATIONS; it++) {
        if (it)
            exec_for(c->exec, (g->p->n + ROWS - 1) / ROWS, choose, g);
        move(c, g, sum);
    }
    arena_free(&m);
    return rc;
}

/* The points that are learned from are evenly spread among all, and so are the
 * first centres among these. */
int
knn_centres_learn(struct knn_centres *c, const struct knn_points *p, int64_t n,
    int64_t d, struct exec *exec, struct arena *m, struct err *e)
{
    struct arena own = {0};
    int64_t learn = p->n / n > LEARN ? n * LEARN : p->n;
    int64_t *row = arena_new(&own, learn, sizeof *row);
    struct knn_points some = {p->x, p->inverse, row, learn};
    struct choice g = {c, &some, n < NEAREST ? n : NEAREST, NULL};
    g.near = arena_new(&own, learn * g.most, sizeof *g.near);
    double *sum = arena_new(&own, n * d, sizeof *sum);
    *c = (struct knn_centres){.exec = exec, .d = d, .n = n};
    c->x = arena_new(m, n * d, sizeof *c->x);
    int rc = arena_check(m, e);
    if (!rc)
        rc = arena_check(&own, e);
    for (int64_t i = 0; !rc && i < learn; i++)
        row[i] = p->row[i * p->n / learn];
    for (int64_t i = 0; !rc && i < n; i++)
        for (int64_t k = 0, at = row[i * learn / n]; k < d; k++)
            c->x[i * d + k] = p->x[at * d + k] * p->inverse[at];
    for (int it = 0; !rc && it < PASSES; it++)
        rc = improve(c, &g, sum, e);
    if (!rc)
        rc = pack(c, m, e);
    arena_free(&own);
    return rc;
}
