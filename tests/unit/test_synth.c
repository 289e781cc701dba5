#include "lib/base/rng.h"
#include "tests/unit/execs.h"
#include "tests/unit/tap.h"
#include "tools/synth/synth.h"
#include "tools/synth/synthlog.h"
#include "tools/synth/synthvec.h"
#include "tools/synth/synthword.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct synth_opt
toy(void)
{
    struct synth_opt o;
    if (synth_preset(&o, "demo", NULL))
        abort();
    o.users = 300;
    o.items = 120;
    o.interactions = 2500;
    o.topics = 12;
    o.text_dim = 24;
    o.image_dim = 33;
    o.no_image = 0.1;
    o.text_signal = 1.5;
    o.image_signal = 0.8;
    return o;
}

static void
test_degrees(void)
{
    static const struct {
        int64_t n, total, min, cap;
        double a;
    } cases[] = {{1, 7, 1, 9, 2.0}, {100, 500, 5, 50, 2.0},
        {100, 5000, 5, 50, 2.0}, {19445, 160792, 5, 302, 3.0},
        {7050, 160792, 5, 1255, 1.2}, {50, 51, 1, 2, 20.0}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        int64_t n = cases[k].n, sum = 0;
        int64_t *deg = malloc((size_t)n * sizeof *deg);
        int rc = synth_degrees(deg, n, cases[k].total, cases[k].min,
            cases[k].cap, cases[k].a, NULL);
        int inside = 1, falling = 1;
        for (int64_t r = 0; rc == 0 && r < n; r++) {
            sum += deg[r];
            inside &= deg[r] >= cases[k].min && deg[r] <= cases[k].cap;
            falling &= r == 0 || deg[r] <= deg[r - 1] + 1;
        }
        ok(rc == 0 && sum == cases[k].total && inside && falling,
            "degrees: %d add up to %d", (int)n, (int)cases[k].total);
        free(deg);
    }
    int64_t deg[4];
    ok(synth_degrees(deg, 4, 3, 1, 9, 2.0, NULL) == ERR_RANGE &&
            synth_degrees(deg, 4, 37, 1, 9, 2.0, NULL) == ERR_RANGE,
        "degrees: too few or too many are refused");
}

/* The published 5-cores: share of users and items with the smallest degree,
 * median, 99th percentile. Real: .308 6 31 and .133 11 184. */
static void
test_shape(void)
{
    static int64_t user[19445], item[7050];
    struct synth_opt o;
    int rc = synth_preset(&o, "baby", NULL);
    struct synth s;
    rc |= synth_init(&s, &o, NULL);
    if (rc || synth_degrees(user, 19445, 160792, 5, 302, o.activity, NULL) ||
        synth_degrees(item, 7050, 160792, 5, 1255, o.popularity, NULL))
        abort();
    int u5 = 0, i5 = 0;
    for (int k = 0; k < 19445; k++)
        u5 += user[k] == 5;
    for (int k = 0; k < 7050; k++)
        i5 += item[k] == 5;
    ok(abs(u5 - 5998) < 600 && llabs(user[9722] - 6) <= 1 &&
            llabs(user[194] - 31) <= 3 && user[0] < 200,
        "user degrees look like Baby's (%d %d %d %d)", u5, (int)user[9722],
        (int)user[194], (int)user[0]);
    ok(abs(i5 - 939) < 300 && llabs(item[3525] - 11) <= 2 &&
            llabs(item[70] - 184) <= 30 && item[0] < 1200,
        "item degrees look like Baby's (%d %d %d %d)", i5, (int)item[3525],
        (int)item[70], (int)item[0]);
    synth_free(&s);
}

static int
by_pair(const void *pa, const void *pb)
{
    const struct synthlog_row *a = pa, *b = pb;
    return a->user != b->user ? (a->user > b->user) - (a->user < b->user)
                              : (a->item > b->item) - (a->item < b->item);
}

