/* The passes over dense rows that find their neighbours: in memory, or read
 * again panel by panel. */
#include "lib/base/mem.h"
#include "lib/base/par.h"
#include "lib/rec/knn_work.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SPARE = 11,         /* candidates kept beyond k */
    ROWS = 64,          /* rows per task */
    MEMORY = 384 << 20, /* bytes of features at once when reading again */
    BLOCK = 24          /* the part of it that is a block */
};

struct prepare {
    float *x;
    int64_t n, d;
    double *norm;
    uint64_t *hash; /* may be NULL */
};

static uint64_t
hash_row(const float *x, int64_t d)
{
    uint64_t h = 0x9E3779B97F4A7C15u;
    for (int64_t c = 0; c < d; c++) {
        uint32_t u;
        memcpy(&u, x + c, sizeof u);
        h = (h ^ u) * 0xD6E8FEB86659FD93u;
        h ^= h >> 32;
    }
    return h;
}

/* Scaling by a power of two is exact and keeps float sums from overflowing. */
static void
prepare_rows(void *ctx, int64_t chunk, int thread)
{
    (void)thread;
    struct prepare *p = ctx;
    int64_t end = (chunk + 1) * ROWS < p->n ? (chunk + 1) * ROWS : p->n;
    for (int64_t i = chunk * ROWS; i < end; i++) {
        float *x = p->x + i * p->d;
        double norm = sqrt(knn_exact_dot(x, x, p->d));
        int shift = 0;
        if (norm > 0) {
            (void)frexp(norm, &shift);
            /* in two steps: one factor alone may not be a float */
            float f = ldexpf(1.0f, (1 - shift) / 2);
            float g = ldexpf(1.0f, 1 - shift - (1 - shift) / 2);
            for (int64_t c = 0; c < p->d; c++)
                x[c] = x[c] * f * g + 0.0f; /* no -0 */
            norm = sqrt(knn_exact_dot(x, x, p->d));
        }
        p->norm[i] = norm;
        if (p->hash)
            p->hash[i] = hash_row(x, p->d);
    }
}

static void
prepare(struct prepare *p, int threads)
{
    par_for(threads, (p->n + ROWS - 1) / ROWS, prepare_rows, p);
}

struct key {
    uint64_t hash;
    int64_t row;
};

static int
key_order(const void *a, const void *b)
{
    const struct key *p = a, *q = b;
    if (p->hash != q->hash)
        return p->hash < q->hash ? -1 : 1;
    return p->row < q->row ? -1 : p->row > q->row;
}

/* Finds equal rows: first[i] is the smallest row equal to i, -1 for zero rows.
 * Equal hashes are verified; a collision only costs a missed group. */
static int
find_equal(
    const struct prepare *p, int64_t *first, int64_t *zeros, struct err *e)
{
    struct key *key = mem_new(p->n, sizeof *key, e);
    if (!key)
        return ERR_NOMEM;
    for (int64_t i = 0; i < p->n; i++)
        key[i] = (struct key){p->hash[i], i};
    qsort(key, (size_t)p->n, sizeof *key, key_order);
    int64_t head = 0;
    *zeros = 0;
    for (int64_t q = 0; q < p->n; q++) {
        int64_t i = key[q].row, h = key[head].row;
        if (key[q].hash != key[head].hash ||
            memcmp(p->x + i * p->d, p->x + h * p->d,
                (size_t)p->d * sizeof *p->x) != 0) {
            head = q;
            h = i;
        }
        first[i] = p->norm[i] > 0 ? h : -1;
        *zeros += !(p->norm[i] > 0);
    }
    free(key);
    return 0;
}

