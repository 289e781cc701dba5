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
#include "lib/la/best.h"
#include "lib/models/itemknn_content.h"
#include "lib/models/system.h"
#include "lib/models/together.h"

#include <math.h>

struct build {
    struct together t;
    double shrink; /* H */
};

static void
similar(void *ctx, int64_t i, int thread, struct best_row *row)
{
    const struct build *b = ctx;
    struct together_row *r = together_count(&b->t, thread, i);
    for (int64_t k = 0; k < r->n; k++) {
        int32_t j = r->item[k];
        double both = r->count[j];
        r->count[j] = 0;
        double size = sqrt(together_users(&b->t, i) * together_users(&b->t, j));
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
    struct build b = {.shrink = system_real(o, "shrink")};
    struct best rows = {.rows = train->cols,
        .cols = train->cols,
        .k = system_int(o, "neighbors"),
        .row = similar,
        .ctx = &b};
    struct arena arena = {0};
    b.t = together_in(&arena, train, o->exec);
    int rc = arena_check(&arena, e);
    if (!rc)
        rc = best_make(p, &rows, o->exec, e);
    arena_free(&arena);
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
    {"content", "A", SYSTEM_REAL, 2, 0, 1e6,
        "weight of alikeness itself, with --items"},
    {"power", "N", SYSTEM_WHOLE, 1, 1, 64, "of an alikeness, with --items"},
    {"smooth", "B", SYSTEM_REAL, 3, 0, 1e6,
        "weight of similarities smoothed on one side, with --items"},
    {"smooth-both", "C", SYSTEM_REAL, 0, 0, 1e6,
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
