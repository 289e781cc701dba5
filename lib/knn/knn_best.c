#include "lib/base/mem.h"
#include "lib/knn/knn_work.h"

#include <stdlib.h>

int
knn_best_init(struct knn_best *b, int64_t most, struct err *e)
{
    *b = (struct knn_best){.most = most};
    b->score = mem_new(most, sizeof *b->score, e);
    b->item = mem_new(most, sizeof *b->item, e);
    return b->score && b->item ? 0 : ERR_NOMEM;
}

void
knn_best_free(struct knn_best *b)
{
    free(b->score);
    free(b->item);
    *b = (struct knn_best){0};
}

static void
push(struct knn_best *b, double s, int64_t item)
{
    int64_t p = b->n;
    while (p > 0 && (b->score[p - 1] < s ||
                        (!(b->score[p - 1] > s) && b->item[p - 1] > item)))
        p--;
    if (p >= b->most)
        return;
    if (b->n < b->most)
        b->n++;
    for (int64_t q = b->n - 1; q > p; q--) {
        b->score[q] = b->score[q - 1];
        b->item[q] = b->item[q - 1];
    }
    b->score[p] = s;
    b->item[p] = item;
}

/* They are ascending, so the first ones do. */
void
knn_best_push(struct knn_best *b, const struct knn_work *w, int64_t j, double s)
{
    int64_t end = w->start[j + 1];
    if (end > w->start[j] + b->most)
        end = w->start[j] + b->most;
    for (int64_t p = w->start[j]; p < end; p++)
        push(b, s, w->member[p]);
}

int
knn_best_settled(const struct knn_best *b, const struct knn_work *w, int64_t j)
{
    return b->n == b->most && b->score[b->n - 1] >= 1.0 &&
           b->item[b->n - 1] < w->member[w->start[j]];
}

void
knn_best_emit(const struct knn_best *b, const struct knn_work *w, int64_t i)
{
    struct knn_list *l = w->list;
    for (int64_t m = w->start[i]; m < w->start[i + 1]; m++) {
        int64_t item = w->member[m], at = item * l->k, end = at + l->k;
        for (int64_t p = 0; p < b->n && at < end; p++) {
            if (b->item[p] == item && !w->opt->self)
                continue;
            l->id[at] = (int32_t)b->item[p];
            l->score[at++] = (float)b->score[p];
        }
    }
}