/* Moves the distinct rows to the front and lists the items of each. */
static int
compact(struct knn_work *w, const int64_t *first, struct err *e)
{
    int64_t *group = mem_new(w->n, sizeof *group, e);
    if (!group)
        return ERR_NOMEM;
    int64_t u = 0;
    for (int64_t i = 0; i < w->n; i++)
        if (first[i] == i) {
            if (u != i)
                memcpy(w->x + u * w->d, w->x + i * w->d,
                    (size_t)w->d * sizeof *w->x);
            w->norm[u] = w->norm[i];
            group[i] = u++;
        }
    w->u = u;
    for (int64_t g = 0; g <= u; g++)
        w->start[g] = 0;
    for (int64_t i = 0; i < w->n; i++)
        if (first[i] >= 0)
            w->start[group[first[i]] + 1]++;
    for (int64_t g = 0; g < u; g++)
        w->start[g + 1] += w->start[g];
    for (int64_t i = 0; i < w->n; i++)
        if (first[i] >= 0)
            w->member[w->start[group[first[i]]]++] = i;
    for (int64_t g = u; g > 0; g--)
        w->start[g] = w->start[g - 1];
    w->start[0] = 0;
    free(group);
    return 0;
}

/* Norms of rows that are in memory, then equal rows become one. */
static int
prepare_kept(struct knn_work *w, int64_t *zeros, struct err *e)
{
    struct prepare p = {.x = w->x, .n = w->n, .d = w->d, .norm = w->norm};
    int64_t *first = mem_new(w->n, sizeof *first, e);
    p.hash = mem_new(w->n, sizeof *p.hash, e);
    int rc = first && p.hash ? 0 : ERR_NOMEM;
    if (!rc) {
        prepare(&p, w->threads);
        rc = find_equal(&p, first, zeros, e);
    }
    if (!rc)
        rc = compact(w, first, e);
    free(first);
    free(p.hash);
    return rc;
}

static void
set_inverse(struct knn_work *w, int64_t from, int64_t n)
{
    for (int64_t i = from; i < from + n; i++)
        w->inverse[i] = w->norm[i] > 0 ? (float)(1.0 / w->norm[i]) : NAN;
}

/* The next n rows of the file. */
static int
read_rows(struct knn_work *w, int64_t first, int64_t n, float *x, struct err *e)
{
    int rc = source_rows(w->s, n, x, e);
    if (rc)
        return rc;
    struct prepare p = {.x = x, .n = n, .d = w->d, .norm = w->norm + first};
    prepare(&p, w->threads);
    set_inverse(w, first, n);
    return 0;
}

typedef void pair_fn(
    struct knn_work *w, const struct knn_rows *a, const struct knn_rows *b);

/* Every pair of rows once: panels in memory, each against itself and against
 * all rows after it. */
static int
sweep(struct knn_work *w, pair_fn *f, int *fresh, struct err *e)
{
    if (w->x) {
        struct knn_rows all = {w->x, 0, w->u};
        f(w, &all, &all);
        return 0;
    }
    for (int64_t first = 0; first < w->n; first += w->panel) {
        int rc = *fresh ? 0 : source_rewind(w->s, e);
        *fresh = 0;
        for (int64_t i = 0; !rc && i < first; i += w->block)
            rc = source_rows(w->s, w->block, w->block_x, e);
        struct knn_rows a = {w->panel_x, first, w->n - first};
        a.n = a.n < w->panel ? a.n : w->panel;
        if (!rc)
            rc = read_rows(w, first, a.n, w->panel_x, e);
        if (!rc)
            f(w, &a, &a);
        for (int64_t i = first + a.n; !rc && i < w->n; i += w->block) {
            struct knn_rows b = {w->block_x, i, w->n - i};
            b.n = b.n < w->block ? b.n : w->block;
            rc = read_rows(w, i, b.n, w->block_x, e);
            if (!rc)
                f(w, &a, &b);
        }
        if (!rc)
            rc = source_end(w->s, e);
        if (rc)
            return rc;
    }
    return 0;
}

