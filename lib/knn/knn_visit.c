#include "lib/knn/knn_visit.h"

#include <string.h>

void
knn_visit_init(struct knn_visit *v, int64_t n, int64_t cells, struct arena *m)
{
    *v = (struct knn_visit){.cells = cells};
    v->start = arena_new(m, cells + 2, sizeof *v->start);
    v->order = arena_new(m, n, sizeof *v->order);
    v->job = arena_new(m, n / KNN_QUERIES + cells, sizeof *v->job);
}

void
knn_visit_sort(struct knn_visit *v, const struct knn_rounds *r)
{
    int64_t *start = v->start;
    memset(start, 0, (size_t)(v->cells + 2) * sizeof *start);
    for (int64_t i = r->from; i < r->to; i++)
        for (int64_t f = r->first; f < r->end; f++)
            start[r->near[i * r->most + f] + 2]++;
    for (int64_t i = 0; i < v->cells; i++)
        start[i + 2] += start[i + 1];
    for (int64_t f = r->first; f < r->end; f++)
        for (int64_t i = r->from; i < r->to; i++)
            v->order[start[r->near[i * r->most + f] + 1]++] = (int32_t)i;
}

int64_t
knn_visit_jobs(struct knn_visit *v, const struct knn_targets *targets)
{
    int64_t jobs = 0;
    for (int64_t i = 0; i < v->cells; i++) {
        int64_t end = targets[i].n ? v->start[i + 1] : v->start[i];
        for (int64_t q = v->start[i]; q < end; q += KNN_QUERIES)
            v->job[jobs++] = (struct knn_query_job){
                q, end - q < KNN_QUERIES ? end - q : KNN_QUERIES, targets[i]};
    }
    return jobs;
}
