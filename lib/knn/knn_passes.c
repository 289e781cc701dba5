/* The passes over dense rows that find their neighbours: in memory, or read
 * again panel by panel. */
#include "lib/base/ranks.h"
#include "lib/knn/knn_cells.h"
#include "lib/knn/knn_propose.h"
#include "lib/knn/knn_query.h"
#include "lib/knn/knn_rows.h"
#include "lib/knn/knn_verify.h"

#include <math.h>

enum {
    MEMORY = 384 << 20, /* bytes of features at once when reading again */
    BESIDE = 64 << 20,  /* bytes beside features that are all in memory */
    BLOCK = 24,         /* the part of MEMORY that is a block */
    BLOCK_BESIDE = 2,   /* the same of BESIDE */
    ROWS = 64           /* per task */
};

/* How many rows are in memory, multiples of KNN_TILE: a panel stays while all
 * rows pass in blocks. The room for a panel holds floats or packed rows. */
struct plan {
    int64_t block, panel, half_panel;
    float *block_x; /* if rows are read */
    uint32_t *block_half;
    void *room;
};

struct work {
    struct exec *exec;
    struct arena mem;
    struct knn_rows rows;
    struct knn_pack pack;
    struct knn_propose propose;
    struct knn_verify verify;
    struct knn_query_run fallback;
    struct plan plan;

    int64_t from, to;          /* rows whose lists this rank makes */
    struct knn_slice of, with; /* that are compared now */
    int64_t *hard;             /* rows of `of` */
    struct knn_query *query;   /* and what they ask */
};

/* Packs the next rows, at most `most` and a block; h->n = 0 at the end. The
 * first block gives the centre. */
static int
next_half(struct work *w, int64_t most, uint32_t *to, struct knn_half *h,
    struct err *e)
{
    struct knn_rows *q = &w->rows;
    struct knn_slice s;
    most = most < w->plan.block ? most : w->plan.block;
    int rc = knn_rows_next(q, most, w->plan.block_x, &s, e);
    if (rc)
        return rc;
    if (!w->pack.centre)
        knn_pack_init(&w->pack, s.x, q->inverse,
            s.n < KNN_TILE ? s.n : KNN_TILE, q->d, 1.001, w->exec, &w->mem);
    rc = arena_check(&w->mem, e);
    if (rc)
        return rc;
    *h = (struct knn_half){to, s.first, s.n};
    knn_propose_pack(&w->propose, s.x, q->inverse, h);
    for (int64_t i = s.first; i < s.first + s.n; i++)
        if (q->first[i] != i)
            knn_propose_leave_out(&w->propose, i);
    return 0;
}

/* A panel, filled up with blocks. */
static int
next_half_panel(struct work *w, struct knn_half *a, struct err *e)
{
    uint32_t *to = w->plan.room;
    *a = (struct knn_half){to, w->rows.at, 0};
    for (struct knn_half h = {.n = 1}; h.n; a->n += h.n) {
        int rc = next_half(w, w->plan.half_panel - a->n,
            to + knn_kernel_words(a->n, w->rows.d), &h, e);
        if (rc)
            return rc;
    }
    return 0;
}

/* Proposes candidates from every pair of rows, once each. */
static int
propose(struct work *w, struct err *e)
{
    struct knn_half a, b;
    for (int64_t first = 0; first < w->rows.n; first += a.n) {
        int rc =
            knn_rows_seek(&w->rows, first, w->plan.block_x, w->plan.block, e);
        if (!rc)
            rc = next_half_panel(w, &a, e);
        for (b = a; !rc && b.n;) {
            knn_propose_pairs(&w->propose, &a, &b);
            rc = next_half(w, w->plan.block, w->plan.block_half, &b, e);
        }
        if (rc)
            return rc;
    }
    int rc = knn_propose_collect(&w->propose, e);
    if (!rc)
        knn_propose_plan(&w->propose);
    return rc;
}

static void
verify_pair(struct work *w, int64_t i, int64_t j)
{
    int64_t d = w->rows.d;
    knn_verify_pair(&w->verify, i, w->of.x + (i - w->of.first) * d, j,
        w->with.x + (j - w->with.first) * d);
}

