#include "lib/rank/explain.h"

/* The value of entry (j, i) of the graph, 0 if it is not stored. */
static float
entry(const struct csr *graph, int64_t j, int32_t i)
{
    int64_t lo = graph->indptr[j], end = graph->indptr[j + 1];
    while (lo < end) {
        int64_t mid = lo + (end - lo) / 2;
        if (graph->indices[mid] == i)
            return graph->data ? graph->data[mid] : 1.0f;
        if (graph->indices[mid] < i)
            lo = mid + 1;
        else
            end = mid;
    }
    return 0.0f;
}

int
explain_top(const struct scorer *s, int64_t user, int32_t item, int k,
    int32_t *by, float *part)
{
    const struct csr *h = s->history;
    int n = 0;
    for (int64_t e = h->indptr[user]; e < h->indptr[user + 1]; e++) {
        float x = entry(s->graph, h->indices[e], item);
        if (x == 0)
            continue;
        if (n == k && !(x > part[k - 1]))
            continue;
        int at = n < k ? n++ : k - 1;
        for (; at > 0 && part[at - 1] < x; at--) {
            part[at] = part[at - 1];
            by[at] = by[at - 1];
        }
        part[at] = x;
        by[at] = h->indices[e];
    }
    return n;
}