static void
test_log(double taste, const char *name)
{
    struct synth_opt o = toy();
    o.taste = taste;
    struct synth s;
    struct synthlog log;
    struct err e = {""};
    if (synth_init(&s, &o, &e) || synthlog_make(&log, &s, &e)) {
        ok(0, "%s: %s", name, e.msg);
        return;
    }
    int64_t *user = calloc((size_t)s.n_users, sizeof *user);
    int64_t *item = calloc((size_t)s.n_items, sizeof *item);
    int64_t core = 0, sorted = 1, repeats = 0;
    for (int64_t k = 0; k < log.n; k++) {
        sorted &= k == 0 || log.row[k].time >= log.row[k - 1].time;
        int of_core = s.user_degree[log.row[k].user] > 0;
        user[log.row[k].user]++;
        item[log.row[k].item] += of_core;
        core += of_core;
    }
    int exact = core == o.interactions, fringe = 1;
    for (int64_t u = 0; u < s.n_users; u++)
        if (s.user_degree[u])
            exact &= user[u] == s.user_degree[u];
        else
            fringe &= user[u] >= 1 && user[u] < o.core;
    for (int64_t i = 0; i < s.n_items; i++)
        exact &= item[i] == s.item_degree[i];
    ok(exact, "%s: every core degree holds exactly", name);
    ok(fringe && s.n_users == 375 && s.n_items == 150,
        "%s: the fringe stays below the core", name);
    ok((int)sorted, "%s: ascending in time", name);
    qsort(log.row, (size_t)log.n, sizeof *log.row, by_pair);
    for (int64_t k = 1; k < log.n; k++)
        repeats += by_pair(log.row + k - 1, log.row + k) == 0;
    ok(repeats == 0, "%s: nobody buys an item twice", name);
    free(user);
    free(item);
    synthlog_free(&log);
    synth_free(&s);
}

static void
test_taste(void)
{
    double share[2];
    for (int k = 0; k < 2; k++) {
        struct synth_opt o = toy();
        o.taste = k;
        struct synth s;
        struct synthlog log;
        if (synth_init(&s, &o, NULL) || synthlog_make(&log, &s, NULL))
            abort();
        qsort(log.row, (size_t)log.n, sizeof *log.row, by_pair);
        int64_t pairs = 0, same = 0;
        for (int64_t a = 0; a < log.n; a++)
            for (int64_t b = a + 1;
                 b < log.n && log.row[b].user == log.row[a].user; b++) {
                pairs++;
                same += s.topic[log.row[a].item] == s.topic[log.row[b].item];
            }
        share[k] = (double)same / (double)pairs;
        synthlog_free(&log);
        synth_free(&s);
    }
    ok(share[1] > 3.0 * share[0],
        "taste: pairs of one topic grow from %.3f to %.3f", share[0], share[1]);
}

static double
cosine(const float *a, const float *b, int64_t d)
{
    double ab = 0.0, aa = 0.0, bb = 0.0;
    for (int64_t j = 0; j < d; j++) {
        ab += (double)a[j] * (double)b[j];
        aa += (double)a[j] * (double)a[j];
        bb += (double)b[j] * (double)b[j];
    }
    return ab / sqrt(aa * bb);
}

static void
test_vectors(enum synthvec_kind kind, const char *name)
{
    struct synth_opt o = toy();
    struct synth s;
    struct synthvec v;
    if (synth_init(&s, &o, NULL) ||
        synthvec_init(&v, &s, kind, exec_of(1), NULL))
        abort();
    int64_t n = s.n_items, d = v.d;
    float *x = malloc((size_t)(n * d) * sizeof *x);
    float *y = malloc((size_t)(n * d) * sizeof *y);
    synthvec_rows(&v, 0, n, x, NULL, exec_of(1));
    synthvec_rows(&v, 0, 50, y, NULL, exec_of(3));
    synthvec_rows(&v, 50, n - 50, y + 50 * d, NULL, exec_of(2));
    ok(memcmp(x, y, (size_t)(n * d) * sizeof *x) == 0,
        "%s: any blocks, any threads, same bytes", name);
    double near = 0.0, far = 0.0;
    int64_t n_near = 0, n_far = 0, imputed = 0, positive = 1;
    for (int64_t i = 0; i < n; i++) {
        imputed += memcmp(x + i * d, v.base, (size_t)d * sizeof *x) == 0;
        for (int64_t j = 0; j < d; j++)
            positive &= x[i * d + j] >= 0.0f;
        for (int64_t k = 0; k < i; k++) {
            double c = cosine(x + i * d, x + k * d, d);
            if (s.topic[i] == s.topic[k]) {
                near += c;
                n_near++;
            } else if (s.topic[i] / 8 != s.topic[k] / 8) {
                far += c;
                n_far++;
            }
        }
    }
    near /= (double)n_near;
    far /= (double)n_far;
    ok(near > far + (kind == SYNTHVEC_TEXT ? 0.3 : 0.05),
        "%s: one topic is nearer (%.3f) than two (%.3f)", name, near, far);
    if (kind == SYNTHVEC_TEXT)
        ok(fabs(cosine(x, x, d) - 1.0) < 1e-6 && !imputed, "%s: no imputed",
            name);
    else
        ok(positive && imputed > 2 && imputed < 40,
            "%s: all positive, %d imputed", name, (int)imputed);
    free(x);
    free(y);
    synthvec_free(&v);
    synth_free(&s);
}

