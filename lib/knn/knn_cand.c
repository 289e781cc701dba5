/* Lists of candidates: what may be among the k best of a row. */
#include "lib/base/exec.h"
#include "lib/knn/knn_work.h"

enum { ROWS = 256 }; /* per task */

/* No cosine is that small: the bar and the loss of an empty list. */
#define NONE (-2.0f)

void
knn_cand_reset(struct knn_work *w)
{
    for (int64_t i = 0; i < w->n; i++) {
        w->count[i] = 0;
        w->bar[i] = w->lost[i] = NONE;
        w->error[i] = w->kernel.half ? -1.0f : 0.0f;
    }
    w->worst = 0;
    w->bound = knn_tile_bound(w->d) * (w->kernel.half ? 2.0f : 1.0f);
}

/* Puts the k largest of n entries first; returns the k-th. */
static float
divide(float *s, int32_t *id, int64_t n, int64_t k)
{
    int64_t lo = 0, hi = n - 1;
    while (lo < hi) {
        int64_t i = lo, j = hi;
        float pivot = s[lo + (hi - lo) / 2];
        while (i <= j) {
            while (s[i] > pivot)
                i++;
            while (s[j] < pivot)
                j--;
            if (i > j)
                break;
            float t = s[i];
            int32_t u = id[i];
            s[i] = s[j];
            id[i++] = id[j];
            s[j] = t;
            id[j--] = u;
        }
        if (k - 1 <= j)
            hi = j;
        else if (k - 1 >= i)
            lo = i;
        else
            break;
    }
    return s[k - 1];
}

/* By Cauchy and Schwarz, |<a, b> - <a', b'>| is at most
 * |a - a'| |b'| + |a| |b - b'|, and |b'| at most (1 + 2^-8) |b|. */
float
knn_cand_margin(const struct knn_work *w, int64_t i)
{
    return w->error[i] * 1.01f + w->worst + w->bound;
}

/* Drops what cannot be among the k best, which is two margins below the k-th.
 * Where that leaves more than `room`, drops the least of them and remembers how
 * large they were. */
static void
squeeze(struct knn_work *w, int64_t i, int64_t room)
{
    float *s = w->score + i * w->cap;
    int32_t *id = w->id + i * w->cap;
    int64_t n = w->count[i], kept = 0;
    if (n < w->k)
        return;
    float cut = divide(s, id, n, w->k) - 2.0f * knn_cand_margin(w, i);
    if (cut > w->bar[i])
        w->bar[i] = cut;
    for (int64_t c = 0; c < n; c++)
        if (s[c] >= w->bar[i]) {
            s[kept] = s[c];
            id[kept++] = id[c];
        }
    w->count[i] = (int32_t)kept;
    if (kept <= room)
        return;
    /* the first k are the largest already */
    divide(s + w->k, id + w->k, kept - w->k, room - w->k);
    for (int64_t c = room; c < kept; c++)
        if (s[c] > w->lost[i])
            w->lost[i] = s[c];
    w->bar[i] = w->lost[i];
    w->count[i] = (int32_t)room;
}

void
knn_cand_push(struct knn_work *w, int64_t i, float s, int32_t j)
{
    int64_t n = w->count[i]++;
    w->score[i * w->cap + n] = s;
    w->id[i * w->cap + n] = j;
    if (n + 1 == w->cap)
        squeeze(w, i, w->cap - (w->cap - w->k) / (w->kernel.half ? 4 : 2));
}

/* 1 if what there was no room for may be among the k best. */
static int
is_hard(struct knn_work *w, int64_t i)
{
    squeeze(w, i, w->cap);
    return w->lost[i] > NONE && w->lost[i] >= w->score[i * w->cap + w->k - 1] -
                                                  2.0f * knn_cand_margin(w, i);
}

int64_t
knn_cand_hard(struct knn_work *w, int64_t i, int64_t n)
{
    int64_t hard = 0;
    for (int64_t end = i + n; i < end; i++)
        hard += is_hard(w, i);
    return hard;
}

static void
plan_rows(void *ctx, int64_t task, int thread)
{
    (void)thread;
    struct knn_work *w = ctx;
    int64_t end = (task + 1) * ROWS < w->u ? (task + 1) * ROWS : w->u;
    for (int64_t i = task * ROWS; i < end; i++) {
        w->hard[i] = (char)is_hard(w, i);
        if (w->hard[i])
            w->bar[i] = w->score[i * w->cap + w->k - 1] - knn_cand_margin(w, i);
    }
}

void
knn_cand_plan(struct knn_work *w)
{
    exec_for(w->exec, (w->u + ROWS - 1) / ROWS, plan_rows, w);
    int64_t all = 0;
    for (int64_t i = 0; i < w->u; i++) {
        if (w->hard[i])
            w->count[i] = 0;
        w->at[i] = all;
        all += w->count[i];
    }
    w->at[w->u] = all;
}
