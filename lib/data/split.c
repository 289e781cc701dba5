#include "lib/data/split.h"

#include "lib/base/mem.h"
#include "lib/base/near.h"
#include "lib/base/rng.h"

#include <stdlib.h>
#include <string.h>

enum { RATIO_MAX = 1000000 };

/* ":A:B:C", or nothing. */
static int
parse_ratio(struct split_opt *o, const char *p)
{
    o->ratio[0] = 8;
    o->ratio[1] = o->ratio[2] = 1;
    if (!*p)
        return 1;
    for (int i = 0; i < 3; i++) {
        if (*p != ':' || p[1] < '0' || p[1] > '9')
            return 0;
        char *end;
        o->ratio[i] = strtoll(p + 1, &end, 10);
        if (o->ratio[i] > RATIO_MAX)
            return 0;
        p = end;
    }
    return !*p && o->ratio[0] > 0;
}

static const struct {
    const char *name;
    int ratio; /* it takes one */
} kinds[] = {[SPLIT_RATIO] = {"ratio", 1},
    [SPLIT_TIME] = {"time", 1},
    [SPLIT_TIME_GLOBAL] = {"time-global", 1},
    [SPLIT_LAST] = {"leave-one-out", 0},
    [SPLIT_HASH] = {"hash", 1},
    [SPLIT_COLD] = {"cold-items", 1},
    [SPLIT_LABEL] = {"label", 0}};

const char *
split_name(enum split_kind kind)
{
    return kinds[kind].name;
}

int
split_parse(struct split_opt *o, const char *text, struct err *e)
{
    size_t n = strcspn(text, ":");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strlen(kinds[i].name) != n || memcmp(kinds[i].name, text, n) != 0)
            continue;
        o->kind = (enum split_kind)i;
        if (!kinds[i].ratio && text[n])
            return err_set(
                e, ERR_RANGE, "split '%s' takes no ratio", kinds[i].name);
        if (!parse_ratio(o, text + n))
            return err_set(e, ERR_RANGE,
                "split '%s': the ratio is not three whole numbers "
                "TRAIN:VALID:TEST, TRAIN at least 1, all at most %d",
                text, RATIO_MAX);
        return 0;
    }
    struct near near = near_to((struct text){text, (int64_t)n});
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        near_try(&near, text_of(kinds[i].name));
    return err_set(e, ERR_RANGE,
        "split '%s' is none of ratio[:8:1:1], time[:8:1:1], "
        "time-global[:8:1:1], hash[:8:1:1], cold-items[:8:1:1], "
        "leave-one-out, label%s%.*s%s",
        text, near.best.s ? " (did you mean '" : "",
        near.best.s ? (int)near.best.n : 0, near.best.s ? near.best.s : "",
        near.best.s ? "'?)" : "");
}

void
split_counts(const int64_t ratio[3], int64_t n, int64_t *valid, int64_t *test)
{
    int64_t a = ratio[0], b = ratio[1], c = ratio[2];
    int64_t parts = (b > 0) + (c > 0);
    *valid = *test = 0;
    if (parts == 0 || n < 1 + parts)
        return;
    /* the product of n < 2^40 and 2 10^6 fits */
    int64_t held = n * (b + c) / (a + b + c);
    if (held < parts)
        held = parts;
    *valid = held * b / (b + c);
    if (b > 0 && *valid == 0)
        *valid = 1;
    *test = held - *valid;
}

struct key {
    uint64_t high, low;
    int64_t row;
};

