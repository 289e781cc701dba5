/* Layer weights, sampler and graphs. */
#include "lib/base/mem.h"
#include "lib/graph/graph.h"
#include "lib/graph/layers.h"
#include "lib/graph/sample.h"
#include "tests/unit/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Published values: gamma, 1-based column, forward and backward weights. */
static void
test_layers(void)
{
    static const struct {
        double gamma;
        int j;
        double f[4], b[4];
    } row[] = {
        {.1, 1, {.29078, .26170, .23553, .21198},
            {.90009, .09001, .00900, .00090}},
        {.1, 2, {.69993, .21433, .06563, .02010},
            {.39856, .27651, .19184, .13309}},
        {.1, 32, {.93708, .05897, .00371, .00023},
            {.27488, .25758, .24137, .22618}},
        {.1, 64, {.99858, .00141, .00000, .00000},
            {.25053, .25018, .24982, .24947}},
        {.2, 2, {.52691, .26780, .13611, .06918},
            {.53982, .26545, .13054, .06419}},
        {.2, 32, {.87873, .10673, .01296, .00157},
            {.30044, .26395, .23189, .20372}},
        {.4, 2, {.37738, .27530, .20082, .14650},
            {.73341, .19840, .05367, .01452}},
        {.4, 32, {.77551, .17568, .03980, .00902},
            {.35280, .27288, .21106, .16325}},
    };
    float f[4 * 64], b[4 * 64];
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        layers_forward(f, 64, 3, row[i].gamma);
        layers_backward(b, 64, 3, row[i].gamma);
        double diff = 0;
        for (int l = 0; l < 4; l++) {
            int at = l * 64 + row[i].j - 1;
            diff = fmax(diff, fabs((double)f[at] - row[i].f[l]));
            diff = fmax(diff, fabs((double)b[at] - row[i].b[l]));
        }
        ok(diff < 6e-6, "weights of column %d, gamma %g", row[i].j,
            row[i].gamma);
    }
    double worst = 0;
    for (int layers = 0; layers <= 8; layers++) {
        float c[9 * 64];
        layers_forward(c, 64, layers, .25);
        for (int j = 0; j < 64; j++) {
            double sum = 0;
            for (int l = 0; l <= layers; l++)
                sum += (double)c[l * 64 + j];
            worst = fmax(worst, fabs(sum - 1));
        }
    }
    ok(worst < 3e-7, "weights sum to 1 (%.1e)", worst);
    layers_uniform(f, 64, 3);
    ok(f[0] == .25f && f[255] == .25f, "uniform weights");
    /* Legendre: P_2 = 1.5 x^2 - .5, P_3 = 2.5 x^3 - 1.5 x; g = s tanh(1/s) */
    layers_jacobi(f, 1, 3, 0, 0, 3);
    double g = 3 * tanh(1. / 3), g2 = g * g, g3 = g2 * g, g4 = g3 * g;
    double want[] = {g - .5 * g3, g2 - 1.5 * g4, 1.5 * g3, 2.5 * g4};
    worst = 0;
    for (int l = 0; l < 4; l++)
        worst = fmax(worst, fabs((double)f[l] - want[l] / 4));
    ok(worst < 1e-7, "Jacobi polynomials with a = b = 0 are Legendre's");
    /* P_2^(1.5,.5)(x) at x = 1 is binomial(2 + a, 2), whatever b */
    layers_jacobi(f, 1, 2, 1.5, .5, 1e9);
    double p2 = 3.5 * 2.5 / 2,
           sum = 3 * ((double)f[0] + (double)f[1] + (double)f[2]);
    ok(fabs(sum - (1 + 2.5 + p2)) < 1e-5, "Jacobi polynomials at 1");
    layers_identity(f, 64, 3);
    ok(f[63] == 1 && f[64] == 0, "identity weights");
}

static void
small_train(struct csr *a)
{
    static const int32_t cols[] = {0, 2, 4, 1, 2, 3, 4, 5, 0};
    static const int64_t ptr[] = {0, 3, 4, 4, 8, 9};
    struct err e;
    if (csr_init(a, 5, 7, 9, 0, &e))
        abort();
    memcpy(a->indices, cols, sizeof cols);
    memcpy(a->indptr, ptr, sizeof ptr);
}

