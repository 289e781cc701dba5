/* What a ranking offers and what its lists may hold, against the definitions;
 * rankings in shards. */
#include "tests/unit/rank_twin.h"

enum { USERS = 67, ITEMS = 333 };

static unsigned char *
random_shelves(double second, double out, uint32_t which)
{
    unsigned char *shelf = mem_zero(ITEMS, 1, NULL);
    for (int64_t i = 0; i < ITEMS; i++) {
        double x = rng_uniform(7, RNG_TEST, which, (uint64_t)i, 0);
        shelf[i] = x < second         ? RANK_SECOND
                   : x < second + out ? RANK_LEFT_OUT
                                      : RANK_FIRST;
    }
    return shelf;
}

/* A third of the items is of no group. */
static int32_t *
random_groups(int64_t groups, uint32_t which)
{
    int32_t *group = mem_new(ITEMS, sizeof *group, NULL);
    for (int64_t i = 0; i < ITEMS; i++) {
        double x = rng_uniform(7, RNG_TEST, which, (uint64_t)i, 0) * 1.5 - .5;
        group[i] = x < 0 ? -1 : (int32_t)(x * (double)groups);
    }
    return group;
}

static struct rank_items
places(const unsigned char *shelf, const int64_t *weight)
{
    struct err e;
    struct rank_items r;
    must(rank_items_init(&r, ITEMS, shelf, weight, &e), &e);
    return r;
}

/* Every mixture of what can be asked for, at short and at long lists. */
static void
test_items(const char *name, const struct scorer *s, const struct csr *mask)
{
    int64_t weight[ITEMS];
    for (int64_t i = 0; i < ITEMS; i++)
        weight[i] = i * 7 % 5;
    unsigned char *out = random_shelves(0, .3, 11);
    unsigned char *two = random_shelves(.2, .1, 12);
    int32_t *group = random_groups(9, 13);
    struct err e;
    for (int how = 0; how < 8; how++) {
        struct rank_items r =
            places(how & 1 ? two : out, how & 2 ? weight : NULL);
        r.reserved = how & 1 ? 4 : 0;
        if (how & 4)
            must(rank_items_cap(&r, group, 9, 3, &e), &e);
        for (int k = 1; k < 200; k += k < 10 ? 11 : 78) {
            char what[99];
            snprintf(what, sizeof what, "%s, k %d:%s%s%s", name, k,
                how & 1 ? " two shelves" : " one shelf",
                how & 2 ? ", weights" : "", how & 4 ? ", cap" : "");
            compare_with(what, s,
                (struct rank_opt){.k = k, .mask = {mask}, .items = &r});
        }
        rank_items_free(&r);
    }
    for (int k = 5; k < 200; k += 150)
        compare_with("nothing of score 0", s,
            (struct rank_opt){.k = k, .mask = {mask}, .nonzero = 1});
    struct rank_items r = places(two, weight);
    r.reserved = 4;
    compare_with("nothing of score 0, two shelves", s,
        (struct rank_opt){.k = 30, .items = &r, .nonzero = 1});
    r.reserved = 1000;
    compare_with(
        "all places reserved", s, (struct rank_opt){.k = 30, .items = &r});
    must(rank_items_cap(&r, group, 9, 1, &e), &e);
    compare_with(
        "groups that leave fewer", s, (struct rank_opt){.k = 300, .items = &r});
    rank_items_free(&r);
    /* short lists: more places than a cap lets them fill, all in groups */
    for (int64_t i = 0; i < ITEMS; i++)
        group[i] = (int32_t)(i % 9);
    for (int how = 0; how < 6; how++) {
        r = places(how & 1 ? two : out, weight);
        r.reserved = how / 2;
        must(rank_items_cap(&r, group, 9, 1 + how % 2 * 4, &e), &e);
        for (int k = 5; k < 60; k += 15)
            compare_with("short lists with a cap", s,
                (struct rank_opt){.k = k, .mask = {mask}, .items = &r});
        rank_items_free(&r);
    }
    memset(two, RANK_LEFT_OUT, ITEMS);
    r = places(two, NULL);
    compare_with(
        "nothing is offered", s, (struct rank_opt){.k = 3, .items = &r});
    rank_items_free(&r);
    memset(two, RANK_SECOND, ITEMS);
    r = places(two, NULL);
    r.reserved = 2;
    compare_with(
        "all on the second shelf", s, (struct rank_opt){.k = 9, .items = &r});
    rank_items_free(&r);
    free(out);
    free(two);
    free(group);
}

