#include "lib/base/mem.h"
#include "lib/rank/scorer_work.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The scores of a thread's users; zero where a panel is not touched. */
struct scores {
    float *score;                   /* [chunk][panels][cols] */
    char *touched;                  /* [chunk][panels] */
    float *zero;                    /* [cols] */
    struct scorer_moments *moments; /* [chunk] */
};

struct graph {
    int64_t panels;        /* also of items that are not ranked */
    struct scores *thread; /* [threads] */
};

/* Takes one user at a time, because a row of scores is large. */
static void
graph_shape(struct scorer_work *w)
{
    w->rows = 1;
    w->chunk = 1;
    w->block = w->panels > 0 ? w->panels : 1;
}

static int
graph_open(struct scorer_work *w, struct err *e)
{
    int64_t cols = w->kernel->cols;
    struct arena *m = w->mem;
    struct graph *g = w->state = arena_zero(m, 1, sizeof *g);
    struct scores *s = arena_zero(m, w->threads, sizeof *s);
    int64_t panels = w->items ? w->items->places / cols : w->panels;
    for (int t = 0; s && t < w->threads; t++) {
        s[t].score = arena_zero(m, w->chunk * panels * cols, sizeof *s->score);
        s[t].touched = arena_zero(m, w->chunk * panels, 1);
        s[t].zero = arena_zero(m, cols, sizeof *s->zero);
        s[t].moments = arena_zero(m, w->chunk, sizeof *s->moments);
    }
    if (g)
        *g = (struct graph){panels, s};
    return arena_check(m, e);
}

/* Place r of the thread's chunk. */
static struct scores
at_place(const struct scorer_work *w, int thread, int64_t r)
{
    const struct graph *g = w->state;
    struct scores s = g->thread[thread];
    s.score += r * g->panels * w->kernel->cols;
    s.touched += r * g->panels;
    s.moments += r;
    return s;
}

static void
clear(const struct scorer_work *w, struct scores s)
{
    const struct graph *g = w->state;
    int64_t cols = w->kernel->cols;
    for (int64_t p = 0; p < g->panels; p++)
        if (s.touched[p]) {
            memset(s.score + p * cols, 0, (size_t)cols * sizeof *s.score);
            s.touched[p] = 0;
        }
}

/* The scores' sum and sum of squares, and the largest absolute value. */
struct sums {
    double sum, squares, most;
};

/* Adds row j of the graph to the scores and, unless sums is NULL, updates
 * these. Terms are added in the order of the graph's entries, wherever the
 * items' places are. */
static inline void
add_row(
    const struct scorer_work *w, struct scores s, int64_t j, struct sums *sums)
{
    const struct csr *graph = w->scorer->graph;
    const int32_t *place = w->items ? w->items->place : NULL;
    int64_t cols = w->kernel->cols;
    for (int64_t m = graph->indptr[j]; m < graph->indptr[j + 1]; m++) {
        int32_t i = graph->indices[m];
        if (place)
            i = place[i];
        double before = (double)s.score[i];
        s.score[i] += graph->data ? graph->data[m] : 1.0f;
        s.touched[i / cols] = 1;
        if (!sums)
            continue;
        double after = (double)s.score[i];
        sums->sum += after - before;
        sums->squares += after * after - before * before;
        sums->most = fmax(sums->most, fabs(after));
    }
}

static void
graph_start(const struct scorer_work *w, int thread, int64_t r, int64_t user)
{
    const struct csr *history = w->scorer->history;
    struct scores s = at_place(w, thread, r);
    struct sums sums = {0};
    clear(w, s);
    for (int64_t k = user < 0 ? 0 : history->indptr[user];
         user >= 0 && k < history->indptr[user + 1]; k++) {
        if (w->moments)
            add_row(w, s, history->indices[k], &sums);
        else
            add_row(w, s, history->indices[k], NULL);
    }
    double n = (double)w->scorer->n_items, mean = sums.sum / n;
    double variance = sums.squares / n - mean * mean;
    *s.moments = (struct scorer_moments){
        mean, variance > 0 ? sqrt(variance) : 0, sums.most};
}

/* A panel of zeros, as most are, has no hit where the floor is zero. */
static int
graph_tile(const struct scorer_work *w, int thread, int64_t first,
    int64_t panel, const float *floor, float *c, uint32_t *hit)
{
    int64_t cols = w->kernel->cols;
    int rows = 0;
    for (int r = 0; r < w->rows; r++) {
        struct scores s = at_place(w, thread, first + r);
        if (!s.touched[panel] && (floor[r] >= 0 || w->nonzero))
            continue;
        const float *score = s.score + panel * cols;
        uint32_t hits = 0;
        for (int64_t i = 0; i < cols; i++)
            hits |= (uint32_t)(score[i] > floor[r]) << i;
        if (!hits)
            continue;
        memcpy(c + r * cols, score, (size_t)cols * sizeof *c);
        hit[r] = hits;
        rows |= 1 << r;
    }
    return rows;
}

static void
graph_scores(const struct scorer_work *w, int thread, int64_t first,
    int64_t panel, float *room, const float **row)
{
    (void)room;
    for (int r = 0; r < w->rows; r++) {
        struct scores s = at_place(w, thread, first + r);
        row[r] = s.touched[panel] ? s.score + panel * w->kernel->cols : s.zero;
    }
}

static struct scorer_moments
graph_moments(const struct scorer_work *w, int thread, int64_t r)
{
    return *at_place(w, thread, r).moments;
}

static const struct scorer_kind graph_kind = {graph_shape, graph_open,
    graph_start, graph_tile, graph_scores, graph_moments};

/* A user's score is at most the sum of the largest values in his items' rows.
 */
static int
check_range(const struct csr *history, const struct csr *graph, struct err *e)
{
    double *most = mem_zero(graph->rows, sizeof *most, e);
    if (!most)
        return ERR_NOMEM;
    for (int64_t j = 0; j < graph->rows; j++)
        for (int64_t k = graph->indptr[j]; k < graph->indptr[j + 1]; k++) {
            double v = graph->data ? fabs((double)graph->data[k]) : 1.0;
            if (v > most[j])
                most[j] = v;
        }
    int rc = 0;
    for (int64_t u = 0; u < history->rows && !rc; u++) {
        double sum = 0;
        for (int64_t k = history->indptr[u]; k < history->indptr[u + 1]; k++)
            sum += most[history->indices[k]];
        if (!(sum < 0.5 * (double)FLT_MAX))
            rc = err_set(e, ERR_NUM,
                "the scores of user %" PRId64
                " may overflow: the largest values of his items' rows add up "
                "to %.3g",
                u, sum);
    }
    free(most);
    return rc;
}

int
scorer_graph(struct scorer *s, const struct csr *history,
    const struct csr *graph, struct err *e)
{
    *s = (struct scorer){.n_users = history->rows,
        .n_items = history->cols,
        .kind = &graph_kind,
        .history = history,
        .graph = graph};
    if (graph->rows != history->cols || graph->cols != history->cols)
        return err_set(e, ERR_SHAPE,
            "a graph of %" PRId64 " x %" PRId64 " does not fit %" PRId64
            " items",
            graph->rows, graph->cols, history->cols);
    int rc = scorer_check_items(history->cols, e);
    return rc ? rc : check_range(history, graph, e);
}
