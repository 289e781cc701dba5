/*
 * Cosine neighbours of dense rows. Float GEMM tiles over pairs of row blocks
 * propose candidates: every row keeps the few largest approximate cosines. The
 * candidates within twice the rounding bound of the k-th are then scored in
 * double, in fixed order. A row with more of those than it could keep is
 * compared with all others once more ("hard").
 */
#include "lib/rec/knn.h"

#include "lib/base/mem.h"
#include "lib/base/par.h"
#include "lib/la/blas.h"
#include "lib/la/topk.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    TILE = 512,  /* rows and columns of a tile */
    DEPTH = 256, /* columns of x per GEMM: bounds the rounding of a sum */
    SPARE = 11,  /* candidates kept beyond k */
    ROWS = 256   /* rows per chunk of the cheap passes */
};

struct work {
    float *x; /* [u][d], distinct non-zero rows, scaled to norm 1 .. 2 */
    int64_t n, u, d, k, cap;
    int threads;
    double *norm;     /* [u] */
    float *inverse;   /* [u] of norm */
    int64_t *member;  /* items, grouped by distinct row, ascending */
    int64_t *start;   /* [u + 1] into member */
    struct topk *top; /* [u] */
    float *score;     /* [u][cap] */
    int32_t *id;
    float *bar; /* [u]: below it nothing enters the row's list */
    float bound;
    int64_t blocks;
    pthread_mutex_t *lock; /* [blocks] */
    float **tile;          /* [threads], TILE x TILE */
    char *hard;            /* [u] */
    const struct knn_opt *opt;
    struct knn_list *list;
};

/* Sum of products in double: eight interleaved partial sums and a fixed tree.
 * Products of floats are exact; the order depends on d alone. */