static void
test_history(const struct mat *u, const struct mat *v)
{
    struct err e;
    struct scorer s;
    struct csr some = random_csr(USERS, ITEMS, .002, 8);
    int64_t weight[ITEMS];
    for (int64_t i = 0; i < ITEMS; i++)
        weight[i] = i * i % 101;
    struct rank_items r = places(NULL, weight);
    must(scorer_dense(&s, u, v, &e), &e);
    s.history = &some;
    struct rank_opt o = {.k = 12, .items = &r};
    compare_with("users without history", &s, o);
    struct lists l = run(&s, o, 1);
    int64_t none = 0, bad = 0;
    for (int64_t p = 0; p < USERS; p++)
        if (some.indptr[p] == some.indptr[p + 1]) {
            none++;
            for (int64_t k = 0; k < o.k; k++)
                bad +=
                    l.id[p * o.k + k] != r.item[k] || l.score[p * o.k + k] != 0;
        }
    ok(none > 20 && !bad, "%d of them get the items of largest weight",
        (int)none);
    lists_free(&l);
    rank_items_free(&r);
    csr_free(&some);
}

static void
test_shards(const char *name, const struct scorer *s, struct rank_opt o)
{
    struct err e;
    struct rank *r;
    struct lists whole = run(s, o, 2);
    int64_t n = o.users ? o.n_users : s->n_users;
    int32_t *id = mem_zero(n * o.k, sizeof *id, NULL);
    float *score = mem_zero(n * o.k, sizeof *score, NULL);
    o.exec = exec_of(3);
    must(rank_open(&r, s, &o, &e), &e);
    static const int64_t border[] = {50, 13, 14, 0, 51};
    int64_t at[2][5] = {{0}};
    for (int i = 0; i < 5; i++) { /* [border, the next larger) */
        at[0][i] = border[i] < n ? border[i] : n;
        at[1][i] = n;
        for (int k = 0; k < 5; k++)
            if (border[k] > border[i] && border[k] < at[1][i])
                at[1][i] = border[k];
    }
    for (int i = 0; i < 5; i++)
        must(rank_shard(r, at[0][i], at[1][i], id + at[0][i] * o.k,
                 score + at[0][i] * o.k, &e),
            &e);
    ok(rank_shard_size(r) > 0 &&
            !memcmp(id, whole.id, (size_t)(n * o.k) * sizeof *id) &&
            !memcmp(score, whole.score, (size_t)(n * o.k) * sizeof *score),
        "%s: shards in any order join to the whole", name);
    rank_close(r);
    lists_free(&whole);
    free(id);
    free(score);
}

static void
test_errors(const struct scorer *s)
{
    struct err e;
    struct rank_items r;
    must(rank_items_init(&r, ITEMS - 1, NULL, NULL, &e), &e);
    struct rank_opt o = {.k = 1, .items = &r};
    ok(rank_run(s, &o, keep, NULL, &e) == ERR_SHAPE, "%s", e.msg);
    ok(rank_items_cap(&r, NULL, 0, 0, &e) == ERR_RANGE, "%s", e.msg);
    rank_items_free(&r);
    ok(rank_items_init(&r, INT32_MAX, NULL, NULL, &e) == ERR_RANGE, "%s",
        e.msg);
}

int
main(void)
{
    struct err e;
    struct scorer vectors, graph;
    struct mat u = random_mat(USERS, 9, 1), v = random_mat(ITEMS, 9, 2);
    struct csr h = random_csr(USERS, ITEMS, .02, 3);
    struct csr g = random_graph(ITEMS, .02, 4);
    for (int64_t i = 40; i < ITEMS; i += 2) /* ties */
        memcpy(v.x + i * v.d, v.x + i % 40 * v.d, 9 * sizeof(float));
    for (int64_t k = 0; k < g.nnz; k++)
        g.data[k] = roundf(g.data[k]);
    must(scorer_dense(&vectors, &u, &v, &e), &e);
    must(scorer_graph(&graph, &h, &g, &e), &e);
    test_items("vectors", &vectors, &h);
    test_items("graph", &graph, &h);
    test_history(&u, &v);
    int64_t some[] = {5, 0, 66, 5, 9, 9};
    test_shards("vectors", &vectors, (struct rank_opt){.k = 9, .mask = {&h}});
    test_shards(
        "graph", &graph, (struct rank_opt){.k = 80, .mask = {NULL, &h}});
    test_shards("chosen users", &vectors,
        (struct rank_opt){.k = 7, .users = some, .n_users = 6});
    test_errors(&vectors);
    mat_free(&u);
    mat_free(&v);
    csr_free(&h);
    csr_free(&g);
    return done();
}
