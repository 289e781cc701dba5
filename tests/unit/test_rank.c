/* lib/rank/rank over both kinds of scorers, against naive twins. */
#include "lib/rank/rank_kernel.h"
#include "tests/unit/rank_twin.h"

/* Copies of a few item rows all over, across every tile and block border. */
static void
duplicate_rows(struct mat *m)
{
    for (int64_t i = 0; i < m->n; i++)
        if (i % 3)
            memcpy(m->x + i * m->d, m->x + i % 7 * m->d,
                (size_t)m->d * sizeof(float));
}

static struct scorer
dense(const struct mat *u, const struct mat *v)
{
    struct err e;
    struct scorer s;
    must(scorer_dense(&s, u, v, &e), &e);
    return s;
}

static void
compare(const char *name, const struct mat *u, const struct mat *v,
    struct rank_opt o)
{
    struct scorer s = dense(u, v);
    compare_with(name, &s, o);
}

static void
test_rank(void)
{
    struct mat u = random_mat(211, 19, 1), v = random_mat(333, 19, 2);
    struct csr a = random_csr(211, 333, .05, 3);
    struct csr b = random_csr(211, 333, .02, 4);
    struct csr c = random_csr(211, 333, .5, 5);
    struct csr all = random_csr(211, 333, 2, 6);
    compare("plain", &u, &v, (struct rank_opt){.k = 20});
    compare("one mask", &u, &v, (struct rank_opt){.k = 20, .mask = {&a}});
    compare("masks", &u, &v, (struct rank_opt){.k = 7, .mask = {&a, &b, &c}});
    compare("second mask only", &u, &v,
        (struct rank_opt){.k = 1, .mask = {NULL, &b}});
    compare("more wanted than there are", &u, &v,
        (struct rank_opt){.k = 340, .mask = {NULL, NULL, &c}});
    compare(
        "everything masked", &u, &v, (struct rank_opt){.k = 3, .mask = {&all}});
    int64_t users[] = {5, 0, 210, 5, 97};
    compare("chosen users", &u, &v,
        (struct rank_opt){.k = 9, .mask = {&c}, .users = users, .n_users = 5});
    duplicate_rows(&v);
    compare("ties", &u, &v, (struct rank_opt){.k = 150, .mask = {&a}});
    memset(u.x, 0, (size_t)(u.n * u.d) * sizeof(float));
    compare("all equal", &u, &v, (struct rank_opt){.k = 20, .mask = {&a, &b}});
    struct mat none = random_mat(0, 19, 1), flat = random_mat(40, 0, 1);
    struct mat flat_items = random_mat(70, 0, 1);
    compare("no users", &none, &v, (struct rank_opt){.k = 2});
    compare("no items", &u, &none, (struct rank_opt){.k = 2});
    compare("no columns", &flat, &flat_items, (struct rank_opt){.k = 33});
    mat_free(&u);
    mat_free(&v);
    mat_free(&none);
    mat_free(&flat);
    mat_free(&flat_items);
    /* long enough for several blocks of items */
    u = random_mat(30, 300, 7);
    v = random_mat(700, 300, 8);
    duplicate_rows(&v);
    compare("several blocks", &u, &v, (struct rank_opt){.k = 40});
    csr_free(&a);
    csr_free(&b);
    csr_free(&c);
    csr_free(&all);
    mat_free(&u);
    mat_free(&v);
}

/* Lists so long that every round is a few users. */
static void
test_rounds(void)
{
    struct mat u = random_mat(100, 3, 1), v = random_mat(40, 3, 2);
    struct rank_opt o = {.k = 100000};
    struct scorer v_of_u = dense(&u, &v);
    struct lists l = run(&v_of_u, o, 1);
    int32_t *id = mem_new(o.k, sizeof *id, NULL);
    float *score = mem_new(o.k, sizeof *score, NULL);
    int64_t bad = 0;
    o.k = 41;
    for (int64_t p = 0; p < u.n; p++) {
        naive_list(&v_of_u, p, &o, id, score);
        bad += memcmp(id, l.id + p * l.k, 41 * sizeof *id) != 0;
    }
    ok(l.calls > 3 && !bad, "many rounds (%d) equal the naive ranking",
        l.calls);
    struct err e;
    struct lists s = {.k = 100000, .id = l.id, .score = l.score, .stop_at = 2};
    o.k = 100000;
    o.exec = exec_of(2);
    ok(rank_run(&v_of_u, &o, keep, &s, &e) == ERR_STOP && s.calls == 2,
        "the receiver can stop the run");
    lists_free(&l);
    free(id);
    free(score);
    mat_free(&u);
    mat_free(&v);
}

