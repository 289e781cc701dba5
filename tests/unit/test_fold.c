/* The fold-in map and vectors from neighbours against naive twins. */
#include "lib/fold/fold_explain.h"
#include "lib/fold/fold_items.h"
#include "lib/fold/fold_map.h"
#include "lib/la/blas.h"
#include "tests/unit/execs.h"
#include "tests/unit/mats.h"
#include "tests/unit/tap.h"

enum { USERS = 900, ITEMS = 120, D = 5, P = 3, FROM = 2 * D + P, TO = D + P };

static double phi[USERS][FROM], want[USERS][TO];
static int has_any[USERS];

static void
naive_phi(const struct csr *h, const struct mat *x, const struct mat *p)
{
    memset(phi, 0, sizeof phi);
    for (int64_t u = 0; u < USERS; u++) {
        int n = 0;
        for (int64_t k = h->indptr[u]; k < h->indptr[u + 1]; k++)
            n += h->indices[k] % 10 != 0;
        has_any[u] = n > 0;
        for (int64_t k = h->indptr[u]; k < h->indptr[u + 1]; k++) {
            int64_t i = h->indices[k];
            if (i % 10 == 0)
                continue;
            for (int t = 0; t < D; t++) {
                phi[u][t] += (double)x->x[i * D + t] / n;
                phi[u][D + P + t] += (double)x->x[i * D + t] / sqrt(n);
            }
            for (int t = 0; t < P; t++)
                phi[u][D + t] += (double)p->x[i * P + t] / n;
        }
    }
}

/* Gauss' elimination of a [FROM][FROM + TO]. */
static void
eliminate(double a[FROM][FROM + TO])
{
    for (int k = 0; k < FROM; k++)
        for (int i = 0; i < FROM; i++) {
            double f = i == k ? 0 : a[i][k] / a[k][k];
            for (int j = 0; j < FROM + TO; j++)
                a[i][j] -= f * a[k][j];
        }
}

static void
naive_map(const unsigned char *use, const struct mat *x, const struct mat *p)
{
    static double a[FROM][FROM + TO];
    double trace = 0;
    memset(a, 0, sizeof a);
    for (int64_t u = 0; u < USERS; u++)
        for (int i = 0; i < FROM && use[u] && has_any[u]; i++) {
            for (int j = 0; j < FROM; j++)
                a[i][j] += phi[u][i] * phi[u][j];
            for (int j = 0; j < TO; j++)
                a[i][FROM + j] +=
                    phi[u][i] *
                    (double)(j < D ? x->x[u * D + j] : p->x[u * P + j - D]);
        }
    for (int i = 0; i < FROM; i++)
        trace += a[i][i];
    for (int i = 0; i < FROM; i++)
        a[i][i] += FOLD_MAP_RIDGE * trace / FROM;
    eliminate(a);
    for (int64_t u = 0; u < USERS; u++)
        for (int j = 0; j < TO; j++) {
            want[u][j] = 0;
            for (int i = 0; i < FROM; i++)
                want[u][j] += phi[u][i] * a[i][FROM + j] / a[i][i];
        }
}

/* What an item of the user adds is what the map makes of it alone, as one of
 * the user's n items. */
static void
test_reasons(const struct fold_map *m, const struct csr *h, const struct mat *x,
    const struct mat *p)
{
    double worst = 0, room[FROM];
    int unsorted = 0, few = 0;
    for (int64_t u = 0; u < 50; u++) {
        const int32_t *item = h->indices + h->indptr[u];
        int64_t n = h->indptr[u + 1] - h->indptr[u], have = 0;
        const float *to = x->x + 7 * D;
        int32_t by[ITEMS];
        float part[ITEMS];
        int count = fold_explain_top(m, item, n, to, ITEMS, room, by, part);
        for (int64_t k = 0; k < n; k++)
            have += item[k] % 10 != 0;
        few += count != have;
        for (int r = 0; r < count; r++) {
            double want_part = 0;
            for (int k = 0; k < FROM; k++) {
                int t = k < D ? k : k < D + P ? k - D : k - D - P;
                double f = k >= D && k < D + P ? (double)p->x[by[r] * P + t]
                                               : (double)x->x[by[r] * D + t];
                f /= k < D + P ? (double)have : sqrt((double)have);
                for (int j = 0; j < D; j++)
                    want_part += f * m->w[k * TO + j] * (double)to[j];
            }
            worst = fmax(worst, fabs(want_part - (double)part[r]));
            unsorted += r > 0 && part[r] > part[r - 1];
        }
        int top = fold_explain_top(m, item, n, to, 2, room, by, part);
        few += top != (have < 2 ? have : 2);
    }
    ok(worst < 1e-6 && !unsorted && !few, "reasons (off %.1e)", worst);
}

