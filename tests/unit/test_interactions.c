/* lib/data: ids, rows, kcore, numbering, against naive twins. */
#include "lib/base/mem.h"
#include "lib/base/rng.h"
#include "lib/data/interactions.h"
#include "tests/unit/tap.h"

#include <stdlib.h>
#include <string.h>

static int64_t
below(int64_t n, uint32_t what, int64_t i)
{
    return rng_below(n, 3, RNG_TEST, what, (uint64_t)i, 0);
}

/* Short strings over a small alphabet, so that many repeat; NUL is legal. */
static int64_t
random_string(char *s, int64_t i)
{
    int64_t n = below(12, 1, i);
    for (int64_t k = 0; k < n; k++)
        s[k] = "ab\0"[below(3, 2, i * 16 + k)];
    return n;
}

static void
test_ids(void)
{
    enum { N = 3000 };
    static char text[N][16];
    static int64_t len[N];
    int32_t batch[IDS_BATCH + 7];
    struct text key[IDS_BATCH + 7];
    struct ids a = {0}, b = {0};
    int right = 1, found = 1, same = 1, got = 1;
    ok(ids_find(&a, text_of("x")) == -1, "nothing is in an empty table");
    for (int64_t i = 0; i < N; i++) {
        len[i] = random_string(text[i], i);
        int64_t twin = 0, distinct = a.n;
        for (; twin < i; twin++)
            if (len[twin] == len[i] &&
                memcmp(text[twin], text[i], (size_t)len[i]) == 0)
                break;
        int64_t was = ids_find(&a, (struct text){text[i], len[i]});
        int64_t id = ids_add(&a, (struct text){text[i], len[i]}, NULL);
        if (twin == i)
            right &= id == distinct && was == -1;
        else
            right &= id == ids_find(&a, (struct text){text[twin], len[twin]}) &&
                     was == id;
        got &= text_same(ids_get(&a, id), (struct text){text[i], len[i]});
    }
    for (int64_t i = 0; i < N; i += IDS_BATCH + 7) {
        int n = N - i < IDS_BATCH + 7 ? (int)(N - i) : IDS_BATCH + 7;
        for (int k = 0; k < n; k++)
            key[k] = (struct text){text[i + k], len[i + k]};
        same &= ids_add_all(&b, key, n, batch, NULL) == 0;
        for (int k = 0; k < n; k++)
            same &= batch[k] == ids_find(&a, key[k]);
    }
    for (int64_t i = 0; i < N; i++)
        found &= ids_find(&b, (struct text){text[i], len[i]}) >= 0;
    ok(right && got, "indices by arrival, as by linear search (%d ids)",
        (int)a.n);
    ok(same && found && a.n == b.n, "batches give the same indices");
    ids_free(&a);
    ids_free(&b);
    ids_free(&b);

    ok(ids_integer(text_of("0")) == 0 &&
            ids_integer(text_of("2147483647")) == INT32_MAX,
        "plain integers");
    ok(ids_integer(text_of("")) < 0 && ids_integer(text_of("00")) < 0 &&
            ids_integer(text_of("07")) < 0 && ids_integer(text_of("-1")) < 0 &&
            ids_integer(text_of("1a")) < 0 &&
            ids_integer(text_of("2147483648")) < 0 &&
            ids_integer(text_of("99999999999")) < 0,
        "what is no plain integer");
    char long_id[256] = {0};
    memset(long_id, 'x', 256);
    struct ids_shown shown;
    ids_show(&shown, text_of("short"));
    ok(strcmp(shown.s, "short") == 0, "an id in a message");
    char euros[] = "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82"
                   "\xAC\xE2\x82\xAC"
                   "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82"
                   "\xAC\xE2\x82\xAC"
                   "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82"
                   "\xAC\xE2\x82\xAC"
                   "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC";
    ids_show(&shown, text_of(euros));
    ok(strlen(shown.s) == 60, "is cut");
    ids_show(&shown, text_of(euros + 1));
    ok(strlen(shown.s) == 59, "between characters");
    ok(!ids_reason((struct text){long_id, 255}) &&
            ids_reason((struct text){long_id, 256}) &&
            ids_reason(text_of("")) && ids_reason((struct text){"a\0b", 3}),
        "what can be an id");
}