/* Scores the candidates of rows `of` among rows `with`. The k that seem best
 * come first, so that the bar is high when the others are looked at. */
static void
verify_rows(void *ctx, int64_t task, int thread)
{
    (void)thread;
    struct work *w = ctx;
    const struct knn_propose *p = &w->propose;
    for (int64_t r = task * ROWS; r < w->of.n && r < (task + 1) * ROWS; r++) {
        int64_t i = w->of.first + r;
        if (i < w->from || i >= w->to)
            continue;
        const float *score = p->score + i * p->cap;
        const int32_t *id = p->id + i * p->cap;
        double margin = (double)knn_propose_margin(p, i);
        for (int64_t c = 0; c < p->count[i] && !p->hard[i]; c++) {
            int64_t at = id[c] - w->with.first;
            if (at >= 0 && at < w->with.n &&
                (double)score[c] + margin >= knn_verify_bar(&w->verify, i))
                verify_pair(w, i, id[c]);
        }
    }
}

static double
score_hard(void *ctx, int64_t query, const int32_t *id, int64_t n)
{
    struct work *w = ctx;
    int64_t i = w->hard[query];
    for (int64_t c = 0; c < n; c++)
        if (id[c] != i && w->rows.first[id[c]] == id[c])
            verify_pair(w, i, id[c]);
    return fmax(knn_verify_bar(&w->verify, i), (double)w->propose.bar[i]);
}

/* Compares rows `of` with those of rows `with` that are candidates; the m hard
 * rows with all of them. */
static void
compare(struct work *w, int64_t m)
{
    exec_for(w->exec, (w->of.n + ROWS - 1) / ROWS, verify_rows, w);
    const struct knn_slice *b = &w->with;
    for (int64_t at = 0; m && at < b->n; at += w->plan.block) {
        int64_t n = b->n - at < w->plan.block ? b->n - at : w->plan.block;
        int64_t first = b->first + at;
        knn_pack_rows(&w->pack, b->x + at * w->rows.d, w->rows.inverse + first,
            n, w->plan.block_half, w->propose.packed + first, NULL, NULL);
        struct knn_targets t = {w->plan.block_half, n, (int32_t)first, NULL};
        knn_query_pass(&w->fallback, w->query, m, &t);
    }
}

/* Lists the hard rows of rows `of`. */
static int64_t
list_hard(struct work *w)
{
    int64_t m = 0;
    for (int64_t i = w->of.first; i < w->of.first + w->of.n; i++)
        if (i >= w->from && i < w->to && w->propose.hard[i]) {
            w->query[m] =
                (struct knn_query){.x = w->of.x + (i - w->of.first) * w->rows.d,
                    .factor = w->rows.inverse[i]};
            w->hard[m++] = i;
        }
    return m;
}

/* Compares the m hard ones of rows `of`, and the candidates of the others, with
 * the rows from where they are read to row `end`. */
static int
compare_to(struct work *w, int64_t end, int64_t m, struct err *e)
{
    int rc = 0;
    while (!rc && w->rows.at < end) {
        int64_t left = end - w->rows.at;
        rc =
            knn_rows_next(&w->rows, left < w->plan.block ? left : w->plan.block,
                w->plan.block_x, &w->with, e);
        if (!rc)
            compare(w, m);
    }
    return rc;
}

/* Every panel meets itself, all panels behind it and all before it. */
static int
verify(struct work *w, struct err *e)
{
    struct knn_rows *q = &w->rows;
    const struct plan *p = &w->plan;
    int rc = 0;
    for (int64_t first = 0; !rc && first < q->n; first += w->of.n) {
        rc = knn_rows_seek(q, first, p->block_x, p->block, e);
        if (!rc)
            rc = knn_rows_next(q, q->x ? q->n : p->panel, p->room, &w->of, e);
        if (rc)
            break;
        int64_t m = list_hard(w);
        w->with = w->of;
        compare(w, m);
        rc = compare_to(w, q->n, m, e);
        if (!rc && first)
            rc = knn_rows_seek(q, 0, p->block_x, p->block, e);
        if (!rc && first)
            rc = compare_to(w, first, m, e);
    }
    return rc;
}

