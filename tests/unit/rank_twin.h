#ifndef STAIR_RANK_TWIN_H
#define STAIR_RANK_TWIN_H

/* Rankings by their definitions, and their comparison with lib/rank/rank. */

#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/rank/rank.h"
#include "tests/unit/execs.h"
#include "tests/unit/mats.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float
dot(const float *a, const float *b, int64_t d)
{
    float s = 0;
    for (int64_t j = 0; j < d; j++)
        s = fmaf(a[j], b[j], s);
    return s;
}

/* Entry (i, j), 0 if it is not stored. */
static float
entry(const struct csr *a, int64_t i, int64_t j)
{
    for (int64_t k = a->indptr[i]; k < a->indptr[i + 1]; k++)
        if (a->indices[k] == j)
            return a->data ? a->data[k] : 1.0f;
    return 0.0f;
}

/* Values of both signs, some rows empty. */
__attribute__((unused)) static struct csr
random_graph(int64_t n, double p, uint32_t which)
{
    struct csr g = random_csr(n, n, p, which);
    g.data = mem_new(g.nnz, sizeof *g.data, NULL);
    for (int64_t k = 0; k < g.nnz; k++)
        g.data[k] = (float)rng_normal(4, RNG_TEST, which, (uint64_t)k, 0);
    return g;
}

static float
part_score(const struct scorer *s, int64_t u, int64_t i)
{
    const struct csr *h = s->history;
    if (s->item && h && h->indptr[u] == h->indptr[u + 1])
        return 0;
    if (s->item)
        return dot(s->user->x + u * s->user->d, s->item->x + i * s->item->d,
            s->item->d);
    float sum = 0;
    for (int64_t j = 0; j < s->n_items; j++)
        if (csr_has(h, u, (int32_t)j))
            sum += entry(s->graph, j, i);
    return sum;
}

/* As scorer_blend defines them, with its order of sums. */
static void
dense_moments(const struct scorer *s, int64_t u, double *mean, double *variance)
{
    int64_t n = s->n_items, d = s->item->d;
    double *m = doubles(d), *c = doubles(d * d), *cu = doubles(d);
    const float *x = s->user->x + u * s->user->d, *y = s->item->x;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++)
            m[j] += (double)y[i * d + j];
    for (int64_t j = 0; j < d; j++)
        m[j] /= (double)n;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++)
            for (int64_t k = 0; k < d; k++)
                c[j * d + k] += ((double)y[i * d + j] - m[j]) *
                                ((double)y[i * d + k] - m[k]);
    double scale = 1 / (double)n;
    for (int64_t j = 0; j < d; j++)
        for (int64_t k = 0; k < d; k++)
            cu[k] += (double)x[j] * (c[j * d + k] * scale);
    *mean = *variance = 0;
    for (int64_t j = 0; j < d; j++) {
        *mean += (double)x[j] * m[j];
        *variance += (double)x[j] * cu[j];
    }
    free(m);
    free(c);
    free(cu);
}

static void
graph_moments(const struct scorer *s, int64_t u, double *mean, double *variance)
{
    int64_t n = s->n_items;
    float *score = mem_zero(n, sizeof *score, NULL);
    double sum = 0, squares = 0;
    const struct csr *h = s->history, *g = s->graph;
    for (int64_t k = h->indptr[u]; k < h->indptr[u + 1]; k++)
        for (int64_t e = g->indptr[h->indices[k]];
             e < g->indptr[h->indices[k] + 1]; e++) {
            double was = (double)score[g->indices[e]];
            score[g->indices[e]] += g->data ? g->data[e] : 1.0f;
            double is = (double)score[g->indices[e]];
            sum += is - was;
            squares += is * is - was * was;
        }
    free(score);
    *mean = sum / (double)n;
    *variance = squares / (double)n - *mean * *mean;
}

/* A part's moments; deviation 0 where it says nothing. */
__attribute__((unused)) static void
part_moments(const struct scorer *s, int64_t u, double *mean, double *deviation)
{
    double variance = 0;
    const struct csr *h = s->history;
    *mean = *deviation = 0;
    if (s->item && h && h->indptr[u] == h->indptr[u + 1])
        return;
    (s->item ? dense_moments : graph_moments)(s, u, mean, &variance);
    double d = variance > 0 ? sqrt(variance) : 0;
    if (d > 0x1p-20 * sqrt(*mean * *mean + d * d))
        *deviation = d;
}

/* All scores of a user. */
static void
naive_scores(const struct scorer *s, int64_t u, float *all)
{
    for (int64_t i = 0; i < s->n_items && !s->parts; i++)
        all[i] = part_score(s, u, i);
    if (!s->parts)
        return;
    double *sum = doubles(s->n_items);
    for (int p = 0; p < s->parts; p++) {
        double mean, deviation;
        part_moments(&s->part[p].scorer, u, &mean, &deviation);
        for (int64_t i = 0; i < s->n_items && deviation > 0; i++)
            sum[i] += s->part[p].weight *
                      (((double)part_score(&s->part[p].scorer, u, i) - mean) /
                          deviation);
    }
    for (int64_t i = 0; i < s->n_items; i++)
        all[i] = (float)sum[i];
    free(sum);
}

/* Where an item stands among equals. */
static int64_t
place_of(const struct rank_opt *o, int64_t i)
{
    return o->items ? o->items->place[i] : i;
}

