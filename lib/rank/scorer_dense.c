#include "lib/rank/scorer_work.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* A block of items stays in the second-level cache while the groups of a chunk
 * pass. */
enum {
    CHUNK = 192,          /* users, a multiple of every kernel's rows */
    BLOCK_BYTES = 1 << 18 /* packed items of a block */
};

/* The item vectors' mean and covariance, for moments of scores. */
struct spread {
    double *mean;       /* [d] */
    double *covariance; /* [d][d] */
    double longest;     /* norm of the longest vector */
};

/* The state of a thread. */
struct users {
    float *packed;                  /* [group][d][rows] */
    double *wide;                   /* [2 d] */
    struct scorer_moments *moments; /* [chunk] */
};

struct dense {
    float *items;        /* [panel][d][cols] */
    struct users *users; /* [threads] */
    struct spread spread;
};

static void
dense_shape(struct scorer_work *w)
{
    int64_t panel =
        w->scorer->item->d * w->kernel->cols * (int64_t)sizeof(float);
    w->rows = w->kernel->rows;
    w->chunk = CHUNK;
    w->block = panel > 0 && BLOCK_BYTES / panel > 0 ? BLOCK_BYTES / panel : 1;
}

static void
pack_panel(void *ctx, int64_t p, int thread)
{
    (void)thread;
    const struct scorer_work *w = ctx;
    const struct dense *s = w->state;
    const struct mat *item = w->scorer->item;
    int64_t d = item->d, cols = w->kernel->cols;
    float *to = s->items + p * d * cols;
    for (int64_t c = 0; c < cols; c++) {
        int64_t i = p * cols + c;
        if (w->items)
            i = w->items->item[i];
        int none = i < 0 || i >= item->n;
        const float *row = none ? NULL : item->x + i * d;
        for (int64_t t = 0; t < d; t++)
            to[t * cols + c] = none ? 0.0f : row[t];
    }
}

enum { COVARIANCE_ROWS = 8 /* that are made together */ };

/* Sums run over ascending items, whatever the thread. */
static void
covariance_rows(void *ctx, int64_t block, int thread)
{
    (void)thread;
    const struct scorer_work *w = ctx;
    const struct mat *item = w->scorer->item;
    const struct spread *s = &((struct dense *)w->state)->spread;
    int64_t d = item->d, from = block * COVARIANCE_ROWS;
    int64_t to = from + COVARIANCE_ROWS < d ? from + COVARIANCE_ROWS : d;
    for (int64_t i = 0; i < item->n; i++) {
        const float *x = item->x + i * d;
        for (int64_t j = from; j < to; j++)
            w->kernel->add_product(s->covariance + j * d,
                (double)x[j] - s->mean[j], x, s->mean, d);
    }
    double scale = item->n ? 1 / (double)item->n : 0;
    for (int64_t j = from; j < to; j++)
        for (int64_t k = 0; k < d; k++)
            s->covariance[j * d + k] *= scale;
}

static void
make_spread(struct scorer_work *w)
{
    const struct mat *item = w->scorer->item;
    struct spread *s = &((struct dense *)w->state)->spread;
    int64_t d = item->d;
    for (int64_t i = 0; i < item->n; i++) {
        const float *x = item->x + i * d;
        for (int64_t t = 0; t < d; t++)
            s->mean[t] += (double)x[t];
        double length = mat_norm(x, d);
        if (length > s->longest)
            s->longest = length;
    }
    for (int64_t t = 0; t < d; t++)
        s->mean[t] /= (double)item->n;
    exec_for(w->exec, (d + COVARIANCE_ROWS - 1) / COVARIANCE_ROWS,
        covariance_rows, w);
}

static int
dense_open(struct scorer_work *w, struct err *e)
{
    struct arena *m = w->mem;
    int64_t d = w->scorer->item->d, cols = w->kernel->cols;
    int threads = w->threads, moments = w->moments;
    struct dense *s = w->state = arena_zero(m, 1, sizeof *s);
    struct users *u = arena_zero(m, threads, sizeof *u);
    float *items = arena_new(m, w->panels * cols, (size_t)d * sizeof *items);
    for (int t = 0; u && t < threads; t++) {
        u[t].packed = arena_new(m, w->chunk * d, sizeof *u->packed);
        if (moments) {
            u[t].wide = arena_new(m, 2 * d, sizeof *u->wide);
            u[t].moments = arena_new(m, w->chunk, sizeof *u->moments);
        }
    }
    double *mean = moments ? arena_zero(m, d, sizeof *mean) : NULL;
    double *covariance =
        moments ? arena_zero(m, d, (size_t)d * sizeof *covariance) : NULL;
    int rc = arena_check(m, e);
    if (rc)
        return rc;
    *s = (struct dense){items, u, {mean, covariance, 0}};
    exec_for(w->exec, w->panels, pack_panel, w);
    if (moments)
        make_spread(w);
    return 0;
}