/* Copies the m rows at row[] (ascending) to x. */
static int
gather(
    struct knn_work *w, const int64_t *row, int64_t m, float *x, struct err *e)
{
    size_t bytes = (size_t)w->d * sizeof *x;
    if (w->x) {
        for (int64_t r = 0; r < m; r++)
            memcpy(x + r * w->d, w->x + row[r] * w->d, bytes);
        return 0;
    }
    int rc = source_rewind(w->s, e);
    for (int64_t i = 0, r = 0; !rc && i < w->n; i += w->block) {
        int64_t n = w->n - i < w->block ? w->n - i : w->block;
        rc = read_rows(w, i, n, w->block_x, e);
        for (; !rc && r < m && row[r] < i + n; r++)
            memcpy(x + r * w->d, w->block_x + (row[r] - i) * w->d, bytes);
    }
    return rc ? rc : source_end(w->s, e);
}

/* One batch of hard rows against all. */
static int
hard_batch(
    struct knn_work *w, const int64_t *row, int64_t m, float *x, struct err *e)
{
    struct knn_hard *h;
    int rc = gather(w, row, m, x, e);
    if (!rc)
        rc = knn_exact_hard_init(&h, w, row, x, m, e);
    if (rc)
        return rc;
    if (w->x) {
        struct knn_rows all = {w->x, 0, w->u};
        knn_exact_hard_pairs(h, &all);
    } else {
        rc = source_rewind(w->s, e);
        for (int64_t i = 0; !rc && i < w->n; i += w->block) {
            struct knn_rows b = {w->block_x, i, w->n - i};
            b.n = b.n < w->block ? b.n : w->block;
            rc = read_rows(w, i, b.n, w->block_x, e);
            if (!rc)
                knn_exact_hard_pairs(h, &b);
        }
        if (!rc)
            rc = source_end(w->s, e);
    }
    if (!rc)
        knn_exact_hard_finish(h);
    knn_exact_hard_free(h);
    return rc;
}

static int
do_hard(struct knn_work *w, struct err *e)
{
    int64_t m = 0, batch = w->block;
    for (int64_t i = 0; i < w->u; i++)
        m += w->hard[i];
    if (!m)
        return 0;
    if (batch > m)
        batch = m;
    int64_t *row = mem_new(m, sizeof *row, e);
    float *x = mem_new(batch * w->d, sizeof *x, e);
    int rc = row && x ? 0 : ERR_NOMEM;
    m = 0;
    for (int64_t i = 0; !rc && i < w->u; i++)
        if (w->hard[i])
            row[m++] = i;
    for (int64_t r = 0; !rc && r < m; r += batch)
        rc = hard_batch(w, row + r, m - r < batch ? m - r : batch, x, e);
    free(row);
    free(x);
    return rc;
}

/* Rows per panel or block: a multiple of the tile, whatever the thread count.
 */
static int64_t
rows_for(int64_t bytes, int64_t d)
{
    int64_t tiles = bytes / (d * (int64_t)sizeof(float)) / KNN_TILE;
    return (tiles < 1 ? 1 : tiles) * KNN_TILE;
}

static int
allocate(struct knn_work *w, struct err *e)
{
    int64_t n = w->n;
    w->norm = mem_zero(n, sizeof *w->norm, e);
    w->inverse = mem_new(n, sizeof *w->inverse, e);
    w->bar = mem_new(n, sizeof *w->bar, e);
    w->member = mem_new(n, sizeof *w->member, e);
    w->start = mem_new(n + 1, sizeof *w->start, e);
    w->top = mem_new(n, sizeof *w->top, e);
    w->score = mem_new(n * w->cap, sizeof *w->score, e);
    w->id = mem_new(n * w->cap, sizeof *w->id, e);
    w->exact = mem_new(n * w->cap, sizeof *w->exact, e);
    w->count = mem_new(n, sizeof *w->count, e);
    w->hard = mem_new(n, sizeof *w->hard, e);
    w->tile = mem_zero(w->threads, sizeof *w->tile, e);
    w->locks = (n + KNN_TILE - 1) / KNN_TILE;
    w->lock = mem_new(w->locks, sizeof *w->lock, e);
    if (!w->norm || !w->inverse || !w->bar || !w->member || !w->start ||
        !w->top || !w->score || !w->id || !w->exact || !w->count || !w->hard ||
        !w->tile || !w->lock)
        return ERR_NOMEM;
    for (int64_t b = 0; b < w->locks; b++)
        pthread_mutex_init(&w->lock[b], NULL);
    for (int t = 0; t < w->threads; t++) {
        w->tile[t] = mem_new(KNN_TILE * KNN_TILE, sizeof **w->tile, e);
        if (!w->tile[t])
            return ERR_NOMEM;
    }
    if (!w->x) {
        int64_t rows = w->panel < n ? w->panel : n;
        w->panel_x = mem_new(rows * w->d, sizeof *w->panel_x, e);
        w->block_x = mem_new(w->block * w->d, sizeof *w->block_x, e);
        if (!w->panel_x || !w->block_x)
            return ERR_NOMEM;
    }
    return 0;
}

