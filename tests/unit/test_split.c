/* lib/data: splits, against their definitions. */
#include "lib/base/rng.h"
#include "lib/data/split.h"
#include "tests/unit/tap.h"

#include <stdlib.h>
#include <string.h>

static int64_t
below(int64_t n, uint32_t what, int64_t i)
{
    return rng_below(n, 3, RNG_TEST, what, (uint64_t)i, 0);
}

static void
test_split_parse(void)
{
    struct split_opt o = {0};
    struct err e;
    ok(!split_parse(&o, "ratio", &e) && o.kind == SPLIT_RATIO &&
            o.ratio[0] == 8 && o.ratio[1] == 1 && o.ratio[2] == 1,
        "ratio is 8:1:1");
    ok(!split_parse(&o, "time-global:7:0:3", &e) &&
            o.kind == SPLIT_TIME_GLOBAL && o.ratio[0] == 7 && o.ratio[1] == 0 &&
            o.ratio[2] == 3,
        "a ratio of one's own");
    ok(!split_parse(&o, "hash", &e) && o.kind == SPLIT_HASH &&
            o.ratio[0] == 8 && !split_parse(&o, "cold-items:3:1:1", &e) &&
            o.kind == SPLIT_COLD && o.ratio[0] == 3 &&
            !strcmp(split_name(SPLIT_COLD), "cold-items"),
        "hash and cold-items");
    ok(!split_parse(&o, "label", &e) && o.kind == SPLIT_LABEL &&
            !split_parse(&o, "leave-one-out", &e) && o.kind == SPLIT_LAST &&
            !split_parse(&o, "time", &e) && o.kind == SPLIT_TIME,
        "the other kinds");
    static const char *const wrong[] = {"", "ratio:", "ratio:8:1",
        "ratio:8:1:1:1", "ratio:0:1:1", "ratio:8:1:1x", "ratio:8:-1:1",
        "ratio:8.0:1:1", "ratio:8:1:1000001", "ratios", "label:8:1:1", "Time"};
    int refused = 1;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused &= split_parse(&o, wrong[i], &e) == ERR_RANGE;
    ok(refused, "what is no split");
}

static void
test_split_counts(void)
{
    static const int64_t r811[] = {8, 1, 1}, r712[] = {7, 1, 2},
                         r901[] = {9, 0, 1}, r100[] = {1, 0, 0},
                         r118[] = {1, 1, 998};
    int right = 1, sane = 1;
    for (int64_t n = 0; n < 3000; n++) {
        int64_t v, t, held = n / 5;
        split_counts(r811, n, &v, &t);
        if (n < 3)
            right &= v == 0 && t == 0;
        else if (n < 10)
            right &= v == 1 && t == 1;
        else
            right &= v == held / 2 && t == held - held / 2;
        split_counts(r712, n, &v, &t);
        sane &= n < 3 ? v + t == 0 : v >= 1 && t >= 1 && v + t < n && t >= v;
        split_counts(r118, n, &v, &t);
        sane &= n < 3 ? v + t == 0 : v >= 1 && t >= 1 && v + t < n;
        split_counts(r901, n, &v, &t);
        sane &= v == 0 && t == (n < 2 ? 0 : n < 10 ? 1 : n / 10);
        split_counts(r100, n, &v, &t);
        sane &= v == 0 && t == 0;
    }
    ok(right, "8:1:1 is the rule of the published splits");
    ok(sane, "other ratios leave one for each part and for training");
}

enum { ROWS = 900, USERS = 40 };

static int
is_later(const struct decimal *time, int q, int r)
{
    int c = decimal_compare(time[q], time[r]);
    return c > 0 || (c == 0 && q > r);
}

