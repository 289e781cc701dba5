#include "lib/knn/knn_query.h"

#include "lib/la/topk.h"

#include <math.h>
#include <string.h>

enum {
    CENTRE = 1 << 11, /* rows that give the centre */
    AHEAD = 2         /* queries that are fetched before they are packed */
};

struct knn_query_scratch {
    float *x;       /* [KNN_QUERIES][d] */
    uint32_t *half; /* packed */
    float *product; /* [KNN_QUERIES][KNN_TILE] */
};

/* A row has an inner product of s with a query only if their packed product is
 * at least (s - shift - margin) / unit. */
struct wanted {
    double unit, shift, margin;
    float bar;
    int n_waiting;
    int32_t waiting[KNN_FEW]; /* to be scored */
};

struct pass {
    struct knn_query_run *run;
    const struct knn_query *query;
    struct knn_query_job all; /* if there are no jobs */
    const struct knn_query_job *job;
};

void
knn_query_init(struct knn_query_run *r, const struct knn_pack *pack,
    int64_t list, knn_query_score *score, void *ctx, struct arena *m)
{
    int64_t threads = exec_threads(pack->exec), d = pack->d;
    *r = (struct knn_query_run){pack, list, score, ctx, NULL};
    r->scratch = arena_new(m, threads, sizeof *r->scratch);
    for (int64_t t = 0; r->scratch && t < threads; t++) {
        struct knn_query_scratch *s = &r->scratch[t];
        s->x = arena_new(m, KNN_QUERIES * d, sizeof *s->x);
        s->half =
            arena_new(m, knn_kernel_words(KNN_QUERIES, d), sizeof *s->half);
        s->product = arena_new(m, KNN_QUERIES * KNN_TILE, sizeof *s->product);
    }
}

struct knn_targets
knn_query_targets(struct knn_pack *p, const float *x, int64_t n, int64_t d,
    double most, struct exec *exec, struct arena *m)
{
    uint32_t *half = arena_new(m, knn_kernel_words(n, d), sizeof *half);
    struct knn_packed *row = arena_new(m, n, sizeof *row);
    knn_pack_init(p, x, NULL, n < CENTRE ? n : CENTRE, d, most, exec, m);
    if (!m->rc)
        knn_pack_rows(p, x, NULL, n, half, row, NULL, NULL);
    return (struct knn_targets){half, n, 0, NULL};
}

/* Rows lie anywhere: those of later queries are fetched meanwhile. */
static void
fetch(const float *x, int64_t d)
{
    for (int64_t c = 0; c < d; c += 64 / (int64_t)sizeof *x)
        __builtin_prefetch(x + c);
}

/* Packs n queries, without the centre, at the largest scale there is room for;
 * see knn_pack.h for the margin. */
static void
pack(const struct knn_pack *p, const struct knn_query *query, int64_t n,
    struct knn_query_scratch *s, struct wanted *w)
{
    int64_t d = p->d;
    float factor[KNN_QUERIES] = {0}, scale[KNN_QUERIES] = {0};
    double norm[KNN_QUERIES];
    struct knn_packed row[KNN_QUERIES];
    for (int64_t i = 0; i < n; i++) {
        const float *x = query[i].x;
        double f = (double)query[i].factor;
        if (i + AHEAD < n)
            fetch(query[i + AHEAD].x, d);
        memcpy(s->x + i * d, x, (size_t)d * sizeof *x);
        norm[i] = sqrt(p->kernel->dot(x, x, d)) * f;
        factor[i] = query[i].factor;
        scale[i] =
            (float)fmin(KNN_NORM / (norm[i] * (1 + KNN_PACK_FLOATS)), 0x1p90);
        w[i] = (struct wanted){.bar = -INFINITY,
            .unit = 1 / ((double)scale[i] * p->scale),
            .shift = p->kernel->dot(x, p->centre, d) * f};
    }
    p->kernel->pack(s->x, n, d, factor, NULL, scale, s->half, row);
    for (int64_t i = 0; i < n; i++) {
        double error = (double)row[i].error + KNN_PACK_FLOATS * norm[i];
        double length = norm[i] + error;
        w[i].margin = 1.001 * (error * (double)p->worst.length +
                                  length * (double)p->worst.error) +
                      4 * KNN_PACK_FLOATS * length * p->most;
    }
}