static void
release(struct knn_work *w)
{
    for (int t = 0; w->tile && t < w->threads; t++)
        free(w->tile[t]);
    free(w->tile);
    free(w->lock);
    free(w->norm);
    free(w->inverse);
    free(w->bar);
    free(w->member);
    free(w->start);
    free(w->top);
    free(w->score);
    free(w->id);
    free(w->exact);
    free(w->count);
    free(w->hard);
    free(w->panel_x);
    free(w->block_x);
}

static int
run(struct knn_work *w, int64_t *zeros, struct err *e)
{
    int fresh = 1;
    int rc = allocate(w, e);
    if (rc)
        return rc;
    for (int64_t i = 0; i < w->n; i++) {
        w->bar[i] = -2.0f;
        topk_init(
            &w->top[i], w->cap, w->score + i * w->cap, w->id + i * w->cap);
    }
    if (w->x) {
        rc = prepare_kept(w, zeros, e);
        set_inverse(w, 0, w->u);
    } else {
        w->u = w->n;
        for (int64_t i = 0; i <= w->n; i++)
            w->start[i] = i;
        for (int64_t i = 0; i < w->n; i++)
            w->member[i] = i;
    }
    if (!rc)
        rc = sweep(w, knn_tile_pairs, &fresh, e);
    if (rc)
        return rc;
    if (!w->x) {
        *zeros = 0;
        for (int64_t i = 0; i < w->n; i++)
            *zeros += !(w->norm[i] > 0);
    }
    knn_exact_plan(w);
    rc = sweep(w, knn_exact_pairs, &fresh, e);
    if (!rc)
        rc = knn_exact_lists(w, e);
    return rc ? rc : do_hard(w, e);
}

static int
start(struct knn_work *w, const struct knn_opt *opt, struct knn_list *l,
    int64_t *zeros, struct err *e)
{
    int rc = knn_list_init(l, w->n, opt, e);
    if (rc)
        return rc;
    w->opt = opt;
    w->list = l;
    w->threads = opt->threads;
    w->k = opt->k;
    w->cap = opt->k + SPARE < w->n ? opt->k + SPARE : w->n;
    w->bound = knn_tile_bound(w->d);
    int64_t memory = opt->memory ? opt->memory : MEMORY;
    w->panel = rows_for(memory, w->d);
    w->block = rows_for(memory / BLOCK, w->d);
    rc = run(w, zeros, e);
    release(w);
    if (rc)
        knn_list_free(l);
    return rc;
}

int
knn_dense(float *x, int64_t n, int64_t d, const struct knn_opt *opt,
    struct knn_list *l, int64_t *zeros, struct err *e)
{
    struct knn_work w = {.x = x, .n = n, .d = d};
    return start(&w, opt, l, zeros, e);
}

int
knn_dense_source(struct source *s, const struct knn_opt *opt,
    struct knn_list *l, int64_t *zeros, struct err *e)
{
    struct knn_work w = {.s = s, .n = s->n, .d = s->d};
    if (!s->seekable) {
        *l = (struct knn_list){0};
        return err_set(e, ERR_IO,
            "'%s' cannot be read twice: not a plain regular file", s->name);
    }
    return start(&w, opt, l, zeros, e);
}
