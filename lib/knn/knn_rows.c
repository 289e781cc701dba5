/* The distinct rows of knn_dense: found, scaled, and delivered from memory or
 * from the file. */
#include "lib/base/exec.h"
#include "lib/knn/knn_work.h"

#include <math.h>
#include <string.h>

enum { ROWS = 16 }; /* per task */

static uint64_t
mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0xD6E8FEB86659FD93u;
    return h ^ h >> 32;
}

/* Four chains, as each waits for its products. */
static uint64_t
hash_row(const float *x, int64_t d)
{
    uint64_t h[4] = {1, 2, 3, 4}, word[4];
    int64_t c = 0;
    for (; c + 8 <= d; c += 8) {
        memcpy(word, x + c, sizeof word);
        for (int l = 0; l < 4; l++)
            h[l] = mix(h[l], word[l]);
    }
    for (int l = 0; c < d; c += 2, l++) {
        word[0] = 0;
        memcpy(word, x + c, (d - c < 2 ? 1 : 2) * sizeof *x);
        h[l] = mix(h[l], word[0]);
    }
    return mix(mix(mix(h[0], h[1]), h[2]), h[3]);
}

/* By a power of two, which is exact and keeps float sums from overflowing; in
 * two steps, as one factor alone may not be a float. */
static void
scale(float *x, int64_t d, int shift)
{
    float f = ldexpf(1.0f, shift / 2), g = ldexpf(1.0f, shift - shift / 2);
    for (int64_t c = 0; c < d; c++)
        x[c] = x[c] * f * g + 0.0f; /* no -0 */
}

struct portion {
    struct knn_work *w;
    float *x;
    int64_t n;
};

static int64_t
task_end(const struct portion *p, int64_t task)
{
    return (task + 1) * ROWS < p->n ? (task + 1) * ROWS : p->n;
}

/* New rows: norm, shift and hash, past those of the rows that are known. */
static void
measure_rows(void *ctx, int64_t task, int thread)
{
    (void)thread;
    struct portion *p = ctx;
    struct knn_work *w = p->w;
    for (int64_t q = task * ROWS; q < task_end(p, task); q++) {
        float *x = p->x + q * w->d;
        double norm = sqrt(w->kernel.dot(x, x, w->d));
        int exponent = 0;
        if (norm > 0) {
            (void)frexp(norm, &exponent);
            scale(x, w->d, 1 - exponent);
            norm = sqrt(w->kernel.dot(x, x, w->d));
        }
        w->norm[w->u + q] = norm;
        w->shift[w->u + q] = (int16_t)(1 - exponent);
        w->hash[w->u + q] = hash_row(x, w->d);
    }
}

/* The row whose hash it is, or -1, and then where it belongs in the table. In
 * memory rows are compared at once. */
static int64_t
find(const struct knn_work *w, uint64_t hash, const float *x, int64_t *slot)
{
    int64_t s = (int64_t)(hash & (uint64_t)(w->slots - 1));
    for (; w->table[s] >= 0; s = (s + 1) & (w->slots - 1)) {
        int64_t r = w->table[s];
        if (w->hash[r] == hash &&
            (!w->x || !memcmp(w->x + r * w->d, x, (size_t)w->d * sizeof *x)))
            return r;
    }
    *slot = s;
    return -1;
}

/* Moves row `from` of x to row `to` before it. */
static void
move(const struct knn_work *w, float *x, int64_t from, int64_t to)
{
    if (from != to)
        memcpy(x + to * w->d, x + from * w->d, (size_t)w->d * sizeof *x);
}

/* The next n items, which x holds, are new: leaves those that make rows in x,
 * and returns their number. */
static int64_t
add_items(struct knn_work *w, float *x, int64_t n)
{
    struct portion p = {w, x, n};
    exec_for(w->exec, (n + ROWS - 1) / ROWS, measure_rows, &p);
    int64_t first = w->u;
    for (int64_t q = 0; q < n; q++, w->item++) {
        int64_t at = first + q, row = -1, slot = -1;
        if (w->norm[at] > 0) {
            if (w->distinct)
                row = find(w, w->hash[at], x + q * w->d, &slot);
            if (row < 0) {
                row = w->u++;
                move(w, x, q, row - first);
                w->norm[row] = w->norm[at];
                w->shift[row] = w->shift[at];
                w->hash[row] = w->hash[at];
                w->inverse[row] = (float)(1.0 / w->norm[row]);
                if (slot >= 0)
                    w->table[slot] = (int32_t)row;
            }
        }
        w->row_of[w->item] = (int32_t)row;
    }
    return w->u - first;
}

