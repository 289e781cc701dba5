#include "lib/rank/metrics.h"

#include "lib/base/fmath.h"
#include "lib/base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *const metrics_names[METRICS_KINDS] = {
    "recall", "ndcg", "precision", "hit", "mrr", "map", "mmssl-ndcg"};

static int64_t
min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int
metrics_gain_init(struct metrics_gain *g, int64_t n, struct err *e)
{
    *g = (struct metrics_gain){.n = n};
    g->at = mem_new(n, sizeof *g->at, e);
    g->ideal = mem_new(n + 1, sizeof *g->ideal, e);
    if (!g->at || !g->ideal) {
        metrics_gain_free(g);
        return ERR_NOMEM;
    }
    double ln2 = fm_log(2.0);
    g->ideal[0] = 0;
    for (int64_t r = 0; r < n; r++) {
        g->at[r] = ln2 / fm_log((double)r + 2.0);
        g->ideal[r + 1] = g->ideal[r] + g->at[r];
    }
    return 0;
}

void
metrics_gain_free(struct metrics_gain *g)
{
    free(g->at);
    free(g->ideal);
    *g = (struct metrics_gain){0};
}

static int
check_cuts(const int64_t *cuts, int n_cuts, struct err *e)
{
    if (n_cuts < 1 || n_cuts > METRICS_CUTS)
        return err_set(e, ERR_RANGE, "there are %d cut-offs, not 1 to %d",
            n_cuts, METRICS_CUTS);
    for (int c = 0; c < n_cuts; c++)
        if (cuts[c] < 1 || (c && cuts[c] <= cuts[c - 1]))
            return err_set(e, ERR_RANGE,
                "cut-off %" PRId64 " is not above %" PRId64, cuts[c],
                c ? cuts[c - 1] : 0);
    return 0;
}

static int
has(const int32_t *a, int64_t n, int32_t x)
{
    int64_t lo = 0;
    while (lo < n) {
        int64_t mid = lo + (n - lo) / 2;
        if (a[mid] == x)
            return 1;
        if (a[mid] < x)
            lo = mid + 1;
        else
            n = mid;
    }
    return 0;
}

/* Running sums over the hits of a list, in the order of their ranks. */
struct sums {
    int64_t hits, first; /* first: rank of the first hit, counted from 1 */
    double dcg, precision;
};

static void
store(const struct metrics_gain *g, const struct sums *s, int64_t k,
    int64_t n_target, int c, double value[METRICS_KINDS][METRICS_CUTS])
{
    double best = g->ideal[min(k, n_target)];
    value[METRICS_RECALL][c] = (double)s->hits / (double)n_target;
    value[METRICS_NDCG][c] = s->dcg / best;
    value[METRICS_PRECISION][c] = (double)s->hits / (double)k;
    value[METRICS_HIT][c] = s->hits > 0;
    value[METRICS_MRR][c] = s->hits ? 1.0 / (double)s->first : 0.0;
    value[METRICS_MAP][c] = s->precision / (double)min(k, n_target);
    value[METRICS_MMSSL_NDCG][c] = s->dcg; /* divided when all hits are known */
}

void
metrics_list(const struct metrics_gain *g, const int32_t *list, int64_t n,
    const int32_t *target, int64_t n_target, const int64_t *cuts, int n_cuts,
    double value[METRICS_KINDS][METRICS_CUTS])
{
    struct sums s = {0};
    int c = 0;
    for (int64_t r = 0; r < n && list[r] >= 0; r++) {
        for (; c < n_cuts && cuts[c] == r; c++)
            store(g, &s, cuts[c], n_target, c, value);
        if (!has(target, n_target, list[r]))
            continue;
        s.hits++;
        if (s.hits == 1)
            s.first = r + 1;
        s.dcg += g->at[r];
        s.precision += (double)s.hits / (double)(r + 1);
    }
    for (; c < n_cuts; c++)
        store(g, &s, cuts[c], n_target, c, value);
    for (c = 0; c < n_cuts; c++)
        if (s.hits)
            value[METRICS_MMSSL_NDCG][c] /= g->ideal[min(cuts[c], s.hits)];
}

void
metrics_add(struct metrics *m, const double value[METRICS_KINDS][METRICS_CUTS])
{
    m->users++;
    for (int i = 0; i < METRICS_KINDS; i++)
        for (int c = 0; c < m->n_cuts; c++)
            m->value[i][c] += value[i][c];
}

void
metrics_divide(struct metrics *m)
{
    for (int i = 0; m->users && i < METRICS_KINDS; i++)
        for (int c = 0; c < m->n_cuts; c++)
            m->value[i][c] /= (double)m->users;
}

struct run {
    struct metrics *m;
    const struct metrics_opt *o;
    struct metrics_gain gain;
    int64_t *users; /* that have targets, ascending */
    struct err *e;
};

static int
add_lists(
    void *ctx, int64_t first, int64_t n, const int32_t *id, const float *score)
{
    (void)score;
    struct run *run = ctx;
    const struct metrics_opt *o = run->o;
    struct metrics_user u = {.gain = &run->gain};
    int rc = 0;
    for (int64_t p = 0; p < n && !rc; p++) {
        u.user = run->users[first + p];
        u.list = id + p * run->gain.n;
        u.target = o->target->indices + o->target->indptr[u.user];
        u.n_target = o->target->indptr[u.user + 1] - o->target->indptr[u.user];
        metrics_list(&run->gain, u.list, run->gain.n, u.target, u.n_target,
            o->cuts, o->n_cuts, u.value);
        metrics_add(run->m, u.value);
        rc = o->each ? o->each(o->ctx, &u, run->e) : 0;
    }
    return rc;
}

static int64_t
find_users(const struct csr *target, int64_t *users)
{
    int64_t n = 0;
    for (int64_t u = 0; u < target->rows; u++)
        if (target->indptr[u + 1] > target->indptr[u])
            users[n++] = u;
    return n;
}

int
metrics_run(struct metrics *m, const struct scorer *s,
    const struct metrics_opt *o, struct err *e)
{
    const struct csr *target = o->target;
    *m = (struct metrics){.n_cuts = o->n_cuts};
    int rc = check_cuts(o->cuts, o->n_cuts, e);
    if (rc)
        return rc;
    if (target->rows != s->n_users || target->cols != s->n_items)
        return err_set(e, ERR_SHAPE,
            "targets of %" PRId64 " x %" PRId64 " do not fit %" PRId64
            " users and %" PRId64 " items",
            target->rows, target->cols, s->n_users, s->n_items);
    memcpy(m->cut, o->cuts, (size_t)o->n_cuts * sizeof *o->cuts);
    struct run run = {.m = m, .o = o, .e = e};
    struct rank_opt opt = {
        .k = o->cuts[o->n_cuts - 1], .items = o->items, .exec = o->exec};
    opt.k = min(
        opt.k > o->least ? opt.k : o->least, s->n_items > 0 ? s->n_items : 1);
    memcpy(opt.mask, o->mask, sizeof opt.mask);
    opt.users = run.users = mem_new(target->rows, sizeof *run.users, e);
    rc = run.users ? metrics_gain_init(&run.gain, opt.k, e) : ERR_NOMEM;
    if (!rc) {
        opt.n_users = find_users(target, run.users);
        rc = rank_run(s, &opt, add_lists, &run, e);
    }
    metrics_gain_free(&run.gain);
    free(run.users);
    metrics_divide(m);
    return rc;
}