/* Every kernel that runs here computes the same bits. */
static void
test_kernels(void)
{
    static const char *const names[] = {"portable", "avx2", "avx512"};
    struct mat u = random_mat(48, 37, 1), v = random_mat(64, 37, 2);
    for (int w = 0; w < 3; w++) {
        struct exec *exec = exec_with(1, names[w]);
        const struct rank_kernel *k = rank_kernel_of(exec);
        if (!exec) {
            skip(names[w], "not available on this processor");
            continue;
        }
        float *a = mem_new(k->rows * u.d, sizeof *a, NULL);
        float *b = mem_new(k->cols * u.d, sizeof *b, NULL);
        float c[RANK_MAX_ROWS * RANK_MAX_COLS], floor[RANK_MAX_ROWS];
        uint32_t hit[RANK_MAX_ROWS];
        int bad = 48 % k->rows != 0;
        for (int64_t u0 = 0; u0 + k->rows <= u.n; u0 += k->rows)
            for (int64_t v0 = 0; v0 + k->cols <= v.n; v0 += k->cols) {
                for (int64_t j = 0; j < u.d; j++) {
                    for (int r = 0; r < k->rows; r++)
                        a[j * k->rows + r] = u.x[(u0 + r) * u.d + j];
                    for (int i = 0; i < k->cols; i++)
                        b[j * k->cols + i] = v.x[(v0 + i) * u.d + j];
                }
                for (int r = 0; r < k->rows; r++)
                    floor[r] =
                        dot(u.x + (u0 + r) * u.d, v.x + (v0 + r) * u.d, u.d);
                k->tile(a, b, u.d, floor, c, hit);
                for (int r = 0; r < k->rows; r++)
                    for (int i = 0; i < k->cols; i++) {
                        float s = dot(
                            u.x + (u0 + r) * u.d, v.x + (v0 + i) * u.d, u.d);
                        bad += (hit[r] >> i & 1) != (s > floor[r]);
                        bad += hit[r] &&
                               memcmp(&s, &c[r * k->cols + i], sizeof s) != 0;
                    }
            }
        for (int n = 0; n <= 20; n++) {
            int32_t at[2][20];
            float got[21];
            for (int i = 0; i < n; i++) {
                at[0][i] = (7 * i + n) % 64;
                at[1][i] = (13 * i + n) % 64;
            }
            got[n] = 7;
            k->chains(v.x, v.d, at[0], at[1], n, got);
            bad += got[n] != 7;
            for (int i = 0; i < n; i++) {
                float s = dot(v.x + at[0][i] * v.d, v.x + at[1][i] * v.d, v.d);
                bad += memcmp(&s, &got[i], sizeof s) != 0;
            }
        }
        ok(!bad, "the %s kernel equals fmaf in order", names[w]);
        free(a);
        free(b);
    }
    mat_free(&u);
    mat_free(&v);
}

static void
compare_graph(const char *name, const struct csr *train,
    const struct csr *graph, struct rank_opt o)
{
    struct err e;
    struct scorer s;
    must(scorer_graph(&s, train, graph, &e), &e);
    compare_with(name, &s, o);
}