/* The items of each row. */
static void
list_members(struct knn_work *w)
{
    memset(w->start, 0, (size_t)(w->u + 1) * sizeof *w->start);
    for (int64_t i = 0; i < w->n; i++)
        if (w->row_of[i] >= 0)
            w->start[w->row_of[i] + 1]++;
    for (int64_t r = 0; r < w->u; r++)
        w->start[r + 1] += w->start[r];
    for (int64_t i = 0; i < w->n; i++)
        if (w->row_of[i] >= 0)
            w->member[w->start[w->row_of[i]]++] = i;
    for (int64_t r = w->u; r > 0; r--)
        w->start[r] = w->start[r - 1];
    w->start[0] = 0;
    w->known = 1;
}

static void
scale_rows(void *ctx, int64_t task, int thread)
{
    (void)thread;
    struct portion *p = ctx;
    struct knn_work *w = p->w;
    for (int64_t q = task * ROWS; q < task_end(p, task); q++) {
        int64_t row = w->row_of[w->item + q];
        if (row >= 0)
            scale(p->x + q * w->d, w->d, w->shift[row]);
    }
}

static int
differs(const struct knn_work *w, const struct knn_rows *r, int64_t row,
    const float *x)
{
    return r && row >= r->first && row < r->first + r->n &&
           memcmp(r->x + (row - r->first) * w->d, x,
               (size_t)w->d * sizeof *x) != 0;
}

/* The next n items, which x behind the rows of r holds, are known. */
static void
pick_items(struct knn_work *w, float *x, int64_t n, const struct knn_rows *with,
    struct knn_rows *r)
{
    float *in = x + r->n * w->d;
    struct portion p = {w, in, n};
    exec_for(w->exec, (n + ROWS - 1) / ROWS, scale_rows, &p);
    for (int64_t q = 0, had = r->n; q < n; q++, w->item++) {
        int64_t row = w->row_of[w->item];
        const float *at = in + q * w->d;
        if (row == r->first + r->n)
            move(w, x, had + q, r->n++);
        else if (row >= 0 &&
                 (differs(w, r, row, at) || differs(w, with, row, at)))
            w->unlike = 1;
    }
}

static void
forget(struct knn_work *w)
{
    w->u = 0;
    for (int64_t s = 0; s < w->slots; s++)
        w->table[s] = -1;
}

void
knn_rows_load(struct knn_work *w)
{
    forget(w);
    add_items(w, w->x, w->n);
    list_members(w);
}

int
knn_rows_seek(
    struct knn_work *w, int64_t first, float *x, int64_t most, struct err *e)
{
    w->row = first;
    if (w->x)
        return 0;
    if (!w->known)
        forget(w);
    if (first == 0 && w->item == 0)
        return 0;
    int rc = source_rewind(w->s, e);
    int64_t to = first ? w->member[w->start[first]] : 0;
    for (w->item = 0; !rc && w->item < to;) {
        int64_t n = to - w->item < most ? to - w->item : most;
        rc = source_rows(w->s, n, x, e);
        w->item += n;
    }
    return rc;
}

int
knn_rows_next(struct knn_work *w, int64_t most, float *x,
    const struct knn_rows *with, struct knn_rows *r, struct err *e)
{
    *r = (struct knn_rows){.x = x, .first = w->row};
    if (w->x) {
        r->x = w->x + w->row * w->d;
        r->n = w->u - w->row < most ? w->u - w->row : most;
    }
    while (!w->x && r->n < most && w->item < w->n) {
        int64_t n = w->n - w->item < most - r->n ? w->n - w->item : most - r->n;
        int rc = source_rows(w->s, n, x + r->n * w->d, e);
        if (rc)
            return rc;
        if (w->known)
            pick_items(w, x, n, with, r);
        else
            r->n += add_items(w, x + r->n * w->d, n);
        if (w->item == w->n) {
            rc = source_end(w->s, e);
            if (rc)
                return rc;
            if (!w->known)
                list_members(w);
        }
    }
    w->row += r->n;
    return 0;
}