static int
by_key(const void *x, const void *y)
{
    const struct key *a = x, *b = y;
    if (a->high != b->high)
        return a->high < b->high ? -1 : 1;
    if (a->low != b->low)
        return a->low < b->low ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

/* Histories are short: most need no call into qsort. */
static void
sort_keys(struct key *k, int64_t n)
{
    if (n > 32) {
        qsort(k, (size_t)n, sizeof *k, by_key);
        return;
    }
    for (int64_t i = 1; i < n; i++) {
        struct key x = k[i];
        int64_t j = i;
        for (; j > 0 && by_key(&k[j - 1], &x) > 0; j--)
            k[j] = k[j - 1];
        k[j] = x;
    }
}

static struct key
row_key(const struct split_opt *o, const struct split_rows *in, int64_t r)
{
    struct key k = {.row = r};
    if (o->kind == SPLIT_RATIO || o->kind == SPLIT_COLD) {
        k.high = rng_u64(o->seed, RNG_SPLIT, 0,
            (uint64_t)in->user[r] << 32 | (uint64_t)in->item[r], 0);
    } else if (in->time) {
        k.high = (uint64_t)in->time[r].whole ^ (uint64_t)1 << 63;
        k.low = in->time[r].frac;
    }
    return k;
}

/* The part of a random number when numbers are spread by the ratio. */
static unsigned char
place(const struct split_opt *o, uint64_t x)
{
    uint64_t a = (uint64_t)o->ratio[0], b = (uint64_t)o->ratio[1];
    uint64_t all = a + b + (uint64_t)o->ratio[2];
    uint64_t at = (uint64_t)((unsigned __int128)x * all >> 64);
    return at < a ? SPLIT_TRAIN : at < a + b ? SPLIT_VALID : SPLIT_TEST;
}

static void
assign_hash(
    const struct split_opt *o, const struct split_rows *in, unsigned char *part)
{
    static const struct text nul = {"", 1};
    for (int64_t r = 0; r < in->n; r++) {
        uint64_t h =
            text_fnv(text_fnv_start, ids_get(in->user_ids, in->user[r]));
        h = text_fnv(text_fnv(h, nul), ids_get(in->item_ids, in->item[r]));
        part[r] = place(o, rng_u64(o->seed, RNG_SPLIT, 1, h, 0));
    }
}

/* Chooses cold items and gives their rows to their parts; of[i] becomes the
 * part of the rows of item i, SPLIT_TRAIN: it is not cold. */
static int
assign_cold(const struct split_opt *o, const struct split_rows *in,
    unsigned char *of, unsigned char *part, struct err *e)
{
    int64_t items = in->item_ids->n, n = 0, valid, test;
    struct key *key = mem_new(items, sizeof *key, e);
    if (!key)
        return ERR_NOMEM;
    memset(of, 0, (size_t)items);
    for (int64_t r = 0; r < in->n; r++) {
        int32_t i = in->item[r];
        if (of[i])
            continue;
        of[i] = 1;
        uint64_t h = text_fnv(text_fnv_start, ids_get(in->item_ids, i));
        key[n++] = (struct key){rng_u64(o->seed, RNG_SPLIT, 2, h, 0), 0, i};
    }
    memset(of, SPLIT_TRAIN, (size_t)items);
    split_counts(o->ratio, n, &valid, &test);
    sort_keys(key, n);
    for (int64_t k = n - valid - test; k < n; k++)
        of[key[k].row] = k < n - test ? SPLIT_VALID : SPLIT_TEST;
    for (int64_t r = 0; r < in->n; r++)
        part[r] = of[in->item[r]];
    free(key);
    return 0;
}

/* An item must not become cold by chance. One whose rows are all held out gets
 * those of the valid part back, or those of the test part if it has none in
 * valid. */
static int
keep_warm(const struct split_rows *in, const unsigned char *of,
    unsigned char *part, struct err *e)
{
    unsigned char *trained = mem_zero(in->item_ids->n, 1, e);
    if (!trained)
        return ERR_NOMEM;
    for (int p = SPLIT_VALID; p <= SPLIT_TEST; p++) {
        for (int64_t r = 0; r < in->n; r++)
            trained[in->item[r]] |= part[r] == SPLIT_TRAIN;
        for (int64_t r = 0; r < in->n; r++)
            if (part[r] == p && of[in->item[r]] == SPLIT_TRAIN &&
                !trained[in->item[r]])
                part[r] = SPLIT_TRAIN;
    }
    free(trained);
    return 0;
}

/* Splits the rows of one group; those that have a part keep it. key is
 * scratch. */
static void
assign_group(const struct split_opt *o, const struct split_rows *in,
    const int64_t *row, int64_t n, struct key *key, unsigned char *part)
{
    static const int64_t one_each[3] = {INT32_MAX, 1, 1};
    int64_t valid, test, count = 0;
    for (int64_t k = 0; k < n; k++) {
        int64_t r = row ? row[k] : k;
        if (part[r] == SPLIT_TRAIN)
            key[count++] = row_key(o, in, r);
    }
    split_counts(
        o->kind == SPLIT_LAST ? one_each : o->ratio, count, &valid, &test);
    if (valid + test == 0)
        return;
    sort_keys(key, count);
    for (int64_t k = count - valid - test; k < count; k++)
        part[key[k].row] = k < count - test ? SPLIT_VALID : SPLIT_TEST;
}

int64_t
split_by_user(
    const int32_t *user, int64_t n, int64_t users, int64_t *start, int64_t *row)
{
    int64_t sum = 0, most = 0;
    for (int64_t r = 0; r < n; r++)
        start[user[r]]++;
    for (int64_t u = 0; u < users; u++) {
        int64_t size = start[u];
        most = size > most ? size : most;
        start[u] = sum;
        sum += size;
    }
    for (int64_t r = 0; r < n; r++)
        row[start[user[r]]++] = r;
    memmove(start + 1, start, (size_t)users * sizeof *start);
    start[0] = 0;
    return most;
}

static int
assign_users(const struct split_opt *o, const struct split_rows *in,
    unsigned char *part, struct err *e)
{
    int64_t *start = mem_zero(in->users + 1, sizeof *start, e);
    int64_t *row = mem_new(in->n, sizeof *row, e);
    struct key *key = NULL;
    if (start && row) {
        int64_t most = split_by_user(in->user, in->n, in->users, start, row);
        key = mem_new(most, sizeof *key, e);
        for (int64_t u = 0; u < in->users && key; u++)
            assign_group(
                o, in, row + start[u], start[u + 1] - start[u], key, part);
    }
    int rc = key ? 0 : ERR_NOMEM;
    free(start);
    free(row);
    free(key);
    return rc;
}

int
split_assign(const struct split_opt *o, const struct split_rows *in,
    unsigned char *part, struct err *e)
{
    if ((o->kind == SPLIT_TIME || o->kind == SPLIT_TIME_GLOBAL) && !in->time)
        return err_set(e, ERR_SHAPE, "a split by time needs times");
    memset(part, SPLIT_TRAIN, (size_t)in->n);
    if (o->kind == SPLIT_HASH) {
        assign_hash(o, in, part);
        return 0;
    }
    if (o->kind == SPLIT_TIME_GLOBAL) {
        struct key *key = mem_new(in->n, sizeof *key, e);
        if (key)
            assign_group(o, in, NULL, in->n, key, part);
        free(key);
        return key ? 0 : ERR_NOMEM;
    }
    if (o->kind != SPLIT_COLD)
        return assign_users(o, in, part, e);
    unsigned char *of = mem_new(in->item_ids->n, 1, e);
    int rc = of ? assign_cold(o, in, of, part, e) : ERR_NOMEM;
    if (!rc)
        rc = assign_users(o, in, part, e);
    if (!rc)
        rc = keep_warm(in, of, part, e);
    free(of);
    return rc;
}
