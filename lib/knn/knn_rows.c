#include "lib/knn/knn_rows.h"

#include <math.h>
#include <string.h>

enum { ROWS = 16 }; /* per task */

void
knn_rows_init(struct knn_rows *r, float *x, struct source *s, int64_t n,
    int64_t d, struct exec *exec, struct arena *m)
{
    *r = (struct knn_rows){.kernel = knn_kernel_of(exec),
        .exec = exec,
        .n = n,
        .d = d,
        .x = x,
        .s = s,
        .slots = 2};
    while (r->slots < 2 * n)
        r->slots *= 2;
    r->norm = arena_new(m, n, sizeof *r->norm);
    r->inverse = arena_new(m, n, sizeof *r->inverse);
    r->shift = arena_new(m, n, sizeof *r->shift);
    r->first = arena_new(m, n, sizeof *r->first);
    r->next = arena_new(m, n, sizeof *r->next);
    r->hash = arena_new(m, n, sizeof *r->hash);
    r->table = arena_new(m, r->slots, sizeof *r->table);
    for (int64_t t = 0; r->table && t < r->slots; t++)
        r->table[t] = -1;
}

static uint64_t
mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0xD6E8FEB86659FD93u;
    return h ^ h >> 32;
}

/* Four chains, as each waits for its products. */
static struct knn_hash
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
    return (struct knn_hash){{mix(mix(mix(h[0], h[1]), h[2]), h[3]),
        mix(mix(mix(h[3], h[2]), h[1]), h[0])}};
}

/* Multiplied in two steps, as the whole factor may be too large for a float. */
static void
scale(float *x, int64_t d, int shift)
{
    float f = ldexpf(1.0f, shift / 2), g = ldexpf(1.0f, shift - shift / 2);
    for (int64_t c = 0; c < d; c++)
        x[c] = x[c] * f * g + 0.0f; /* no -0 */
}

struct portion {
    struct knn_rows *r;
    float *x;
    int64_t n;
};

static void
measure(struct knn_rows *r, float *x, int64_t i)
{
    double norm = sqrt(r->kernel->dot(x, x, r->d));
    int exponent = 1;
    if (norm > 0)
        (void)frexp(norm, &exponent);
    r->shift[i] = (int16_t)(1 - exponent);
    scale(x, r->d, r->shift[i]);
    r->norm[i] = sqrt(r->kernel->dot(x, x, r->d));
    r->inverse[i] = norm > 0 ? (float)(1.0 / r->norm[i]) : 0;
    r->hash[i] = hash_row(x, r->d);
}

static void
scale_rows(void *ctx, int64_t task, int thread)
{
    (void)thread;
    const struct portion *p = ctx;
    struct knn_rows *r = p->r;
    for (int64_t q = task * ROWS; q < p->n && q < (task + 1) * ROWS; q++)
        if (r->at + q < r->measured)
            scale(p->x + q * r->d, r->d, r->shift[r->at + q]);
        else
            measure(r, p->x + q * r->d, r->at + q);
}

/* The first row that is equal to row i. In memory rows are compared; else their
 * hashes do, which no two rows share by accident. */
static int32_t
find(struct knn_rows *r, int64_t i)
{
    int64_t s = (int64_t)(r->hash[i].word[0] & (uint64_t)(r->slots - 1));
    for (; r->table[s] >= 0; s = (s + 1) & (r->slots - 1)) {
        int32_t j = r->table[s];
        if (!memcmp(&r->hash[i], &r->hash[j], sizeof *r->hash) &&
            (!r->x || !memcmp(r->x + i * r->d, r->x + j * r->d,
                          (size_t)r->d * sizeof *r->x)))
            return j;
    }
    return r->table[s] = (int32_t)i;
}

/* Row by row in reverse, so that the others of a row come in order. */
static void
link_rows(struct knn_rows *r)
{
    for (int64_t i = 0; i < r->n; i++)
        r->next[i] = -1;
    for (int64_t i = r->n - 1; i >= 0; i--) {
        int32_t first = r->first[i];
        if (first >= 0 && first < i) {
            r->next[i] = r->next[first];
            r->next[first] = (int32_t)i;
        }
    }
}

int
knn_rows_seek(
    struct knn_rows *r, int64_t first, float *x, int64_t most, struct err *e)
{
    if (r->x || first == r->at) {
        r->at = first;
        return 0;
    }
    int rc = source_rewind(r->s, e);
    for (r->at = 0; !rc && r->at < first;) {
        int64_t n = first - r->at < most ? first - r->at : most;
        rc = source_rows(r->s, n, x, e);
        r->at += n;
    }
    return rc;
}

int
knn_rows_next(struct knn_rows *r, int64_t most, float *x,
    struct knn_slice *slice, struct err *e)
{
    int64_t n = r->n - r->at < most ? r->n - r->at : most;
    if (r->x)
        x = r->x + r->at * r->d;
    *slice = (struct knn_slice){x, r->at, n};
    int rc = r->x || !n ? 0 : source_rows(r->s, n, x, e);
    if (rc)
        return rc;
    struct portion p = {r, x, n};
    if (!r->x || r->at == r->measured)
        exec_for(r->exec, (n + ROWS - 1) / ROWS, scale_rows, &p);
    r->at += n;
    for (; r->measured < r->at; r->measured++) {
        int64_t i = r->measured;
        r->first[i] = r->norm[i] > 0 ? find(r, i) : -1;
    }
    if (r->at < r->n || !n)
        return 0;
    link_rows(r);
    return r->x ? 0 : source_end(r->s, e);
}