static void
test_sample(void)
{
    struct csr t;
    struct sampler s;
    struct err e;
    small_train(&t);
    if (sample_init(&s, SAMPLE_PAIRS, &t, 1, &e))
        abort();
    int once = 1, outside = 1, moved = 0;
    int negative[7] = {0};
    for (uint32_t epoch = 0; epoch < 2000; epoch++) {
        int seen[5][7] = {{0}};
        sample_epoch(&s, epoch);
        for (int64_t i = 0; i < s.n; i++) {
            int32_t u, p, n;
            sample_triple(&s, i, &u, &p, &n);
            seen[u][p]++;
            outside &= !csr_has(&t, u, n) && n >= 0 && n < 7;
            if (u == 3)
                negative[n]++;
            moved += i == 0 && u == 4;
        }
        for (int64_t u = 0; u < 5; u++)
            for (int32_t i = 0; i < 7; i++)
                once &= seen[u][i] == csr_has(&t, u, i);
    }
    ok(once, "every pair once an epoch");
    ok(outside, "no negative is a train item");
    ok(abs(moved - 2000 / 9) < 60, "order is fresh each epoch (%d)", moved);
    int even = 1; /* user 3 has items 2..5: 0, 1 and 6 are left */
    for (int i = 0; i < 7; i++)
        even &= i == 0 || i == 1 || i == 6
                    ? abs(negative[i] - 2000 * 4 / 3) < 200
                    : negative[i] == 0;
    ok(even, "negatives are uniform over what is left");
    struct sampler only;
    if (sample_init(&only, SAMPLE_POSITIVES, &t, 1, &e))
        abort();
    sample_epoch(&only, 1999);
    int same = only.n == s.n;
    for (int64_t i = 0; i < s.n; i++) {
        int32_t a[3], b[3];
        sample_triple(&s, i, &a[0], &a[1], &a[2]);
        sample_triple(&only, i, &b[0], &b[1], &b[2]);
        same &= a[0] == b[0] && a[1] == b[1] && b[2] == -1;
    }
    ok(same, "without negatives: the same pairs");
    sample_free(&only);
    struct sampler many;
    if (sample_init(&many, SAMPLE_PAIRS, &t, 1, &e) ||
        sample_negatives(&many, 4, "", &e))
        abort();
    sample_epoch(&many, 1999);
    same = many.n == 4 * s.n;
    int inside = 0, differ = 0;
    for (int64_t i = 0; i < many.n; i++) {
        int32_t a[3], b[3];
        sample_triple(&s, i / 4, &a[0], &a[1], &a[2]);
        sample_triple(&many, i, &b[0], &b[1], &b[2]);
        same &= a[0] == b[0] && a[1] == b[1];
        inside += csr_has(&t, b[0], b[2]);
        differ += a[2] != b[2];
    }
    ok(same, "four negatives: the same pairs, four times each");
    ok(inside == 0 && differ > 0, "and other items, none of them bought");
    sample_free(&many);
    sample_free(&s);

    if (sample_init(&s, SAMPLE_USERS, &t, 1, &e))
        abort();
    int user[5] = {0}, item[7] = {0};
    for (uint32_t epoch = 0; epoch < 2000; epoch++) {
        sample_epoch(&s, epoch);
        for (int64_t i = 0; i < s.n; i++) {
            int32_t u, p, n;
            sample_triple(&s, i, &u, &p, &n);
            user[u]++;
            if (u == 0)
                item[p]++;
        }
    }
    ok(user[2] == 0 && abs(user[0] - 4500) < 300 && abs(user[1] - 4500) < 300,
        "users are uniform over those with items");
    ok(abs(item[0] - 1500) < 200 && abs(item[4] - 1500) < 200,
        "positives are uniform over the user's items");
    sample_free(&s);

    int32_t good[] = {0, 1, 2, 3, 4, 5};
    ok(sample_replay(&s, &t, good, 2, "t.npy", &e) == 0, "triples to replay");
    ok(sample_negatives(&s, 2, "t.npy", &e) == ERR_FORMAT &&
            strstr(e.msg, "row 1"),
        "%s", e.msg);
    ok(sample_negatives(&s, 3, "t.npy", &e) == ERR_FORMAT, "%s", e.msg);
    int32_t u, p, n;
    sample_triple(&s, 1, &u, &p, &n);
    ok(u == 3 && p == 4 && n == 5, "replayed in order");
    int32_t twice[] = {0, 1, 2, 3, 4, 4}, far[] = {0, 7, 2}, who[] = {5, 1, 2};
    ok(sample_replay(&s, &t, twice, 2, "t.npy", &e) == ERR_RANGE &&
            strcmp(e.msg, "'t.npy': row 1: item 4 is both the positive and "
                          "the negative") == 0,
        "%s", e.msg);
    ok(sample_replay(&s, &t, far, 1, "t.npy", &e) == ERR_RANGE &&
            strcmp(e.msg, "'t.npy': row 0: item 7 is outside 0..6") == 0,
        "%s", e.msg);
    ok(sample_replay(&s, &t, who, 1, "t.npy", &e) == ERR_RANGE &&
            strcmp(e.msg, "'t.npy': row 0: user 5 is outside 0..4") == 0,
        "%s", e.msg);
    for (int32_t i = 0; i < 7; i++)
        t.indices[i] = i;
    for (int i = 1; i < 6; i++)
        t.indptr[i] = 7;
    t.nnz = 7;
    ok(sample_init(&s, SAMPLE_PAIRS, &t, 1, &e) == ERR_RANGE, "%s", e.msg);
    sample_free(&s);
    ok(!sample_init(&s, SAMPLE_POSITIVES, &t, 1, &e), "but if none is wanted");
    sample_free(&s);
    t.nnz = 0;
    ok(sample_init(&s, SAMPLE_PAIRS, &t, 1, &e) == ERR_FORMAT, "%s", e.msg);
    sample_free(&s);
    csr_free(&t);
}

