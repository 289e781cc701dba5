#include "lib/rank/blend_line.h"

#include "lib/base/arena.h"
#include "lib/rank/metrics.h"
#include "lib/rank/scorer_work.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { SHARD = 1 << 16 /* users of whom values are kept at once */ };

/* The ends of the line: its least and its largest weight. */
enum { ENDS = 2 };

/* A user of a chunk, with the scores and counts of his targets. A target is
 * done if it is masked or has `cut` better items at every weight. */
struct user {
    int64_t id;
    const int32_t *target;
    int64_t n, left; /* targets, those that are not done */
    float *score;    /* [n][weights] */
    int32_t *count;  /* [n][weights] items that come before it, cut at most */
};

struct scratch {
    struct user *user; /* [chunk] */
    float *score;      /* [chunk][most targets][weights] */
    int32_t *count;
    float *a;     /* [ENDS][chunk / rows][parts][RANK_MAX_ROWS] */
    float *b;     /* [ENDS][chunk] */
    float *low;   /* [ENDS][chunk] what an item's sum must exceed */
    float *error; /* [chunk] of these sums, and of the targets' scores */
    float *room;  /* [parts][RANK_MAX_ROWS][RANK_MAX_COLS] */
};

struct pass {
    const struct blend_line *l;
    struct scorer_part part[SCORER_PARTS]; /* those that have a weight */
    int parts, p;
    struct scorer scorer;
    struct scorer_work work;
    struct metrics_gain gain;
    struct arena mem;
    int64_t *users; /* that have targets, ascending */
    int64_t n_users, most, from, n;
    struct scratch *scratch; /* [threads] */
    double *value;           /* [SHARD][weights] */
};

