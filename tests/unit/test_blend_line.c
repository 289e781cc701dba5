/* The values of a line of weights in one pass, against a ranking for each. */
#include "lib/rank/blend.h"
#include "lib/rank/blend_line.h"
#include "lib/rank/metrics.h"
#include "tests/unit/rank_twin.h"

enum { USERS = 70, ITEMS = 301, CUT = 20 };

static struct scorer part[6];
static struct csr history, target, graph;

/* Of one part a blend is the part itself, which no line has: a second one that
 * says nothing stands for it. */
static int
naive(const struct blend_line *l, double *value)
{
    int64_t cut = l->cut;
    struct metrics_opt o = {.target = l->target,
        .mask = {l->mask},
        .cuts = &cut,
        .n_cuts = 1,
        .exec = exec_of(2)};
    for (int k = 0; k < l->n; k++) {
        struct scorer_part share[SCORER_PARTS];
        struct scorer s;
        struct metrics m;
        struct err e;
        int n = 0;
        for (int p = 0; p < l->parts; p++) {
            double w = p == l->p ? l->grid[k] : l->weight[p];
            if (w > 0)
                share[n++] = (struct scorer_part){l->part[p], w};
        }
        if (n < 2)
            return 0;
        must(scorer_blend(&s, share, n, &e), &e);
        must(metrics_run(&m, &s, &o, &e), &e);
        value[k] = m.value[METRICS_NDCG][0];
    }
    return 1;
}

static void
compare(const char *what, struct blend_line l)
{
    static const char *const isas[] = {"portable", "avx2", "avx512", NULL};
    double want[BLEND_LINE_MAX], got[BLEND_LINE_MAX];
    struct err e;
    l.part = part;
    l.target = l.target ? l.target : &target;
    ok(naive(&l, want), "%s: two parts have a weight", what);
    for (int i = 0; i < 4; i++)
        for (int threads = 1; threads <= 3; threads += 2) {
            l.exec = exec_with(threads, isas[i]);
            if (!l.exec)
                continue;
            must(blend_line(&l, got, &e), &e);
            ok(!memcmp(want, got, (size_t)l.n * sizeof *got),
                "%s: %d weights, %s, %d threads", what, l.n,
                isas[i] ? isas[i] : "the best", threads);
        }
}

int
main(void)
{
    struct err e;
    struct mat user[4], item[4];
    history = random_csr(USERS, ITEMS, .02, 3);
    target = random_csr(USERS, ITEMS, .02, 4); /* some are masked, too */
    graph = random_graph(ITEMS, .03, 5);
    for (int k = 0; k < 4; k++) {
        user[k] = random_mat(USERS, 6, 10 + (uint32_t)k);
        item[k] = random_mat(ITEMS, 6, 20 + (uint32_t)k);
    }
    for (int64_t i = 0; i < ITEMS; i++)
        for (int64_t j = 0; j < 6; j++) {
            float *x = &item[1].x[6 * i + j];
            *x = roundf(2 * *x) * (float)(j < 2); /* many equal scores */
            item[2].x[6 * i + j] = 1 + (float)(i % 3) * 0x1p-22f;
        }
    for (int64_t k = 0; k < user[3].n * user[3].d; k++)
        user[3].x[k] *= 1e-38f;
    /* users of whom the part knows nothing: all items score 0 */
    memset(user[1].x, 0, 9 * 6 * sizeof *user[1].x);
    for (int k = 0; k < 4; k++)
        must(scorer_dense(&part[k], &user[k], &item[k], &e), &e);
    must(scorer_graph(&part[4], &history, &graph, &e), &e);
    part[5] = part[1];

    struct blend_line l = {.parts = 5,
        .grid = blend_grid,
        .n = BLEND_GRID,
        .cut = CUT,
        .mask = &history};
    l.weight = (const double[6]){1, 0, 0, 0, 0};
    l.p = 4;
    double few[] = {.5, 3}, one[] = {.7};
    l.grid = blend_grid + 1;
    l.n = BLEND_GRID - 1;
    compare("vectors and a graph", l);
    l.weight = (const double[6]){0, 0, 0, 0, 1};
    l.p = 1;
    compare("a graph and many equal scores", l);
    l.weight = (const double[6]){0, 1, 0, 0, 0};
    l.p = 5;
    l.parts = 6;
    compare("equal scores at all weights", l);
    l.p = 2;
    compare("a part that says nothing", l);
    l.p = 3;
    compare("scores far from 1", l);
    l.weight = (const double[6]){.3, 0, 1, 0, 2};
    l.parts = 5;
    l.p = 1;
    l.grid = blend_grid;
    l.n = BLEND_GRID;
    compare("from 0", l);
    l.grid = few;
    l.n = 2;
    l.mask = NULL;
    compare("nothing masked", l);
    l.grid = one;
    l.n = 1;
    l.cut = 3;
    compare("one weight, a short list", l);
    struct csr all = random_csr(USERS, ITEMS, .9, 6);
    l.target = &all;
    l.mask = &history;
    l.cut = 2 * ITEMS;
    compare("most items are targets, a list of all", l);

    struct csr none = random_csr(USERS, ITEMS, 0, 7);
    double value[BLEND_LINE_MAX];
    l.part = part;
    l.target = &none;
    ok(blend_line(&l, value, &e) == ERR_RANGE, "%s", e.msg);
    none.cols = ITEMS + 1;
    ok(blend_line(&l, value, &e) == ERR_SHAPE, "%s", e.msg);
    none.cols = ITEMS;
    for (int k = 0; k < 4; k++) {
        mat_free(&user[k]);
        mat_free(&item[k]);
    }
    csr_free(&history);
    csr_free(&target);
    csr_free(&graph);
    csr_free(&all);
    csr_free(&none);
    return done();
}
