#include "lib/knn/knn_verify.h"

#include "lib/base/mem.h"
#include "lib/base/ranks.h"

#include <math.h>
#include <stdlib.h>

/* Row j and its copies. They ascend, so after one that does not enter no other
 * can. */
static void
push(struct knn_verify *v, int64_t i, double s, int64_t j)
{
    double *score = v->score + i * v->most;
    int32_t *id = v->id + i * v->most;
    for (; j >= 0; j = v->rows->next[j]) {
        int64_t p = v->n[i];
        while (p > 0 &&
               (score[p - 1] < s || (!(score[p - 1] > s) && id[p - 1] > j)))
            p--;
        if (p >= v->most)
            return;
        if (p > 0 && id[p - 1] == j)
            continue;
        if (v->n[i] < v->most)
            v->n[i]++;
        for (int64_t q = v->n[i] - 1; q > p; q--) {
            score[q] = score[q - 1];
            id[q] = id[q - 1];
        }
        score[p] = s;
        id[p] = (int32_t)j;
    }
}

void
knn_verify_init(struct knn_verify *v, const struct knn_rows *rows, int64_t k,
    struct arena *m)
{
    int64_t n = rows->n, most = k + 1;
    *v = (struct knn_verify){.rows = rows, .most = most};
    v->n = arena_zero(m, n, sizeof *v->n);
    v->score = arena_new(m, n * most, sizeof *v->score);
    v->id = arena_new(m, n * most, sizeof *v->id);
    for (int64_t i = 0; v->id && i < n; i++)
        if (rows->first[i] == i)
            push(v, i, 1.0, i);
}

void
knn_verify_pair(
    struct knn_verify *v, int64_t i, const float *x, int64_t j, const float *y)
{
    const struct knn_rows *r = v->rows;
    double c = r->kernel->dot(x, y, r->d) / (r->norm[i] * r->norm[j]);
    push(v, i, rint(c * 0x1p44) * 0x1p-44, j);
}

double
knn_verify_bar(const struct knn_verify *v, int64_t i)
{
    return v->n[i] < v->most ? (double)-INFINITY
                             : v->score[(i + 1) * v->most - 1] - 0x1p-40;
}

int
knn_verify_join(struct knn_verify *v, struct err *e)
{
    int64_t *from = mem_new(ranks_count() + 1, sizeof *from, e);
    if (!from)
        return ERR_NOMEM;
    struct {
        void *of;
        int64_t size;
    } part[] = {{v->n, sizeof *v->n},
        {v->score, v->most * (int64_t)sizeof *v->score},
        {v->id, v->most * (int64_t)sizeof *v->id}};
    for (int k = 0; k < 3; k++) {
        ranks_parts(v->rows->n, 1, part[k].size, from);
        ranks_join(part[k].of, from);
    }
    free(from);
    return 0;
}

void
knn_verify_lists(const struct knn_verify *v, int self, struct knn_list *l)
{
    l->zeros = 0;
    for (int64_t i = 0; i < l->n; i++) {
        int64_t first = v->rows->first[i], at = i * l->k, end = at + l->k;
        l->zeros += first < 0;
        for (int64_t p = 0; first >= 0 && p < v->n[first] && at < end; p++) {
            int64_t from = first * v->most + p;
            if (v->id[from] == i && !self)
                continue;
            l->id[at] = v->id[from];
            l->score[at++] = (float)v->score[from];
        }
    }
}