static int
may_enter(const struct rank_opt *o, const int32_t *list, int64_t n, int64_t i)
{
    const struct rank_items *items = o->items;
    if (!items || !items->group || items->group[items->place[i]] < 0)
        return 1;
    int64_t held = 0;
    for (int64_t r = 0; r < n; r++)
        held += items->group[items->place[list[r]]] ==
                items->group[items->place[i]];
    return held < items->cap;
}

/* Adds the best of what is left until the list holds `most`. */
static int64_t
fill(const struct rank_opt *o, const float *all, char *out, int64_t items,
    int second_only, int64_t most, int32_t *list, int64_t n)
{
    while (n < most) {
        int64_t best = -1;
        for (int64_t i = 0; i < items; i++) {
            int64_t at = place_of(o, i);
            if (out[i] || (second_only && at < o->items->first[1]) ||
                !may_enter(o, list, n, i))
                continue;
            if (best < 0 || all[i] > all[best] ||
                (all[i] == all[best] && at < place_of(o, best)))
                best = i;
        }
        if (best < 0)
            return n;
        out[best] = 1;
        list[n++] = (int32_t)best;
    }
    return n;
}

/* Fills the reserved places, then the others, then sorts. */
static void
naive_list(const struct scorer *s, int64_t a, const struct rank_opt *o,
    int32_t *id, float *score)
{
    int64_t n = s->n_items, held = 0;
    const struct rank_items *items = o->items;
    char *out = mem_zero(n, 1, NULL);
    float *all = mem_new(n, sizeof *all, NULL);
    naive_scores(s, a, all);
    for (int m = 0; m < RANK_MASKS; m++)
        for (int64_t j = 0; o->mask[m] && j < n; j++)
            out[j] |= (char)csr_has(o->mask[m], a, (int32_t)j);
    for (int64_t j = 0; items && j < n; j++)
        out[j] |= items->place[j] >= items->offered ||
                  (items->place[j] >= items->first[1] && all[j] == 0);
    for (int64_t j = 0; o->nonzero && j < n; j++)
        out[j] |= all[j] == 0;
    if (items)
        held = fill(o, all, out, n, 1,
            items->reserved < o->k ? items->reserved : o->k, id, 0);
    held = fill(o, all, out, n, 0, o->k, id, held);
    for (int64_t r = 1; r < held; r++) {
        int32_t x = id[r];
        int64_t at = r;
        for (; at > 0 && (all[id[at - 1]] < all[x] ||
                             (all[id[at - 1]] == all[x] &&
                                 place_of(o, id[at - 1]) > place_of(o, x)));
             at--)
            id[at] = id[at - 1];
        id[at] = x;
    }
    for (int64_t r = 0; r < o->k; r++) {
        score[r] = r < held ? all[id[r]] : 0;
        if (r >= held)
            id[r] = -1;
    }
    free(out);
    free(all);
}

struct lists {
    int64_t k, n;
    int32_t *id;
    float *score;
    int stop_at, calls;
};

static int
keep(void *ctx, int64_t first, int64_t n, const int32_t *id, const float *score)
{
    struct lists *l = ctx;
    if (++l->calls == l->stop_at)
        return ERR_STOP;
    if (first != l->n)
        return ERR_RANGE;
    memcpy(l->id + first * l->k, id, (size_t)(n * l->k) * sizeof *id);
    memcpy(l->score + first * l->k, score, (size_t)(n * l->k) * sizeof *score);
    l->n += n;
    return 0;
}

static struct lists
run_with(const struct scorer *s, struct rank_opt o, struct exec *exec)
{
    struct err e;
    int64_t n = o.users ? o.n_users : s->n_users;
    struct lists l = {.k = o.k};
    l.id = mem_zero(n * o.k, sizeof *l.id, NULL);
    l.score = mem_zero(n * o.k, sizeof *l.score, NULL);
    o.exec = exec;
    must(rank_run(s, &o, keep, &l, &e), &e);
    return l;
}

static struct lists
run(const struct scorer *s, struct rank_opt o, int threads)
{
    return run_with(s, o, exec_of(threads));
}

static void
lists_free(struct lists *l)
{
    free(l->id);
    free(l->score);
}

__attribute__((unused)) static void
compare_with(const char *name, const struct scorer *s, struct rank_opt o)
{
    int64_t n = o.users ? o.n_users : s->n_users;
    struct lists l = run(s, o, 1);
    int32_t *id = mem_new(o.k, sizeof *id, NULL);
    float *score = mem_new(o.k, sizeof *score, NULL);
    int64_t bad = 0;
    for (int64_t p = 0; p < n; p++) {
        naive_list(s, o.users ? o.users[p] : p, &o, id, score);
        bad += memcmp(id, l.id + p * o.k, (size_t)o.k * sizeof *id) != 0;
        bad +=
            memcmp(score, l.score + p * o.k, (size_t)o.k * sizeof *score) != 0;
    }
    ok(l.n == n && bad == 0, "%s equals the naive ranking", name);
    static const char *const isa[] = {"portable", "avx2", NULL};
    int same = 1;
    for (int t = 2; t <= 6; t++) {
        struct exec *exec = exec_with(t, t < 4 ? isa[t - 2] : NULL);
        if (!exec)
            continue;
        struct lists m = run_with(s, o, exec);
        same &= m.n == n &&
                !memcmp(m.id, l.id, (size_t)(n * o.k) * sizeof *m.id) &&
                !memcmp(m.score, l.score, (size_t)(n * o.k) * sizeof *m.score);
        lists_free(&m);
    }
    ok(same, "%s: the same bytes with 1 to 6 threads and all kernels", name);
    lists_free(&l);
    free(id);
    free(score);
}

#endif
