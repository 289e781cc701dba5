#include "lib/base/mem.h"
#include "lib/rank/scorer_work.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The scores of one user; zero where a panel is not touched. */
struct row {
    float *score;  /* [panels][cols] */
    char *touched; /* [panels] */
};

static int
graph_open(struct scorer_work *w, struct err *e)
{
    w->rows = 1;
    w->chunk = 1;
    w->block = w->panels > 0 ? w->panels : 1;
    struct row *row = w->state = mem_zero(w->threads, sizeof *row, e);
    if (!row)
        return ERR_NOMEM;
    for (int t = 0; t < w->threads; t++) {
        row[t].score =
            mem_zero(w->panels * w->kernel->cols, sizeof *row->score, e);
        row[t].touched = mem_zero(w->panels, 1, e);
        if (!row[t].score || !row[t].touched)
            return ERR_NOMEM;
    }
    return 0;
}

static void
graph_start(const struct scorer_work *w, int thread, int64_t r, int64_t user)
{
    (void)r;
    const struct csr *train = w->scorer->train, *graph = w->scorer->graph;
    struct row *row = (struct row *)w->state + thread;
    int64_t cols = w->kernel->cols;
    for (int64_t p = 0; p < w->panels; p++)
        if (row->touched[p]) {
            memset(row->score + p * cols, 0, (size_t)cols * sizeof(float));
            row->touched[p] = 0;
        }
    for (int64_t k = train->indptr[user]; k < train->indptr[user + 1]; k++) {
        int64_t j = train->indices[k];
        for (int64_t m = graph->indptr[j]; m < graph->indptr[j + 1]; m++) {
            int32_t i = graph->indices[m];
            row->score[i] += graph->data ? graph->data[m] : 1.0f;
            row->touched[i / cols] = 1;
        }
    }
}

/* A panel of zeros has no hit where the floor is zero: most panels. */
static int
graph_tile(const struct scorer_work *w, int thread, int64_t first,
    int64_t panel, const float *floor, float *c, uint32_t *hit)
{
    (void)first;
    const struct row *row = (const struct row *)w->state + thread;
    if (!row->touched[panel] && *floor >= 0)
        return 0;
    int64_t cols = w->kernel->cols;
    const float *score = row->score + panel * cols;
    uint32_t hits = 0;
    for (int64_t i = 0; i < cols; i++)
        hits |= (uint32_t)(score[i] > *floor) << i;
    if (!hits)
        return 0;
    memcpy(c, score, (size_t)cols * sizeof *c);
    *hit = hits;
    return 1;
}

static void
graph_close(struct scorer_work *w)
{
    struct row *row = w->state;
    for (int t = 0; row && t < w->threads; t++) {
        free(row[t].score);
        free(row[t].touched);
    }
    free(row);
}

static const struct scorer_kind graph_kind = {
    graph_open, graph_start, graph_tile, graph_close};

/* A user's score is at most the sum of the largest values in his items' rows.
 */
static int
check_range(const struct csr *train, const struct csr *graph, struct err *e)
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
    for (int64_t u = 0; u < train->rows && !rc; u++) {
        double sum = 0;
        for (int64_t k = train->indptr[u]; k < train->indptr[u + 1]; k++)
            sum += most[train->indices[k]];
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
scorer_graph(struct scorer *s, const struct csr *train, const struct csr *graph,
    struct err *e)
{
    *s = (struct scorer){.n_users = train->rows,
        .n_items = train->cols,
        .kind = &graph_kind,
        .train = train,
        .graph = graph};
    if (graph->rows != train->cols || graph->cols != train->cols)
        return err_set(e, ERR_SHAPE,
            "a graph of %" PRId64 " x %" PRId64 " does not fit %" PRId64
            " items",
            graph->rows, graph->cols, train->cols);
    int rc = scorer_check_items(train->cols, e);
    return rc ? rc : check_range(train, graph, e);
}
