#include "lib/rank/explain.h"

int
explain_put(float x, int32_t item, int n, int k, int32_t *by, float *part)
{
    if (x == 0 || (n == k && !(x > part[k - 1])))
        return n;
    int at = n < k ? n++ : k - 1;
    for (; at > 0 && part[at - 1] < x; at--) {
        part[at] = part[at - 1];
        by[at] = by[at - 1];
    }
    part[at] = x;
    by[at] = item;
    return n;
}

void
explain_add(const struct scorer *s, int64_t user, int32_t item,
    const double *mean, double factor, double *part)
{
    const struct csr *h = s->history, *graph = s->graph;
    const int32_t *has = h->indices + h->indptr[user];
    int64_t n = h->indptr[user + 1] - h->indptr[user];
    for (int64_t j = 0; j < n; j++) {
        int64_t at = csr_find(graph, has[j], item);
        float x = at < 0 ? 0.0f : graph->data ? graph->data[at] : 1.0f;
        part[j] += factor * ((double)x - mean[has[j]]);
    }
}

int
explain_top(const struct scorer *s, int64_t user, int32_t item, int k,
    int32_t *by, float *part)
{
    const struct csr *h = s->history, *graph = s->graph;
    int n = 0;
    for (int64_t e = h->indptr[user]; e < h->indptr[user + 1]; e++) {
        int64_t at = csr_find(graph, h->indices[e], item);
        float x = at < 0 ? 0.0f : graph->data ? graph->data[at] : 1.0f;
        n = explain_put(x, h->indices[e], n, k, by, part);
    }
    return n;
}
