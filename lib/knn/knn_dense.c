/* The passes over dense rows that find their neighbours: in memory, or read
 * again panel by panel. */
#include "lib/base/mem.h"
#include "lib/knn/knn_work.h"

#include <stdlib.h>
#include <string.h>

enum {
    SPARE = 123,        /* candidates kept beyond k */
    MEMORY = 384 << 20, /* bytes of features at once when reading again */
    BESIDE = 64 << 20,  /* bytes beside features that are all in memory */
    BLOCK = 24,         /* the part of MEMORY that is a block */
    BLOCK_BESIDE = 2    /* the same of BESIDE */
};

/* Rows at once, multiples of KNN_TILE: a panel stays while all rows after it
 * come in blocks. The room for a panel holds floats or packed rows. */
struct plan {
    int64_t block, panel, half_panel;
    float *block_x;    /* if rows are read */
    uint32_t *block_h; /* if rows are packed */
    void *room;
};

typedef void pair_fn(
    struct knn_work *w, const struct knn_rows *a, const struct knn_rows *b);

/* Every pair of rows once, as floats. */
static int
sweep(struct knn_work *w, const struct plan *p, pair_fn *f, struct err *e)
{
    if (w->x) {
        struct knn_rows all = {.x = w->x, .n = w->u};
        f(w, &all, &all);
        return 0;
    }
    int64_t first = 0;
    do {
        struct knn_rows a, b;
        int rc = knn_rows_seek(w, first, p->block_x, p->block, e);
        if (!rc)
            rc = knn_rows_next(w, p->panel, p->room, NULL, &a, e);
        if (!rc && a.n)
            f(w, &a, &a);
        while (!rc) {
            rc = knn_rows_next(w, p->block, p->block_x, &a, &b, e);
            if (rc || !b.n)
                break;
            f(w, &a, &b);
        }
        if (rc)
            return rc;
        first += a.n;
    } while (first < w->u);
    return 0;
}

/* Packs the next block of rows; r->n = 0 at the end. */
static int
next_half(struct knn_work *w, const struct plan *p, int64_t most, uint32_t *h,
    struct knn_rows *r, struct err *e)
{
    most = most < p->block ? most : p->block;
    int rc = knn_rows_next(w, most, p->block_x, NULL, r, e);
    if (rc || !r->n)
        return rc;
    knn_tile_pack(w, r, h);
    *r = (struct knn_rows){.half = h, .first = r->first, .n = r->n};
    return 0;
}

/* Panels that fill up with blocks. */
static int
next_half_panel(
    struct knn_work *w, const struct plan *p, struct knn_rows *a, struct err *e)
{
    uint32_t *h = p->room;
    *a = (struct knn_rows){.half = h, .first = w->row};
    while (a->n < p->half_panel) {
        struct knn_rows r;
        int rc = next_half(
            w, p, p->half_panel - a->n, h + knn_half_words(a->n, w->d), &r, e);
        if (rc)
            return rc;
        if (!r.n)
            break;
        a->n += r.n;
    }
    return 0;
}

/* 1 if one in `part` of these rows is hard, so that floats, which know better
 * what is a candidate, are the faster way. */
static int
is_vain(struct knn_work *w, const struct knn_rows *a, int part)
{
    return knn_cand_hard(w, a->first, a->n) * part > a->n;
}

/* The pairs within a panel; those of the first tile's rows first. */
static int
pairs_within(struct knn_work *w, const struct knn_rows *a)
{
    struct knn_rows head = *a, tail = *a;
    if (a->n > KNN_TILE) {
        head.n = KNN_TILE;
        tail.n -= KNN_TILE;
        tail.first += KNN_TILE;
        tail.half += knn_half_words(KNN_TILE, w->d);
        knn_tile_pairs(w, &head, &head);
        knn_tile_pairs(w, &head, &tail);
        if (is_vain(w, &head, 4))
            return 1;
    }
    knn_tile_pairs(w, &tail, &tail);
    return 0;
}

/* Every pair of rows once, packed; *vain if it was given up. */
static int
sweep_half(struct knn_work *w, const struct plan *p, int *vain, struct err *e)
{
    int64_t first = 0;
    do {
        struct knn_rows a, b;
        int rc = knn_rows_seek(w, first, p->block_x, p->block, e);
        if (!rc)
            rc = next_half_panel(w, p, &a, e);
        if (!rc && a.n)
            *vain = pairs_within(w, &a);
        while (!rc && !*vain) {
            rc = next_half(w, p, p->block, p->block_h, &b, e);
            if (rc || !b.n)
                break;
            knn_tile_pairs(w, &a, &b);
        }
        if (!rc)
            *vain |= is_vain(w, &a, 2);
        if (rc || *vain)
            return rc;
        first += a.n;
    } while (first < w->u);
    return 0;
}