/* Batches that are full and that are not. */
static void
test_batches(void)
{
    struct interactions a = {0};
    struct ids users = {0}, items = {0};
    int right = 1;
    enum { PAIRS = 20000 };
    for (int part = 0; part < 2; part++) {
        for (int64_t i = 0; i < PAIRS; i++) {
            char u[16], t[16];
            int64_t un = random_string(u, i + part),
                    tn = random_string(t, 3 * i + 1);
            struct decimal time = {i + part * PAIRS, 0};
            right &= !interactions_add(&a, (struct text){u, un},
                (struct text){t, tn}, &time, NULL, NULL);
        }
        right &= interactions_flush(&a, NULL) == 0;
    }
    right &= a.n == 2 * PAIRS;
    for (int64_t r = 0; r < a.n; r++) {
        char u[16], t[16];
        int64_t i = r % PAIRS, part = r / PAIRS;
        int64_t un = random_string(u, i + part),
                tn = random_string(t, 3 * i + 1);
        right &= a.user[r] == ids_add(&users, (struct text){u, un}, NULL) &&
                 a.item[r] == ids_add(&items, (struct text){t, tn}, NULL) &&
                 a.time[r].whole == r;
    }
    ok(right && a.users.n == users.n && a.items.n == items.n,
        "rows are looked up in batches, those of two files too");
    ids_free(&users);
    ids_free(&items);
    interactions_free(&a);
    struct text id = text_of("x");
    for (int i = 0; i < 5000; i++)
        right &= !interactions_add(&a, id, id, NULL, NULL, NULL);
    interactions_free(&a);
    ok(right, "rows may be dropped while they are looked up");
}

/* Degrees of everything counted anew after each removal. */
static int64_t
naive_core(int32_t *user, int32_t *item, int64_t n, int64_t k, int64_t *rounds)
{
    for (*rounds = 0;; ++*rounds) {
        int64_t w = 0;
        char *keep = calloc((size_t)n + 1, 1);
        for (int64_t r = 0; r < n; r++) {
            int64_t du = 0, di = 0;
            for (int64_t q = 0; q < n; q++) {
                du += user[q] == user[r];
                di += item[q] == item[r];
            }
            keep[r] = du >= k && di >= k;
        }
        for (int64_t r = 0; r < n; r++)
            if (keep[r]) {
                user[w] = user[r];
                item[w++] = item[r];
            }
        free(keep);
        if (w == n)
            return n;
        n = w;
    }
}

static void
add_numbers(struct interactions *a, int64_t u, int64_t i)
{
    char us[24], is[24];
    int un = snprintf(us, sizeof us, "u%d", (int)u);
    int in = snprintf(is, sizeof is, "i%d", (int)i);
    if (interactions_add(
            a, (struct text){us, un}, (struct text){is, in}, NULL, NULL, NULL))
        abort();
}

static void
test_core(void)
{
    int right = 1, most = 0;
    for (int c = 0; c < 40; c++) {
        struct interactions a = {0};
        int64_t rows = 60 + below(200, 10, c), k = 2 + c % 4;
        for (int64_t r = 0; r < rows; r++) {
            double x = rng_uniform(4, RNG_TEST, (uint32_t)c, (uint64_t)r, 0);
            double y = rng_uniform(4, RNG_TEST, (uint32_t)c, (uint64_t)r, 1);
            add_numbers(&a, (int64_t)(40 * x * x), (int64_t)(40 * y * y));
        }
        if (interactions_flush(&a, NULL))
            abort();
        /* duplicates, naively */
        int32_t user[400], item[400];
        struct interactions_counts count;
        int64_t n = 0, rounds = -1, want_rounds;
        for (int64_t r = 0; r < rows; r++) {
            int64_t q = 0;
            while (q < n && (user[q] != a.user[r] || item[q] != a.item[r]))
                q++;
            if (q == n) {
                user[n] = a.user[r];
                item[n++] = a.item[r];
            }
        }
        right &= interactions_dedupe(&a, INTERACTIONS_FIRST, &count, NULL) == 0;
        right &= count.dropped == rows - n && a.n == n &&
                 !memcmp(a.user, user, (size_t)n * 4) &&
                 !memcmp(a.item, item, (size_t)n * 4);
        n = naive_core(user, item, n, k, &want_rounds);
        struct err e;
        int rc = interactions_core(&a, k, &rounds, &e);
        right &= rc == (n ? 0 : ERR_RANGE);
        right &= rounds == want_rounds && a.n == n &&
                 !memcmp(a.user, user, (size_t)n * 4) &&
                 !memcmp(a.item, item, (size_t)n * 4);
        if (n && rounds > most)
            most = (int)rounds;
        interactions_free(&a);
    }
    ok(right, "duplicates and k-core as by counting anew (up to %d rounds)",
        most);
}

