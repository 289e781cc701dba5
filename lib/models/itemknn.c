/*
 * ItemKNN, item-based collaborative filtering. Row i of the matrix P holds the
 * K items j of largest
 *   sim_ij = c_ij / (sqrt(n_i n_j) + H)
 * among those with c_ij > 0 but i itself, ties (of the float32) to the smaller
 * item. n_i counts the users of i, c_ij those of both. A user's scores are the
 * sum of his items' rows (lib/rank/scorer.h).
 *
 * sim is computed in double and stored in float; bytes do not depend on
 * threads. Cost: the sum over users of their squared number of items. Memory:
 * twice the result and I counters a thread.
 *
 * With a graph of items that are alike by content, P is smoothed by it: see
 * itemknn_content.h.
 */
#include "lib/base/mem.h"
#include "lib/la/best.h"
#include "lib/models/itemknn_content.h"
#include "lib/models/system.h"

#include <math.h>
#include <stdlib.h>

struct scratch {
    int32_t *count; /* [I] users shared with the present item, else 0 */
    int32_t *with;  /* [I] the items whose count is not 0 */
};

struct build {
    const struct csr *train;
    struct csr users;        /* I x U */
    double shrink;           /* H */
    struct scratch *scratch; /* [threads] */
};

static double
users_of(const struct build *b, int64_t i)
{
    return (double)(b->users.indptr[i + 1] - b->users.indptr[i]);
}

/* Which items share users with item i, and how many users: s->with and
 * s->count. Returns the number of these items. */
static int64_t
count(const struct build *b, struct scratch *s, int64_t i)
{
    const struct csr *train = b->train;
    int64_t n = 0;
    for (int64_t k = b->users.indptr[i]; k < b->users.indptr[i + 1]; k++) {
        int64_t u = b->users.indices[k];
        for (int64_t m = train->indptr[u]; m < train->indptr[u + 1]; m++) {
            int32_t j = train->indices[m];
            if (!s->count[j]++)
                s->with[n++] = j;
        }
    }
    return n;
}

static void
similar(void *ctx, int64_t i, int thread, struct best_row *row)
{
    const struct build *b = ctx;
    struct scratch *s = &b->scratch[thread];
    int64_t n = count(b, s, i);
    for (int64_t k = 0; k < n; k++) {
        int32_t j = s->with[k];
        double both = s->count[j];
        s->count[j] = 0;
        double size = sqrt(users_of(b, i) * users_of(b, j));
        if (j == i)
            continue;
        row->id[row->n] = j;
        row->value[row->n++] = (float)(both / (size + b->shrink));
    }
}

/* P */
static int
collaborative(struct csr *p, const struct system_args *o, struct err *e)
{
    const struct csr *train = o->train;
    struct build b = {.train = train, .shrink = system_real(o, "shrink")};
    struct best rows = {.rows = train->cols,
        .cols = train->cols,
        .k = system_int(o, "neighbors"),
        .row = similar,
        .ctx = &b};
    int threads = exec_threads(o->exec);
    b.scratch = mem_zero(threads, sizeof *b.scratch, e);
    int rc = b.scratch ? csr_transpose(train, &b.users, e) : ERR_NOMEM;
    for (int t = 0; !rc && t < threads; t++) {
        struct scratch *s = &b.scratch[t];
        s->count = mem_zero(train->cols, sizeof *s->count, e);
        s->with = mem_new(train->cols, sizeof *s->with, e);
        rc = s->count && s->with ? 0 : ERR_NOMEM;
    }
    if (!rc)
        rc = best_make(p, &rows, o->exec, e);
    for (int t = 0; b.scratch && t < threads; t++) {
        free(b.scratch[t].count);
        free(b.scratch[t].with);
    }
    free(b.scratch);
    csr_free(&b.users);
    return rc;
}

static int
make(struct model *m, const struct system_args *o, struct err *e)
{
    if (!o->items)
        return collaborative(&m->sparse, o, e);
    const struct itemknn_content c = {.items = o->items,
        .content = system_real(o, "content"),
        .power = (int)system_int(o, "power"),
        .smooth = system_real(o, "smooth"),
        .both = system_real(o, "smooth-both"),
        .row = system_int(o, "row")};
    struct csr p = {0};
    int rc = collaborative(&p, o, e);
    if (!rc)
        rc = itemknn_content(&m->sparse, &p, &c, o->exec, e);
    csr_free(&p);
    return rc;
}

static const struct system_param params[] = {
    {"neighbors", "K", SYSTEM_WHOLE, 100, 1, 1e6,
        "neighbours of an item, itself left out"},
    {"shrink", "H", SYSTEM_REAL, 100, 0, 1e9,
        "added to a similarity's denominator"},
    {"content", "A", SYSTEM_REAL, 4, 0, 1e6,
        "weight of alikeness itself, with --items"},
    {"power", "N", SYSTEM_WHOLE, 4, 1, 64, "of an alikeness, with --items"},
    {"smooth", "B", SYSTEM_REAL, 2, 0, 1e6,
        "weight of similarities smoothed on one side, with --items"},
    {"smooth-both", "C", SYSTEM_REAL, 1, 0, 1e6,
        "weight of similarities smoothed on both sides, with --items"},
    {"row", "N", SYSTEM_WHOLE, 2000, 1, 1e6,
        "largest entries kept of a row, with --items"},
    {.name = NULL}};

static const char *const with_items[] = {
    "content", "power", "smooth", "smooth-both", "row", NULL};

const struct system itemknn_system = {.name = "itemknn",
    .line = "s_ij = c_ij / (sqrt(n_i n_j) + H), summed; not trained",
    .kind = MODEL_SPARSE,
    .param = params,
    .reads = {.items = SYSTEM_MAY, .with_items = with_items},
    .make = make};