static int
propose(struct knn_work *w, const struct plan *p, struct err *e)
{
    if (w->kernel.half) {
        int vain = 0, rc = sweep_half(w, p, &vain, e);
        if (rc || !vain)
            return rc;
        w->kernel.half = NULL;
        knn_cand_reset(w);
    }
    return sweep(w, p, knn_tile_pairs, e);
}

/* Copies the m rows at row[] (ascending) to x. */
static int
gather(struct knn_work *w, const struct plan *p, const int64_t *row, int64_t m,
    float *x, struct err *e)
{
    int64_t r = 0;
    int rc = knn_rows_seek(w, 0, p->block_x, p->block, e);
    while (!rc) {
        struct knn_rows b;
        rc = knn_rows_next(w, p->block, p->block_x, NULL, &b, e);
        if (rc || !b.n)
            break;
        for (; r < m && row[r] < b.first + b.n; r++)
            memcpy(x + r * w->d, b.x + (row[r] - b.first) * w->d,
                (size_t)w->d * sizeof *x);
    }
    return rc;
}

/* One batch of hard rows against all. */
static int
hard_batch(struct knn_work *w, const struct plan *p, const int64_t *row,
    int64_t m, struct err *e)
{
    struct knn_hard *h;
    int rc = gather(w, p, row, m, p->room, e);
    if (!rc)
        rc = knn_hard_init(&h, w, row, p->room, m, e);
    if (rc)
        return rc;
    rc = knn_rows_seek(w, 0, p->block_x, p->block, e);
    while (!rc) {
        struct knn_rows b;
        rc = knn_rows_next(w, p->block, p->block_x, NULL, &b, e);
        if (rc || !b.n)
            break;
        knn_hard_pairs(h, &b);
    }
    if (!rc)
        knn_hard_finish(h);
    knn_hard_free(h);
    return rc;
}

static int
do_hard(struct knn_work *w, const struct plan *p, struct err *e)
{
    int64_t m = 0;
    for (int64_t i = 0; i < w->u; i++)
        m += w->hard[i];
    if (!m)
        return 0;
    int64_t *row = mem_new(m, sizeof *row, e);
    if (!row)
        return ERR_NOMEM;
    m = 0;
    for (int64_t i = 0; i < w->u; i++)
        if (w->hard[i])
            row[m++] = i;
    int rc = 0;
    for (int64_t r = 0; !rc && r < m; r += p->panel)
        rc = hard_batch(w, p, row + r, m - r < p->panel ? m - r : p->panel, e);
    free(row);
    return rc;
}

/* Proposals, scores, lists; and once more if rows that were taken to be equal
 * by their hash are not. */
static int
run(struct knn_work *w, const struct plan *p, struct err *e)
{
    int rc;
    do {
        w->distinct = !w->unlike;
        w->unlike = w->known = 0;
        knn_cand_reset(w);
        if (w->x)
            knn_rows_load(w);
        rc = propose(w, p, e);
        if (rc)
            return rc;
        knn_cand_plan(w);
        rc = knn_exact_init(w, e);
        if (!rc)
            rc = sweep(w, p, knn_exact_pairs, e);
        if (!rc && !w->unlike)
            rc = knn_exact_lists(w, e);
        free(w->exact);
        w->exact = NULL;
    } while (!rc && w->unlike);
    return rc ? rc : do_hard(w, p, e);
}

/* Rows of so many bytes each: whole tiles, whatever the thread count. */
static int64_t
rows_for(const struct knn_work *w, int64_t bytes, int64_t row)
{
    int64_t tiles = bytes / row / KNN_TILE;
    int64_t most = (w->n + KNN_TILE - 1) / KNN_TILE;
    tiles = tiles < 1 ? 1 : tiles;
    return (tiles < most ? tiles : most) * KNN_TILE;
}