static void
test_graph(void)
{
    struct csr t = random_csr(90, 333, .03, 1), g = random_graph(333, .02, 2);
    struct csr c = random_csr(90, 333, .5, 5);
    compare_graph("graph", &t, &g, (struct rank_opt){.k = 20});
    compare_graph(
        "graph, masks", &t, &g, (struct rank_opt){.k = 20, .mask = {&t, &c}});
    compare_graph("graph, all items, those that nothing leads to too", &t, &g,
        (struct rank_opt){.k = 340, .mask = {&t}});
    int64_t users[] = {5, 0, 89, 5};
    compare_graph("graph, chosen users", &t, &g,
        (struct rank_opt){.k = 70, .users = users, .n_users = 4});
    for (int64_t k = 0; k < g.nnz; k++)
        g.data[k] = g.data[k] > 0 ? 1 : -1;
    compare_graph("graph, ties", &t, &g, (struct rank_opt){.k = 9});
    free(g.data);
    g.data = NULL;
    compare_graph("graph of ones", &t, &g, (struct rank_opt){.k = 9});
    struct csr none = random_csr(90, 333, -1, 1),
               no_graph = random_csr(333, 333, -1, 1);
    compare_graph("users without items", &none, &g, (struct rank_opt){.k = 33});
    compare_graph(
        "empty graph", &t, &no_graph, (struct rank_opt){.k = 5, .mask = {&t}});
    struct csr no_users = random_csr(0, 333, 1, 1);
    struct csr no_items = random_csr(7, 0, 1, 1),
               nothing = random_csr(0, 0, 1, 1);
    compare_graph("graph, no users", &no_users, &g, (struct rank_opt){.k = 2});
    compare_graph(
        "graph, no items", &no_items, &nothing, (struct rank_opt){.k = 2});
    struct csr *all[] = {
        &t, &g, &c, &none, &no_graph, &no_users, &no_items, &nothing};
    for (int i = 0; i < 8; i++)
        csr_free(all[i]);
}

static void
test_errors(void)
{
    struct err e;
    struct scorer s, bad;
    struct mat u = random_mat(4, 3, 1), v = random_mat(5, 3, 2),
               w = random_mat(5, 2, 2);
    struct csr m = random_csr(5, 4, .5, 1), t = random_csr(4, 5, .5, 1);
    struct csr wide = random_graph(6, .5, 2), g = random_graph(5, 2, 3);
    ok(scorer_dense(&bad, &u, &w, &e) == ERR_SHAPE &&
            !strcmp(e.msg, "user vectors have 3 columns and item vectors 2"),
        "%s", e.msg);
    s = dense(&u, &v);
    struct rank_opt o = {.k = 0};
    ok(rank_run(&s, &o, keep, NULL, &e) == ERR_RANGE, "%s", e.msg);
    o = (struct rank_opt){.k = 1, .mask = {&m}};
    ok(rank_run(&s, &o, keep, NULL, &e) == ERR_SHAPE, "%s", e.msg);
    int64_t users[] = {0, 4};
    o = (struct rank_opt){.k = 1, .users = users, .n_users = 2};
    ok(rank_run(&s, &o, keep, NULL, &e) == ERR_RANGE, "%s", e.msg);
    o = (struct rank_opt){.k = INT64_MAX / 2};
    ok(rank_run(&s, &o, keep, NULL, &e) == ERR_NOMEM, "%s", e.msg);
    u.x[3] = 1e30f;
    v.x[12] = -1e10f;
    ok(scorer_dense(&bad, &u, &v, &e) == ERR_NUM &&
            !strcmp(e.msg,
                "the score of user 1 and item 4 may overflow: their vectors "
                "have norms 1e+30 and 1e+10"),
        "%s", e.msg);
    ok(scorer_graph(&bad, &t, &wide, &e) == ERR_SHAPE &&
            !strcmp(e.msg, "a graph of 6 x 6 does not fit 5 items"),
        "%s", e.msg);
    g.data[g.indptr[t.indices[t.indptr[2]]]] = -3e38f;
    ok(scorer_graph(&bad, &t, &g, &e) == ERR_NUM &&
            !strncmp(e.msg, "the scores of user ", 19),
        "%s", e.msg);
    csr_free(&m);
    csr_free(&t);
    csr_free(&wide);
    csr_free(&g);
    mat_free(&u);
    mat_free(&v);
    mat_free(&w);
}

int
main(void)
{
    test_rank();
    test_graph();
    test_rounds();
    test_kernels();
    test_errors();
    return done();
}
