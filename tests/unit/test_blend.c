/* lib/rank/scorer_blend against its definition. */
#include "tests/unit/rank_twin.h"

enum { USERS = 61, ITEMS = 301 };

static struct scorer part[5]; /* vectors, graph, more of each, flat */
static struct mat user[3], item[3];
static struct csr history, graph[2];

static void
make_parts(void)
{
    struct err e;
    history = random_csr(USERS, ITEMS, .01, 3); /* some users have nothing */
    for (int k = 0; k < 2; k++) {
        user[k] = random_mat(USERS, 5 + 14 * k, 10 + (uint32_t)k);
        item[k] = random_mat(ITEMS, 5 + 14 * k, 20 + (uint32_t)k);
        graph[k] = random_graph(ITEMS, .03, 30 + (uint32_t)k);
        must(scorer_dense(&part[2 * k], &user[k], &item[k], &e), &e);
        must(scorer_graph(&part[2 * k + 1], &history, &graph[k], &e), &e);
    }
    for (int64_t k = 0; k < item[1].n * item[1].d; k++)
        item[1].x[k] += 3; /* a mean that is larger than the deviation */
    for (int64_t k = 0; k < graph[1].nnz; k++)
        graph[1].data[k] = fabsf(graph[1].data[k]) * 1e20f;
    must(scorer_dense(&part[2], &user[1], &item[1], &e), &e);
    user[2] = random_mat(USERS, 2, 5);
    item[2] = random_mat(ITEMS, 2, 6);
    for (int64_t i = 0; i < ITEMS; i++) /* all alike but for rounding */
        for (int64_t j = 0; j < 2; j++)
            item[2].x[2 * i + j] = 1 + (float)(i % 3) * 0x1p-22f;
    must(scorer_dense(&part[4], &user[2], &item[2], &e), &e);
}

static struct scorer
blend(const struct scorer_part *p, int n)
{
    struct err e;
    struct scorer s;
    must(scorer_blend(&s, p, n, &e), &e);
    return s;
}

static void
test_blends(void)
{
    struct scorer_part two[] = {{part[0], 1}, {part[1], .3}};
    struct scorer_part like[] = {{part[0], 1}, {part[2], 2}};
    struct scorer_part graphs[] = {{part[1], 1}, {part[3], 1e-3}};
    struct scorer_part all[] = {
        {part[3], .25}, {part[2], 3}, {part[1], 1}, {part[0], 1}, {part[4], 5}};
    struct scorer_part flat[] = {{part[4], 1}, {part[1], 1}};
    struct rank_opt o = {.k = 20, .mask = {&history}};
    struct scorer s = blend(two, 2);
    compare_with("vectors and a graph", &s, o);
    o.k = 310;
    compare_with("vectors and a graph, long lists", &s, o);
    int64_t some[] = {60, 3, 3, 0};
    compare_with("chosen users", &s,
        (struct rank_opt){.k = 4, .users = some, .n_users = 4});
    o.k = 15;
    s = blend(like, 2);
    compare_with("vectors", &s, o);
    s = blend(graphs, 2);
    compare_with("graphs", &s, o);
    s = blend(all, 5);
    compare_with("five parts", &s, o);
    s = blend(flat, 2);
    compare_with("a part that says nothing", &s, o);
    struct scorer known = part[0];
    known.history = &history;
    two[0].scorer = known;
    s = blend(two, 2);
    compare_with("users without history", &s, o);
}

/* Values beyond those that the quick sums hold. */
static void
test_extremes(void)
{
    struct err e;
    struct mat tiny = random_mat(USERS, 3, 1), large = random_mat(ITEMS, 3, 2);
    for (int64_t k = 0; k < tiny.n * tiny.d; k++)
        tiny.x[k] *= 1e-38f;
    struct scorer small, s;
    must(scorer_dense(&small, &tiny, &large, &e), &e);
    struct scorer_part p[] = {{small, 1}, {part[1], 1}, {part[0], 1e-40}};
    struct rank_opt o = {.k = 9, .mask = {&history}};
    s = blend(p, 3);
    compare_with("scores and weights far from 1", &s, o);
    mat_free(&tiny);
    mat_free(&large);
}

/* The same scores whatever is offered and in which order. */
static void
test_places(void)
{
    struct err e;
    struct rank_items r;
    unsigned char shelf[ITEMS];
    int64_t weight[ITEMS];
    for (int64_t i = 0; i < ITEMS; i++) {
        weight[i] = i % 13;
        shelf[i] = i % 5 == 0 ? RANK_SECOND
                   : i % 7    ? RANK_FIRST
                              : RANK_LEFT_OUT;
    }
    must(rank_items_init(&r, ITEMS, shelf, weight, &e), &e);
    r.reserved = 3;
    struct scorer_part p[] = {{part[1], 1}, {part[2], .7}};
    struct scorer s = blend(p, 2);
    compare_with("places and shelves", &s,
        (struct rank_opt){.k = 11, .mask = {&history}, .items = &r});
    rank_items_free(&r);
}

/* The moments are those of the scores themselves. */
static void
test_moments(void)
{
    double worst = 0;
    for (int p = 0; p < 4; p++)
        for (int64_t u = 0; u < USERS; u++) {
            double mean, deviation, sum = 0, squares = 0;
            part_moments(&part[p], u, &mean, &deviation);
            for (int64_t i = 0; i < ITEMS; i++)
                sum += (double)part_score(&part[p], u, i);
            for (int64_t i = 0; i < ITEMS; i++)
                squares +=
                    pow((double)part_score(&part[p], u, i) - sum / ITEMS, 2);
            double want = sqrt(squares / ITEMS);
            if (want == 0) {
                worst += deviation != 0;
                continue;
            }
            worst = fmax(worst, fabs(mean - sum / ITEMS) / want);
            worst = fmax(worst, fabs(deviation - want) / want);
        }
    ok(worst < 1e-6, "mean and deviation of scores: off by %.2g", worst);
}

static void
test_errors(void)
{
    struct err e;
    struct scorer s, other;
    struct mat v = random_mat(ITEMS + 1, 5, 1);
    struct scorer_part p[] = {{part[0], 1}, {part[1], 1}};
    must(scorer_dense(&other, &user[0], &v, &e), &e);
    struct scorer in = blend(p, 2), one = blend(p, 1);
    ok(!memcmp(&one, &part[0], sizeof one), "a blend of one part is the part");
    ok(scorer_blend(&s, p, 0, &e) == ERR_RANGE, "%s", e.msg);
    ok(scorer_blend(&s, p, SCORER_PARTS + 1, &e) == ERR_RANGE, "%s", e.msg);
    p[1].scorer = other;
    ok(scorer_blend(&s, p, 2, &e) == ERR_SHAPE, "%s", e.msg);
    p[1].scorer = in;
    ok(scorer_blend(&s, p, 2, &e) == ERR_RANGE, "%s", e.msg);
    p[1] = (struct scorer_part){part[2], 0};
    ok(scorer_blend(&s, p, 2, &e) == ERR_RANGE, "%s", e.msg);
    p[1].weight = INFINITY;
    ok(scorer_blend(&s, p, 2, &e) == ERR_RANGE, "%s", e.msg);
    mat_free(&v);
}

int
main(void)
{
    make_parts();
    test_moments();
    test_blends();
    test_extremes();
    test_places();
    test_errors();
    for (int k = 0; k < 3; k++) {
        mat_free(&user[k]);
        mat_free(&item[k]);
    }
    for (int k = 0; k < 2; k++)
        csr_free(&graph[k]);
    csr_free(&history);
    return done();
}