static int
allocate_plan(struct knn_work *w, struct plan *p, struct err *e)
{
    int64_t row = w->d * (int64_t)sizeof(float);
    int64_t half = (w->d + 1) / 2 * (int64_t)sizeof(uint32_t);
    int64_t memory = w->opt->memory ? w->opt->memory : MEMORY;
    if (w->x && memory > BESIDE)
        memory = BESIDE;
    p->panel = rows_for(w, memory, row);
    p->half_panel = rows_for(w, memory, half);
    p->block = rows_for(
        w, w->x ? memory / BLOCK_BESIDE : memory / BLOCK, w->x ? half : row);
    p->room = p->panel * row > p->half_panel * half
                  ? mem_new(p->panel, (size_t)row, e)
                  : mem_new(p->half_panel, (size_t)half, e);
    if (!w->x)
        p->block_x = mem_new(p->block, (size_t)row, e);
    if (w->kernel.half)
        p->block_h = mem_new(p->block, (size_t)half, e);
    return p->room && (p->block_x || w->x) && (p->block_h || !w->kernel.half)
               ? 0
               : ERR_NOMEM;
}

static int
allocate(struct knn_work *w, struct err *e)
{
    int64_t n = w->n, whole = n + KNN_SPAN;
    for (w->slots = 2; w->slots < 2 * n;)
        w->slots *= 2;
    w->row_of = mem_new(n, sizeof *w->row_of, e);
    w->table = mem_new(w->slots, sizeof *w->table, e);
    w->hash = mem_new(n, sizeof *w->hash, e);
    w->shift = mem_new(n, sizeof *w->shift, e);
    w->norm = mem_new(n, sizeof *w->norm, e);
    w->inverse = mem_zero(whole, sizeof *w->inverse, e);
    w->member = mem_new(n, sizeof *w->member, e);
    w->start = mem_new(n + 1, sizeof *w->start, e);
    w->score = mem_new(n * w->cap, sizeof *w->score, e);
    w->id = mem_new(n * w->cap, sizeof *w->id, e);
    w->count = mem_new(n, sizeof *w->count, e);
    w->bar = mem_zero(whole, sizeof *w->bar, e);
    w->lost = mem_new(n, sizeof *w->lost, e);
    w->error = mem_new(n, sizeof *w->error, e);
    w->hard = mem_new(n, sizeof *w->hard, e);
    w->at = mem_new(n + 1, sizeof *w->at, e);
    w->tile = mem_zero(exec_threads(w->exec), sizeof *w->tile, e);
    w->locks = (n + KNN_TILE - 1) / KNN_TILE;
    w->lock = mem_new(w->locks, sizeof *w->lock, e);
    if (!w->row_of || !w->table || !w->hash || !w->shift || !w->norm ||
        !w->inverse || !w->member || !w->start || !w->score || !w->id ||
        !w->count || !w->bar || !w->lost || !w->error || !w->hard || !w->at ||
        !w->tile || !w->lock)
        return ERR_NOMEM;
    for (int64_t b = 0; b < w->locks; b++)
        pthread_mutex_init(&w->lock[b], NULL);
    for (int t = 0; t < exec_threads(w->exec); t++) {
        w->tile[t] = mem_zero(KNN_TILE * KNN_TILE, sizeof **w->tile, e);
        if (!w->tile[t])
            return ERR_NOMEM;
    }
    return 0;
}

static void
release(struct knn_work *w, struct plan *p)
{
    for (int t = 0; w->tile && t < exec_threads(w->exec); t++)
        free(w->tile[t]);
    free(w->tile);
    free(w->lock);
    free(w->row_of);
    free(w->table);
    free(w->hash);
    free(w->shift);
    free(w->norm);
    free(w->inverse);
    free(w->member);
    free(w->start);
    free(w->score);
    free(w->id);
    free(w->count);
    free(w->bar);
    free(w->lost);
    free(w->error);
    free(w->hard);
    free(w->at);
    free(p->block_x);
    free(p->block_h);
    free(p->room);
}

static int
start(struct knn_work *w, const struct knn_opt *opt, struct knn_list *l,
    int64_t *zeros, struct err *e)
{
    *l = (struct knn_list){0};
    knn_kernel_get(&w->kernel, opt->exec);
    int rc = knn_list_init(l, w->n, opt, e);
    if (rc)
        return rc;
    struct plan p = {0};
    w->opt = opt;
    w->list = l;
    w->exec = opt->exec;
    w->k = opt->k;
    w->cap = opt->k + SPARE < w->n ? opt->k + SPARE : w->n;
    rc = allocate(w, e);
    if (!rc)
        rc = allocate_plan(w, &p, e);
    if (!rc)
        rc = run(w, &p, e);
    *zeros = 0;
    for (int64_t i = 0; !rc && i < w->n; i++)
        *zeros += w->row_of[i] < 0;
    release(w, &p);
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
    *l = (struct knn_list){0};
    if (!s->seekable)
        return err_set(e, ERR_IO,
            "'%s' cannot be read twice: not a plain regular file", s->name);
    return start(&w, opt, l, zeros, e);
}