static void
test_split_assign(void)
{
    static int32_t user[ROWS], item[ROWS], user2[ROWS], item2[ROWS];
    static struct decimal time[ROWS];
    static unsigned char part[ROWS], again[ROWS], moved[ROWS], want[ROWS];
    struct split_opt o = {.seed = 9};
    struct split_rows rows = {
        .n = ROWS, .users = USERS, .user = user, .item = item};
    struct split_rows turned = rows, timed = rows;
    timed.time = time;
    turned.user = user2;
    turned.item = item2;
    for (int r = 0; r < ROWS; r++) {
        double x = rng_uniform(5, RNG_TEST, 0, (uint64_t)r, 0);
        user[r] = (int32_t)(USERS * x * x);
        item[r] = r;
        time[r] =
            (struct decimal){below(10, 20, r) - 5, below(2, 21, r) ? 5 : 0};
    }
    int rc = split_parse(&o, "ratio:8:1:1", NULL) ||
             split_assign(&o, &rows, part, NULL) ||
             split_assign(&o, &rows, again, NULL);
    int counts = !rc, order = 1;
    for (int32_t u = 0; u < USERS; u++) {
        int64_t n[3] = {0}, v, t;
        uint64_t low[3] = {UINT64_MAX, UINT64_MAX, UINT64_MAX}, high[3] = {0};
        for (int r = 0; r < ROWS; r++) {
            if (user[r] != u)
                continue;
            uint64_t k = rng_u64(
                9, RNG_SPLIT, 0, (uint64_t)u << 32 | (uint64_t)item[r], 0);
            n[part[r]]++;
            if (k < low[part[r]])
                low[part[r]] = k;
            if (k > high[part[r]])
                high[part[r]] = k;
        }
        split_counts(o.ratio, n[0] + n[1] + n[2], &v, &t);
        counts &= n[1] == v && n[2] == t;
        if (n[1] && n[2])
            order &= high[0] < low[1] && high[1] < low[2];
    }
    ok(counts, "every user's counts follow the rule");
    ok(order, "parts follow the random order of the user's items");
    ok(!memcmp(part, again, ROWS) != 0, "the same again");
    for (int r = 0; r < ROWS; r++) {
        user2[r] = user[ROWS - 1 - r];
        item2[r] = item[ROWS - 1 - r];
    }
    rc = split_assign(&o, &turned, moved, NULL);
    int same = !rc;
    for (int r = 0; r < ROWS; r++)
        same &= moved[ROWS - 1 - r] == part[r];
    ok(same, "the order of the rows does not matter");
    o.seed = 10;
    rc = split_assign(&o, &rows, again, NULL);
    ok(!rc && memcmp(part, again, ROWS) != 0, "another seed, another split");

    rc = split_parse(&o, "time", NULL) || split_assign(&o, &timed, part, NULL);
    int right = !rc;
    for (int r = 0; r < ROWS; r++) {
        /* how many of the user's rows come after r */
        int64_t after = 0, n = 0, v, t;
        for (int q = 0; q < ROWS; q++)
            if (user[q] == user[r]) {
                n++;
                after += is_later(time, q, r);
            }
        split_counts(o.ratio, n, &v, &t);
        want[r] = after < t       ? SPLIT_TEST
                  : after < t + v ? SPLIT_VALID
                                  : SPLIT_TRAIN;
        right &= part[r] == want[r];
    }
    ok(right, "by time: the last are for test, ties to the earlier row");
    rc = split_parse(&o, "time-global:6:2:2", NULL) ||
         split_assign(&o, &timed, part, NULL);
    right = !rc;
    for (int r = 0; r < ROWS; r++) {
        int64_t after = 0;
        for (int q = 0; q < ROWS; q++)
            after += is_later(time, q, r);
        right &= part[r] == (after < ROWS / 5          ? SPLIT_TEST
                                : after < ROWS / 5 * 2 ? SPLIT_VALID
                                                       : SPLIT_TRAIN);
    }
    ok(right, "by time over all rows");
    rc = split_parse(&o, "leave-one-out", NULL) ||
         split_assign(&o, &rows, part, NULL);
    right = !rc;
    for (int r = 0; r < ROWS; r++) {
        int64_t after = 0, n = 0;
        for (int q = 0; q < ROWS; q++)
            if (user[q] == user[r]) {
                n++;
                after += q > r;
            }
        int p = n < 3        ? SPLIT_TRAIN
                : after == 0 ? SPLIT_TEST
                : after == 1 ? SPLIT_VALID
                             : SPLIT_TRAIN;
        right &= part[r] == p;
    }
    ok(right, "leave one out in file order where there is no time");
    o.kind = SPLIT_TIME;
    ok(split_assign(&o, &rows, part, NULL) == ERR_SHAPE,
        "a split by time without times is refused");
}