static void
test_map(void)
{
    struct err e;
    struct csr h = random_csr(USERS, ITEMS, .03, 1);
    struct mat x = random_mat(ITEMS, D, 2), p = random_mat(ITEMS, P, 3);
    struct mat user = random_mat(USERS, D, 4), own = random_mat(USERS, P, 5);
    unsigned char use[USERS];
    for (int u = 0; u < USERS; u++)
        use[u] = u % 7 != 0;
    for (int i = 0; i < ITEMS; i += 10)
        memset(x.x + i * D, 0, D * sizeof *x.x);
    naive_phi(&h, &x, &p);
    naive_map(use, &user, &own);
    struct fold_map first = {0};
    for (int threads = 1; threads <= 3; threads++) {
        struct fold_map_fit fit = {
            &h, use, &user, &own, exec_with(threads, NULL)};
        struct fold_map m;
        double room[FROM + TO], worst = 0;
        int none = 0;
        must(fold_map_make(&m, &x, &p, &fit, &e), &e);
        for (int64_t u = 0; u < USERS; u++) {
            float y[TO];
            int any = fold_map_row(&m, h.indices + h.indptr[u],
                h.indptr[u + 1] - h.indptr[u], room, y);
            none += any != has_any[u];
            worst = fmax(worst, off(want[u], y, TO));
        }
        ok(worst < 1e-5 && !none, "%d threads: rows of the map (off %.1e)",
            threads, worst);
        if (threads == 1)
            first = m;
        else {
            ok(memcmp(m.w, first.w, FROM * TO * sizeof *m.w) == 0,
                "%d threads: the same bytes", threads);
            fold_map_free(&m);
        }
    }
    test_reasons(&first, &h, &x, &p);
    fold_map_free(&first);
    struct fold_map_fit fit = {&h, use, &user, NULL, NULL};
    must(fold_map_make(&first, &x, &p, &fit, &e), &e);
    ok(first.from == 2 * D && first.to == D, "without parameters of users");
    fold_map_free(&first);
    memset(x.x, 0, ITEMS * D * sizeof *x.x);
    memset(p.x, 0, ITEMS * P * sizeof *p.x);
    must(fold_map_make(&first, &x, &p, &fit, &e), &e);
    float y[TO];
    double room[FROM + TO];
    ok(!fold_map_row(&first, h.indices, 3, room, y) && y[0] == 0,
        "vectors of 0 give nothing");
    fold_map_free(&first);
    mat_free(&x);
    mat_free(&p);
    mat_free(&user);
    mat_free(&own);
    csr_free(&h);
}

static double
length(const float *x)
{
    double s = 0;
    for (int t = 0; t < D; t++)
        s += (double)x[t] * (double)x[t];
    return sqrt(s);
}

/* Item 1 lies between two that have vectors, and training left it one; item 3
 * is trained, 4 its neighbour with noise; 5 is alone. */
static void
test_left(struct mat *x, const struct csr *g)
{
    struct err e;
    unsigned char state[] = {
        FOLD_OWN, FOLD_START, FOLD_OWN, FOLD_OWN, FOLD_START, FOLD_START};
    double sum[D], near[D], square = 0, along = 0;
    for (int t = 0; t < D; t++) {
        x->x[4 * D + t] *= 1e-3f;
        near[t] = (double)x->x[t] + (double)x->x[2 * D + t];
        square += near[t] * near[t];
    }
    double own = length(x->x + D), by = sqrt(square);
    square = 0;
    for (int t = 0; t < D; t++) {
        sum[t] = near[t] / by + (double)x->x[D + t] / own;
        square += sum[t] * sum[t];
    }
    must(fold_items(x, g, 1, state, &e), &e);
    double median = length(x->x + D);
    for (int t = 0; t < D; t++) {
        sum[t] *= median / sqrt(square);
        along += (double)x->x[3 * D + t] * (double)x->x[4 * D + t];
    }
    ok(off(sum, x->x + D, D) < 1e-6, "neighbours and what training left");
    ok(fabs(along / length(x->x + 3 * D) / median - 1) < 1e-6,
        "noise does not count");
    ok(state[5] == FOLD_NEAR && fabs(length(x->x + 5 * D) / median - 1) < 1e-6,
        "what training left of an item without neighbours");
}

/* A chain of items: the first has a vector, the others one after the other;
 * the last is alone. */
static void
test_items(void)
{
    enum { N = 6 };
    struct err e;
    struct mat x = random_mat(N, D, 6);
    struct csr g;
    must(csr_init(&g, N, N, 2 * (N - 2), 0, &e), &e);
    for (int64_t i = 0, k = 0; i < N; i++) {
        if (i > 0 && i < N - 1)
            g.indices[k++] = (int32_t)i - 1;
        if (i < N - 2)
            g.indices[k++] = (int32_t)i + 1;
        g.indptr[i + 1] = k;
    }
    unsigned char state[N] = {FOLD_OWN};
    memset(x.x + D, 0, (N - 1) * D * sizeof *x.x);
    must(fold_items(&x, &g, 1.5, state, &e), &e);
    int near = 0;
    double worst = 0;
    for (int i = 1; i < N - 1; i++) {
        near += state[i] == FOLD_NEAR;
        for (int t = 0; t < D; t++)
            worst = fmax(
                worst, fabs(1.5 * (double)x.x[t] - (double)x.x[i * D + t]));
    }
    ok(near == N - 2 && worst < 1e-6, "neighbours' neighbours (off %.1e)",
        worst);
    ok(state[N - 1] == FOLD_NONE && length(x.x + (N - 1) * D) == 0,
        "nobody's neighbour");
    /* the second lies between two that are each other's opposite */
    unsigned char two[N] = {FOLD_OWN, 0, FOLD_OWN, FOLD_OWN, FOLD_OWN};
    for (int t = 0; t < D; t++)
        x.x[2 * D + t] = -x.x[t];
    must(fold_items(&x, &g, 1, two, &e), &e);
    ok(two[1] == FOLD_NEAR && length(x.x + D) == 0, "a sum of 0");
    mat_free(&x);
    x = random_mat(N, D, 8);
    test_left(&x, &g);
    memset(two, 0, sizeof two);
    must(fold_items(&x, &g, 1, two, &e), &e);
    ok(two[0] == FOLD_NONE, "no item has a vector");
    mat_free(&x);
    csr_free(&g);
}

int
main(void)
{
    blas_init();
    test_map();
    test_items();
    return done();
}
