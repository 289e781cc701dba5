#include "lib/la/topk.h"

/* A heap with the worst entry on top. */
static int
worse(const struct topk *t, int64_t a, int64_t b)
{
    return topk_better(t->score[b], t->id[b], t->score[a], t->id[a]);
}

static void
swap(struct topk *t, int64_t a, int64_t b)
{
    float s = t->score[a];
    int32_t i = t->id[a];
    t->score[a] = t->score[b];
    t->id[a] = t->id[b];
    t->score[b] = s;
    t->id[b] = i;
}

static void
sift_down(struct topk *t, int64_t at, int64_t n)
{
    for (;;) {
        int64_t c = 2 * at + 1;
        if (c >= n)
            return;
        if (c + 1 < n && worse(t, c + 1, c))
            c++;
        if (!worse(t, c, at))
            return;
        swap(t, c, at);
        at = c;
    }
}

void
topk_init(struct topk *t, int64_t k, float *score, int32_t *id)
{
    *t = (struct topk){.k = k, .score = score, .id = id};
}

void
topk_push(struct topk *t, float s, int32_t i)
{
    if (t->n < t->k) {
        int64_t at = t->n++;
        t->score[at] = s;
        t->id[at] = i;
        while (at > 0 && worse(t, at, (at - 1) / 2)) {
            swap(t, at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    } else if (t->k > 0 && topk_better(s, i, t->score[0], t->id[0])) {
        t->score[0] = s;
        t->id[0] = i;
        sift_down(t, 0, t->n);
    }
}

void
topk_sort(struct topk *t)
{
    for (int64_t n = t->n - 1; n > 0; n--) {
        swap(t, 0, n);
        sift_down(t, 0, n);
    }
}

float
topk_divide(float *s, int32_t *id, int64_t n, int64_t k)
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