static int64_t
ceil_div(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

static int64_t
least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Scores of the parts for the users of a group in a panel. */
static void
panel_scores(const struct pass *x, int thread, int64_t first, int64_t panel,
    const float **score)
{
    float *room = x->scratch[thread].room;
    for (int p = 0; p < x->parts; p++) {
        const struct scorer_work *w = scorer_blend_part(&x->work, p);
        w->scorer->kind->scores(w, thread, first, panel,
            room + (int64_t)p * RANK_MAX_ROWS * RANK_MAX_COLS,
            score + p * RANK_MAX_ROWS);
    }
}

/* The scores of an item at all weights, as scorer_blend computes them; score[p]
 * is the part's. */
static void
exact(const struct pass *x, int thread, int64_t r, const float *const *score,
    int64_t i, float *out)
{
    double z[SCORER_PARTS];
    for (int p = 0; p < x->parts; p++) {
        struct scorer_moments m = scorer_blend_moments(&x->work, thread, r, p);
        z[p] =
            m.deviation > 0
                ? ((double)score[p * RANK_MAX_ROWS][i] - m.mean) / m.deviation
                : 0;
    }
    for (int k = 0; k < x->l->n; k++) {
        double sum = 0;
        for (int p = 0; p < x->parts; p++)
            sum += (p == x->p ? x->l->grid[k] : x->part[p].weight) * z[p];
        out[k] = (float)sum;
    }
}

/* Sets what an item's sum must exceed, at both ends, for the item to matter:
 * the least score there of the targets that are not done. */
static void
set_low(const struct pass *x, struct scratch *s, int64_t r)
{
    const struct user *u = &s->user[r];
    int last = x->l->n - 1;
    float low[ENDS] = {INFINITY, INFINITY};
    for (int64_t t = 0; t < u->n; t++) {
        const float *score = u->score + t * x->l->n;
        int open = 0;
        for (int k = 0; k <= last; k++)
            open |= u->count[t * x->l->n + k] < x->l->cut;
        if (!open)
            continue;
        low[0] = fminf(low[0], score[0]);
        low[1] = fminf(low[1], score[last]);
    }
    for (int end = 0; end < ENDS; end++)
        s->low[end * x->work.chunk + r] = low[end] - s->error[r];
}

/* The factors of a user's sums at an end; those of the parts are RANK_MAX_ROWS
 * apart. */
static float *
sums_of(const struct pass *x, const struct scratch *s, int end, int64_t r)
{
    int64_t rows = x->work.rows, groups = x->work.chunk / rows;
    return s->a + (end * groups + r / rows) * x->parts * RANK_MAX_ROWS +
           r % rows;
}

/* Sets the factors of the float sums at both ends. */
static void
set_sums(const struct pass *x, int thread, int64_t r)
{
    struct scratch *s = &x->scratch[thread];
    int64_t chunk = x->work.chunk;
    double most = 0;
    int rough = 0; /* a factor that float cannot hold well */
    for (int end = 0; end < ENDS; end++) {
        float *a = sums_of(x, s, end, r);
        double constant = 0, sum = 0;
        for (int p = 0; p < x->parts; p++) {
            struct scorer_moments m =
                scorer_blend_moments(&x->work, thread, r, p);
            double weight = p == x->p ? x->l->grid[end ? x->l->n - 1 : 0]
                                      : x->part[p].weight;
            double factor = m.deviation > 0 ? weight / m.deviation : 0;
            rough |= factor > 0 && !(factor > 0x1p-100 && factor < 0x1p100);
            a[p * RANK_MAX_ROWS] = (float)factor;
            constant -= factor * m.mean;
            sum += factor * (m.most + fabs(m.mean));
        }
        s->b[end * chunk + r] = (float)constant;
        most = fmax(most, sum);
    }
    /* Each part of a sum is rounded three times at most; twice that much, for
     * weights between the ends, whose scores are rounded too. It is never 0, as
     * an item whose sum equals a target's may come before it. */
    s->error[r] = (float)(most * (x->parts + 2) * 0x1p-20) + FLT_MIN;
    if (!rough && most < 0x1p100)
        return;
    s->error[r] = INFINITY;
    for (int end = 0; end < ENDS; end++) {
        s->b[end * chunk + r] = 0;
        for (int p = 0; p < x->parts; p++)
            sums_of(x, s, end, r)[p * RANK_MAX_ROWS] = 0;
    }
}

/* Puts a user into place r of the chunk. */
static void
set_user(struct pass *x, int thread, int64_t r, int64_t id)
{
    struct scratch *s = &x->scratch[thread];
    const struct csr *target = x->l->target;
    struct user *u = &s->user[r];
    *u = (struct user){.id = id};
    x->work.scorer->kind->start(&x->work, thread, r, id);
    for (int end = 0; end < ENDS; end++)
        s->low[end * x->work.chunk + r] = INFINITY;
    if (id < 0)
        return;
    set_sums(x, thread, r);
    u->target = target->indices + target->indptr[id];
    u->n = target->indptr[id + 1] - target->indptr[id];
    u->score = s->score + r * x->most * x->l->n;
    u->count = s->count + r * x->most * x->l->n;
    for (int64_t t = 0; t < u->n; t++) {
        int masked = x->l->mask && csr_has(x->l->mask, id, u->target[t]);
        u->left += !masked;
        for (int k = 0; k < x->l->n; k++)
            u->count[t * x->l->n + k] = masked ? (int32_t)x->l->cut : 0;
    }
}

/* The scores of the targets of the user at place r. */
static void
score_targets(struct pass *x, int thread, int64_t r)
{
    struct scratch *s = &x->scratch[thread];
    struct user *u = &s->user[r];
    const float *score[SCORER_PARTS * RANK_MAX_ROWS] = {0};
    int64_t cols = x->work.kernel->cols, group = r % x->work.rows;
    int64_t before = -1;
    for (int64_t t = 0; t < u->n; t++) {
        int64_t i = u->target[t];
        if (i / cols != before)
            panel_scores(x, thread, r - group, before = i / cols, score);
        exact(x, thread, r, score + group, i % cols, u->score + t * x->l->n);
    }
    if (u->n)
        set_low(x, s, r);
}

/* Counts an item at each weight and target that it comes before. */
static void
count_item(const struct pass *x, struct scratch *s, int64_t r, int32_t item,
    const float *score)
{
    struct user *u = &s->user[r];
    int n = x->l->n, done = 0;
    for (int64_t t = 0; t < u->n; t++) {
        const float *own = u->score + t * n;
        int32_t *count = u->count + t * n, was = 0, is = 0;
        if (u->target[t] == item)
            continue;
        int wins = item < u->target[t]; /* where scores are equal */
        for (int k = 0; k < n; k++) {
            int open = count[k] < x->l->cut;
            was |= open;
            count[k] +=
                open & (score[k] > own[k] || (wins && !(score[k] < own[k])));
            is |= count[k] < x->l->cut;
        }
        done += was && !is;
    }
    if (!done)
        return;
    u->left -= done;
    set_low(x, s, r);
}

static void
count_panel(struct pass *x, int thread, int64_t first, int64_t panel)
{
    struct scratch *s = &x->scratch[thread];
    const struct scorer_work *w = &x->work;
    const float *score[SCORER_PARTS * RANK_MAX_ROWS] = {0};
    uint32_t hit[ENDS][RANK_MAX_ROWS] = {{0}};
    float at[BLEND_LINE_MAX];
    int64_t cols = w->kernel->cols;
    panel_scores(x, thread, first, panel, score);
    for (int end = 0; end < ENDS; end++)
        w->kernel->mix(w->rows, x->parts, score, sums_of(x, s, end, first),
            s->b + end * w->chunk + first, s->low + end * w->chunk + first,
            hit[end]);
    for (int r = 0; r < w->rows; r++) {
        struct user *u = &s->user[first + r];
        for (uint32_t left = hit[0][r] | hit[1][r]; left && u->left;
             left &= left - 1) {
            int i = __builtin_ctz(left);
            int64_t item = panel * cols + i;
            if (item >= x->scorer.n_items)
                break;
            if (x->l->mask && csr_has(x->l->mask, u->id, (int32_t)item))
                continue;
            exact(x, thread, first + r, score + r, i, at);
            count_item(x, s, first + r, (int32_t)item, at);
        }
    }
}

/* The NDCG at weight k, its hits summed as in metrics_list. */
static double
ndcg(const struct pass *x, const struct user *u, int k)
{
    double sum = 0;
    int64_t cut = x->l->cut;
    for (int64_t rank = 0; rank < cut; rank++)
        for (int64_t t = 0; t < u->n; t++)
            if (u->count[t * x->l->n + k] == rank)
                sum += x->gain.at[rank];
    return sum / x->gain.ideal[least(cut, u->n)];
}

static void
run_chunk(void *ctx, int64_t chunk, int thread)
{
    struct pass *x = ctx;
    const struct scorer_work *w = &x->work;
    struct scratch *s = &x->scratch[thread];
    int64_t first = chunk * w->chunk, rows = w->rows;
    int64_t n = least(x->n - first, w->chunk);
    int64_t places = ceil_div(n, rows) * rows;
    for (int64_t r = 0; r < places; r++)
        set_user(x, thread, r, r < n ? x->users[x->from + first + r] : -1);
    for (int64_t r = 0; r < n; r++)
        score_targets(x, thread, r);
    for (int64_t b = 0; b < w->panels; b += w->block)
        for (int64_t g = 0; g < places; g += rows)
            for (int64_t p = b; p < b + w->block && p < w->panels; p++)
                count_panel(x, thread, g, p);
    for (int64_t r = 0; r < n; r++)
        for (int k = 0; k < x->l->n; k++)
            x->value[(first + r) * x->l->n + k] = ndcg(x, &s->user[r], k);
}

static int
make_scratch(struct pass *x, struct err *e)
{
    struct arena *mem = &x->mem;
    int64_t chunk = x->work.chunk, groups = chunk / x->work.rows, slots;
    if (__builtin_mul_overflow(chunk * x->l->n, x->most, &slots))
        slots = INT64_MAX;
    x->scratch = arena_zero(mem, x->work.threads, sizeof *x->scratch);
    for (int t = 0; x->scratch && t < x->work.threads; t++) {
        struct scratch *s = &x->scratch[t];
        s->user = arena_new(mem, chunk, sizeof *s->user);
        s->score = arena_new(mem, slots, sizeof *s->score);
        s->count = arena_new(mem, slots, sizeof *s->count);
        s->a = arena_zero(
            mem, ENDS * groups * x->parts * RANK_MAX_ROWS, sizeof *s->a);
        s->b = arena_zero(mem, ENDS * chunk, sizeof *s->b);
        s->low = arena_zero(mem, ENDS * chunk, sizeof *s->low);
        s->error = arena_zero(mem, chunk, sizeof *s->error);
        s->room = arena_new(mem,
            (int64_t)x->parts * RANK_MAX_ROWS * RANK_MAX_COLS, sizeof *s->room);
    }
    x->value =
        arena_new(mem, least(x->n_users, SHARD) * x->l->n, sizeof *x->value);
    return arena_check(mem, e);
}

/* Makes the blend of the parts that have a weight, and lists the users. */
static int
set_up(struct pass *x, struct err *e)
{
    const struct blend_line *l = x->l;
    const struct csr *target = l->target;
    for (int p = 0; p < l->parts; p++) {
        if (p == l->p)
            x->p = x->parts;
        if (p == l->p || l->weight[p] > 0)
            x->part[x->parts++] =
                (struct scorer_part){l->part[p], p == l->p ? 1 : l->weight[p]};
    }
    int rc = scorer_blend(&x->scorer, x->part, x->parts, e);
    if (!rc && (target->rows != x->scorer.n_users ||
                   target->cols != x->scorer.n_items))
        rc = err_set(e, ERR_SHAPE,
            "targets of %" PRId64 " x %" PRId64 " do not fit the parts",
            target->rows, target->cols);
    if (rc)
        return rc;
    x->users = arena_new(&x->mem, target->rows, sizeof *x->users);
    rc = arena_check(&x->mem, e);
    if (rc)
        return rc;
    for (int64_t u = 0; u < target->rows; u++) {
        int64_t n = target->indptr[u + 1] - target->indptr[u];
        if (n)
            x->users[x->n_users++] = u;
        x->most = n > x->most ? n : x->most;
    }
    if (!x->n_users)
        return err_set(e, ERR_RANGE, "no user has targets");
    return metrics_gain_init(&x->gain, l->cut, e);
}

static int
run(struct pass *x, double *value, struct err *e)
{
    int threads = (int)least(exec_threads(x->l->exec), x->n_users);
    int n = x->l->n;
    int rc = scorer_open(
        &x->work, &x->scorer, NULL, x->l->exec, threads, &x->mem, e);
    if (!rc)
        rc = make_scratch(x, e);
    if (rc)
        return rc;
    memset(value, 0, (size_t)n * sizeof *value);
    for (; x->from < x->n_users; x->from += SHARD) {
        x->n = least(x->n_users - x->from, SHARD);
        exec_for(x->l->exec, ceil_div(x->n, x->work.chunk), run_chunk, x);
        for (int64_t u = 0; u < x->n; u++)
            for (int k = 0; k < n; k++)
                value[k] += x->value[u * n + k];
    }
    for (int k = 0; k < n; k++)
        value[k] /= (double)x->n_users;
    return 0;
}

int
blend_line(const struct blend_line *l, double *value, struct err *e)
{
    struct pass x = {.l = l};
    int rc = set_up(&x, e);
    if (!rc)
        rc = run(&x, value, e);
    metrics_gain_free(&x.gain);
    arena_free(&x.mem);
    return rc;
}