static double
dot(const float *a, const float *b, int64_t d)
{
    double s[8] = {0};
    int64_t c = 0;
    for (; c + 8 <= d; c += 8)
        for (int q = 0; q < 8; q++)
            s[q] += (double)a[c + q] * (double)b[c + q];
    for (int q = 0; c < d; c++, q++)
        s[q] += (double)a[c] * (double)b[c];
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

static double
cosine(const struct work *w, int64_t i, int64_t j)
{
    return dot(w->x + i * w->d, w->x + j * w->d, w->d) /
           (w->norm[i] * w->norm[j]);
}

struct prepare {
    float *x;
    int64_t n, d;
    double *norm;
    uint64_t *hash;
};

/* Scaling by a power of two is exact and keeps float sums from overflowing. */
static void
prepare_rows(void *ctx, int64_t chunk, int thread)
{
    (void)thread;
    struct prepare *p = ctx;
    int64_t end = (chunk + 1) * ROWS < p->n ? (chunk + 1) * ROWS : p->n;
    for (int64_t i = chunk * ROWS; i < end; i++) {
        float *x = p->x + i * p->d;
        double norm = sqrt(dot(x, x, p->d));
        int shift = 0;
        if (norm > 0) {
            (void)frexp(norm, &shift);
            for (int64_t c = 0; c < p->d; c++)
                x[c] = ldexpf(x[c], 1 - shift) + 0.0f; /* no -0 */
            norm = sqrt(dot(x, x, p->d));
        }
        p->norm[i] = norm;
        uint64_t h = 0x9E3779B97F4A7C15u;
        for (int64_t c = 0; c < p->d; c++) {
            uint32_t u;
            memcpy(&u, x + c, sizeof u);
            h = (h ^ u) * 0xD6E8FEB86659FD93u;
            h ^= h >> 32;
        }
        p->hash[i] = h;
    }
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
compact(struct work *w, const int64_t *first, struct err *e)
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

static int
prepare(struct work *w, int64_t *zeros, struct err *e)
{
    struct prepare p = {.x = w->x, .n = w->n, .d = w->d, .norm = w->norm};
    int64_t *first = mem_new(w->n, sizeof *first, e);
    p.hash = mem_new(w->n, sizeof *p.hash, e);
    int rc = first && p.hash ? 0 : ERR_NOMEM;
    if (!rc) {
        par_for(w->threads, (w->n + ROWS - 1) / ROWS, prepare_rows, &p);
        rc = find_equal(&p, first, zeros, e);
    }
    if (!rc)
        rc = compact(w, first, e);
    free(first);
    free(p.hash);
    return rc;
}

static void
offer(struct work *w, int64_t i, float s, int64_t j)
{
    struct topk *t = &w->top[i];
    if (!topk_enters(t, s, (int32_t)j))
        return;
    topk_push(t, s, (int32_t)j);
    if (t->n == t->k)
        w->bar[i] = t->score[0];
}

/* The inner products of rows i0.. and j0.., each a sum over slices of DEPTH
 * columns, so that the rounding bound does not grow with d. */
static void
multiply(const struct work *w, const float *a, int64_t na, const float *b,
    int64_t nb, float *c)
{
    for (int64_t at = 0; at < w->d; at += DEPTH) {
        int64_t depth = w->d - at < DEPTH ? w->d - at : DEPTH;
        blas_sgemm(0, 1, na, nb, depth, 1.0f, a + at, w->d, b + at, w->d,
            at ? 1.0f : 0.0f, c, nb);
    }
}

/* Tile number t of the upper triangle of blocks x blocks, row by row. */
static void
tile_place(int64_t t, int64_t blocks, int64_t *bi, int64_t *bj)
{
    int64_t i = 0;
    while (t >= blocks - i) {
        t -= blocks - i;
        i++;
    }
    *bi = i;
    *bj = i + t;
}

static void
scan(struct work *w, float *c, int64_t i0, int64_t na, int64_t j0, int64_t nb)
{
    for (int64_t r = 0; r < na; r++) {
        float *v = c + r * nb, scale = w->inverse[i0 + r];
        const float *inverse = w->inverse + j0, *bar = w->bar + j0;
        /* a diagonal tile holds every pair twice, and pairs of equals */
        int64_t from = i0 == j0 ? r + 1 : 0;
        for (int64_t q = from; q < nb; q += 32) {
            int64_t end = q + 32 < nb ? q + 32 : nb;
            float own = w->bar[i0 + r];
            int hit = 0;
            for (int64_t p = q; p < end; p++) {
                v[p] *= scale * inverse[p];
                hit |= (v[p] >= own) | (v[p] >= bar[p]);
            }
            for (int64_t p = q; hit && p < end; p++) {
                if (v[p] >= w->bar[i0 + r])
                    offer(w, i0 + r, v[p], j0 + p);
                if (v[p] >= bar[p])
                    offer(w, j0 + p, v[p], i0 + r);
            }
        }
    }
}

static void
do_tile(void *ctx, int64_t t, int thread)
{
    struct work *w = ctx;
    int64_t bi, bj;
    tile_place(t, w->blocks, &bi, &bj);
    int64_t i0 = bi * TILE, j0 = bj * TILE;
    int64_t na = w->u - i0 < TILE ? w->u - i0 : TILE;
    int64_t nb = w->u - j0 < TILE ? w->u - j0 : TILE;
    float *c = w->tile[thread];
    multiply(w, w->x + i0 * w->d, na, w->x + j0 * w->d, nb, c);
    pthread_mutex_lock(&w->lock[bi]);
    if (bj != bi)
        pthread_mutex_lock(&w->lock[bj]);
    scan(w, c, i0, na, j0, nb);
    if (bj != bi)
        pthread_mutex_unlock(&w->lock[bj]);
    pthread_mutex_unlock(&w->lock[bi]);
}

/* The best k + 1 items of one row, itself included, exact. */
struct exact {
    int64_t n, most;
    double *score;
    int64_t *item;
};

static void
exact_push(struct exact *x, double s, int64_t item)
{
    int64_t p = x->n;
    while (p > 0 && (x->score[p - 1] < s ||
                        (!(x->score[p - 1] > s) && x->item[p - 1] > item)))
        p--;
    if (p >= x->most)
        return;
    if (x->n < x->most)
        x->n++;
    for (int64_t q = x->n - 1; q > p; q--) {
        x->score[q] = x->score[q - 1];
        x->item[q] = x->item[q - 1];
    }
    x->score[p] = s;
    x->item[p] = item;
}

static void
exact_group(const struct work *w, struct exact *x, int64_t i, int64_t j)
{
    double s = cosine(w, i, j);
    int64_t end = w->start[j + 1];
    if (end > w->start[j] + x->most)
        end = w->start[j] + x->most;
    for (int64_t p = w->start[j]; p < end; p++)
        exact_push(x, s, w->member[p]);
}

static int
exact_init(struct exact *x, int64_t most)
{
    *x = (struct exact){.most = most};
    x->score = mem_new(most, sizeof *x->score, NULL);
    x->item = mem_new(most, sizeof *x->item, NULL);
    return x->score && x->item ? 0 : ERR_NOMEM;
}

static void
exact_free(struct exact *x)
{
    free(x->score);
    free(x->item);
}

/* Every item of group g gets the list, without itself. */
static void
emit(const struct work *w, int64_t g, const struct exact *x)
{
    struct knn_list *l = w->list;
    for (int64_t m = w->start[g]; m < w->start[g + 1]; m++) {
        int64_t i = w->member[m], at = i * l->k, end = at + l->k;
        for (int64_t p = 0; p < x->n && at < end; p++) {
            if (x->item[p] == i && !w->opt->self)
                continue;
            l->id[at] = (int32_t)x->item[p];
            l->score[at++] = (float)x->score[p];
        }
    }
}

/* The k-th largest approximate cosine less what rounding may have hidden. */
static float
cut_of(const struct work *w, const struct topk *t)
{
    return t->n < w->k ? -2.0f : t->score[w->k - 1] - 2.0f * w->bound;
}

static void
finish_row(void *ctx, int64_t chunk, int thread)
{
    (void)thread;
    struct work *w = ctx;
    struct exact x;
    int bad = exact_init(&x, w->k + 1);
    int64_t end = (chunk + 1) * ROWS < w->u ? (chunk + 1) * ROWS : w->u;
    for (int64_t i = chunk * ROWS; i < end; i++) {
        struct topk *t = &w->top[i];
        topk_sort(t);
        float cut = cut_of(w, t);
        w->hard[i] = bad || (t->n == w->cap && t->score[t->n - 1] >= cut);
        if (w->hard[i])
            continue;
        x.n = 0;
        exact_group(w, &x, i, i);
        for (int64_t p = 0; p < t->n && t->score[p] >= cut; p++)
            exact_group(w, &x, i, t->id[p]);
        emit(w, i, &x);
    }
    exact_free(&x);
}

struct again {
    struct work *w;
    int64_t *row; /* hard rows */
    int64_t n;
    int failed;
};

/* One hard row against all. */
static void
hard_row(void *ctx, int64_t r, int thread)
{
    struct again *a = ctx;
    struct work *w = a->w;
    int64_t i = a->row[r];
    float *c = w->tile[thread], cut = cut_of(w, &w->top[i]);
    struct exact x;
    if (exact_init(&x, w->k + 1)) {
        a->failed = 1;
        exact_free(&x);
        return;
    }
    exact_group(w, &x, i, i);
    int64_t width = TILE * TILE;
    for (int64_t j0 = 0; j0 < w->u; j0 += width) {
        int64_t nb = w->u - j0 < width ? w->u - j0 : width;
        multiply(w, w->x + i * w->d, 1, w->x + j0 * w->d, nb, c);
        for (int64_t p = 0; p < nb; p++)
            if (j0 + p != i &&
                c[p] * (w->inverse[i] * w->inverse[j0 + p]) >= cut)
                exact_group(w, &x, i, j0 + p);
    }
    emit(w, i, &x);
    exact_free(&x);
}

static int
do_hard(struct work *w, struct err *e)
{
    struct again a = {.w = w};
    a.row = mem_new(w->u, sizeof *a.row, e);
    if (!a.row)
        return ERR_NOMEM;
    for (int64_t i = 0; i < w->u; i++)
        if (w->hard[i])
            a.row[a.n++] = i;
    par_for(w->threads, a.n, hard_row, &a);
    free(a.row);
    return a.failed ? err_set(e, ERR_NOMEM, "out of memory") : 0;
}

static int
allocate(struct work *w, struct err *e)
{
    w->norm = mem_new(w->n, sizeof *w->norm, e);
    w->inverse = mem_new(w->n, sizeof *w->inverse, e);
    w->bar = mem_new(w->n, sizeof *w->bar, e);
    w->member = mem_new(w->n, sizeof *w->member, e);
    w->start = mem_new(w->n + 1, sizeof *w->start, e);
    w->top = mem_new(w->n, sizeof *w->top, e);
    w->score = mem_new(w->n * w->cap, sizeof *w->score, e);
    w->id = mem_new(w->n * w->cap, sizeof *w->id, e);
    w->hard = mem_new(w->n, sizeof *w->hard, e);
    w->blocks = (w->n + TILE - 1) / TILE;
    w->lock = mem_new(w->blocks, sizeof *w->lock, e);
    w->tile = mem_zero(w->threads, sizeof *w->tile, e);
    if (!w->norm || !w->inverse || !w->bar || !w->member || !w->start ||
        !w->top || !w->score || !w->id || !w->hard || !w->lock || !w->tile)
        return ERR_NOMEM;
    for (int t = 0; t < w->threads; t++) {
        w->tile[t] = mem_new(TILE * TILE, sizeof **w->tile, e);
        if (!w->tile[t])
            return ERR_NOMEM;
    }
    for (int64_t b = 0; b < w->blocks; b++)
        pthread_mutex_init(&w->lock[b], NULL);
    return 0;
}

static void
release(struct work *w)
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
    free(w->hard);
}

int
knn_dense(float *x, int64_t n, int64_t d, const struct knn_opt *opt,
    struct knn_list *l, int64_t *zeros, struct err *e)
{
    int rc = knn_list_init(l, n, opt, e);
    if (rc)
        return rc;
    struct work w = {.x = x, .n = n, .d = d, .k = opt->k, .opt = opt};
    w.list = l;
    w.threads = opt->threads;
    w.cap = opt->k + SPARE < n ? opt->k + SPARE : n;
    /* any order of summation, any use of fma: (terms) 2^-24 of the product of
     * the norms; a few more for scaling */
    w.bound = (float)((d < DEPTH ? d : DEPTH) + d / DEPTH + 16) * 0x1.02p-24f;
    rc = allocate(&w, e);
    if (!rc)
        rc = prepare(&w, zeros, e);
    if (!rc) {
        for (int64_t i = 0; i < w.u; i++) {
            w.inverse[i] = (float)(1.0 / w.norm[i]);
            w.bar[i] = -2.0f;
            topk_init(&w.top[i], w.cap, w.score + i * w.cap, w.id + i * w.cap);
        }
        w.blocks = (w.u + TILE - 1) / TILE;
        par_for(w.threads, w.blocks * (w.blocks + 1) / 2, do_tile, &w);
        par_for(w.threads, (w.u + ROWS - 1) / ROWS, finish_row, &w);
        rc = do_hard(&w, e);
    }
    release(&w);
    if (rc)
        knn_list_free(l);
    return rc;
}
