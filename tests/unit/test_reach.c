/* Rows that a batch reaches, row lists of linear maps, and neighbours of some
 * rows: against the same of all rows. */
#include "lib/base/rng.h"
#include "lib/la/blas.h"
#include "lib/nn/linear.h"
#include "lib/nn/reach.h"
#include "lib/nn/rows.h"
#include "tests/unit/execs.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { USERS = 40, ITEMS = 30, NODES = USERS + ITEMS, LAYERS = 3 };

static char edge[NODES][NODES];

static uint64_t
rnd(int what, int64_t i)
{
    return rng_u64(11, RNG_TEST, (uint32_t)what, (uint64_t)i, 0);
}

/* Sparse, so that three layers do not reach everything. */
static struct csr
make_train(void)
{
    struct csr t;
    if (csr_init(&t, USERS, ITEMS, USERS * ITEMS, 0, NULL))
        abort();
    t.nnz = 0;
    for (int u = 0; u < USERS; u++) {
        for (int i = 0; i < ITEMS; i++)
            if (rnd(1, u * ITEMS + i) % 40 == 0) {
                t.indices[t.nnz++] = i;
                edge[u][USERS + i] = edge[USERS + i][u] = 1;
            }
        t.indptr[u + 1] = t.nnz;
    }
    return t;
}

/* The half's entry (row, column) as nodes must be an edge, and all must be. */
static int
half_is_right(const struct reach *r, int k, const int32_t *read)
{
    const struct csr *s = &r->down[k], *t = &r->up[k];
    int64_t first = k ? r->users : 0, from = k ? 0 : r->of_users;
    int64_t n = k ? r->n - r->users : r->users, entries = 0;
    int right = s->rows == n && t->cols == n && t->rows == s->cols &&
                s->cols == (k ? r->of_users : r->from - r->of_users);
    for (int64_t b = 0; b < n && right; b++) {
        int32_t node = r->node[first + b];
        int64_t degree = 0;
        for (int v = 0; v < NODES; v++)
            degree += edge[node][v];
        right = s->indptr[b + 1] - s->indptr[b] == degree &&
                r->mean[first + b] ==
                    (degree ? (float)(1.0 / (double)degree) : 0.0f) &&
                read[r->self[first + b]] == node;
        for (int64_t e = s->indptr[b]; e < s->indptr[b + 1] && right; e++)
            right = edge[node][read[from + s->indices[e]]] &&
                    csr_has(t, s->indices[e], (int32_t)b);
        entries += degree;
    }
    return right && s->nnz == entries && t->nnz == entries;
}

static void
test_choice(
    struct reach_work *w, const int32_t *list, int64_t n, const char *what)
{
    int32_t all[NODES];
    for (int v = 0; v < NODES; v++)
        all[v] = v;
    char want[NODES] = {0};
    for (int64_t b = 0; b < n; b++)
        want[list[b]] = 1;
    reach_set(w, n == NODES ? NULL : list, n);
    for (int l = LAYERS - 1; l >= 0; l--) {
        const struct reach *r = reach_layer(w, l);
        const int32_t *read = l ? reach_layer(w, l - 1)->node : all;
        int64_t at = 0, users = 0;
        int right = 1;
        for (int v = 0; v < NODES; v++)
            if (want[v]) {
                right = right && at < r->n && r->node[at] == v;
                at++;
                users += v < USERS;
            }
        ok(right && at == r->n && users == r->users,
            "%s, layer %d: the %d nodes it makes", what, l, (int)at);
        ok(half_is_right(r, 0, read) && half_is_right(r, 1, read),
            "%s, layer %d: their neighbours", what, l);
        char next[NODES];
        memcpy(next, want, sizeof next);
        for (int v = 0; v < NODES; v++)
            for (int x = 0; want[v] && x < NODES; x++)
                next[x] |= edge[v][x];
        memcpy(want, next, sizeof want);
    }
}

static void
test_reach(void)
{
    struct csr train = make_train();
    struct arena arena = {0};
    struct reach_work *w = reach_in(&arena, &train, LAYERS);
    const int32_t some[] = {3, 17, 18, USERS + 2, USERS + 29};
    const int32_t users[] = {0, 39}, items[] = {USERS, USERS + 11};
    int32_t all[NODES];
    for (int v = 0; v < NODES; v++)
        all[v] = v;
    test_choice(w, some, 5, "a batch");
    test_choice(w, users, 2, "users alone");
    test_choice(w, all, NODES, "all");
    test_choice(w, items, 2, "items alone");
    test_choice(w, some, 0, "nothing");
    arena_free(&arena);
    csr_free(&train);
}

static struct mat
values(int what, int64_t n, int64_t d)
{
    struct mat m;
    if (mat_init(&m, n, d, NULL))
        abort();
    for (int64_t k = 0; k < n * d; k++)
        m.x[k] =
            (float)rng_normal(11, RNG_TEST, (uint32_t)what, (uint64_t)k, 0);
    return m;
}

static void
test_inputs(int64_t n, int64_t q, int64_t p)
{
    int64_t all = 2 * n + 1;
    struct mat w = values(2, q, p), dy = values(3, n, q),
               dx = values(4, all, p);
    struct mat was = values(4, all, p);
    int32_t *list = malloc((size_t)n * sizeof *list);
    if (!list)
        abort();
    for (int64_t b = 0; b < n; b++)
        list[b] = (int32_t)(2 * b + 1);
    double worst = 0;
    int rc = linear_rows_inputs(list, &w, &dy, &dx, exec_of(2), NULL);
    for (int64_t r = 0; r < all; r++)
        for (int64_t c = 0; c < p; c++) {
            double s = (double)was.x[r * p + c];
            for (int64_t k = 0; r % 2 && k < q; k++)
                s += (double)dy.x[r / 2 * q + k] * (double)w.x[k * p + c];
            worst = fmax(worst, fabs(s - (double)dx.x[r * p + c]));
        }
    ok(!rc && worst < 1e-4,
        "inputs of listed rows, %d x %d to %d (off by %.1e)", (int)n, (int)q,
        (int)p, worst);
    free(list);
    mat_free(&w);
    mat_free(&dy);
    mat_free(&dx);
    mat_free(&was);
}

static void
test_add_at(void)
{
    struct mat y = values(5, 50, 19), x = values(6, 60, 19),
               was = values(6, 60, 19);
    int32_t list[50];
    for (int b = 0; b < 50; b++)
        list[b] = 59 - b;
    rows_add_at(-2.0f, &y, list, &x, exec_of(2));
    int right = 1;
    for (int64_t k = 0; k < 60 * 19; k++) {
        int64_t b = 59 - k / 19;
        float want = was.x[k];
        if (b < 50)
            want = fmaf(-2.0f, y.x[b * 19 + k % 19], want);
        right = right && x.x[k] == want;
    }
    ok(right, "added at distinct rows");
    mat_free(&y);
    mat_free(&x);
    mat_free(&was);
}

int
main(void)
{
    blas_init();
    test_reach();
    test_inputs(5, 3, 4);
    test_inputs(300, 7, 270);
    test_inputs(1, 0, 3);
    test_add_at();
    return done();
}