static double
from_half(uint16_t h)
{
    int exponent = h >> 10 & 31;
    double m = h & 1023, sign = h & 0x8000 ? -1.0 : 1.0;
    if (exponent == 31)
        return sign * (double)INFINITY;
    return sign * (exponent ? ldexp(1024.0 + m, exponent - 25) : ldexp(m, -24));
}

static void
test_half(void)
{
    int exact = 1, nearest = 1;
    for (int h = 0; h < 0x7C00; h++)
        exact &= synthvec_half((float)from_half((uint16_t)h)) == h &&
                 synthvec_half(-(float)from_half((uint16_t)h)) == (h | 0x8000);
    for (uint64_t k = 0; k < 20000; k++) {
        double x = ldexp(rng_normal(1, RNG_TEST, 0, k, 0), (int)(k % 36) - 24);
        double got = from_half(synthvec_half((float)x));
        uint16_t h = synthvec_half((float)x);
        double below = from_half((uint16_t)(h & 0x7FFF ? h - 1 : h));
        double above = from_half((uint16_t)(h + 1));
        double f = (double)(float)x;
        nearest &= fabs(got - f) <= fabs(below - f) &&
                   fabs(got - f) <= fabs(above - f);
    }
    ok(exact, "float16: every finite value survives");
    ok(nearest, "float16: rounds to the nearest");
    ok(synthvec_half(1.00048828125f) == 0x3C00 &&
            synthvec_half(1.00146484375f) == 0x3C02 &&
            synthvec_half(65519.0f) == 0x7BFF &&
            synthvec_half(65520.0f) == 0x7C00 &&
            synthvec_half(ldexpf(1.0f, -25)) == 0 &&
            synthvec_half(ldexpf(1.5f, -25)) == 1,
        "float16: ties to even, overflow, underflow");
}

static void
test_names(void)
{
    struct synth_opt o = toy();
    struct synth s;
    if (synth_init(&s, &o, NULL))
        abort();
    int unique = 1;
    char a[SYNTH_ID], b[SYNTH_ID];
    for (int64_t i = 0; i < s.n_items; i++)
        for (int64_t k = 0; k < i; k++)
            unique &=
                strcmp(synth_item_id(&s, i, a), synth_item_id(&s, k, b)) != 0;
    ok(unique && strlen(synth_item_id(&s, 0, a)) == 10 &&
            strlen(synth_user_id(&s, 0, b)) == 12,
        "ids are unique and of one length");
    char t[SYNTHWORD_TITLE], u[SYNTHWORD_TITLE];
    synthword_title(3, 1, 0, t);
    synthword_title(3 + 192, 1, 0, u);
    ok(strstr(t, "Crib Sheet") && strstr(u, "Crib Sheet") && strcmp(t, u) != 0,
        "titles name the topic: %s, %s", t, u);
    synthword_title(1000000, 1, UINT64_MAX, u);
    ok(strlen(u) < SYNTHWORD_TITLE - 1, "the longest title fits");
    synth_free(&s);
}

int
main(void)
{
    test_degrees();
    test_shape();
    test_log(0.8, "log");
    test_log(0.0, "no taste");
    test_log(1.0, "pure taste");
    test_taste();
    test_vectors(SYNTHVEC_TEXT, "text");
    test_vectors(SYNTHVEC_IMAGE, "image");
    test_half();
    test_names();
    return done();
}