static int
is_id(const struct ids *s, int64_t i, const char *want)
{
    return text_same(ids_get(s, i), text_of(want));
}

static void
test_number(void)
{
    struct ids ids = {0};
    static const char *const text[] = {"2", "x", "0", "1", "10"};
    for (int i = 0; i < 5; i++)
        if (ids_add(&ids, text_of(text[i]), NULL) != i)
            abort();
    struct ids names;
    struct err e;
    int by_value;
    int32_t a[] = {3, 0, 0, 2};
    ok(!ids_renumber(&ids, &(struct ids_rule){.order = IDS_AUTO}, "item", a, 4,
           &names, &by_value, &e) &&
            by_value && a[0] == 1 && a[1] == 2 && a[2] == 2 && a[3] == 0 &&
            names.n == 3 && is_id(&names, 1, "1"),
        "dense integers get their value as index");
    ids_free(&names);
    int32_t b[] = {3, 0, 0, 2};
    ok(!ids_renumber(&ids, &(struct ids_rule){.order = IDS_APPEARANCE}, "item",
           b, 4, &names, &by_value, &e) &&
            !by_value && b[0] == 0 && b[1] == 1 && b[2] == 1 && b[3] == 2 &&
            is_id(&names, 0, "1"),
        "first occurrence if so wished");
    ids_free(&names);
    int32_t c[] = {0, 4, 2};
    ok(!ids_renumber(&ids, &(struct ids_rule){.order = IDS_AUTO}, "item", c, 3,
           &names, &by_value, &e) &&
            !by_value && c[0] == 0 && c[1] == 1 && c[2] == 2 &&
            is_id(&names, 1, "10"),
        "a gap: first occurrence");
    ids_free(&names);
    int32_t d[] = {0, 4, 2};
    ok(ids_renumber(&ids, &(struct ids_rule){.order = IDS_INTEGER}, "item", d,
           3, &names, &by_value, &e) == ERR_FORMAT &&
            strcmp(e.msg,
                "item ids are not the integers 0..n-1: there are 3 and 1 is "
                "missing") == 0,
        "a gap is refused where integers are demanded");
    int32_t f[] = {1};
    ok(ids_renumber(&ids, &(struct ids_rule){.order = IDS_INTEGER}, "user", f,
           1, &names, &by_value, &e) == ERR_FORMAT &&
            strcmp(e.msg,
                "user ids are not the integers 0..n-1: 'x' is not a whole "
                "number in plain digits") == 0,
        "so is a word");
    int32_t g[] = {4, 3};
    const int32_t also[] = {2, 4, 1};
    const struct ids_rule keep = {IDS_APPEARANCE, 2, also, 3};
    ok(!ids_renumber(&ids, &keep, "item", g, 2, &names, &by_value, &e) &&
            names.n == 5 && g[0] == 2 && g[1] == 3 && is_id(&names, 0, "2") &&
            is_id(&names, 1, "x") && is_id(&names, 2, "10") &&
            is_id(&names, 4, "0"),
        "old ones keep theirs, then come new ones, then those without rows");
    ids_free(&names);
    struct ids plain = {0};
    for (int i = 0; i < 4; i++)
        if (ids_add(&plain,
                text_of(&"0\0"
                         "1\0"
                         "3\0"
                         "2\0"[2 * i]),
                NULL) != i)
            abort();
    const struct ids_rule grown = {IDS_AUTO, 2, also, 1};
    int32_t h[] = {3, 2};
    ok(!ids_renumber(&plain, &grown, "item", h, 2, &names, &by_value, &e) &&
            by_value && h[0] == 2 && h[1] == 3 && names.n == 4,
        "by value where the old ones are so too");
    ids_free(&names);
    const struct ids_rule fixed = {IDS_INTEGER, 3, also, 1};
    int32_t k[] = {3, 2};
    ok(ids_renumber(&plain, &fixed, "item", k, 2, &names, &by_value, &e) ==
                ERR_FORMAT &&
            strcmp(e.msg,
                "item ids are not the integers 0..n-1: '3' has the number 2 "
                "already") == 0,
        "%s", e.msg);
    ids_free(&plain);
    ids_free(&ids);
}

int
main(void)
{
    test_ids();
    test_batches();
    test_core();
    test_number();
    return done();
}