/* MMSSL's batches: no user twice, all those with items alike often. */
static void
test_distinct(void)
{
    struct csr t;
    struct sampler s;
    struct err e;
    small_train(&t);
    if (sample_distinct(&s, &t, 3, 1, &e))
        abort();
    ok(s.batch == 3 && s.n == 4 * 3, "9 pairs: 4 batches of 3 users");
    int user[5] = {0}, item[7] = {0}, once = 1, good = 1;
    for (uint32_t epoch = 0; epoch < 1000; epoch++) {
        int last[5] = {-1, -1, -1, -1, -1};
        sample_epoch(&s, epoch);
        for (int64_t i = 0; i < s.n; i++) {
            int32_t u, p, n;
            sample_triple(&s, i, &u, &p, &n);
            once &= last[u] != i / 3;
            last[u] = (int)(i / 3);
            good &= csr_has(&t, u, p) && !csr_has(&t, u, n);
            user[u]++;
            item[p] += u == 0;
        }
    }
    ok(once && good, "users of a batch are distinct");
    int even = user[2] == 0;
    for (int u = 0; u < 5; u++)
        even &= u == 2 || abs(user[u] - 3000) < 200;
    ok(even && abs(item[0] - 1000) < 150 && abs(item[4] - 1000) < 150,
        "and uniform over those with items, as are their positives");
    sample_free(&s);
    if (sample_distinct(&s, &t, 100, 1, &e))
        abort();
    ok(s.batch == 4 && s.n == 3 * 4, "a batch is at most all users with items");
    sample_free(&s);
    csr_free(&t);
}

static void
test_graph(void)
{
    struct csr t;
    struct graph g, h;
    struct err e;
    small_train(&t);
    if (graph_bipartite(&t, &g, &e))
        abort();
    int64_t row, col;
    ok(csr_check(&g.a, "g", &e) == 0 && g.a.nnz == 18 &&
            csr_is_symmetric(&g.a, &row, &col, &e) == 1,
        "user-item graph is symmetric");
    ok(g.q[2] == 0 && g.q[5 + 6] == 0 && g.q[3] == .5f,
        "scale is degree^-1/2, 0 for degree 0");
    int32_t place[12];
    if (graph_by_degree(&g, 5, place, &e) || graph_renumber(&g, place, &h, &e))
        abort();
    int falls = 1, same = 1;
    for (int64_t r = 1; r < 12; r++)
        falls &= r == 5 || h.a.indptr[r + 1] - h.a.indptr[r] <=
                               h.a.indptr[r] - h.a.indptr[r - 1];
    for (int64_t r = 0; r < 12; r++)
        for (int64_t k = 0; k < g.a.indptr[r + 1] - g.a.indptr[r]; k++)
            same &= h.a.indices[h.a.indptr[place[r]] + k] ==
                    place[g.a.indices[g.a.indptr[r] + k]];
    ok(falls && same && place[3] == 0, "rows by degree, sums in the old order");
    graph_free(&g);
    graph_free(&h);

    struct csr s;
    if (csr_init(&s, 3, 3, 4, 1, &e))
        abort();
    memcpy(s.indptr, (int64_t[]){0, 1, 3, 4}, 4 * sizeof(int64_t));
    memcpy(s.indices, (int32_t[]){1, 0, 2, 1}, 4 * sizeof(int32_t));
    memcpy(s.data, (float[]){1, 1, 2, 2}, 4 * sizeof(float));
    ok(graph_items(&s, 3, "s", &g, &e) == 0 && !g.a.data && g.a.nnz == 6 &&
            g.a.indices[2] == 2 && g.a.indices[3] == 2 &&
            fabs((double)g.q[1] - 1 / sqrt(3)) < 1e-7,
        "item graph: an entry of 2 becomes two columns");
    graph_free(&g);
    s.data[2] = s.data[3] = 2.5f;
    ok(graph_items(&s, 3, "s", &g, &e) == 0 && g.a.data && g.a.nnz == 4 &&
            fabs((double)g.q[1] - 1 / sqrt(3.5)) < 1e-7,
        "item graph: other weights stay");
    graph_free(&g);
    s.data[2] = s.data[3] = 2;
    s.data[3] = 1;
    ok(graph_items(&s, 3, "s", &g, &e) == ERR_FORMAT, "%s", e.msg);
    s.data[2] = s.data[3] = -2;
    ok(graph_items(&s, 3, "s", &g, &e) == ERR_RANGE, "%s", e.msg);
    ok(graph_items(&s, 4, "s", &g, &e) == ERR_SHAPE, "%s", e.msg);
    csr_free(&s);
    csr_free(&t);
}

int
main(void)
{
    test_layers();
    test_sample();
    test_distinct();
    test_graph();
    return done();
}