/* FNV-1a of the user id, a NUL byte and the item id, written out. */
static uint64_t
pair_hash(const char *user, const char *item)
{
    uint64_t h = 14695981039346656037u;
    size_t n = strlen(user) + 1;
    for (size_t i = 0; i < n + strlen(item); i++) {
        h ^= (unsigned char)(i < n ? user[i] : item[i - n]);
        h *= 1099511628211u;
    }
    return h;
}

static void
name_all(struct ids *ids, char letter, int n)
{
    for (int i = 0; i < n; i++) {
        char s[16];
        snprintf(s, sizeof s, "%c%d", letter, i);
        if (ids_add(ids, text_of(s), NULL) != i)
            abort();
    }
}

static void
test_split_ids(void)
{
    enum { N = 6000, U = 100, I = 60 };
    static int32_t user[N], item[N];
    static unsigned char part[N], some[N];
    struct ids users = {0}, items = {0};
    name_all(&users, 'u', U);
    name_all(&items, 'i', I + 3); /* the last have no rows */
    for (int r = 0; r < N; r++) {
        user[r] = r / I;
        item[r] = r % I;
    }
    struct split_rows rows = {.n = N,
        .users = U,
        .user = user,
        .item = item,
        .user_ids = &users,
        .item_ids = &items};
    struct split_opt o = {.seed = 5};
    int rc = split_parse(&o, "hash:6:1:3", NULL) ||
             split_assign(&o, &rows, part, NULL);
    int right = !rc;
    int64_t n[3] = {0};
    for (int r = 0; r < N; r++) {
        char u[16], i[16];
        snprintf(u, sizeof u, "u%d", user[r]);
        snprintf(i, sizeof i, "i%d", item[r]);
        uint64_t x = rng_u64(5, RNG_SPLIT, 1, pair_hash(u, i), 0);
        double at = (double)x / 18446744073709551616.0 * 10;
        right &= part[r] == (at < 6 ? 0 : at < 7 ? 1 : 2);
        n[part[r]]++;
    }
    ok(right, "hash: by the definition (%d, %d, %d)", (int)n[0], (int)n[1],
        (int)n[2]);
    ok(n[0] > 3450 && n[0] < 3750 && n[1] > 500 && n[1] < 700,
        "which gives the ratio");
    rows.n = N / 3;
    rows.users = U / 3 + 1;
    rc = split_assign(&o, &rows, some, NULL);
    ok(!rc && !memcmp(part, some, N / 3), "with fewer rows the same");
    rows.n = N;
    rows.users = U;

    rc = split_parse(&o, "cold-items:8:1:1", NULL) ||
         split_assign(&o, &rows, part, NULL);
    int64_t cold[3] = {0};
    int whole = !rc, counts = !rc;
    for (int i = 0; i < I; i++) {
        int64_t has[3] = {0};
        for (int r = 0; r < N; r++)
            if (item[r] == i)
                has[part[r]]++;
        if (has[0]) {
            cold[0]++;
        } else {
            whole &= !has[1] || !has[2];
            cold[has[1] ? 1 : 2]++;
        }
    }
    ok(whole && cold[0] == 48 && cold[1] == 6 && cold[2] == 6,
        "cold items: %d of 60 are for valid, %d for test, with all their rows",
        (int)cold[1], (int)cold[2]);
    for (int u = 0; u < U; u++) {
        /* 48 rows with the other items: 39, 4 and 5 */
        int64_t has[3] = {0};
        for (int r = u * I; r < (u + 1) * I; r++)
            has[part[r]]++;
        counts &= has[0] == 39 && has[1] == 4 + 6 && has[2] == 5 + 6;
    }
    ok(counts, "the other items' rows are split as by the ratio");
    ids_free(&users);
    ids_free(&items);
}

int
main(void)
{
    test_split_parse();
    test_split_counts();
    test_split_assign();
    test_split_ids();
    return done();
}
