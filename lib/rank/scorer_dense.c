#include "lib/base/exec.h"
#include "lib/base/mem.h"
#include "lib/rank/scorer_work.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* A block of items stays in the second-level cache while the groups of a chunk
 * pass. */
enum {
    CHUNK = 192,          /* users, a multiple of every kernel's rows */
    BLOCK_BYTES = 1 << 18 /* packed items of a block */
};

struct dense {
    float *items;  /* [panel][d][cols] */
    float **users; /* [threads], each [group][d][rows] */
};

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
        const float *row = item->x + i * d;
        for (int64_t t = 0; t < d; t++)
            to[t * cols + c] = i < item->n ? row[t] : 0.0f;
    }
}

static int
dense_open(struct scorer_work *w, struct err *e)
{
    int64_t d = w->scorer->item->d, cols = w->kernel->cols;
    int64_t panel = d * cols * (int64_t)sizeof(float);
    w->rows = w->kernel->rows;
    w->chunk = CHUNK;
    w->block = panel > 0 && BLOCK_BYTES / panel > 0 ? BLOCK_BYTES / panel : 1;
    struct dense *s = w->state = mem_zero(1, sizeof *s, e);
    if (!s)
        return ERR_NOMEM;
    s->items = mem_new(w->panels * cols, (size_t)d * sizeof *s->items, e);
    s->users = mem_zero(w->threads, sizeof *s->users, e);
    if (!s->items || !s->users)
        return ERR_NOMEM;
    for (int t = 0; t < w->threads; t++) {
        s->users[t] = mem_new(CHUNK * d, sizeof **s->users, e);
        if (!s->users[t])
            return ERR_NOMEM;
    }
    exec_for(w->exec, w->panels, pack_panel, w);
    return 0;
}

static void
dense_start(const struct scorer_work *w, int thread, int64_t r, int64_t user)
{
    const struct dense *s = w->state;
    int64_t d = w->scorer->user->d, rows = w->rows;
    float *to = s->users[thread] + r / rows * rows * d + r % rows;
    const float *row = user < 0 ? NULL : w->scorer->user->x + user * d;
    for (int64_t t = 0; t < d; t++)
        to[t * rows] = row ? row[t] : 0.0f;
}

static int
dense_tile(const struct scorer_work *w, int thread, int64_t first,
    int64_t panel, const float *floor, float *c, uint32_t *hit)
{
    const struct dense *s = w->state;
    int64_t d = w->scorer->item->d;
    return w->kernel->tile(s->users[thread] + first * d,
        s->items + panel * d * w->kernel->cols, d, floor, c, hit);
}

static void
dense_close(struct scorer_work *w)
{
    struct dense *s = w->state;
    if (!s)
        return;
    for (int t = 0; s->users && t < w->threads; t++)
        free(s->users[t]);
    free(s->users);
    free(s->items);
    free(s);
}

static const struct scorer_kind dense_kind = {
    dense_open, dense_start, dense_tile, dense_close};

/* Every partial sum of a score is bounded by the product of the norms. */
static int
check_range(const struct mat *user, const struct mat *item, struct err *e)
{
    double worst[2] = {0, 0};
    int64_t at[2] = {0, 0};
    const struct mat *m[2] = {user, item};
    for (int w = 0; w < 2; w++)
        for (int64_t i = 0; i < m[w]->n; i++) {
            double sum = 0;
            for (int64_t t = 0; t < m[w]->d; t++) {
                double v = (double)m[w]->x[i * m[w]->d + t];
                sum += v * v;
            }
            if (sum > worst[w]) {
                worst[w] = sum;
                at[w] = i;
            }
        }
    if (sqrt(worst[0]) * sqrt(worst[1]) < 0.5 * (double)FLT_MAX)
        return 0;
    return err_set(e, ERR_NUM,
        "the score of user %" PRId64 " and item %" PRId64
        " may overflow: their vectors have norms %.3g and %.3g",
        at[0], at[1], sqrt(worst[0]), sqrt(worst[1]));
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