/* Rows of so many bytes each: whole tiles, whatever the thread count. */
static int64_t
rows_for(const struct work *w, int64_t bytes, int64_t row)
{
    int64_t tiles = bytes / row / KNN_TILE;
    int64_t most = (w->rows.n + KNN_TILE - 1) / KNN_TILE;
    tiles = tiles < 1 ? 1 : tiles;
    return (tiles < most ? tiles : most) * KNN_TILE;
}

static void
allocate(struct work *w, int64_t memory)
{
    struct plan *p = &w->plan;
    struct arena *m = &w->mem;
    int64_t d = w->rows.d, row = d * (int64_t)sizeof(float);
    int64_t half = (d + 1) / 2 * (int64_t)sizeof(uint32_t);
    int in_memory = w->rows.x != NULL;
    memory = memory ? memory : MEMORY;
    if (in_memory && memory > BESIDE)
        memory = BESIDE;
    p->panel = rows_for(w, memory, row);
    p->half_panel = rows_for(w, memory, half);
    p->block = in_memory ? rows_for(w, memory / BLOCK_BESIDE, half)
                         : rows_for(w, memory / BLOCK, row);
    p->room = in_memory || p->panel * row < p->half_panel * half
                  ? arena_new(m, p->half_panel, (size_t)half)
                  : arena_new(m, p->panel, (size_t)row);
    if (!in_memory)
        p->block_x = arena_new(m, p->block, (size_t)row);
    p->block_half = arena_new(m, p->block, (size_t)half);
    w->hard = arena_new(m, w->rows.n, sizeof *w->hard);
    w->query = arena_new(m, w->rows.n, sizeof *w->query);
}

static int
run(struct work *w, const struct knn_opt *opt, struct knn_list *l,
    struct err *e)
{
    struct arena *m = &w->mem;
    allocate(w, opt->memory);
    knn_propose_init(&w->propose, &w->pack, w->exec, l->n, l->k, m);
    int rc = arena_check(m, e);
    if (!rc)
        rc = propose(w, e);
    if (rc)
        return rc;
    knn_verify_init(&w->verify, &w->rows, l->k, m);
    knn_query_init(&w->fallback, &w->pack, l->k + 1, score_hard, w, m);
    rc = arena_check(m, e);
    ranks_part(l->n, 1, &w->from, &w->to);
    if (!rc)
        rc = verify(w, e);
    if (!rc)
        rc = knn_verify_join(&w->verify, e);
    if (!rc)
        knn_verify_lists(&w->verify, opt->self, l);
    return rc;
}

static int
start(float *x, struct source *s, int64_t n, int64_t d,
    const struct knn_opt *opt, struct knn_list *l, struct err *e)
{
    int rc = knn_list_init(l, n, opt, e);
    if (rc)
        return rc;
    struct work w = {.exec = opt->exec};
    knn_rows_init(&w.rows, x, s, n, d, w.exec, &w.mem);
    rc = run(&w, opt, l, e);
    arena_free(&w.mem);
    if (rc)
        knn_list_free(l);
    return rc;
}

int
knn_dense(float *x, int64_t n, int64_t d, const struct knn_opt *opt,
    struct knn_list *l, struct err *e)
{
    int worth = 0;
    if (opt->probe || opt->recall > 0) {
        int rc = knn_cells(x, n, d, opt, l, &worth, e);
        if (rc || worth)
            return rc;
    }
    return start(x, NULL, n, d, opt, l, e);
}

int
knn_dense_source(struct source *s, const struct knn_opt *opt,
    struct knn_list *l, struct err *e)
{
    *l = (struct knn_list){0};
    if (!s->seekable)
        return err_set(e, ERR_IO,
            "'%s' cannot be read twice: not a plain regular file", s->name);
    return start(NULL, s, s->n, s->d, opt, l, e);
}