/* The moments of the scores of a user with the vector x. */
static struct scorer_moments
moments_of(const struct scorer_work *w, const float *x, double *wide)
{
    const struct spread *s = &((struct dense *)w->state)->spread;
    int64_t d = w->scorer->item->d;
    double *u = wide, *cu = wide + d;
    double mean = 0, variance = 0;
    for (int64_t j = 0; j < d; j++) {
        u[j] = (double)x[j];
        cu[j] = 0;
        mean += u[j] * s->mean[j];
    }
    for (int64_t j = 0; j < d; j++)
        w->kernel->add_scaled(cu, u[j], s->covariance + j * d, d);
    for (int64_t j = 0; j < d; j++)
        variance += u[j] * cu[j];
    return (struct scorer_moments){
        mean, variance > 0 ? sqrt(variance) : 0, mat_norm(x, d) * s->longest};
}

static void
dense_start(const struct scorer_work *w, int thread, int64_t r, int64_t user)
{
    const struct dense *s = w->state;
    const struct scorer *scorer = w->scorer;
    const struct csr *history = scorer->history;
    const struct users *u = &s->users[thread];
    int64_t d = scorer->user->d, rows = w->rows;
    int none = user < 0 ||
               (history && history->indptr[user] == history->indptr[user + 1]);
    float *to = u->packed + r / rows * rows * d + r % rows;
    const float *row = none ? NULL : scorer->user->x + user * d;
    for (int64_t t = 0; t < d; t++)
        to[t * rows] = row ? row[t] : 0.0f;
    if (w->moments)
        u->moments[r] =
            none ? (struct scorer_moments){0} : moments_of(w, row, u->wide);
}

static int
dense_tile(const struct scorer_work *w, int thread, int64_t first,
    int64_t panel, const float *floor, float *c, uint32_t *hit)
{
    const struct dense *s = w->state;
    int64_t d = w->scorer->item->d;
    return w->kernel->tile(s->users[thread].packed + first * d,
        s->items + panel * d * w->kernel->cols, d, floor, c, hit);
}

static void
dense_scores(const struct scorer_work *w, int thread, int64_t first,
    int64_t panel, float *room, const float **row)
{
    float floor[RANK_MAX_ROWS];
    uint32_t hit[RANK_MAX_ROWS];
    for (int r = 0; r < w->rows; r++) {
        floor[r] = -INFINITY;
        row[r] = room + r * w->kernel->cols;
    }
    (void)dense_tile(w, thread, first, panel, floor, room, hit);
}

static struct scorer_moments
dense_moments(const struct scorer_work *w, int thread, int64_t r)
{
    return ((const struct dense *)w->state)->users[thread].moments[r];
}

static const struct scorer_kind dense_kind = {dense_shape, dense_open,
    dense_start, dense_tile, dense_scores, dense_moments};

/* Every partial sum of a score is bounded by the product of the norms. */
static int
check_range(const struct mat *user, const struct mat *item, struct err *e)
{
    double worst[2] = {0, 0};
    int64_t at[2] = {0, 0};
    const struct mat *side[2] = {user, item};
    for (int w = 0; w < 2; w++)
        for (int64_t i = 0; i < side[w]->n; i++) {
            double length = mat_norm(side[w]->x + i * item->d, item->d);
            if (length > worst[w]) {
                worst[w] = length;
                at[w] = i;
            }
        }
    if (worst[0] * worst[1] < 0.5 * (double)FLT_MAX)
        return 0;
    return err_set(e, ERR_NUM,
        "the score of user %" PRId64 " and item %" PRId64
        " may overflow: their vectors have norms %.3g and %.3g",
        at[0], at[1], worst[0], worst[1]);
}

int
scorer_dense(struct scorer *s, const struct mat *user, const struct mat *item,
    struct err *e)
{
    *s = (struct scorer){.n_users = user->n,
        .n_items = item->n,
        .kind = &dense_kind,
        .user = user,
        .item = item};
    if (user->d != item->d)
        return err_set(e, ERR_SHAPE,
            "user vectors have %" PRId64 " columns and item vectors %" PRId64,
            user->d, item->d);
    int rc = scorer_check_items(item->n, e);
    return rc ? rc : check_range(user, item, e);
}