/* Scores n rows and raises the bar. */
static void
score(const struct knn_query_run *r, int64_t q, struct wanted *w,
    const int32_t *id, int64_t n)
{
    double least = r->score(r->ctx, q, id, n);
    float bar = (float)((least - w->shift - w->margin) / w->unit);
    if (bar > w->bar)
        w->bar = bar;
}

/* A first bar. The rows of the largest products fill the list; two margins
 * below the last of them is the bar. */
static void
begin(
    const struct knn_query_run *r, struct wanted *w, const float *v, int64_t n)
{
    float sorted[KNN_TILE];
    int32_t id[KNN_TILE] = {0};
    if (n < r->list)
        return;
    memcpy(sorted, v, (size_t)n * sizeof *v);
    w->bar =
        topk_divide(sorted, id, n, r->list) - (float)(2 * w->margin / w->unit);
}

/* Targets c .. c + n - 1 have products v with a query: those that are not below
 * the bar, as it is by then, wait to be scored. */
static void
take(const struct pass *p, const struct knn_targets *t, int64_t q,
    struct wanted *w, const float *v, int64_t c, int64_t n)
{
    int32_t at[KNN_TILE];
    if (isinf(w->bar) && w->bar < 0)
        begin(p->run, w, v, n);
    int64_t hits = p->run->pack->kernel->reach(v, n, w->bar, at);
    for (int64_t k = 0; k < hits; k++) {
        int32_t i = (int32_t)(t->first + c) + at[k];
        if (t->id)
            i = t->id[c + at[k]];
        if (v[at[k]] < w->bar)
            continue;
        w->waiting[w->n_waiting++] = i;
        if (w->n_waiting == KNN_FEW) {
            w->n_waiting = 0;
            score(p->run, q, w, w->waiting, KNN_FEW);
        }
    }
}

static void
do_job(void *ctx, int64_t i, int thread)
{
    const struct pass *p = ctx;
    const struct knn_query_run *r = p->run;
    const struct knn_pack *k = r->pack;
    struct knn_query_scratch *s = &r->scratch[thread];
    struct knn_query_job job = p->all;
    job.first = i * KNN_QUERIES;
    job.n = job.n - job.first < KNN_QUERIES ? job.n - job.first : KNN_QUERIES;
    if (p->job)
        job = p->job[i];
    const struct knn_targets *t = &job.targets;
    struct wanted w[KNN_QUERIES];
    pack(k, p->query + job.first, job.n, s, w);
    for (int64_t q = 0; q < job.n; q++)
        score(r, job.first + q, &w[q], NULL, 0);
    for (int64_t c = 0; c < t->n; c += KNN_TILE) {
        int64_t n = t->n - c < KNN_TILE ? t->n - c : KNN_TILE;
        k->multiply(s->half, job.n, t->half + knn_kernel_words(c, k->d), n,
            k->d, 0, s->product);
        for (int64_t q = 0; q < job.n; q++)
            take(p, t, job.first + q, &w[q], s->product + q * KNN_TILE, c, n);
    }
    for (int64_t q = 0; q < job.n; q++)
        if (w[q].n_waiting)
            score(r, job.first + q, &w[q], w[q].waiting, w[q].n_waiting);
}

void
knn_query_pass(struct knn_query_run *r, const struct knn_query *query,
    int64_t n, const struct knn_targets *targets)
{
    struct pass p = {r, query, {0, n, *targets}, NULL};
    exec_for(r->pack->exec, (n + KNN_QUERIES - 1) / KNN_QUERIES, do_job, &p);
}

void
knn_query_jobs(struct knn_query_run *r, const struct knn_query *query,
    const struct knn_query_job *job, int64_t jobs)
{
    struct pass p = {.run = r, .query = query, .job = job};
    exec_for(r->pack->exec, jobs, do_job, &p);
}
