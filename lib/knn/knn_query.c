#include "lib/knn/knn_query.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 96 }; /* queries per task */

struct knn_query_scratch {
    float *x;       /* [BLOCK][d] */
    uint32_t *half; /* packed */
    float *product; /* [BLOCK][KNN_TILE] */
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
    struct knn_query *query;
    int64_t n;
    const struct knn_targets *targets;
};

int
knn_query_init(struct knn_query_run *r, const struct knn_pack *pack,
    knn_query_score *score, void *ctx, struct mem_group *m, struct err *e)
{
    int64_t threads = exec_threads(pack->exec), d = pack->d;
    *r = (struct knn_query_run){pack, score, ctx, NULL};
    r->scratch = mem_group_new(m, threads, sizeof *r->scratch, e);
    for (int64_t t = 0; r->scratch && t < threads; t++) {
        struct knn_query_scratch *s = &r->scratch[t];
        s->x = mem_group_new(m, BLOCK * d, sizeof *s->x, e);
        s->half =
            mem_group_new(m, knn_kernel_words(BLOCK, d), sizeof *s->half, e);
        s->product = mem_group_new(m, BLOCK * KNN_TILE, sizeof *s->product, e);
    }
    return m->failed ? ERR_NOMEM : 0;
}

/* Packs n queries, without the centre, at the largest scale there is room for;
 * see knn_pack.h for the margin. */
static void
pack(const struct knn_pack *p, const struct knn_query *query, int64_t n,
    struct knn_query_scratch *s, struct wanted *w)
{
    int64_t d = p->d;
    float factor[BLOCK] = {0}, scale[BLOCK] = {0};
    double norm[BLOCK];
    struct knn_packed row[BLOCK];
    for (int64_t i = 0; i < n; i++) {
        const float *x = query[i].x;
        double f = (double)query[i].factor;
        memcpy(s->x + i * d, x, (size_t)d * sizeof *x);
        norm[i] = sqrt(p->kernel->dot(x, x, d)) * f;
        factor[i] = query[i].factor;
        scale[i] =
            (float)fmin(KNN_NORM / (norm[i] * (1 + KNN_PACK_FLOATS)), 0x1p90);
        w[i] = (struct wanted){.unit = 1 / ((double)scale[i] * p->scale),
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

/* Scores n rows, and moves the bar. */
static void
score(const struct pass *p, int64_t q, struct wanted *w, const int32_t *id,
    int64_t n)
{
    double least = p->run->score(p->run->ctx, q, id, n);
    w->bar = (float)((least - w->shift - w->margin) / w->unit);
}

/* Rows c .. c + n - 1 of the targets have products v: those that are not below
 * the bar, as it is by then, wait to be scored. */
static void
take(const struct pass *p, int64_t q, struct wanted *w, const float *v,
    int64_t c, int64_t n)
{
    const struct knn_targets *t = p->targets;
    struct knn_query *query = &p->query[q];
    int32_t at[KNN_TILE];
    int64_t hits = p->run->pack->kernel->reach(v, n, w->bar, at);
    for (int64_t k = 0; k < hits; k++) {
        int32_t i = (int32_t)(t->first + c) + at[k];
        if (t->id)
            i = t->id[c + at[k]];
        while (query->skip < query->end && *query->skip < i)
            query->skip++;
        if (v[at[k]] < w->bar ||
            (query->skip < query->end && *query->skip == i))
            continue;
        w->waiting[w->n_waiting++] = i;
        if (w->n_waiting == KNN_FEW) {
            w->n_waiting = 0;
            score(p, q, w, w->waiting, KNN_FEW);
        }
    }
}

static void
do_block(void *ctx, int64_t block, int thread)
{
    struct pass *p = ctx;
    const struct knn_pack *k = p->run->pack;
    const struct knn_targets *t = p->targets;
    struct knn_query_scratch *s = &p->run->scratch[thread];
    int64_t from = block * BLOCK, d = k->d;
    int64_t n = p->n - from < BLOCK ? p->n - from : BLOCK;
    struct wanted w[BLOCK];
    pack(k, p->query + from, n, s, w);
    for (int64_t r = 0; r < n; r++)
        score(p, from + r, &w[r], NULL, 0);
    for (int64_t c = 0; c < t->n; c += KNN_TILE) {
        int64_t cols = t->n - c < KNN_TILE ? t->n - c : KNN_TILE;
        k->multiply(s->half, n, t->half + knn_kernel_words(c, d), cols, d, 0,
            s->product);
        for (int64_t r = 0; r < n; r++)
            take(p, from + r, &w[r], s->product + r * KNN_TILE, c, cols);
    }
    for (int64_t r = 0; r < n; r++)
        if (w[r].n_waiting)
            score(p, from + r, &w[r], w[r].waiting, w[r].n_waiting);
}

void
knn_query_pass(struct knn_query_run *r, struct knn_query *query, int64_t n,
    const struct knn_targets *targets)
{
    struct pass p = {r, query, n, targets};
    exec_for(r->pack->exec, (n + BLOCK - 1) / BLOCK, do_block, &p);
}
